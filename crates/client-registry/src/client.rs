//! A named client: how an application begins and finishes logins, and calls the provider's API.

use std::sync::Arc;

use http::{Method, Request};
use protocol_core::{Endpoint, Error, Reason};

use crate::api::{self, ApiRequest};
use crate::authorized::Authorized;
use crate::callback::{Callback, Kind};
use crate::config::{Config, Protocol};
use crate::http::HttpClient;
use crate::issuer::Issuers;
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::oauth1::OAuth1Client;
use crate::oauth2::OAuth2Client;
use crate::options::LoginOptions;
use crate::profile::Mapping;
use crate::provider::Provider;
use crate::registry::{Registry, shown};
use crate::session::Session;
use crate::token::Token;

/// What a registry holds of a client: everything that can be made once is made.
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) api_base_url: Option<Endpoint>,
    /// As written: relative to `api_base_url` where it is no URL.
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) profile: Option<Mapping>,
    pub(crate) kind: ClientKind,
}

pub(crate) enum ClientKind {
    OAuth1(OAuth1Client),
    OAuth2(Box<OAuth2Client>),
}

impl Registered {
    pub(crate) fn new(
        name: &str,
        provider: &Provider,
        config: Config,
        issuers: &Issuers,
    ) -> Result<Self, Error> {
        let title = provider.shown_title().unwrap_or(name).to_owned();
        let Config { api_base_url, userinfo_endpoint, .. } = &config;
        let (api_base_url, userinfo_endpoint) = (api_base_url.clone(), userinfo_endpoint.clone());
        let kind = match config.protocol {
            Protocol::OAuth1(_) => ClientKind::OAuth1(OAuth1Client::new(config)?),
            Protocol::OAuth2(_) => {
                ClientKind::OAuth2(Box::new(OAuth2Client::new(config, issuers)?))
            }
        };
        let (name, profile) = (name.to_owned(), provider.profile());
        Ok(Registered { name, title, api_base_url, userinfo_endpoint, profile, kind })
    }
}

/// A client by name, bound to a request where a [`Session`] handed it out. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    registry: Registry,
    pub(crate) registered: Arc<Registered>,
    session: Option<Session>,
}

/// Where to send the user's browser, and the login that this begins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthorizationUrl {
    /// The provider's page, with the request in its query.
    pub url: String,
    /// The login: to be kept for the user's browser alone until the callback.
    pub pending: PendingLogin,
}

/// An answer that sends the user's browser to the provider.
#[derive(Clone, Debug)]
pub struct Redirection(String);

impl Redirection {
    /// The value of the `Location` header. The answer is also to be marked
    /// `Cache-Control: no-store` and `Referrer-Policy: no-referrer`.
    pub fn location(&self) -> &str {
        &self.0
    }
}

impl Client {
    pub(crate) fn new(
        registry: Registry,
        registered: Arc<Registered>,
        session: Option<Session>,
    ) -> Self {
        Client { registry, registered, session }
    }

    /// The name it is registered under.
    pub fn name(&self) -> &str {
        &self.registered.name
    }

    /// The name to show people.
    pub fn title(&self) -> &str {
        &self.registered.title
    }

    /// The protocol it speaks, in words: `OAuth 1.0`, `OAuth 2.0` or `OpenID Connect`.
    pub fn protocol(&self) -> &'static str {
        match &self.registered.kind {
            ClientKind::OAuth1(_) => "OAuth 1.0",
            ClientKind::OAuth2(client) if client.is_openid() => "OpenID Connect",
            ClientKind::OAuth2(_) => "OAuth 2.0",
        }
    }

    /// Begins a login: sends the user's browser to the provider, and keeps the login for it.
    /// `redirect_uri` is where the provider sends the user back to; see
    /// [`Registry::callback_url`].
    ///
    /// # Errors
    /// Those of [`Client::create_authorization_url`] and [`Client::save_authorize_data`].
    pub async fn authorize_redirect(
        &self,
        redirect_uri: impl AsRef<str>,
    ) -> Result<Redirection, Error> {
        self.authorize_redirect_with(redirect_uri, &LoginOptions::new()).await
    }

    /// The same, asking for more than the client's settings say.
    ///
    /// # Errors
    /// As for [`Client::authorize_redirect`].
    pub async fn authorize_redirect_with(
        &self,
        redirect_uri: impl AsRef<str>,
        options: &LoginOptions,
    ) -> Result<Redirection, Error> {
        self.session()?;
        let begun = self.create_authorization_url(redirect_uri, options).await?;
        self.save_authorize_data(&begun.pending)?;
        Ok(Redirection(begun.url))
    }

    /// Begins a login without keeping it: where to send the user, and what the callback will be
    /// checked against.
    ///
    /// # Errors
    /// [`Error::Config`] for a redirect_uri that is neither https nor loopback; for OpenID Connect
    /// whatever keeps the issuer's metadata from being had, for OAuth 1.0 whatever the provider
    /// says to the request for temporary credentials.
    pub async fn create_authorization_url(
        &self,
        redirect_uri: impl AsRef<str>,
        options: &LoginOptions,
    ) -> Result<AuthorizationUrl, Error> {
        let redirect_uri = Endpoint::parse("redirect_uri", redirect_uri.as_ref())?;
        let (kind, url) = match &self.registered.kind {
            ClientKind::OAuth1(client) => {
                client.begin(&self.registry, &redirect_uri, options).await?
            }
            ClientKind::OAuth2(client) => {
                client.begin(&self.registry, &redirect_uri, options).await?
            }
        };
        let pending = PendingLogin {
            client: self.registered.name.clone(),
            client_id: self.client_id().to_owned(),
            redirect_uri: redirect_uri.as_str().to_owned(),
            began: self.registry.0.clock.now(),
            return_to: options.return_to.clone(),
            app_data: options.app_data.clone(),
            kind,
        };
        Ok(AuthorizationUrl { url, pending })
    }

    /// Keeps a begun login for this request's browser.
    ///
    /// # Errors
    /// [`Error::Config`] if the client is bound to no request.
    pub fn save_authorize_data(&self, pending: &PendingLogin) -> Result<(), Error> {
        self.session()?.save(pending);
        Ok(())
    }

    /// Finishes a login: checks the callback against the login that this browser began, trades the
    /// code (or the temporary credentials) for a token, and verifies the ID token.
    ///
    /// The login is taken: neither this callback nor a copy of it works again.
    ///
    /// # Errors
    /// [`Error::Unverified`] where the callback or the ID token does not hold, with the first rule
    /// that it breaks; [`Error::Rejected`] where the user or the provider said no;
    /// [`Error::Protocol`] and [`Error::Http`] from the exchange.
    pub async fn authorize_access_token(&self, callback: Callback) -> Result<Authorized, Error> {
        let session = self.session()?;
        let now = self.registry.0.clock.now();
        let authorized = match (&self.registered.kind, callback.0) {
            (_, Kind::Wrong(error)) => return Err(error),
            (ClientKind::OAuth1(client), Kind::Query(query)) => {
                let callback = oauth1_core::callback::parse(&query)?;
                let found = match callback.token() {
                    Some(token) => session.find(token),
                    // A denial may name no login.
                    None => session.find_only_oauth1(self.name()),
                };
                let found = found.ok_or(Reason::StateMismatch { error: None })?;
                self.check_delivery(&found.pending)?;
                let pending = session.take(found, now)?;
                client.finish(self, pending, &callback).await?
            }
            (ClientKind::OAuth1(_), Kind::Form { .. }) => {
                let mismatch = Reason::ResponseModeMismatch { expected: "query", got: "form_post" };
                return Err(mismatch.into());
            }
            (ClientKind::OAuth2(client), kind) => {
                let callback = match kind {
                    Kind::Form { content_type, body } => {
                        oauth2_core::Callback::form(content_type.as_deref(), &body)
                    }
                    Kind::Query(query) => oauth2_core::Callback::query(&query),
                    Kind::Wrong(error) => return Err(error),
                };
                let found = callback.state().and_then(|state| session.find(state));
                let Some(found) = found else { return Err(OAuth2Client::unbound(&callback)) };
                self.check_delivery(&found.pending)?;
                let pending = session.take(found, now)?;
                client.finish(self, pending, &callback).await?
            }
        };
        session.keep_token(self.name(), authorized.token().clone());
        Ok(authorized)
    }

    /// A GET of the provider's API, authorised by the token of the login that was finished in this
    /// request, or by one that is given; see [`ApiRequest`].
    pub fn get(&self, url: &str) -> ApiRequest {
        self.request(Method::GET, url)
    }

    /// A POST, as [`Client::get`].
    pub fn post(&self, url: &str) -> ApiRequest {
        self.request(Method::POST, url)
    }

    /// A PUT, as [`Client::get`].
    pub fn put(&self, url: &str) -> ApiRequest {
        self.request(Method::PUT, url)
    }

    /// A PATCH, as [`Client::get`].
    pub fn patch(&self, url: &str) -> ApiRequest {
        self.request(Method::PATCH, url)
    }

    /// A DELETE, as [`Client::get`].
    pub fn delete(&self, url: &str) -> ApiRequest {
        self.request(Method::DELETE, url)
    }

    /// A call by any method, as [`Client::get`].
    pub fn request(&self, method: Method, url: &str) -> ApiRequest {
        ApiRequest::new(self.clone(), method, url)
    }

    /// Puts the token on a request: OAuth 1.0 signs it.
    pub(crate) fn authorise(
        &self,
        request: &mut Request<Vec<u8>>,
        token: &Token,
    ) -> Result<(), Error> {
        match &self.registered.kind {
            ClientKind::OAuth1(client) => {
                client.authorise(request, token, self.registry.0.clock.now())
            }
            ClientKind::OAuth2(_) => OAuth2Client::authorise(request, token),
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn http(&self) -> &dyn HttpClient {
        &*self.registry.0.http
    }

    pub(crate) fn api_base_url(&self) -> Option<&Endpoint> {
        self.registered.api_base_url.as_ref()
    }

    /// The UserInfo endpoint of the settings.
    pub(crate) fn userinfo_endpoint(&self) -> Result<Option<Endpoint>, Error> {
        let Some(text) = &self.registered.userinfo_endpoint else { return Ok(None) };
        let url = api::resolve(self.api_base_url(), text)?;
        Endpoint::parse("userinfo_endpoint", url.as_str()).map(Some)
    }

    pub(crate) fn token_of_this_login(&self) -> Option<Token> {
        self.session.as_ref()?.token(self.name())
    }

    fn client_id(&self) -> &str {
        match &self.registered.kind {
            ClientKind::OAuth1(client) => client.client_id(),
            ClientKind::OAuth2(client) => client.client_id(),
        }
    }

    fn session(&self) -> Result<&Session, Error> {
        self.session.as_ref().ok_or_else(|| {
            let problem = "expected a client bound to a request; ask the Session for it";
            Error::config("login", problem)
        })
    }

    /// Refuses a login with another client, or one begun under another registration of this one.
    fn check_delivery(&self, pending: &PendingLogin) -> Result<(), Error> {
        let same_protocol = matches!(
            (&self.registered.kind, &pending.kind),
            (ClientKind::OAuth1(_), PendingKind::OAuth1 { .. })
                | (ClientKind::OAuth2(_), PendingKind::OAuth2 { .. })
        );
        if pending.client == self.name() && pending.client_id == self.client_id() && same_protocol {
            return Ok(());
        }
        let (began, delivered) = (shown(&pending.client), self.name().to_owned());
        Err(Reason::WrongClient { began, delivered }.into())
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name())
            .field("protocol", &self.protocol())
            .finish_non_exhaustive()
    }
}
