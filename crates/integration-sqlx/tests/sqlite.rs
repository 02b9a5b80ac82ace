//! The contract of a token store, on SQLite.
#![cfg(feature = "sqlite")]

mod contract;

use integration_sqlx::SqliteTokenStore;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

async fn store(connections: u32) -> (SqliteTokenStore, std::path::PathBuf) {
    let name = format!("tokens-{}-{connections}.db", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(options).await;
    let store = SqliteTokenStore::new(pool.unwrap());
    store.migrate().await.unwrap();
    store.migrate().await.unwrap(); // nothing to do the second time
    (store, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let (store, path) = store(4).await;
    contract::holds(&store).await;
    std::fs::remove_file(path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_an_error_that_names_the_call() {
    let pool = SqlitePoolOptions::new().connect("sqlite::memory:").await.unwrap();
    let error = client_registry::TokenStore::fetch_token(&SqliteTokenStore::new(pool), "c", "u")
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("fetch_token: "), "{error}");
}
