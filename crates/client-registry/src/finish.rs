//! How a login is finished: its callback is read in the words of the client's protocol, the login
//! that it belongs to is taken, and the token is had.

use oidc_core::{Claims, Nonce};
use protocol_core::{Error, Reason};

use crate::authorized::Authorized;
use crate::callback::{Callback, Kind};
use crate::client::{Client, ClientKind};
use crate::login::PendingLogin;
use crate::login::pending::LoginKey;
use crate::oauth1::OAuth1Client;
use crate::oauth2::OAuth2Client;
use crate::registry::Registry;
use crate::session::{Found, Session};
use crate::telemetry::{span, traced};

impl Client {
    /// Finishes a login: checks the callback against the login that this browser began, trades the
    /// code (or the temporary credentials) for a token, and verifies the ID token.
    ///
    /// The login is taken: neither this callback nor a copy of it works again.
    ///
    /// # Errors
    /// [`Error::Unverified`] where the callback or the ID token does not hold, with the first rule
    /// that it breaks; [`Error::Rejected`] where the user or the provider said no;
    /// [`Error::Protocol`] and [`Error::Http`] from the exchange; [`Error::State`] from the cache,
    /// with nothing taken.
    pub async fn authorize_access_token(&self, callback: Callback) -> Result<Authorized, Error> {
        traced(self.finish_span(), async {
            let session = self.session()?;
            let delivered = self.read(callback)?;
            let found = delivered.find(self.name(), session).await?;
            let found = found.ok_or_else(|| delivered.unbound())?;
            self.check_delivery(&found.pending)?;
            let pending = session.take(found).await?;
            let authorized = delivered.trade(self, pending).await?;
            session.keep_token(self.name(), authorized.token().clone());
            Ok(authorized)
        })
        .await
    }

    /// Finishes a login that the application kept by itself, as it was given by
    /// [`Client::create_authorization_url`]: for applications without cookies, such as native ones.
    /// That the callback came to whoever began the login is then the application's to see to.
    ///
    /// A login is finished at most once in this process; what does not belong to it, a stray request
    /// to a native application's port say, leaves it as it was.
    ///
    /// ```
    /// use client_registry::{AuthorizationUrl, Authorized, Callback, Client, Error, LoginOptions};
    ///
    /// async fn log_in(client: &Client, open: impl AsyncFn(&str) -> String) -> Result<Authorized, Error> {
    ///     let redirect_uri = "http://127.0.0.1:49152/callback";
    ///     let begun = client.create_authorization_url(redirect_uri, &LoginOptions::new()).await?;
    ///     // A browser is sent there, and comes back to the redirect_uri with a query.
    ///     let query = open(&begun.url).await;
    ///     client.fetch_access_token(&begun.pending, Callback::query(&query)).await
    /// }
    /// ```
    ///
    /// # Errors
    /// As for [`Client::authorize_access_token`], but for those of the cache.
    pub async fn fetch_access_token(
        &self,
        pending: &PendingLogin,
        callback: Callback,
    ) -> Result<Authorized, Error> {
        traced(self.finish_span(), async {
            let delivered = self.read(callback)?;
            if !delivered.belongs_to(pending) {
                return Err(delivered.unbound());
            }
            self.check_delivery(pending)?;
            self.registry().finish_once(pending, &pending.once())?;
            delivered.trade(self, pending.clone()).await
        })
        .await
    }

    /// Verifies an ID token that came in another way than by a login of this registry: from a
    /// provider's own sign-in button or a mobile application. `nonce` is what its request carried; the
    /// client's `max_age` and `essential_acr_values` hold as for logins.
    ///
    /// # Errors
    /// [`Error::Unverified`] with the first rule that it breaks; [`Error::Config`] for a client that
    /// does not speak OpenID Connect; what keeps the issuer's metadata or keys from being had.
    pub async fn parse_id_token(&self, id_token: &str, nonce: Nonce<'_>) -> Result<Claims, Error> {
        let span = span!("parse_id_token", client = self.name());
        traced(span, self.openid("ID token")?.parse_id_token(self, id_token, nonce)).await
    }

    fn finish_span(&self) -> tracing::Span {
        span!("login_finish", client = self.name(), protocol = self.protocol())
    }

    fn read(&self, callback: Callback) -> Result<Delivered<'_>, Error> {
        match (&self.registered.kind, callback.0) {
            (_, Kind::Wrong(error)) => Err(error),
            (ClientKind::OAuth1(client), Kind::Query(query)) => {
                Ok(Delivered::OAuth1(client, oauth1_core::callback::parse(&query)?))
            }
            (ClientKind::OAuth1(_), Kind::Form { .. }) => {
                let mismatch = Reason::ResponseModeMismatch { expected: "query", got: "form_post" };
                Err(mismatch.into())
            }
            (ClientKind::OAuth2(client), Kind::Query(query)) => {
                Ok(Delivered::OAuth2(client, oauth2_core::Callback::query(&query)))
            }
            (ClientKind::OAuth2(client), Kind::Form { content_type, body }) => {
                let callback = oauth2_core::Callback::form(content_type.as_deref(), &body);
                Ok(Delivered::OAuth2(client, callback))
            }
        }
    }
}

impl Registry {
    /// Notes that a login is finished now, `once` standing for it: refused if its time is over, or
    /// if it was noted before.
    pub(crate) fn finish_once(&self, pending: &PendingLogin, once: &str) -> Result<(), Error> {
        let now = self.0.clock.now();
        let expires = pending.began().after(self.0.login_life);
        if now > expires {
            return Err(Reason::LoginExpired.into());
        }
        match self.0.finished.first_use(once, expires, now) {
            true => Ok(()),
            false => Err(Reason::LoginReplayed.into()),
        }
    }
}

/// A callback in the words of its client's protocol.
enum Delivered<'a> {
    OAuth1(&'a OAuth1Client, oauth1_core::Callback),
    OAuth2(&'a OAuth2Client, oauth2_core::Callback),
}

impl Delivered<'_> {
    /// What names its login: `state`, or the `oauth_token` of OAuth 1.0.
    fn names(&self) -> Option<&str> {
        match self {
            Delivered::OAuth1(_, callback) => callback.token(),
            Delivered::OAuth2(_, callback) => callback.state(),
        }
    }

    /// Whether it names no login and may: some OAuth 1.0 servers do not say which one was denied.
    fn is_nameless_denial(&self) -> bool {
        matches!(self, Delivered::OAuth1(_, callback) if callback.token().is_none() && callback.is_denial())
    }

    fn belongs_to(&self, pending: &PendingLogin) -> bool {
        match self.names() {
            Some(state) => LoginKey::of(state) == pending.key(),
            None => self.is_nameless_denial(),
        }
    }

    /// The login of this browser that it belongs to.
    async fn find(&self, client: &str, session: &Session) -> Result<Option<Found>, Error> {
        match self.names() {
            Some(state) => session.find(state).await,
            None if self.is_nameless_denial() => session.find_only_oauth1(client).await,
            None => Ok(None),
        }
    }

    /// What is wrong with it where it belongs to no login.
    fn unbound(&self) -> Error {
        match self {
            Delivered::OAuth1(_, callback) => OAuth1Client::unbound(callback),
            Delivered::OAuth2(_, callback) => OAuth2Client::unbound(callback),
        }
    }

    /// Checks it against its login, and trades what it brings for a token.
    async fn trade(&self, client: &Client, pending: PendingLogin) -> Result<Authorized, Error> {
        match self {
            Delivered::OAuth1(oauth1, callback) => oauth1.finish(client, pending, callback).await,
            Delivered::OAuth2(oauth2, callback) => oauth2.finish(client, pending, callback).await,
        }
    }
}
