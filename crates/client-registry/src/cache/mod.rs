//! The seam to a cache: [`Cache`], of which two methods must be written, and the one in memory.

mod memory;

pub use memory::MemoryCache;

use std::time::Duration;

use protocol_core::StateError;

use crate::http::BoxFuture;

/// Keeps small values for a while: logins under way, sessions that have ended.
/// [`get`](Cache::get) and [`set`](Cache::set) make a cache. Where several processes share it,
/// override [`take`](Cache::take) with one atomic step of the cache's own: only then is a login
/// finished at most once among them all.
///
/// What the registry leans on:
///
/// - Keys are chosen by the registry: up to 128 bytes of `A-Z a-z 0-9 - _ :`, and none is a secret.
///   A cache that serves others as well puts a prefix of its own in front.
/// - Values are up to some kB. What is secret in them is sealed, so a cache learns nothing and cannot
///   make up a login. An empty value counts as none.
/// - A value may go before its time, in a cache that is full: the login is then refused, and the
///   user begins anew.
/// - Every call answers or fails within seconds, for the browser waits meanwhile. What may pass by
///   itself is a [`StateError`] that is retryable; none shows a key or a value.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex, time::{Duration, Instant}};
/// use client_registry::{BoxFuture, Cache, StateError};
///
/// /// The least that serves, for one process.
/// #[derive(Default)]
/// struct Small(Mutex<HashMap<String, (Vec<u8>, Instant)>>);
///
/// impl Cache for Small {
///     fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
///         let found = self.0.lock().unwrap().get(key).cloned();
///         let live = found.filter(|(_, ends)| *ends > Instant::now());
///         Box::pin(async { Ok(live.map(|(value, _)| value)) })
///     }
///
///     fn set<'a>(
///         &'a self, key: &'a str, value: &'a [u8], life: Duration,
///     ) -> BoxFuture<'a, Result<(), StateError>> {
///         let entry = (value.to_owned(), Instant::now() + life);
///         self.0.lock().unwrap().insert(key.to_owned(), entry);
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// let builder = client_registry::Registry::builder().cache(Small::default());
/// # drop(builder);
/// ```
pub trait Cache: Send + Sync + 'static {
    /// The value of `key`, if it is there and its time has not passed.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>>;

    /// Keeps `value` for `life`, in place of whatever `key` had.
    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> BoxFuture<'a, Result<(), StateError>>;

    /// The value of `key`, which is then gone: of many who take it, one has it.
    ///
    /// Unless overridden it gets and deletes, which is *not* atomic: two processes may both have
    /// the value. Within one process the registry itself refuses the second.
    fn take<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        Box::pin(async move {
            let value = self.get(key).await?.filter(|value| !value.is_empty());
            if value.is_some() {
                self.delete(key).await?;
            }
            Ok(value)
        })
    }

    /// Removes the value of `key`, if there is one.
    ///
    /// Unless overridden it sets the empty value, for a second.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StateError>> {
        self.set(key, &[], Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Get and set, and nothing else.
    #[derive(Default)]
    struct Least(MemoryCache);

    impl Cache for Least {
        fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
            self.0.get(key)
        }

        fn set<'a>(
            &'a self,
            key: &'a str,
            value: &'a [u8],
            life: Duration,
        ) -> BoxFuture<'a, Result<(), StateError>> {
            self.0.set(key, value, life)
        }
    }

    #[tokio::test]
    async fn with_get_and_set_alone_a_value_is_taken_once() {
        let cache = Least::default();
        cache.set("a", b"1", Duration::from_secs(60)).await.unwrap();
        assert_eq!(cache.take("a").await.unwrap().as_deref(), Some(&b"1"[..]));
        assert_eq!(cache.take("a").await.unwrap(), None);
        assert_eq!(cache.get("a").await.unwrap(), Some(Vec::new()), "an empty value, for a second");
    }
}
