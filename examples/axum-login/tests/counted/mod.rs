//! Counts what a login asks of an application's author.
//!
//! Counted is every line between the marks that is neither blank nor a comment (`//`, `///`). `use`
//! lines stand before the mark and are not counted; nothing else is left out: settings, routes,
//! both handlers, closing braces.

pub(crate) fn counted(source: &str) -> usize {
    let (before, rest) = source.split_once("// login: begin\n").expect("the first mark");
    let (region, after) = rest.split_once("// login: end\n").expect("the last mark");
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    assert!(after.is_empty(), "nothing of the login stands behind the marks");
    let outside = before.lines().filter(is_code).collect::<Vec<_>>().join(" ");
    let uses =
        outside.split(';').all(|item| item.trim().is_empty() || item.trim().starts_with("use "));
    assert!(uses, "nothing but imports stands before the marks");
    region.lines().filter(is_code).count()
}

#[test]
fn lines_of_code_are_counted_and_nothing_else() {
    let source = "//! x\nuse a::{\n    b,\n};\n\n// login: begin\n/// doc\nfn f() {\n    // why\n\n    g();\n}\n// login: end\n";
    assert_eq!(counted(source), 3);
}
