//! Where tokens are kept: [`TokenStore`], which sees sealed bytes alone, and the one in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol_core::StateError;

use crate::http::BoxFuture;

/// A token at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The token, sealed for its client and user. What it says is nothing to the store.
    pub sealed: Vec<u8>,
    /// Which state of the token this is: up to 2^63 - 1, never the same twice for one client and
    /// user.
    pub version: u64,
}

/// Keeps tokens by client and user. Three methods make a store for one process; with the other two
/// several processes share one without refreshing a token twice.
///
/// A `user` is whatever the application calls its users by. The empty one stands for the client
/// itself (client credentials).
pub trait TokenStore: Send + Sync + 'static {
    /// The token of `user` at `client`.
    fn fetch_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredToken>, StateError>>;

    /// Puts `token` in place of the one whose version is `expected`, or where there is none for
    /// `None`, in one atomic step. False if something else is there; then nothing has changed.
    ///
    /// Once it answers true, a crash does not undo it.
    fn update_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        expected: Option<u64>,
        token: StoredToken,
    ) -> BoxFuture<'a, Result<bool, StateError>>;

    /// Removes the token, if there is one.
    fn delete_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>>;

    /// Takes the right to refresh this token for `life`, or keeps it if `holder` has it already.
    /// False while another holder has it. By the store's clock, so that the processes' clocks do
    /// not matter.
    ///
    /// Default: always true, for a store that one process uses.
    fn lease<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        holder: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        let _ = (client, user, holder, life);
        Box::pin(std::future::ready(Ok(true)))
    }

    /// Gives the right back, if `holder` has it.
    fn release<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        let _ = (client, user, holder);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Tokens in memory: they end with the process.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<(String, String), StoredToken>>);

impl MemoryTokenStore {
    /// A store that holds nothing yet.
    pub fn new() -> Self {
        MemoryTokenStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), StoredToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn fetch_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredToken>, StateError>> {
        let found = self.lock().get(&(client.to_owned(), user.to_owned())).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn update_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        expected: Option<u64>,
        token: StoredToken,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        let mut tokens = self.lock();
        let key = (client.to_owned(), user.to_owned());
        let fits = tokens.get(&key).map(|there| there.version) == expected;
        if fits {
            tokens.insert(key, token);
        }
        Box::pin(std::future::ready(Ok(fits)))
    }

    fn delete_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        self.lock().remove(&(client.to_owned(), user.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(version: u64) -> StoredToken {
        StoredToken { sealed: vec![version as u8], version }
    }

    #[tokio::test]
    async fn a_token_is_replaced_only_over_the_version_that_is_expected() {
        let store = MemoryTokenStore::new();
        assert_eq!(store.fetch_token("c", "u").await.unwrap(), None);
        assert!(!store.update_token("c", "u", Some(1), token(2)).await.unwrap());
        assert!(store.update_token("c", "u", None, token(1)).await.unwrap());
        assert!(!store.update_token("c", "u", None, token(3)).await.unwrap());
        assert!(store.update_token("c", "u", Some(1), token(2)).await.unwrap());
        assert_eq!(store.fetch_token("c", "u").await.unwrap(), Some(token(2)));
        assert_eq!(store.fetch_token("c", "other").await.unwrap(), None);
        store.delete_token("c", "u").await.unwrap();
        assert_eq!(store.fetch_token("c", "u").await.unwrap(), None);
    }
}
