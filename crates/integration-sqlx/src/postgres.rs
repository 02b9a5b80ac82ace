//! Tokens in PostgreSQL: any number of machines.

token_store! {
    /// Keeps tokens in PostgreSQL, for any number of machines.
    ///
    /// A token counts as saved once the transaction is committed: with `synchronous_commit` on
    /// (PostgreSQL's default) that survives a crash of the server.
    PostgresTokenStore: sqlx::PgPool,
    migration: "../migrations/postgres.sql",
    now: "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT",
}
