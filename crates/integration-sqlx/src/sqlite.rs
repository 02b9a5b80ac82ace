//! Tokens in SQLite: one machine, any number of processes.

token_store! {
    /// Keeps tokens in SQLite, for one machine and any number of its processes.
    ///
    /// A token counts as saved once the transaction is committed. With `PRAGMA synchronous = FULL`
    /// (SQLite's default) that survives a loss of power, with `NORMAL` in WAL mode a crash of the
    /// process alone. Give connections a `busy_timeout` of some seconds (sqlx's default is 5).
    SqliteTokenStore: sqlx::SqlitePool,
    migration: "../migrations/sqlite.sql",
    now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
}
