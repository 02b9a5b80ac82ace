//! Logout: begun here ([`Client::logout_redirect`], [`Client::logout`]), or told by the provider
//! ([`Session::back_channel_logout`], [`Session::front_channel_logout`]).

mod ended;
mod options;
mod told;

pub use options::LogoutOptions;
pub use told::{LogoutAnswer, SessionEnded};

use oidc_core::{LogoutResponse, State};
use protocol_core::{Endpoint, Error, Reason, Secret};

use crate::client::{Client, ClientKind, Redirection, named};
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::session::Session;

/// What came of asking a server to revoke a token (RFC 7009). Whatever came of it, the token is
/// forgotten here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// The server has revoked refresh token and access token.
    Revoked,
    /// The server has no place for it: its tokens live until they expire.
    NotOffered,
    /// There was no token.
    NoToken,
}

/// A logout that has come back from the provider.
#[derive(Clone, Debug)]
pub struct LoggedOut {
    pending: PendingLogin,
    at_provider: bool,
}

impl LoggedOut {
    /// Where the [`LogoutOptions`] said to go on: a local path.
    pub fn return_to(&self) -> Option<&str> {
        self.pending.return_to.as_deref()
    }

    /// The application's own data of the [`LogoutOptions`].
    pub fn app_data(&self) -> Option<&str> {
        self.pending.app_data.as_deref()
    }

    /// Whether the browser was at the provider's logout page: false where it has none.
    pub fn at_provider(&self) -> bool {
        self.at_provider
    }
}

impl Client {
    /// Logs the user of this request out of the application and sends the browser to the provider's
    /// logout page, to log out there too (OpenID Connect RP-Initiated Logout 1.0). From there it
    /// comes back to `post_logout_redirect_uri`, which must be registered at the provider, and to
    /// [`Client::validate_logout_response`].
    ///
    /// The ID token that tells the provider whose session it is comes from the token store or from
    /// the sign-in's cookie. The stored token is then forgotten, unless it was granted
    /// `offline_access`, which is for use without the user (OIDC Core §11). A provider that has no
    /// logout page (OAuth 1.0 and 2.0 know none) is left out: the browser goes straight to
    /// `post_logout_redirect_uri`.
    ///
    /// To be reached by a POST of the application's own page (see
    /// [`Registry::check_same_origin`](crate::Registry::check_same_origin)), else any site can log
    /// its visitors out.
    ///
    /// # Errors
    /// [`Error::Config`] for a client bound to no request, and for an address that is neither https
    /// nor loopback; [`Error::State`] from store and cache; what keeps the provider's metadata from
    /// being had: the user is logged out of the application all the same.
    pub async fn logout_redirect(
        &self,
        post_logout_redirect_uri: impl AsRef<str>,
    ) -> Result<Redirection, Error> {
        self.logout_redirect_with(post_logout_redirect_uri, &LogoutOptions::new()).await
    }

    /// The same, with more to say.
    ///
    /// # Errors
    /// As for [`Client::logout_redirect`].
    pub async fn logout_redirect_with(
        &self,
        post_logout_redirect_uri: impl AsRef<str>,
        options: &LogoutOptions,
    ) -> Result<Redirection, Error> {
        let session = self.session()?;
        let back = Endpoint::parse("post_logout_redirect_uri", post_logout_redirect_uri.as_ref())?;
        let kept = self.log_out_here(session).await?;
        let hint = options.id_token.as_ref().or(kept.as_ref());
        let state = State::random();
        let endpoint = match &self.registered.kind {
            ClientKind::OAuth2(client) if client.is_openid() => {
                client.end_session_endpoint(self.registry()).await?
            }
            _ => None,
        };
        let at_provider = endpoint.is_some();
        let url = match &endpoint {
            Some(endpoint) => {
                let mut request = oidc_core::LogoutRequest::new(endpoint);
                if let Some(id_token) = hint {
                    request = request.id_token_hint(id_token.expose());
                }
                options
                    .apply(request.client_id(self.client_id()))
                    .post_logout_redirect_uri(back.as_str())
                    .state(&state)
                    .url()?
            }
            None => back.with_query([("state", state.expose())]),
        };
        session
            .save(&PendingLogin {
                client: self.name().to_owned(),
                client_id: self.client_id().to_owned(),
                redirect_uri: back.as_str().to_owned(),
                began: self.registry().0.clock.now(),
                return_to: options.return_to.clone(),
                app_data: options.app_data.clone(),
                kind: PendingKind::Logout { state: state.expose().to_owned(), at_provider },
            })
            .await?;
        Ok(Redirection::to(url))
    }

    /// Finishes a logout: checks that the browser which came to `post_logout_redirect_uri` is the
    /// one that [`Client::logout_redirect`] sent away. It is taken, and works once.
    ///
    /// The user has been logged out of the application before that, so an error here says no more
    /// than that this browser did not begin it.
    ///
    /// # Errors
    /// [`Error::Unverified`] for a `state` that is missing, twice, or not this browser's; of
    /// another client; expired, or used before. [`Error::State`] from the cache.
    pub async fn validate_logout_response(&self, query: &str) -> Result<LoggedOut, Error> {
        let session = self.session()?;
        let response = LogoutResponse::query(query)?;
        let state = response.state().ok_or(Reason::StateMissing)?;
        let found = session.find(state).await?.ok_or(Reason::StateMismatch { error: None })?;
        let PendingKind::Logout { state, at_provider } = found.pending.kind.clone() else {
            return Err(Reason::StateMismatch { error: None }.into());
        };
        response.check(&State::new(state)?)?;
        self.check_client(&found.pending)?;
        let pending = session.take(found).await?;
        Ok(LoggedOut { pending, at_provider })
    }

    /// Logs the user of this request out of the application for good, without the provider's page:
    /// signs out, forgets the token, and asks the server to revoke it.
    ///
    /// # Errors
    /// As for [`Client::revoke_token`]. Where it is the server's, the user is logged out and the
    /// token forgotten all the same, and lives on at the server until it expires.
    pub async fn logout(&self) -> Result<Revocation, Error> {
        let session = self.session()?;
        let user = self.user_of_request().await;
        session.drop_token(self.name());
        session.sign_out().await?;
        match user? {
            Some(user) => self.revoke_token(&user).await,
            None => Ok(Revocation::NoToken),
        }
    }

    /// Forgets the token of `user` and asks the server to revoke it: refresh token and access token
    /// (RFC 7009).
    ///
    /// It is forgotten first: a token that was revoked is never one that is kept. What the server
    /// then says cannot bring it back.
    ///
    /// # Errors
    /// [`Error::State`] from the store, and nothing has been revoked; [`Error::Rejected`],
    /// [`Error::Protocol`] and [`Error::Http`] from the server, and the token is forgotten.
    pub async fn revoke_token(&self, user: &str) -> Result<Revocation, Error> {
        let kept = self.registry().kept_token(&self.registered, named(user)?).await?;
        self.delete_token(user).await?;
        match (&self.registered.kind, kept) {
            (_, None) => Ok(Revocation::NoToken),
            (ClientKind::OAuth2(client), Some(token)) => {
                client.revoke(self.registry(), &token).await
            }
            (ClientKind::OAuth1(_), Some(_)) => Ok(Revocation::NotOffered),
        }
    }

    /// Signs out and forgets the token; the ID token that it held.
    async fn log_out_here(&self, session: &Session) -> Result<Option<Secret>, Error> {
        let user = self.user_of_request().await;
        let by_cookie = session.known_user().flatten().filter(|user| user.client() == self.name());
        let of_login = session.token(self.name());
        session.drop_token(self.name());
        // First of all, and though the cache fails the cookie goes.
        session.sign_out().await?;
        let kept = match user? {
            Some(user) => {
                let kept = self.registry().kept_token(&self.registered, &user).await?;
                if kept.as_ref().is_some_and(|token| !token.is_for_offline_access()) {
                    self.delete_token(&user).await?;
                }
                kept
            }
            None => None,
        };
        let hint = [of_login, kept].into_iter().flatten().find_map(|token| token.0.id_token);
        Ok(hint.or(by_cookie.and_then(|user| user.id_token)))
    }
}
