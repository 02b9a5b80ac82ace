//! Logins that nobody finishes (row B7 of the table of refusals). Alone in its process, whose memory it
//! measures.

#[allow(dead_code)] // It needs little of it; `adapter.rs` needs all.
mod common;

use common::{App, Browser};

#[tokio::test]
async fn refusal_b7_logins_that_nobody_finishes_cost_this_process_nothing() {
    let app = App::new().await;
    let mut patient = Browser::default();
    let delivery = patient.approved(&app, "oauth2").await;
    let begin = async || {
        Browser::default().begin(&app, "oauth2").await;
    };
    for _ in 0..500 {
        begin().await;
    }
    let before = resident_bytes();
    for _ in 0..5000 {
        begin().await;
    }
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        assert!(after < before + 8_000_000, "from {before} to {after} bytes");
    }
    patient.completes(&app, &delivery).await;
}

/// The memory of this process, where the system tells.
fn resident_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split(' ').nth(1)?.parse::<usize>().ok().map(|pages| pages * 4096)
}
