//! The store that both databases share: they differ in the spelling of the time and of the tables.

use client_registry::StateError;

/// Defines a token store on a pool. Every statement is one atomic step by itself, so there are no
/// transactions to get wrong.
macro_rules! token_store {
    (
        $(#[$doc:meta])*
        $name:ident: $pool:ty,
        migration: $migration:literal,
        now: $now:literal,
    ) => {
        use std::time::Duration;

        use client_registry::{BoxFuture, StateError, StoredToken, TokenStore};

        use crate::store::{failed, milliseconds};

        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name($pool);

        impl $name {
            /// A store on this pool. Its tables are made by [`migrate`](Self::migrate), or by the
            /// file `migrations/` of this crate among the application's own migrations.
            pub fn new(pool: $pool) -> Self {
                $name(pool)
            }

            /// Makes the tables that are missing.
            ///
            /// # Errors
            /// What the database says.
            pub async fn migrate(&self) -> Result<(), StateError> {
                let made = sqlx::raw_sql(include_str!($migration)).execute(&self.0).await;
                made.map(drop).map_err(|error| failed("migrate", error))
            }
        }

        impl TokenStore for $name {
            fn fetch_token<'a>(
                &'a self,
                client: &'a str,
                user: &'a str,
            ) -> BoxFuture<'a, Result<Option<StoredToken>, StateError>> {
                Box::pin(async move {
                    let row: Option<(Vec<u8>, i64)> = sqlx::query_as(
                        "SELECT sealed, version FROM oauth_tokens \
                         WHERE client = $1 AND user_id = $2",
                    )
                    .bind(client)
                    .bind(user)
                    .fetch_optional(&self.0)
                    .await
                    .map_err(|error| failed("fetch_token", error))?;
                    Ok(row.map(|(sealed, version)| StoredToken {
                        sealed,
                        version: version.unsigned_abs(),
                    }))
                })
            }

            fn update_token<'a>(
                &'a self,
                client: &'a str,
                user: &'a str,
                expected: Option<u64>,
                token: StoredToken,
            ) -> BoxFuture<'a, Result<bool, StateError>> {
                Box::pin(async move {
                    let statement = match expected {
                        Some(_) => {
                            "UPDATE oauth_tokens SET sealed = $3, version = $4 \
                             WHERE client = $1 AND user_id = $2 AND version = $5"
                        }
                        None => {
                            "INSERT INTO oauth_tokens (client, user_id, sealed, version) \
                             VALUES ($1, $2, $3, $4) ON CONFLICT (client, user_id) DO NOTHING"
                        }
                    };
                    let mut query = sqlx::query(statement)
                        .bind(client)
                        .bind(user)
                        .bind(token.sealed)
                        .bind(token.version.cast_signed());
                    if let Some(expected) = expected {
                        query = query.bind(expected.cast_signed());
                    }
                    let done = query.execute(&self.0).await;
                    let done = done.map_err(|error| failed("update_token", error))?;
                    Ok(done.rows_affected() == 1)
                })
            }

            fn delete_token<'a>(
                &'a self,
                client: &'a str,
                user: &'a str,
            ) -> BoxFuture<'a, Result<(), StateError>> {
                Box::pin(async move {
                    let done =
                        sqlx::query("DELETE FROM oauth_tokens WHERE client = $1 AND user_id = $2")
                            .bind(client)
                            .bind(user)
                            .execute(&self.0)
                            .await;
                    done.map(drop).map_err(|error| failed("delete_token", error))
                })
            }

            fn lease<'a>(
                &'a self,
                client: &'a str,
                user: &'a str,
                holder: &'a str,
                life: Duration,
            ) -> BoxFuture<'a, Result<bool, StateError>> {
                Box::pin(async move {
                    let done = sqlx::query(concat!(
                        "INSERT INTO oauth_token_leases (client, user_id, holder, until) \
                         VALUES ($1, $2, $3, ",
                        $now,
                        " + $4) ON CONFLICT (client, user_id) DO UPDATE \
                         SET holder = excluded.holder, until = excluded.until \
                         WHERE oauth_token_leases.holder = excluded.holder \
                         OR oauth_token_leases.until <= ",
                        $now,
                    ))
                    .bind(client)
                    .bind(user)
                    .bind(holder)
                    .bind(milliseconds(life))
                    .execute(&self.0)
                    .await;
                    let done = done.map_err(|error| failed("lease", error))?;
                    Ok(done.rows_affected() == 1)
                })
            }

            fn release<'a>(
                &'a self,
                client: &'a str,
                user: &'a str,
                holder: &'a str,
            ) -> BoxFuture<'a, Result<(), StateError>> {
                Box::pin(async move {
                    let done = sqlx::query(
                        "DELETE FROM oauth_token_leases \
                         WHERE client = $1 AND user_id = $2 AND holder = $3",
                    )
                    .bind(client)
                    .bind(user)
                    .bind(holder)
                    .execute(&self.0)
                    .await;
                    done.map(drop).map_err(|error| failed("release", error))
                })
            }
        }
    };
}

pub(crate) fn milliseconds(life: std::time::Duration) -> i64 {
    i64::try_from(life.as_millis()).unwrap_or(i64::MAX / 4)
}

/// The registry's error for a database's. What a statement was bound to is in neither.
pub(crate) fn failed(what: &str, error: sqlx::Error) -> StateError {
    let passing = matches!(
        &error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Database(_)
    );
    let state = StateError::new(what, error.to_string()).with_source(error);
    if passing { state } else { state.permanent() }
}
