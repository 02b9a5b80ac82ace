//! The signed-in user of an application without sessions of its own: one small sealed cookie, which
//! ends by its time, by [`Session::sign_out`], and by a logout at the provider.

mod cookie;
mod signed_in;

pub(crate) use cookie::Cookie;
pub use signed_in::SignedIn;
pub(crate) use signed_in::id;

use std::time::Duration;

use oidc_core::UserInfo;
use protocol_core::{Endpoint, Error, Reason, UnixTime, random};

use crate::authorized::Authorized;
use crate::session::Session;

/// How users are kept signed in: a part of the registry.
pub(crate) struct SignIn {
    /// `None` without a public URL, whose scheme decides what the cookie looks like.
    cookie: Option<Cookie>,
    pub(crate) life: Duration,
    idle: Option<Duration>,
}

impl SignIn {
    pub(crate) fn new(
        public_url: Option<&Endpoint>,
        life: Option<Duration>,
        idle: Option<Duration>,
    ) -> Self {
        let cookie = public_url.map(Cookie::of);
        SignIn { cookie, life: life.unwrap_or(LIFE), idle }
    }

    pub(crate) fn cookie(&self) -> Option<&Cookie> {
        self.cookie.as_ref()
    }

    /// When the sign-in ends, if its cookie is not set anew.
    fn ends(&self, user: &SignedIn) -> UnixTime {
        let whole = user.since.after(self.life);
        self.idle.map_or(whole, |idle| whole.min(user.renewed.after(idle)))
    }

    /// Whether the cookie is to be set anew: not at every request, or no answer could be kept by a
    /// browser's cache.
    fn to_be_renewed(&self, user: &SignedIn, now: UnixTime) -> bool {
        self.idle.is_some_and(|idle| now >= user.renewed.after(idle / 4))
    }
}

impl Session {
    /// Signs the user of a finished login in to the application: sets the one cookie that
    /// [`Session::signed_in`] reads, and keeps the token, so that later requests of this browser
    /// call APIs with it. Asks for the profile as [`Authorized::userinfo`] does.
    ///
    /// It is a new sign-in whatever the browser had before, and ends that: nobody can plant one on
    /// a user.
    ///
    /// # Errors
    /// [`Error::Config`] without a `public_url`; [`Error::NeedsLogin`] where the provider has told of
    /// this session's end meanwhile; those of [`Authorized::userinfo`], of the cache and of the token
    /// store. Nobody is signed in then.
    pub async fn sign_in(&self, login: &Authorized) -> Result<SignedIn, Error> {
        let user = login.userinfo().await?;
        self.sign_in_as(login, &user).await
    }

    /// The same where the profile is at hand already: what [`Authorized::userinfo`] of this login
    /// has answered.
    ///
    /// # Errors
    /// As for [`Session::sign_in`]; [`Reason::SubMismatch`] for a profile of somebody else than the
    /// ID token's user.
    pub async fn sign_in_as(&self, login: &Authorized, user: &UserInfo) -> Result<SignedIn, Error> {
        let claims = login.claims();
        if claims.is_some_and(|claims| claims.sub() != user.sub()) {
            return Err(Reason::SubMismatch.into());
        }
        let cookie = self.user_cookie()?;
        let (registry, client) = (self.registry(), login.client().name());
        let mut user = SignedIn::new(client, user, claims, random::token(), registry.0.clock.now());
        user.id_token = login.id_token().cloned();
        let mut value = self.seal_user(cookie, &user);
        if value.len() > HINT_UP_TO {
            // The token store has it as well.
            user.id_token = None;
            value = self.seal_user(cookie, &user);
        }
        if value.len() > COOKIE {
            let problem =
                format!("expected one that fits a cookie of {COOKIE} bytes, got {}", value.len());
            return Err(Error::config("signed-in user", problem));
        }
        if let Some(before) = self.signed_in().await? {
            registry.end_sign_in(&before.once).await?;
        }
        registry.note_session(self.seal(), &user).await?;
        // The provider may have told of a logout while this login was under way.
        if registry.has_ended(&user).await? {
            return Err(Error::NeedsLogin("the provider has ended this session".to_owned()));
        }
        login.save_for(&user.id()).await?;
        self.set_user_cookie(cookie.set(&value, registry.0.sign_in.life), Some(user.clone()));
        Ok(user)
    }

    /// Who is signed in, if anybody is: by a cookie of ours that has not expired, and that neither
    /// [`Session::sign_out`] nor the provider has ended. It asks the cache once in a request.
    ///
    /// Where the registry is built with [`signed_in_idle`](crate::Builder::signed_in_idle) it sets
    /// the cookie anew now and then.
    ///
    /// # Errors
    /// [`Error::State`] from the cache: whether the sign-in has ended is then unknown.
    pub async fn signed_in(&self) -> Result<Option<SignedIn>, Error> {
        if let Some(known) = self.known_user() {
            return Ok(known);
        }
        let registry = self.registry();
        let Some(cookie) = registry.0.sign_in.cookie() else { return Ok(None) };
        let now = registry.0.clock.now();
        let opened = self.user_cookies().iter().find_map(|value| {
            let plain = self.seal().open_text(cookie.name(), value)?;
            let user: SignedIn = serde_json::from_slice(&plain).ok()?;
            (user.since <= now && now < registry.0.sign_in.ends(&user)).then_some(user)
        });
        let mut user = opened.filter(|user| registry.registered(&user.client).is_ok());
        if let Some(candidate) = &user
            && registry.has_ended(candidate).await?
        {
            user = None;
        }
        match &mut user {
            Some(user) if registry.0.sign_in.to_be_renewed(user, now) => {
                user.renewed = now;
                let left = user.since.after(registry.0.sign_in.life).since(now);
                let line = cookie.set(&self.seal_user(cookie, user), left);
                self.set_user_cookie(line, Some(user.clone()));
            }
            // A cookie that is of no use is not sent for ever.
            None if !self.user_cookies().is_empty() => self.set_user_cookie(cookie.delete(), None),
            user => self.know_user(user.clone()),
        }
        Ok(user)
    }

    /// Signs the user out of the application in this browser, all its tabs with it: the cookie goes,
    /// and every copy of it has ended. The token stays in the store; see
    /// [`Client::logout`](crate::Client::logout) and
    /// [`Client::logout_redirect`](crate::Client::logout_redirect), which sign out as well.
    ///
    /// # Errors
    /// [`Error::State`] from the cache: the cookie goes, a copy of it may not have ended.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let user = self.signed_in().await;
        if let Some(cookie) = self.registry().0.sign_in.cookie()
            && !matches!(user, Ok(None))
        {
            self.set_user_cookie(cookie.delete(), None);
        }
        match user? {
            Some(user) => self.registry().end_sign_in(&user.once).await,
            None => Ok(()),
        }
    }

    /// Signs the user out in every browser, not in this one alone.
    ///
    /// # Errors
    /// As for [`Session::sign_out`].
    pub async fn sign_out_everywhere(&self) -> Result<(), Error> {
        if let Some(user) = self.signed_in().await? {
            self.registry().end_all_of(user.realm(), &user.sub).await?;
        }
        self.sign_out().await
    }

    fn seal_user(&self, cookie: &Cookie, user: &SignedIn) -> String {
        let plain = serde_json::to_vec(user).expect("texts and numbers are JSON");
        self.seal().seal(cookie.name(), &zeroize::Zeroizing::new(plain))
    }

    fn user_cookie(&self) -> Result<&Cookie, Error> {
        self.registry().0.sign_in.cookie().ok_or_else(|| {
            Error::config("public_url", "expected it, for its scheme decides about the cookie")
        })
    }
}

/// How long a user stays signed in, unless the registry says otherwise.
const LIFE: Duration = Duration::from_secs(12 * 3600);

/// The longest cookie that the ID token goes into as well, for the provider's logout: it is sent with
/// every request.
const HINT_UP_TO: usize = 2048;

/// The longest cookie that browsers keep is 4096 bytes, name and attributes included.
const COOKIE: usize = 3800;
