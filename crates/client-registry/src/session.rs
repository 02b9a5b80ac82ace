//! One browser's request: the login cookies it brought, and those that the answer will set.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use protocol_core::{Error, Reason, UnixTime};

use crate::answer::NOT_KEPT;
use crate::client::Client;
use crate::login::cookies::{self, Kind};
use crate::login::pending::{LoginKey, PendingKind, PendingLogin};
use crate::login::seal::Seal;
use crate::login::ticket::Ticket;
use crate::registry::Registry;
use crate::sign_in::SignedIn;
use crate::token::Token;

/// One request of a browser. An adapter makes it from the request's `Cookie` headers and puts
/// [`Session::answer_headers`] into the answer; handlers see it through a [`Client`] alone.
///
/// Cheap to clone; clones are the same request.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    registry: Registry,
    seal: Seal,
    sent: Vec<(String, String)>,
    /// The values of the signed-in user's cookie.
    sent_users: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The cookies that the answer sets, by name.
    set: BTreeMap<String, SetCookie>,
    /// The tokens of logins finished in this request, by client.
    tokens: Vec<(String, Token)>,
    /// Who the application says is signed in.
    user: Option<String>,
    /// Who is signed in by our own cookie, once that is known.
    signed_in: Option<Option<SignedIn>>,
    /// The Set-Cookie line of that.
    set_user: Option<String>,
}

struct SetCookie {
    line: String,
    /// `None` for one that is removed.
    value: Option<String>,
}

impl Session {
    /// A request with these `Cookie` headers: bytes, since cookies of somebody else's may hold any.
    pub fn new(
        registry: &Registry,
        seal: &Seal,
        cookie_headers: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Self {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let lines: Vec<_> = cookie_headers.into_iter().map(|line| text(line.as_ref())).collect();
        let headers: Vec<&str> = lines.iter().map(|line| &**line).collect();
        let sent_users = registry.0.sign_in.cookie().map(|cookie| cookie.values(&headers));
        let sent = cookies::login_cookies(headers.iter().copied())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Session(Arc::new(Inner {
            registry: registry.clone(),
            seal: seal.clone(),
            sent,
            sent_users: sent_users.into_iter().flatten().map(str::to_owned).collect(),
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

    /// What the answer to this request gets besides: `Set-Cookie` lines, to be added to those it
    /// has, and where there are any, [`NOT_KEPT`], in place of others of those names. Nothing for a
    /// request that took part in no login.
    pub fn answer_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in self.set_cookies() {
            // Names, base64url and numbers: always a header value.
            if let Ok(line) = HeaderValue::try_from(line) {
                headers.append(SET_COOKIE, line);
            }
        }
        if !headers.is_empty() {
            headers.extend(NOT_KEPT);
        }
        headers
    }

    /// The `Set-Cookie` lines of the answer; see [`Session::answer_headers`].
    pub fn set_cookies(&self) -> Vec<String> {
        let state = self.state();
        let lines = state.set.values().map(|cookie| &cookie.line).chain(&state.set_user);
        lines.cloned().collect()
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    pub(crate) fn user_cookies(&self) -> &[String] {
        &self.0.sent_users
    }

    /// Who is signed in by our own cookie, where that has been found out.
    pub(crate) fn known_user(&self) -> Option<Option<SignedIn>> {
        self.state().signed_in.clone()
    }

    pub(crate) fn know_user(&self, user: Option<SignedIn>) {
        self.state().signed_in = Some(user);
    }

    /// The answer sets the signed-in user's cookie by this line.
    pub(crate) fn set_user_cookie(&self, line: String, user: Option<SignedIn>) {
        let mut state = self.state();
        state.set_user = Some(line);
        state.signed_in = Some(user);
    }

    /// Keeps a begun login for this browser: sealed in a cookie of its own, or in the cache with the
    /// cookie for its ticket. Where all cookies together outgrow what servers take as headers, the
    /// oldest logins go.
    ///
    /// # Errors
    /// [`Error::Config`] for a login that is alone more than that: browsers would drop its cookie
    /// and say nothing. [`Error::State`] from the cache.
    pub(crate) async fn save(&self, pending: &PendingLogin) -> Result<(), Error> {
        let (https, form_post) = match &pending.kind {
            PendingKind::OAuth1 { .. } | PendingKind::Logout { .. } => {
                (is_https(&pending.redirect_uri), false)
            }
            PendingKind::OAuth2 { form_post, .. } => (is_https(&pending.redirect_uri), *form_post),
        };
        let (kind, key) = (Kind { https, form_post }, pending.key());
        let name = kind.name(key.as_str());
        let registry = &self.0.registry.0;
        let life = registry.login_life;
        let value = if registry.logins_in_cache {
            let ticket = Ticket::new(pending.began);
            let sealed = self.0.seal.seal_bytes(&ticket.purpose(&name), &pending.to_bytes());
            registry.cache.set(&ticket.cache_key(), &sealed, life).await?;
            ticket.into_text()
        } else {
            self.0.seal.seal(&name, &pending.to_bytes())
        };
        let size = name.len() + value.len();
        let room = cookies::BUDGET.checked_sub(size).ok_or_else(|| {
            let most = cookies::BUDGET;
            let problem =
                format!("expected a login that fits a cookie of {most} bytes, got {size}");
            Error::config("login", problem)
        })?;
        let mut state = self.state();
        for old in self.too_many(&state, &name, room) {
            let line = cookies::delete(&old);
            state.set.insert(old, SetCookie { line, value: None });
        }
        let line = kind.set(key.as_str(), &value, life);
        state.set.insert(name, SetCookie { line, value: Some(value) });
        Ok(())
    }

    /// The names of the cookies besides `name` that do not fit into `room` bytes: the oldest.
    fn too_many(&self, state: &State, name: &str, room: usize) -> Vec<String> {
        let sent = self.0.sent.iter().filter(|(sent, _)| !state.set.contains_key(sent));
        let set = state.set.iter().filter_map(|(name, set)| Some((name, set.value.as_ref()?)));
        let others = set.chain(sent.map(|(name, value)| (name, value)));
        let others: Vec<_> = others.filter(|(other, _)| *other != name).collect();
        if others.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= room {
            return Vec::new();
        }
        // Youngest first; what cannot be read is as old as can be.
        let mut aged: Vec<_> = others
            .into_iter()
            .map(|(name, value)| (self.began(name, value), name, value))
            .collect();
        aged.sort_by_key(|(began, ..)| Reverse(*began));
        let mut room = Some(room);
        let mut gone = Vec::new();
        for (_, name, value) in aged {
            room = room.and_then(|room| room.checked_sub(name.len() + value.len()));
            if room.is_none() {
                gone.push(name.clone());
            }
        }
        gone
    }

    /// When the login of a cookie began.
    fn began(&self, name: &str, value: &str) -> Option<UnixTime> {
        match self.0.registry.0.logins_in_cache {
            true => Ticket::parse(value).map(|ticket| ticket.began()),
            false => self.open(name, value).map(|pending| pending.began),
        }
    }

    /// The login that `state` (or `oauth_token`) names, if this browser began it. It stays.
    pub(crate) async fn find(&self, state: &str) -> Result<Option<Found>, Error> {
        let key = LoginKey::of(state);
        for name in cookies::names(key.as_str()) {
            let Some((_, value)) = self.0.sent.iter().find(|(sent, _)| *sent == name) else {
                continue;
            };
            if let Some(found) = self.look_up(&name, value).await?
                && found.pending.key() == key
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The one login with `client` by OAuth 1.0 that this browser has begun, if it is but one: some
    /// providers do not say which login was denied.
    pub(crate) async fn find_only_oauth1(&self, client: &str) -> Result<Option<Found>, Error> {
        let mut only = None;
        for (name, value) in self.0.sent.iter().take(cookies::MOST) {
            let Some(found) = self.look_up(name, value).await? else { continue };
            let one_of_its = matches!(found.pending.kind, PendingKind::OAuth1 { .. });
            if found.pending.client == client && one_of_its && only.replace(found).is_some() {
                return Ok(None);
            }
        }
        Ok(only)
    }

    /// Takes a login: its cookie goes, and no copy of it finishes it again.
    pub(crate) async fn take(&self, found: Found) -> Result<PendingLogin, Error> {
        let Found { cookie, pending, ticket } = found;
        let registry = &self.0.registry.0;
        let taken = match &ticket {
            Some(ticket) => registry.cache.take(&ticket.cache_key()).await?.is_some(),
            None => true,
        };
        self.remove_cookie(cookie);
        if !taken {
            return Err(Reason::LoginReplayed.into());
        }
        let once = match &ticket {
            Some(ticket) => ticket.cache_key(),
            None => pending.once(),
        };
        self.0.registry.finish_once(&pending, &once)?;
        Ok(pending)
    }

    pub(crate) fn keep_token(&self, client: &str, token: Token) {
        let tokens = &mut self.state().tokens;
        tokens.retain(|(name, _)| name != client);
        tokens.push((client.to_owned(), token));
    }

    pub(crate) fn drop_token(&self, client: &str) {
        self.state().tokens.retain(|(name, _)| name != client);
    }

    pub(crate) fn token(&self, client: &str) -> Option<Token> {
        let state = self.state();
        let kept = state.tokens.iter().find(|(name, _)| name == client);
        kept.map(|(_, token)| token.clone())
    }

    fn remove_cookie(&self, name: String) {
        let set = SetCookie { line: cookies::delete(&name), value: None };
        self.state().set.insert(name, set);
    }

    /// The login of a cookie.
    async fn look_up(&self, name: &str, value: &str) -> Result<Option<Found>, Error> {
        let cookie = name.to_owned();
        let registry = &self.0.registry.0;
        if !registry.logins_in_cache {
            let opened = self.open(name, value);
            return Ok(opened.map(|pending| Found { cookie, pending, ticket: None }));
        }
        let Some(ticket) = Ticket::parse(value) else { return Ok(None) };
        let key = ticket.cache_key();
        let Some(sealed) = registry.cache.get(&key).await?.filter(|sealed| !sealed.is_empty())
        else {
            if registry.finished.contains(&key) {
                self.remove_cookie(cookie);
                return Err(Reason::LoginReplayed.into());
            }
            return Ok(None);
        };
        let plain = self.0.seal.open_bytes(&ticket.purpose(name), &sealed);
        let pending = plain.and_then(|plain| PendingLogin::from_bytes(&plain));
        Ok(pending.map(|pending| Found { cookie, pending, ticket: Some(ticket) }))
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

/// A begun login that this browser holds, the cookie it holds it by, and its ticket where it is in
/// the cache.
pub(crate) struct Found {
    cookie: String,
    pub(crate) pending: PendingLogin,
    ticket: Option<Ticket>,
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}
