//! Processes killed while they refresh: what was handed out or reported as saved is there.

use std::time::Duration;

use client_registry::{Client, Registry, Token};
use protocol_core::random;

use crate::race::Process;
use crate::{CALLBACK, LIFE, Outcome, START, USER, at, log_in, provider, registry};

pub(crate) async fn run(database: &str, times: usize) -> Outcome<()> {
    let provider = provider().await?;
    let issuer = provider.issuer();
    // For this one it is always early: it reads and never refreshes.
    let reader = registry(database, issuer, at(0), |builder| builder).await?;
    let mut counts = Counts::default();
    let mut now = START;
    login_at(database, issuer, now).await?;
    for round in 0..times {
        now += LIFE;
        let before = stored(&reader).await?;
        let die_after_answer = round % 4 == 0;
        let variable = die_after_answer.then_some("DIE_AFTER_THE_ANSWER");
        let mut process = Process::start(database, issuer, 1, variable).await?;
        process.tell(now).await?;
        if !die_after_answer {
            let [byte] = random::bytes::<1>();
            tokio::time::sleep(Duration::from_micros(u64::from(byte) * 120)).await;
            process.child.start_kill()?;
        }
        let mut promised = Vec::new();
        while let Some(line) = process.line().await? {
            match line.split_once(' ') {
                Some(("handed" | "saved", token)) => promised.push(token.to_owned()),
                Some(("done", _)) => {}
                _ => return Err(format!("round {round}: a worker says {line:?}").into()),
            }
        }
        process.child.wait().await?;
        let after = stored(&reader).await?;
        if let Some(lost) = promised.iter().find(|token| !after.access_token().ct_eq(token)) {
            return Err(format!("round {round}: {lost:.6}… was promised and is not there").into());
        }
        let changed = !after.access_token().ct_eq(before.access_token().expose());
        match (promised.is_empty(), changed) {
            (false, _) => counts.promised += 1,
            (true, true) => counts.saved_in_silence += 1,
            (true, false) => counts.unchanged += 1,
        }
        // Life goes on: the next process refreshes, or the user logs in once more.
        now += LIFE;
        let next = registry(database, issuer, at(now), |builder| builder).await?;
        match next.client("idp")?.fetch_token(USER).await {
            Ok(_) => counts.went_on += 1,
            Err(error) if error.needs_login() && !changed => {
                counts.logged_in += 1;
                login_at(database, issuer, now).await?;
            }
            Err(error) => return Err(format!("round {round}: {error}").into()),
        }
    }
    let Counts { promised, saved_in_silence, unchanged, went_on, logged_in } = counts;
    let kind = database.split(':').next().unwrap_or_default();
    println!(
        "kills on {kind}: {times} processes killed: {promised} after they had handed out or \
         reported a token (all of them there), {saved_in_silence} after saving it, {unchanged} \
         before; {went_on} users went on, {logged_in} logged in once more (killed between the \
         answer and the commit)"
    );
    provider.shutdown().await;
    Ok(())
}

#[derive(Default)]
struct Counts {
    promised: usize,
    saved_in_silence: usize,
    unchanged: usize,
    went_on: usize,
    logged_in: usize,
}

async fn login_at(database: &str, issuer: &str, now: u64) -> Outcome<()> {
    let ours = registry(database, issuer, at(now), |builder| builder).await?;
    let client: Client = ours.client("idp")?;
    log_in(&client, &ours, CALLBACK).await.map(drop)
}

async fn stored(reader: &Registry) -> Outcome<Token> {
    Ok(reader.client("idp")?.fetch_token(USER).await?)
}
