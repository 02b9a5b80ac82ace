//! The guides of `docs/`: each Rust block of theirs is compiled, and run where it says nothing else,
//! by `cargo test -p guide`. A guide that is added there gets an item here.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from-authlib.md")]
struct ComingFromAuthlib;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/choosing-cookies-cache-and-store.md")]
struct ChoosingCookiesCacheAndStore;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from-openidconnect-and-oauth2.md")]
struct ComingFromOpenidconnectAndOauth2;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/frameworks.md")]
struct Frameworks;

/// Stands for tables of the application's own.
pub mod db {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    static ROWS: Mutex<BTreeMap<(String, String), String>> = Mutex::new(BTreeMap::new());

    /// The row of this client and user.
    pub async fn find(client: &str, user: &str) -> Option<String> {
        let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(&(client.to_owned(), user.to_owned())).cloned()
    }

    /// Writes the row of this client and user.
    pub async fn save(client: &str, user: &str, row: String) {
        let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
        rows.insert((client.to_owned(), user.to_owned()), row);
    }
}

/// Stands for a table of the application's own whose rows end.
pub mod table {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    static ROWS: Mutex<BTreeMap<String, (Vec<u8>, Instant)>> = Mutex::new(BTreeMap::new());

    /// The value under this key, while it lives.
    pub async fn get(key: &str) -> Option<Vec<u8>> {
        let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(key).filter(|(_, ends)| *ends > Instant::now()).map(|(value, _)| value.clone())
    }

    /// Writes the value under this key, for so long.
    pub async fn set(key: &str, value: &[u8], life: Duration) {
        let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
        rows.insert(key.to_owned(), (value.to_owned(), Instant::now() + life));
    }
}

/// Stands for a session middleware of the application's own.
pub mod session {
    /// Who is signed in, as the middleware puts it into a request's extensions.
    #[derive(Clone, Debug)]
    pub struct Session {
        /// The application's key of the user.
        pub user: String,
    }
}
