//! The store that a URL names.

use std::time::Duration;

use client_registry::{Builder, Seal};
use integration_redis::RedisCache;
use integration_sqlx::{PostgresTokenStore, SqliteTokenStore};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::Outcome;

/// The variable with the Redis whose lease is taken in place of the store's.
pub(crate) const LEASE: &str = "LEASE_BY_REDIS";

pub(crate) enum Store {
    Sqlite(SqliteTokenStore),
    Postgres(PostgresTokenStore),
}

impl Store {
    pub(crate) fn on(self, builder: Builder, seal: Seal) -> Builder {
        // Short, so that the lease of a killed process is soon over.
        let builder = builder.refresh_lease(Duration::from_millis(600));
        let builder = match std::env::var(LEASE) {
            Ok(url) => builder.refresh_lease_by(RedisCache::new(&url).expect("a Redis")),
            Err(_) => builder,
        };
        match self {
            Store::Sqlite(store) => builder.token_store(store, seal),
            Store::Postgres(store) => builder.token_store(store, seal),
        }
    }
}

pub(crate) async fn store(url: &str) -> Outcome<Store> {
    if url.starts_with("sqlite:") {
        let options = url.parse::<SqliteConnectOptions>()?.journal_mode(SqliteJournalMode::Wal);
        let options = options.busy_timeout(Duration::from_secs(20));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        let store = SqliteTokenStore::new(pool);
        store.migrate().await?;
        return Ok(Store::Sqlite(store));
    }
    let pool = PgPoolOptions::new().max_connections(8).connect(url).await?;
    let store = PostgresTokenStore::new(pool);
    store.migrate().await?;
    Ok(Store::Postgres(store))
}
