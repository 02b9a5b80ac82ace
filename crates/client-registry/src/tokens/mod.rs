//! Tokens over time: kept by client and user, refreshed once however many ask, never lost.
//!
//! [`Tokens`] answers with a good token or says that the user must log in. What it does to get one,
//! a refresh or a request by client credentials, is one flight per client and user: a task of its
//! own, so that it finishes and is saved though every caller has gone.

mod backend;
mod events;
mod lease;
mod refresh;
mod store;

pub(crate) use backend::{
    Backend, Current, FetchToken, UpdateToken, fetch_closure, update_closure,
};
pub use events::{TokenUpdate, TokenUpdates};
pub use lease::Lease;
pub use store::{MemoryTokenStore, StoredToken, TokenStore};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use protocol_core::{Error, StateError, UnixTime};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};

use crate::client::{ClientKind, Registered};
use crate::registry::Registry;
use crate::token::Token;

/// Client and user.
type Key = (String, String);
type Outcome = Result<Current, Error>;

/// The tokens of a registry.
pub(crate) struct Tokens {
    pub(crate) backend: Backend,
    pub(crate) on_update: Option<UpdateToken>,
    /// How long one holder may go without a sign of life before others may refresh.
    pub(crate) lease: Duration,
    /// Whose lease it is, if not the token store's.
    pub(crate) lease_by: Option<Arc<dyn Lease>>,
    pub(crate) signal: broadcast::Sender<TokenUpdate>,
    runtime: OnceLock<Handle>,
    flights: Mutex<Flights>,
    /// New tokens that could not be saved yet, with the version they are to replace.
    unsaved: Mutex<HashMap<Key, (TokenUpdate, Option<u64>)>>,
    /// Versions whose refresh token the server has refused: asking again would not help.
    refused: Mutex<HashMap<Key, u64>>,
}

#[derive(Default)]
struct Flights {
    under_way: HashMap<Key, watch::Receiver<Option<Outcome>>>,
    closed: bool,
}

/// How good a token is.
#[derive(Debug, PartialEq, Eq)]
enum Need {
    /// It will do.
    Nothing,
    /// It will do for a while yet.
    Soon,
    /// It has expired.
    Now,
}

impl Tokens {
    pub(crate) fn new(
        backend: Backend,
        on_update: Option<UpdateToken>,
        lease: Option<Duration>,
        lease_by: Option<Arc<dyn Lease>>,
    ) -> Self {
        let runtime = OnceLock::new();
        if let Ok(handle) = Handle::try_current() {
            let _ = runtime.set(handle);
        }
        Tokens {
            backend,
            on_update,
            lease: lease.unwrap_or(LEASE),
            lease_by,
            signal: broadcast::channel(events::BEHIND).0,
            runtime,
            flights: Mutex::default(),
            unsaved: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// The runtime that was running when the registry was built, or else is now.
    fn runtime(&self) -> Result<&Handle, Error> {
        if let Some(handle) = self.runtime.get() {
            return Ok(handle);
        }
        let handle = Handle::try_current().map_err(|_| {
            Error::config("refresh", "expected a tokio runtime to run it on, got none")
        })?;
        Ok(self.runtime.get_or_init(|| handle))
    }

    /// Keeps the token of a login, over whatever was there.
    pub(crate) async fn keep(
        &self,
        registered: &Registered,
        user: &str,
        token: Token,
    ) -> Result<(), Error> {
        let backend = registered.backend.as_ref().unwrap_or(&self.backend);
        let update = TokenUpdate::of_login(&registered.name, user, token);
        let key = (registered.name.clone(), user.to_owned());
        for _ in 0..KEEP_TRIES {
            let there = match backend {
                Backend::Store { store, .. } => store.fetch_token(&key.0, &key.1).await?,
                Backend::Closures { .. } => None,
            };
            let expected = there.map(|there| there.version);
            if backend.save(&update, expected).await?.is_some() {
                lock(&self.unsaved).remove(&key);
                lock(&self.refused).remove(&key);
                return Ok(());
            }
        }
        let problem = "others kept writing it at the same time";
        Err(StateError::new("update_token", problem).into())
    }

    /// Forgets the token.
    pub(crate) async fn forget(&self, registered: &Registered, user: &str) -> Result<(), Error> {
        let key = (registered.name.clone(), user.to_owned());
        lock(&self.unsaved).remove(&key);
        lock(&self.refused).remove(&key);
        registered.backend.as_ref().unwrap_or(&self.backend).delete(&key.0, &key.1).await
    }

    /// Waits until every refresh that has begun is finished and saved; no new one begins.
    pub(crate) async fn shutdown(&self) {
        let under_way: Vec<_> = {
            let mut flights = lock(&self.flights);
            flights.closed = true;
            flights.under_way.values().cloned().collect()
        };
        for mut flight in under_way {
            // An error is a flight that ended without an outcome: it is over as well.
            let _ = flight.wait_for(Option::is_some).await;
        }
    }
}

impl Registry {
    /// A good token of `user`: refreshed first where it is about to expire. For the empty user the
    /// client's own token, asked for by client credentials where there is none.
    pub(crate) async fn current_token(
        &self,
        registered: &Arc<Registered>,
        user: &str,
    ) -> Result<Current, Error> {
        let tokens = &self.0.tokens;
        let key = (registered.name.clone(), user.to_owned());
        if lock(&tokens.unsaved).contains_key(&key) {
            return self.join(registered, user, None).await;
        }
        let backend = registered.backend.as_ref().unwrap_or(&tokens.backend);
        let Some(current) = backend.load(&key.0, &key.1).await? else {
            return match user {
                "" => self.join(registered, user, None).await,
                _ => Err(no_token(&key)),
            };
        };
        match need(&current.token, self.0.clock.now()) {
            Need::Nothing => Ok(current),
            Need::Soon if !can_renew(registered, &current.token, user) => Ok(current),
            Need::Soon => match self.join(registered, user, Some(current.version)).await {
                // The server is away, and the token still good.
                Err(error) if error.is_retryable() => Ok(current),
                outcome => outcome,
            },
            Need::Now => self.join(registered, user, Some(current.version)).await,
        }
    }

    /// The token as it is kept, good or not.
    pub(crate) async fn kept_token(
        &self,
        registered: &Registered,
        user: &str,
    ) -> Result<Option<Token>, Error> {
        let backend = registered.backend.as_ref().unwrap_or(&self.0.tokens.backend);
        Ok(backend.load(&registered.name, user).await?.map(|current| current.token))
    }

    /// A newer token than the one of this version, which an API has refused: refreshed at most once
    /// for all who were refused with it.
    pub(crate) async fn token_after_refusal(
        &self,
        registered: &Arc<Registered>,
        user: &str,
        refused: u64,
    ) -> Result<Current, Error> {
        self.join(registered, user, Some(refused)).await
    }

    /// Joins the flight for this client and user, or starts it. `seen` is the version that is no
    /// longer good enough.
    async fn join(&self, registered: &Arc<Registered>, user: &str, seen: Option<u64>) -> Outcome {
        let mut flight = self.flight(registered, user, seen)?;
        match flight.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(cut_short())),
            Err(_) => Err(cut_short()),
        }
    }

    fn flight(
        &self,
        registered: &Arc<Registered>,
        user: &str,
        seen: Option<u64>,
    ) -> Result<watch::Receiver<Option<Outcome>>, Error> {
        let tokens = &self.0.tokens;
        let runtime = tokens.runtime()?;
        let key = (registered.name.clone(), user.to_owned());
        let mut flights = lock(&tokens.flights);
        if let Some(flight) = flights.under_way.get(&key) {
            return Ok(flight.clone());
        }
        if flights.closed {
            return Err(StateError::new("refresh", "the registry is shutting down").into());
        }
        let (tell, flight) = watch::channel(None);
        flights.under_way.insert(key.clone(), flight.clone());
        let (landing, registered) = (Landing { registry: self.clone(), key }, registered.clone());
        runtime.spawn(async move {
            let outcome = landing.registry.renew(&registered, &landing.key.1, seen).await;
            drop(landing);
            // Nobody may be waiting any more.
            let _ = tell.send(Some(outcome));
        });
        Ok(flight)
    }
}

/// Takes a flight out of the list when it ends, also by a panic.
struct Landing {
    registry: Registry,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        lock(&self.registry.0.tokens.flights).under_way.remove(&self.key);
    }
}

/// A token is refreshed this long before it expires, or a fifth of its life if that is less.
const AHEAD: Duration = Duration::from_secs(60);

/// The default of [`Tokens::lease`]. A holder gives a sign of life three times as often.
const LEASE: Duration = Duration::from_secs(15);

/// How often the token of a login is written before giving up to those who write faster.
const KEEP_TRIES: usize = 8;

fn need(token: &Token, now: UnixTime) -> Need {
    let Some(expires_at) = token.expires_at() else { return Need::Nothing };
    if now >= expires_at {
        return Need::Now;
    }
    let life = token.0.obtained_at.map(|obtained| expires_at.since(obtained));
    let ahead = life.map_or(AHEAD, |life| AHEAD.min(life / 5));
    if now.after(ahead) >= expires_at { Need::Soon } else { Need::Nothing }
}

/// Whether there is a way to a newer token.
fn can_renew(registered: &Registered, token: &Token, user: &str) -> bool {
    match registered.kind {
        ClientKind::OAuth1(_) => false,
        ClientKind::OAuth2(_) => user.is_empty() || token.refresh_token().is_some(),
    }
}

fn no_token((client, _): &Key) -> Error {
    Error::NeedsLogin(format!("there is no token of this user for {client:?}"))
}

fn cut_short() -> Error {
    StateError::new("refresh", "it ended without an outcome").into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_refreshed_ahead_by_a_minute_or_a_fifth_of_its_life() {
        let at = UnixTime::from_seconds;
        let token = |obtained: Option<u64>, expires: Option<u64>| {
            let mut token = Token::bearer("t");
            token.0.obtained_at = obtained.map(at);
            token.0.expires_at = expires.map(at);
            token
        };
        let table = [
            (token(Some(0), Some(3600)), 3539, Need::Nothing),
            (token(Some(0), Some(3600)), 3540, Need::Soon),
            (token(Some(0), Some(3600)), 3600, Need::Now),
            (token(Some(0), Some(100)), 79, Need::Nothing),
            (token(Some(0), Some(100)), 80, Need::Soon),
            (token(None, Some(100)), 40, Need::Soon),
            (token(None, Some(u64::MAX)), 40, Need::Nothing),
            (token(Some(0), None), u64::MAX, Need::Nothing),
        ];
        for (token, now, expected) in table {
            assert_eq!(need(&token, at(now)), expected, "{token:?} at {now}");
        }
    }
}
