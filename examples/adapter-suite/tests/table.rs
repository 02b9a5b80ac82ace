//! The table: `cargo test -p adapter-suite [-- WORD...]` asks the rows alone whose name has one of the
//! words in it.

use std::io::Write as _;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (text, holds) = adapter_suite::table(&words).await;
    std::io::stdout().write_all(text.as_bytes()).expect("a place to print to");
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
