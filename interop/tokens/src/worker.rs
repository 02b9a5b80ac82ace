//! One process: at each line `TIME` it asks for the token by that clock, by as many callers as told.
//!
//! It says `saved TOKEN` when the update hook is called, `handed TOKEN` when a caller has a token, and
//! `done COUNT TOKEN` when all have the same; `failed CODE` else.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use client_registry::{BoxFuture, Clock, Error, HttpClient, HttpError, UnixTime};
use http::{Request, Response};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{Outcome, USER, registry};

pub(crate) async fn run(database: &str, issuer: &str, callers: usize) -> Outcome<()> {
    let time = Arc::new(AtomicU64::new(0));
    let clock = {
        let time = time.clone();
        Clock::from_fn(move || UnixTime::from_seconds(time.load(Ordering::SeqCst)))
    };
    let registry = registry(database, issuer, clock, |builder| {
        let builder = match std::env::var_os("DIE_AFTER_THE_ANSWER") {
            Some(_) => builder.http(Dying(integration_reqwest::Client::new().expect("a client"))),
            None => builder,
        };
        builder.update_token(|update| {
            if let Some(why) = &update.id_token_left_aside {
                say(&format!("failed: an ID token was left aside, {why}"));
            }
            say(&format!("saved {}", update.token.access_token().expose()));
            std::future::ready(Ok::<(), Error>(()))
        })
    })
    .await?;
    say("ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        time.store(line.parse()?, Ordering::SeqCst);
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let client = registry.client("idp");
                tokio::spawn(async move { client?.fetch_token(USER).await })
            })
            .collect();
        let mut tokens = Vec::new();
        for task in tasks {
            match task.await? {
                Ok(token) => tokens.push(token.access_token().expose().to_owned()),
                Err(error) => say(&format!("failed {error}")),
            }
        }
        if callers == 1 && tokens.len() == 1 {
            say(&format!("handed {}", tokens[0]));
        }
        tokens.sort();
        let count = tokens.len();
        tokens.dedup();
        say(&format!("done {count} {}", tokens.join(",")));
    }
    Ok(())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Who reads it may be gone already.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A process that dies with the token answer in its hand.
struct Dying(integration_reqwest::Client);

impl HttpClient for Dying {
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        Box::pin(async move {
            let answer = self.0.send(request).await;
            if answer.is_ok() {
                std::process::abort();
            }
            answer
        })
    }
}
