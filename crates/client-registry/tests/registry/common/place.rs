//! Where logins under way are kept: what a test asserts holds wherever that is.

use std::time::Duration;

use client_registry::{BoxFuture, Builder, Cache, MemoryCache, StateError};

/// Where logins under way are. Clones of a cache are the same cache.
#[derive(Clone)]
pub(crate) enum Place {
    Cookies,
    /// A cache with an atomic `take`.
    Cache(MemoryCache),
    /// A cache of `get` and `set`, as a user may write it.
    LeastCache(LeastCache),
}

impl Place {
    pub(crate) fn on(&self, builder: Builder) -> Builder {
        match self {
            Place::Cookies => builder,
            Place::Cache(cache) => builder.cache(cache.clone()),
            Place::LeastCache(cache) => builder.cache(cache.clone()),
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct LeastCache(MemoryCache);

impl Cache for LeastCache {
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

/// Makes tests of functions that are told the place.
macro_rules! in_every_place {
    ($($name:ident)*) => {
        mod in_cookies {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::Cookies).await;
            })*
        }

        mod in_a_cache {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::Cache(Default::default())).await;
            })*
        }

        mod in_a_cache_of_get_and_set {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::LeastCache(Default::default())).await;
            })*
        }
    };
}
pub(crate) use in_every_place;
