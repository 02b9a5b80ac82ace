//! The numbers in the tables of the guides are those of the blocks below them.
//!
//! Counted is every line of a section's blocks that is neither blank, nor a comment, nor an import
//! (`use`, `import`, `from`). No line of a block is hidden from a reader.

use std::collections::BTreeMap;

const GUIDES: [(&str, &str, &[&str]); 3] = [
    (
        "coming-from-authlib.md",
        include_str!("../../../docs/coming-from-authlib.md"),
        &["python", "rust"],
    ),
    (
        "coming-from-openidconnect-and-oauth2.md",
        include_str!("../../../docs/coming-from-openidconnect-and-oauth2.md"),
        &["rust,ignore", "rust"],
    ),
    (
        "choosing-cookies-cache-and-store.md",
        include_str!("../../../docs/choosing-cookies-cache-and-store.md"),
        &["rust"],
    ),
];

#[test]
fn the_lines_of_every_example_are_as_many_as_the_guide_says() {
    for (guide, text, languages) in GUIDES {
        let stated = stated(text, languages.len());
        let counted = counted(text, languages);
        assert!(!stated.is_empty(), "{guide}");
        assert_eq!(stated, counted, "{guide}");
    }
}

#[test]
fn nothing_of_a_block_is_hidden() {
    for (guide, text, _) in GUIDES {
        for (_, language, block) in blocks(text).filter(|(_, language, _)| *language == "rust") {
            let hidden = block.iter().find(|line| **line == "#" || line.starts_with("# "));
            assert_eq!((hidden, language), (None, "rust"), "{guide}");
        }
    }
}

#[test]
fn lines_of_code_are_counted_and_nothing_else() {
    let text = "## A b\n\n```python\nimport os\nfrom a import b\n\n# why\nf()\n```\n\n```rust\nuse a::{\n    b,\n};\n\nfn f() {\n    // why\n    g(); // so\n}\n```\n";
    let counted = counted(text, &["python", "rust"]);
    assert_eq!(counted, BTreeMap::from([("A b".to_owned(), vec![1, 3])]));
}

/// The rows `| [Section](#anchor) | n | .. |`.
fn stated(text: &str, columns: usize) -> BTreeMap<String, Vec<usize>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ["));
    let rows = rows.filter_map(|row| {
        let (title, row) = row.split_once("](#")?;
        let (anchor, cells) = row.split_once(") |")?;
        let cells: Option<Vec<usize>> =
            (cells.trim_end_matches('|').split('|')).map(|cell| cell.trim().parse().ok()).collect();
        let expected = title.to_lowercase().replace(' ', "-");
        assert_eq!(anchor, expected, "the anchor of {title:?}");
        cells.filter(|cells| cells.len() == columns).map(|cells| (title.to_owned(), cells))
    });
    rows.collect()
}

/// The lines of each section that has blocks, by language.
fn counted(text: &str, languages: &[&str]) -> BTreeMap<String, Vec<usize>> {
    let mut counted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (section, language, block) in blocks(text) {
        if let Some(at) = languages.iter().position(|known| *known == language) {
            let cells =
                counted.entry(section.to_owned()).or_insert_with(|| vec![0; languages.len()]);
            cells[at] += lines(language, &block);
        }
    }
    counted
}

fn lines(language: &str, block: &[&str]) -> usize {
    let is_rust = language.starts_with("rust");
    let comment = if is_rust { "//" } else { "#" };
    let (mut lines, mut inside_use) = (0, false);
    for line in block.iter().map(|line| line.trim()) {
        let imports = match is_rust {
            true => inside_use || line.starts_with("use "),
            false => line.starts_with("import ") || line.starts_with("from "),
        };
        inside_use = imports && is_rust && !line.ends_with(';');
        if !(imports || line.is_empty() || line.starts_with(comment)) {
            lines += 1;
        }
    }
    lines
}

/// The fenced blocks: section, language, lines.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
    let (mut section, mut language, mut block) = ("", None, Vec::new());
    let mut found = Vec::new();
    for line in text.lines() {
        match (language, line.strip_prefix("```")) {
            // What another crate's users write stands in blocks that are not compiled.
            (None, Some("rust,ignore")) => language = Some("rust,ignore"),
            (None, Some(opened)) => language = Some(opened.split(',').next().unwrap_or("")),
            (Some(known), Some(_)) => {
                found.push((section, known, std::mem::take(&mut block)));
                language = None;
            }
            (Some(_), None) => block.push(line),
            (None, None) => section = line.strip_prefix("## ").unwrap_or(section),
        }
    }
    found.into_iter()
}
