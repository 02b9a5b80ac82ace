//! The table: every row of every framework's application. `cargo test -p adapter-suite [WORD...]` asks
//! the rows alone whose name has one of the words in it.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use adapter_suite::apps::Framework;
use adapter_suite::rows::{ROWS, Row};
use adapter_suite::site::Site;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_asked = |row: &&Row| words.is_empty() || words.iter().any(|w| row.name.contains(&**w));
    let rows: Vec<_> = ROWS.iter().filter(is_asked).collect();

    // Frameworks side by side, rows one after the other: they share a provider whose faults they set.
    let columns = Framework::ALL.map(|framework| {
        let rows = rows.clone();
        tokio::spawn(async move {
            let site = Arc::new(Site::new(framework).await);
            let mut holds = Vec::new();
            for row in rows {
                holds.push(tokio::spawn((row.check)(site.clone())).await.is_ok());
                site.reset();
            }
            holds
        })
    });
    let mut table = Vec::new();
    for column in columns {
        table.push(column.await.expect("an application that starts"));
    }

    let mut text = format!("\n{:<78}", "");
    for framework in Framework::ALL {
        text += &format!("{framework:<11}");
    }
    for (index, row) in rows.iter().enumerate() {
        text += &format!("\n{:<78}", row.name);
        for column in &table {
            text += &format!("{:<11}", if column[index] { "ok" } else { "FAILED" });
        }
    }
    let cells: Vec<_> = table.into_iter().flatten().collect();
    let failed = cells.iter().filter(|holds| !**holds).count();
    text += &format!("\n\n{} rows, {} cells, {failed} failed\n", rows.len(), cells.len());
    std::io::stdout().write_all(text.as_bytes()).expect("a place to print to");
    if failed == 0 && !cells.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
