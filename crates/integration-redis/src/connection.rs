//! One connection for all, made when it is needed and again after it has failed.
//!
//! redis has a connection manager of its own, but a connection over which answers do not come any
//! more (a server that hangs, a route that swallows packets) it keeps: there a time that has passed
//! ends the connection.

use std::time::Duration;

use client_registry::Error;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult};
use tokio::sync::Mutex;

/// How long connecting and an answer may take.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { connect: Duration::from_secs(2), answer: Duration::from_secs(2) }
    }
}

pub(crate) struct Connection {
    client: Client,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    live: Option<MultiplexedConnection>,
    /// Which connection it is, so that an old one's failure does not end a new one.
    number: u64,
}

impl Connection {
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let scheme = url.split("://").next().unwrap_or_default();
        if matches!(scheme, "rediss" | "valkeys") && !ready_for_tls() {
            return Err(Error::config("redis", "expected the feature `tls` for this address"));
        }
        let wrong = || {
            let problem = "expected an address like redis://host:6379, rediss://host:6379 or \
                           unix:///path, got something else";
            Error::config("redis", problem)
        };
        // A fragment would switch the checks of the server's certificate off.
        let client = Client::open(url).ok().filter(|_| !url.contains('#')).ok_or_else(wrong)?;
        Ok(Connection { client, slot: Mutex::default() })
    }

    /// One command and its answer.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        command: &Cmd,
        timeouts: Timeouts,
    ) -> RedisResult<T> {
        // Waiting for somebody else's attempt counts as connecting.
        let live = tokio::time::timeout(timeouts.connect, self.live()).await;
        let (mut live, number) = live.unwrap_or_else(|_| Err(timed_out()))?;
        let answer = tokio::time::timeout(timeouts.answer, command.query_async(&mut live)).await;
        let answer = answer.unwrap_or_else(|_| Err(timed_out()));
        if answer.as_ref().is_err_and(ends_the_connection) {
            let mut slot = self.slot.lock().await;
            if slot.number == number {
                slot.live = None;
            }
        }
        answer
    }

    async fn live(&self) -> RedisResult<(MultiplexedConnection, u64)> {
        let mut slot = self.slot.lock().await;
        if let Some(live) = &slot.live {
            return Ok((live.clone(), slot.number));
        }
        // The times are kept here, one for the whole of each call.
        let config = AsyncConnectionConfig::new();
        let config = config.set_connection_timeout(None).set_response_timeout(None);
        let live = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        slot.number += 1;
        slot.live = Some(live.clone());
        Ok((live, slot.number))
    }
}

/// Whether the next call is better off with another connection: this one is broken, or leads to a
/// server that has become a replica.
fn ends_the_connection(error: &RedisError) -> bool {
    error.code().is_none_or(|code| code == "READONLY")
}

fn timed_out() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

#[cfg(feature = "tls")]
fn ready_for_tls() -> bool {
    // Without a provider of the whole process, rustls panics where the program's crates bring two.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster: then there is one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    true
}

#[cfg(not(feature = "tls"))]
fn ready_for_tls() -> bool {
    false
}
