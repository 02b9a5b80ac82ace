//! What the provider remembers: everything in memory, every kind of it bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol_core::{UnixTime, random};

use crate::authorize::AuthorizationRequest;
use crate::interaction::Interaction;
use crate::oauth1::{Temporary, TokenCredentials};
use crate::oidc::KeyRing;
use crate::{Client, Fault, User};

/// What every handler is given.
pub(crate) type App = Arc<Provider>;

pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) port: u16,
    store: Mutex<Store>,
}

impl Provider {
    pub(crate) fn new(port: u16, issuer: String, store: Store) -> App {
        Arc::new(Provider { issuer, port, store: Mutex::new(store) })
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cookies are shared by all ports of a host, so the name carries the port.
    pub(crate) fn cookie_name(&self) -> String {
        format!("demo_provider_{}", self.port)
    }
}

pub(crate) struct Store {
    pub(crate) clients: HashMap<String, Client>,
    pub(crate) users: HashMap<String, User>,
    pub(crate) keys: KeyRing,

    pub(crate) sessions: Bounded<String, Session>,
    pub(crate) interactions: Bounded<String, Interaction>,

    pub(crate) codes: Bounded<String, Code>,
    /// Redeemed codes and the grants they became, to notice a second use.
    pub(crate) spent_codes: Bounded<String, String>,
    pub(crate) grants: Bounded<String, Grant>,
    pub(crate) access_tokens: Bounded<String, Access>,
    pub(crate) refresh_tokens: Bounded<String, Refresh>,

    pub(crate) temporary_credentials: Bounded<String, Temporary>,
    pub(crate) token_credentials: Bounded<String, TokenCredentials>,
    pub(crate) oauth1_nonces: Bounded<String, ()>,

    pub(crate) requests: Bounded<String, u64>,
    pub(crate) fault: Option<Fault>,
    pub(crate) down: bool,
    pub(crate) auto_approve: Option<String>,
    pub(crate) access_token_lifetime: Duration,
}

impl Store {
    pub(crate) fn new(access_token_lifetime: Duration) -> Self {
        Store {
            clients: HashMap::new(),
            users: HashMap::new(),
            keys: KeyRing::default(),
            sessions: Bounded::new(10_000),
            interactions: Bounded::new(10_000),
            codes: Bounded::new(10_000),
            spent_codes: Bounded::new(10_000),
            grants: Bounded::new(50_000),
            access_tokens: Bounded::new(50_000),
            refresh_tokens: Bounded::new(50_000),
            temporary_credentials: Bounded::new(10_000),
            token_credentials: Bounded::new(50_000),
            oauth1_nonces: Bounded::new(50_000),
            requests: Bounded::new(256),
            fault: None,
            down: false,
            auto_approve: None,
            access_token_lifetime,
        }
    }

    /// Every name is somebody: a user that was configured, or one made of the name.
    pub(crate) fn user(&self, username: &str) -> User {
        self.users.get(username).cloned().unwrap_or_else(|| User::new(username))
    }
}

/// A browser. It has a user once somebody has logged in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) csrf: String,
    pub(crate) login: Option<Login>,
    /// `client_id` and scope of what was allowed, for `prompt=none`.
    pub(crate) consents: Bounded<(String, String), ()>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Session { csrf: random::token(), login: None, consents: Bounded::new(32) }
    }

    /// After a login of this user: another one than before has nothing of what was allowed, and is
    /// another session to the clients.
    pub(crate) fn logged_in(self, username: &str, now: UnixTime) -> (Self, Login) {
        let before = self.login.filter(|login| login.user == username);
        let new = Session::new();
        let (consents, sid) = match before {
            Some(login) => (self.consents, login.sid),
            None => (new.consents, random::token()),
        };
        let login = Login { user: username.to_owned(), auth_time: now, sid };
        (Session { csrf: new.csrf, login: Some(login.clone()), consents }, login)
    }
}

/// Who has logged in, and when.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) auth_time: UnixTime,
    /// What the clients know the session by.
    pub(crate) sid: String,
}

/// An authorization code (RFC 6749 §4.1.2).
pub(crate) struct Code {
    pub(crate) request: AuthorizationRequest,
    pub(crate) login: Login,
    pub(crate) expires: UnixTime,
}

/// What somebody allowed a client. All its tokens name it; without it they are worth nothing.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// `None` where the client acts for itself (client_credentials).
    pub(crate) login: Option<Login>,
    pub(crate) scope: String,
}

pub(crate) struct Access {
    pub(crate) grant: String,
    pub(crate) scope: String,
    pub(crate) expires: UnixTime,
}

pub(crate) struct Refresh {
    pub(crate) grant: String,
    pub(crate) spent: bool,
}

/// A map that forgets the oldest entry rather than grow over its bound.
#[derive(Clone)]
pub(crate) struct Bounded<K, V> {
    map: HashMap<K, V>,
    order: VecDeque<K>,
    bound: usize,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(crate) fn new(bound: usize) -> Self {
        Bounded { map: HashMap::new(), order: VecDeque::new(), bound }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.map.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        // A removed key keeps its place in the order until its turn comes: at most `bound` of them.
        while self.order.len() > self.bound {
            self.order.pop_front().and_then(|oldest| self.map.remove(&oldest));
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values()
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.map.remove(key)
    }

    /// Keeps `value` under a new unguessable key, which is returned.
    pub(crate) fn issue(&mut self, value: V) -> String
    where
        K: From<String>,
    {
        let key = random::token();
        self.insert(key.clone().into(), value);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_map_forgets_the_oldest_first() {
        let mut map = Bounded::new(2);
        for key in ["a", "b", "a", "c"] {
            map.insert(key, key);
        }
        assert_eq!((map.get(&"a"), map.get(&"b"), map.get(&"c")), (None, Some(&"b"), Some(&"c")));
        for _ in 0..1000 {
            map.insert("x", "x");
            map.remove(&"x");
        }
        assert!(map.map.len() <= 2 && map.order.len() <= 2);
    }
}
