//! One browser's request: the login cookies it brought, and those that the answer will set.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol_core::{Error, Reason, UnixTime};

use crate::client::Client;
use crate::login::cookies::{self, Kind};
use crate::login::pending::{LoginKey, PendingKind, PendingLogin};
use crate::login::seal::Seal;
use crate::registry::Registry;
use crate::token::Token;

/// How long a login may take.
pub const LOGIN_LIFE: Duration = Duration::from_secs(3600);

/// One request of a browser. An adapter makes it from the request's `Cookie` headers and puts
/// [`Session::set_cookies`] into the answer; handlers see it through a [`Client`] alone.
///
/// Cheap to clone; clones are the same request.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    registry: Registry,
    seal: Seal,
    sent: Vec<(String, String)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Set-Cookie lines by cookie name.
    set: BTreeMap<String, String>,
    /// The tokens of logins finished in this request, by client.
    tokens: HashMap<String, Token>,
    /// Who is signed in to the application.
    user: Option<String>,
}

impl Session {
    /// A request with these `Cookie` headers.
    pub fn new<'a>(
        registry: &Registry,
        seal: &Seal,
        cookie_headers: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let sent = cookies::login_cookies(cookie_headers)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Session(Arc::new(Inner {
            registry: registry.clone(),
            seal: seal.clone(),
            sent,
            state: Mutex::default(),
        }))
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The client of that name, bound to this request.
    ///
    /// # Errors
    /// [`Error::UnknownClient`].
    pub fn client(&self, name: &str) -> Result<Client, Error> {
        let registered = self.0.registry.registered(name)?;
        Ok(Client::new(self.0.registry.clone(), registered, Some(self.clone())))
    }

    /// Says who is signed in to the application in this request: calls of APIs go with this user's
    /// token unless another is named.
    pub fn set_user(&self, user: impl Into<String>) {
        self.state().user = Some(user.into());
    }

    pub(crate) fn user(&self) -> Option<String> {
        self.state().user.clone()
    }

    /// The `Set-Cookie` lines of the answer. Where there are any, the answer is also to be marked
    /// `Cache-Control: no-store` and `Referrer-Policy: no-referrer`.
    pub fn set_cookies(&self) -> Vec<String> {
        self.state().set.values().cloned().collect()
    }

    /// Keeps a begun login in a cookie of its own, sealed. Where all of them together outgrow what
    /// servers take as headers, the oldest logins go.
    ///
    /// # Errors
    /// [`Error::Config`] for a login that is alone more than that: browsers would drop its cookie
    /// and say nothing.
    pub(crate) fn save(&self, pending: &PendingLogin) -> Result<(), Error> {
        let (https, form_post) = match &pending.kind {
            PendingKind::OAuth1 { .. } => (is_https(&pending.redirect_uri), false),
            PendingKind::OAuth2 { form_post, .. } => (is_https(&pending.redirect_uri), *form_post),
        };
        let (kind, key) = (Kind { https, form_post }, pending.key());
        let name = kind.name(key.as_str());
        let value = self.0.seal.seal(&name, &pending.to_bytes());
        let size = name.len() + value.len();
        let mut room = cookies::BUDGET.checked_sub(size).ok_or_else(|| {
            let most = cookies::BUDGET;
            let problem =
                format!("expected a login that fits a cookie of {most} bytes, got {size}");
            Error::config("login", problem)
        })?;
        let mut state = self.state();
        let others: Vec<_> = self.0.sent.iter().filter(|(sent, _)| *sent != name).collect();
        if others.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > room {
            // Youngest first; what cannot be opened is as old as can be.
            let mut aged: Vec<_> = others
                .into_iter()
                .map(|(name, value)| (self.open(name, value).map(|login| login.began), name, value))
                .collect();
            aged.sort_by_key(|(began, ..)| Reverse(*began));
            for (_, name, value) in aged {
                match room.checked_sub(name.len() + value.len()) {
                    Some(left) => room = left,
                    None => {
                        room = 0;
                        state.set.insert(name.clone(), cookies::delete(name));
                    }
                }
            }
        }
        state.set.insert(name, kind.set(key.as_str(), &value, LOGIN_LIFE));
        Ok(())
    }

    /// The login that `state` (or `oauth_token`) names, if this browser began it. It stays.
    pub(crate) fn find(&self, state: &str) -> Option<Found> {
        let key = LoginKey::of(state);
        cookies::names(key.as_str()).into_iter().find_map(|name| {
            let (_, value) = self.0.sent.iter().find(|(sent, _)| *sent == name)?;
            let pending = self.open(&name, value).filter(|pending| pending.key() == key)?;
            Some(Found { cookie: name, pending })
        })
    }

    /// The one login with `client` by OAuth 1.0 that this browser has begun, if it is but one: some
    /// providers do not say which login was denied.
    pub(crate) fn find_only_oauth1(&self, client: &str) -> Option<Found> {
        let mut logins = self.0.sent.iter().filter_map(|(name, value)| {
            let pending = self.open(name, value)?;
            let fits =
                pending.client == client && matches!(pending.kind, PendingKind::OAuth1 { .. });
            fits.then(|| Found { cookie: name.clone(), pending })
        });
        logins.next().filter(|_| logins.next().is_none())
    }

    /// Takes a login: its cookie goes, and no copy of it finishes it again.
    pub(crate) fn take(&self, found: Found, now: UnixTime) -> Result<PendingLogin, Error> {
        let Found { cookie, pending } = found;
        self.state().set.insert(cookie.clone(), cookies::delete(&cookie));
        let expires = pending.began.after(LOGIN_LIFE);
        if now > expires {
            return Err(Reason::LoginExpired.into());
        }
        // With the time, since an OAuth 1.0 server may hand out one token twice.
        let once = format!("{} {}", pending.key().as_str(), pending.began);
        if !self.0.registry.0.finished.first_use(&once, expires, now) {
            return Err(Reason::LoginReplayed.into());
        }
        Ok(pending)
    }

    pub(crate) fn keep_token(&self, client: &str, token: Token) {
        self.state().tokens.insert(client.to_owned(), token);
    }

    pub(crate) fn token(&self, client: &str) -> Option<Token> {
        self.state().tokens.get(client).cloned()
    }

    fn open(&self, name: &str, value: &str) -> Option<PendingLogin> {
        PendingLogin::from_bytes(&self.0.seal.open_text(name, value)?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} login cookies)", self.0.sent.len())
    }
}

/// A begun login that this browser holds, and the cookie it holds it in.
pub(crate) struct Found {
    cookie: String,
    pub(crate) pending: PendingLogin,
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}
