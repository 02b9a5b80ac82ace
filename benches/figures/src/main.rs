//! What a login costs, against the goals; ends with 1 where one is missed.
//!
//! `cargo run --release -p figures`, or with `-- --quick` in less than a minute. It needs Node, for
//! the provider and the driver of `interop/providers`.
//!
//! CPU time is measured, not time, and of many measurements the tenth percentile or the best round
//! counts: what else runs on a machine only adds. Even so a busy machine, or a slower one, does less
//! in a microsecond. Goals are therefore those of a machine that verifies an RS256 signature in
//! 13.3 µs, and grow with what this one takes for it; they never shrink. `--quick` is a guard against
//! regressions on machines that do other work as well, and lets CPU time be half as much again.
#![forbid(unsafe_code)]

mod app;
mod flows;
mod login;

use std::process::ExitCode;

/// One figure, and what it must stay under.
struct Figure {
    what: &'static str,
    measured: f64,
    goal: f64,
    unit: &'static str,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        // The application is this program too, in a process of its own.
        ["app", provider] => app::serve(provider),
        [] => compare(Size { logins: 20_000, flows: 4000, leeway: 1.0 }),
        ["--quick"] => compare(Size { logins: 4000, flows: 1000, leeway: 1.5 }),
        // For a profiler.
        ["login", logins] => {
            let logins = logins.parse().expect("a number");
            report(&login::figures(logins), login::bare_verification(logins), 1.0)
        }
        _ => panic!("expected no argument or --quick, got {arguments:?}"),
    }
}

/// How many times the work is done, and by which factor CPU time may be over its goal.
#[derive(Clone, Copy)]
struct Size {
    logins: usize,
    flows: usize,
    leeway: f64,
}

fn compare(size: Size) -> ExitCode {
    let before = login::bare_verification(size.logins);
    let mut figures = login::figures(size.logins);
    figures.extend(flows::figures(size.flows));
    report(&figures, before.midpoint(login::bare_verification(size.logins)), size.leeway)
}

/// Prints the table; `bare` is what one RS256 verification takes here, in microseconds.
fn report(figures: &[Figure], bare: f64, leeway: f64) -> ExitCode {
    let slower = (bare / QUIET).max(1.0) * leeway;
    let here = |figure: &Figure| match figure.unit {
        "MB" => figure.goal,
        _ => figure.goal * slower,
    };
    let mut table = vec![["figure", "measured", "goal", "goal here"].map(str::to_owned).to_vec()];
    table.push(vec!["---".to_owned(); 4]);
    for figure in figures {
        let cell = |value: f64| match value {
            value if value.is_infinite() => "-".to_owned(),
            value => format!("{value:.*} {}", if value < 1.0 { 3 } else { 1 }, figure.unit),
        };
        let cells = [figure.measured, figure.goal, here(figure)].map(cell);
        table.push([vec![figure.what.to_owned()], cells.to_vec()].concat());
    }
    for line in benches::aligned(&table) {
        println!("{line}");
    }
    println!(
        "\nAn RS256 verification takes {bare:.1} µs here, {QUIET} µs where the goals are from."
    );
    let missed: Vec<_> = figures.iter().filter(|figure| figure.measured > here(figure)).collect();
    for figure in &missed {
        eprintln!("missed: {}", figure.what);
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Microseconds of an RS256 verification by aws-lc-rs, 2048 bits, on the machine of the goals.
const QUIET: f64 = 13.3;
