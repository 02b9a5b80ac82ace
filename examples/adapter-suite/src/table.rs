//! The table: every row, asked of every framework's application.

use std::sync::Arc;

use crate::apps::Framework;
use crate::rows::{ROWS, Row};
use crate::site::Site;

/// What came of the rows whose name has one of the words in it, of all rows without a word: as text,
/// and whether there are any and all of them hold.
pub async fn table(words: &[String]) -> (String, bool) {
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
    let mut cells = Vec::new();
    for column in columns {
        cells.push(column.await.expect("an application that starts"));
    }

    let mut text = format!("\n{:<78}", "");
    for framework in Framework::ALL {
        text += &format!("{framework:<11}");
    }
    for (index, row) in rows.iter().enumerate() {
        text += &format!("\n{:<78}", row.name);
        for column in &cells {
            text += &format!("{:<11}", if column[index] { "ok" } else { "FAILED" });
        }
    }
    let cells: Vec<_> = cells.into_iter().flatten().collect();
    let failed = cells.iter().filter(|holds| !**holds).count();
    text += &format!("\n\n{} rows, {} cells, {failed} failed\n", rows.len(), cells.len());
    (text, failed == 0 && !cells.is_empty())
}
