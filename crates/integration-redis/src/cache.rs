//! The cache and the lease, each method one command.

use std::sync::Arc;
use std::time::Duration;

use client_registry::{BoxFuture, Cache, Error, Lease, StateError};
use redis::{Cmd, cmd};

use crate::connection::{Connection, Timeouts};
use crate::failure::failed;

/// The cache of logins and the lease of refreshes, in Redis 6.2 or later, or Valkey. Clones share
/// one connection, which is made at the first call and anew after it has failed.
///
/// One server, or whatever stands behind one address; not a cluster.
#[derive(Clone)]
pub struct RedisCache {
    connection: Arc<Connection>,
    prefix: Arc<str>,
    timeouts: Timeouts,
}

impl RedisCache {
    /// A cache at `redis://[user:password@]host[:port][/database]`, `unix:///path`, or with the
    /// feature `tls` `rediss://…`. Nothing is connected yet: an application starts while Redis is
    /// down.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else. The error shows nothing of the address, which may hold
    /// a password.
    pub fn new(url: &str) -> Result<Self, Error> {
        let connection = Arc::new(Connection::new(url)?);
        Ok(RedisCache { connection, prefix: "oauth:".into(), timeouts: Timeouts::default() })
    }

    /// What every key begins with. Default `oauth:`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long connecting may take, TLS and authentication included, and how long an answer may.
    /// Default 2 s each, so that no call takes longer than 4 s.
    #[must_use]
    pub fn with_timeouts(mut self, connect: Duration, answer: Duration) -> Self {
        self.timeouts = Timeouts { connect, answer };
        self
    }

    /// Asks the server for a sign of life: for an application's own check of readiness.
    ///
    /// # Errors
    /// [`StateError`], retryable unless the server refuses the credentials.
    pub async fn ping(&self) -> Result<(), StateError> {
        self.ask("ping", &cmd("PING")).await
    }

    /// Asks what may be asked again where the connection turns out to have been closed meanwhile.
    async fn ask<T: redis::FromRedisValue>(
        &self,
        what: &'static str,
        command: &Cmd,
    ) -> Result<T, StateError> {
        let answer = self.connection.ask(command, self.timeouts).await;
        let answer = match answer {
            Err(error) if error.is_connection_dropped() && !error.is_connection_refusal() => {
                self.connection.ask(command, self.timeouts).await
            }
            answer => answer,
        };
        answer.map_err(|error| failed(what, error))
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl Cache for RedisCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        Box::pin(async move { self.ask("get", cmd("GET").arg(self.key(key))).await })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move {
            let mut command = cmd("SET");
            command.arg(self.key(key)).arg(value).arg("PX").arg(milliseconds(life));
            self.ask("set", &command).await
        })
    }

    /// One `GETDEL`. It is not asked again where the connection breaks: the first one may have been
    /// served.
    fn take<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        Box::pin(async move {
            let mut command = cmd("GETDEL");
            command.arg(self.key(key));
            let taken = self.connection.ask(&command, self.timeouts).await;
            taken.map_err(|error| failed("take", error))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move { self.ask("delete", cmd("DEL").arg(self.key(key))).await })
    }
}

impl Lease for RedisCache {
    fn lease<'a>(
        &'a self,
        key: &'a str,
        holder: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        Box::pin(async move {
            let mut command = cmd("EVAL");
            command.arg(LEASE).arg(1).arg(self.key(key)).arg(holder).arg(milliseconds(life));
            self.ask("lease", &command).await
        })
    }

    fn release<'a>(
        &'a self,
        key: &'a str,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move {
            let mut command = cmd("EVAL");
            command.arg(RELEASE).arg(1).arg(self.key(key)).arg(holder);
            self.ask("release", &command).await
        })
    }
}

/// Shows the prefix: the address may hold a password.
impl std::fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCache").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Takes a key that nobody has, or prolongs it for the holder that has it.
const LEASE: &str = "\
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0";

/// Deletes a key that the holder has.
const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

/// What Redis takes as a time: at least one millisecond, and no more than it can add to its clock.
fn milliseconds(life: Duration) -> u64 {
    const CENTURY: u128 = 100 * 365 * 24 * 3600 * 1000;
    u64::try_from(life.as_millis().clamp(1, CENTURY)).expect("a century fits")
}
