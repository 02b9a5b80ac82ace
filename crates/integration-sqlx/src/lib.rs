#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[macro_use]
mod store;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PostgresTokenStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTokenStore;
