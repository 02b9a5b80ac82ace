//! Refreshes at npm oidc-provider, which rotates refresh tokens, revokes what an old one got, and
//! sends a new ID token with each.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use client_registry::{Clock, Key, Provider, Token};
use protocol_core::json;

use crate::race::Process;
use crate::{Outcome, USER, at, log_in, registry};

/// Marks an issuer that is an OpenID provider of its own.
pub(crate) const MARK: &str = "oidc:";

const CALLBACK: &str = "http://127.0.0.1:9500/callback";
const PROCESSES: usize = 4;
const CALLERS: usize = 50;
const EXPIRIES: usize = 20;

pub(crate) fn settings(issuer: &str) -> Provider {
    Provider::new()
        .issuer(issuer)
        .client_id("basic")
        .client_secret("a-test-secret-of-at-least-thirty-two-characters")
        .scope("openid offline_access")
        .set(Key::Prompt, "consent")
}

pub(crate) async fn run(database: &str, issuer: &str) -> Outcome<()> {
    let issuer = format!("{MARK}{issuer}");
    let ours = registry(database, &issuer, Clock::system(), |builder| builder).await?;
    let client = ours.client("idp")?;
    let first = log_in(&client, &ours, CALLBACK).await?;
    let mut last = first.clone();
    // For this one it is always early: it reads and never refreshes.
    let reader = registry(database, &issuer, at(0), |builder| builder).await?.client("idp")?;
    let mut all = Vec::new();
    for _ in 0..PROCESSES {
        all.push(Process::start(database, &issuer, CALLERS, None).await?);
    }
    for expiry in 1..=EXPIRIES {
        if expiry == EXPIRIES {
            // Two ID tokens of the same second are the same text.
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        client.save_token(USER, &expired(&last)?).await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        for process in &mut all {
            process.tell(now).await?;
        }
        let next = {
            let mut tokens = Vec::new();
            for process in &mut all {
                tokens.push(process.token_of_all(CALLERS).await?);
            }
            tokens.dedup();
            let [_one] = &tokens[..] else {
                return Err(format!("expiry {expiry}: {} different tokens", tokens.len()).into());
            };
            reader.fetch_token(USER).await?
        };
        if next
            .refresh_token()
            .is_none_or(|new| is(last.refresh_token().map(|t| t.expose()), new.expose()))
        {
            return Err(format!("expiry {expiry}: the refresh token was not rotated").into());
        }
        last = next;
    }
    if last.id_token().is_none_or(|new| is(first.id_token().map(|t| t.expose()), new.expose())) {
        return Err("the ID token was not refreshed".into());
    }
    let kind = database.split(':').next().unwrap_or_default();
    println!(
        "oidc-provider on {kind}: {PROCESSES} processes, {CALLERS} callers each, {EXPIRIES} expiries: \
         refreshed once each, rotated, ID tokens verified, no family revoked"
    );
    Ok(())
}

fn is(old: Option<&str>, new: &str) -> bool {
    old == Some(new)
}

/// The same token, its time over.
fn expired(token: &Token) -> Outcome<Token> {
    let mut members = json::object(token.to_exposed_json().as_bytes())?;
    members.insert("expires_at".into(), 1.into());
    members.insert("obtained_at".into(), 1.into());
    let text = members.iter().map(|(name, value)| format!("{name:?}:{value}"));
    Ok(Token::from_exposed_json(&format!("{{{}}}", text.collect::<Vec<_>>().join(",")))?)
}
