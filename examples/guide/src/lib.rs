//! The guides of `docs/`: each Rust block of theirs is compiled, and run where it says nothing else,
//! by `cargo test -p guide`. A guide that is added there gets an item here.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from-authlib.md")]
struct ComingFromAuthlib;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/choosing-cookies-cache-and-store.md")]
struct ChoosingCookiesCacheAndStore;

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

/// Stands for a session middleware of the application's own.
pub mod session {
    /// Who is signed in, as the middleware puts it into a request's extensions.
    #[derive(Clone, Debug)]
    pub struct Session {
        /// The application's key of the user.
        pub user: String,
    }
}
