//! A named client: how an application begins and finishes logins, and calls the provider's API.

use std::sync::{Arc, OnceLock};

use http::{Method, Request};
use protocol_core::{Endpoint, Error, Reason};
use url::Url;

use crate::api::{self, ApiRequest};
use crate::api_hosts::ApiHosts;
use crate::body::Body;
use crate::compliance::ComplianceFix;
use crate::config::{Config, Protocol};
use crate::http::HttpClient;
use crate::issuer::Issuers;
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::oauth1::OAuth1Client;
use crate::oauth2::OAuth2Client;
use crate::options::LoginOptions;
use crate::profile::Profile;
use crate::provider::Provider;
use crate::registry::{Registry, shown};
use crate::session::Session;
use crate::telemetry::{span, traced};
use crate::token::Token;
use crate::token_placement::{ACCESS_TOKEN, without};
use crate::tokens::Backend;

/// What a registry holds of a client: everything that can be made once is made.
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) api_base_url: Option<Endpoint>,
    pub(crate) api_hosts: ApiHosts,
    /// As written: relative to `api_base_url` where it is no URL.
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) fix: ComplianceFix,
    /// Where its tokens are, if not where the others' are.
    pub(crate) backend: Option<Backend>,
    pub(crate) kind: ClientKind,
    /// The first one that was good: an application hardly ever has another.
    redirect_uri: OnceLock<Box<Endpoint>>,
}

pub(crate) enum ClientKind {
    OAuth1(Box<OAuth1Client>),
    OAuth2(Box<OAuth2Client>),
}

impl Registered {
    pub(crate) fn new(
        name: &str,
        provider: &Provider,
        config: Config,
        http: Option<Arc<dyn HttpClient>>,
        issuers: &Issuers,
    ) -> Result<Self, Error> {
        let title = provider.shown_title().unwrap_or(name).to_owned();
        let Config { api_hosts, userinfo_endpoint, .. } = &config;
        let (api_base_url, api_hosts) = (config.protocol.api_base_url(), api_hosts.clone());
        let api_base_url = api_base_url.cloned();
        let userinfo_endpoint = userinfo_endpoint.clone();
        let kind = match config.protocol {
            Protocol::OAuth1(_) => {
                ClientKind::OAuth1(Box::new(OAuth1Client::new(config, provider, http)?))
            }
            Protocol::OAuth2(_) => {
                ClientKind::OAuth2(Box::new(OAuth2Client::new(config, provider, http, issuers)?))
            }
        };
        Ok(Registered {
            name: name.to_owned(),
            title,
            api_base_url,
            api_hosts,
            userinfo_endpoint,
            profile: provider.mapping(),
            fix: provider.fix().clone(),
            backend: provider.backend()?,
            kind,
            redirect_uri: OnceLock::new(),
        })
    }

    /// Checks a redirect_uri.
    fn redirect_uri(&self, text: &str) -> Result<Endpoint, Error> {
        match self.redirect_uri.get() {
            Some(known) if known.as_str() == text => Ok((**known).clone()),
            _ => {
                let endpoint = Endpoint::parse("redirect_uri", text)?;
                self.redirect_uri.get_or_init(|| Box::new(endpoint.clone()));
                Ok(endpoint)
            }
        }
    }

    /// Its way to the network.
    pub(crate) fn http<'a>(&'a self, registry: &'a Registry) -> &'a dyn HttpClient {
        match &self.kind {
            ClientKind::OAuth1(client) => client.http(registry),
            ClientKind::OAuth2(client) => client.http(registry),
        }
    }
}

/// A client by name, bound to a request where a [`Session`] handed it out. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    registry: Registry,
    pub(crate) registered: Arc<Registered>,
    session: Option<Session>,
    whose: Whose,
}

/// Whose token API calls go with.
#[derive(Clone)]
enum Whose {
    /// Of the login that was finished in this request, else of the request's user.
    Request,
    User(String),
    /// The client's own, by client credentials.
    Service,
    /// Nobody's: OAuth 1.0 signs with the consumer alone, OAuth 2.0 sends none.
    Nobody,
}

/// The token of an API call.
pub(crate) struct CallToken {
    pub(crate) token: Option<Token>,
    /// The user and the version, where it is one that is kept: another may be had for it.
    pub(crate) kept: Option<(String, u64)>,
}

/// Where to send the user's browser, and the login that this begins.
#[derive(Clone)]
#[non_exhaustive]
pub struct AuthorizationUrl {
    /// The provider's page, with the request in its query.
    pub url: String,
    /// The login: to be kept for the user's browser alone until the callback.
    pub pending: PendingLogin,
}

/// An answer that sends the user's browser to the provider, or where it says.
#[derive(Clone)]
pub struct Redirection(String);

/// Shows the address without its query: `state` and its like are for one browser alone.
impl std::fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizationUrl")
            .field("url", &without_query(&self.url))
            .field("pending", &self.pending)
            .finish()
    }
}

/// Shows the address without its query.
impl std::fmt::Debug for Redirection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redirection({})", without_query(&self.0))
    }
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

impl Redirection {
    pub(crate) fn to(url: String) -> Self {
        Redirection(url)
    }

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
        Client { registry, registered, session, whose: Whose::Request }
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
        self.save_authorize_data(&begun.pending).await?;
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
        let span = span!("login_begin", client = self.name(), protocol = self.protocol());
        traced(span, self.begin(redirect_uri.as_ref(), options)).await
    }

    async fn begin(
        &self,
        redirect_uri: &str,
        options: &LoginOptions,
    ) -> Result<AuthorizationUrl, Error> {
        let redirect_uri = self.registered.redirect_uri(redirect_uri)?;
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
    /// [`Error::Config`] if the client is bound to no request, or the login is more than a cookie
    /// can hold; [`Error::State`] from the cache.
    pub async fn save_authorize_data(&self, pending: &PendingLogin) -> Result<(), Error> {
        self.session()?.save(pending).await
    }

    /// The same client, calling APIs with the token that is kept for `user`.
    #[must_use]
    pub fn for_user(&self, user: impl Into<String>) -> Self {
        Client { whose: Whose::User(user.into()), ..self.clone() }
    }

    /// The same client, calling APIs in its own name: with a token by client credentials
    /// (RFC 6749 §4.4), asked for when there is none and kept like any other.
    #[must_use]
    pub fn for_service(&self) -> Self {
        Client { whose: Whose::Service, ..self.clone() }
    }

    /// The same client, calling APIs without a token: OAuth 1.0 signs with the consumer's
    /// credentials alone, OAuth 2.0 sends nothing.
    #[must_use]
    pub fn consumer_only(&self) -> Self {
        Client { whose: Whose::Nobody, ..self.clone() }
    }

    /// Keeps the token of `user`, over whatever was kept.
    ///
    /// # Errors
    /// [`Error::State`] from the store; [`Error::Config`] for an empty user.
    pub async fn save_token(&self, user: &str, token: &Token) -> Result<(), Error> {
        self.registry.0.tokens.keep(&self.registered, named(user)?, token.clone()).await
    }

    /// A good token of `user`, refreshed first where it is about to expire.
    ///
    /// # Errors
    /// [`Error::NeedsLogin`] where there is none, or the server refuses to refresh it;
    /// [`Error::State`] from the store; what else keeps it from being refreshed.
    pub async fn fetch_token(&self, user: &str) -> Result<Token, Error> {
        Ok(self.registry.current_token(&self.registered, named(user)?).await?.token)
    }

    /// The client's own token by client credentials (RFC 6749 §4.4), a kept one while it is good.
    ///
    /// # Errors
    /// As for [`Client::fetch_token`].
    pub async fn fetch_service_token(&self) -> Result<Token, Error> {
        Ok(self.registry.current_token(&self.registered, "").await?.token)
    }

    /// Forgets the token of `user`: a logout on our side alone.
    ///
    /// # Errors
    /// [`Error::State`] from the store.
    pub async fn delete_token(&self, user: &str) -> Result<(), Error> {
        self.registry.0.tokens.forget(&self.registered, named(user)?).await
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

    /// Mends a request and puts the token on it: OAuth 1.0 signs it, without a token by the consumer
    /// alone.
    pub(crate) async fn authorise(
        &self,
        request: &mut Request<Body>,
        token: Option<&Token>,
    ) -> Result<(), Error> {
        self.registered.fix.protected(request)?;
        match &self.registered.kind {
            ClientKind::OAuth1(client) => {
                client.authorise(request, token, self.registry.0.clock.now()).await
            }
            ClientKind::OAuth2(client) => match token {
                Some(token) => client.authorise(request, token),
                None => Ok(()),
            },
        }
    }

    /// Whether the token may go to this address.
    pub(crate) fn may_carry_token(&self, url: &Url) -> bool {
        self.registered.api_hosts.admit(url)
    }

    /// Takes out of an address what [`Client::authorise`] puts there: a server may have sent it
    /// back in a redirect.
    pub(crate) fn withdraw_token(&self, url: &mut Url) {
        let named: fn(&str) -> bool = match &self.registered.kind {
            ClientKind::OAuth1(client) if client.signs_queries() => {
                |name| name.starts_with("oauth_")
            }
            ClientKind::OAuth2(client) if client.puts_token_into_query() => {
                |name| name == ACCESS_TOKEN
            }
            _ => return,
        };
        if let Some(query) = url.query().map(|query| without(query, named)) {
            url.set_query(Some(&*query).filter(|query| !query.is_empty()));
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn http(&self) -> &dyn HttpClient {
        self.registered.http(&self.registry)
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

    /// The token that an API call goes with.
    pub(crate) async fn call_token(&self) -> Result<CallToken, Error> {
        let of_login = || self.session.as_ref()?.token(self.name());
        let user = match &self.whose {
            Whose::Nobody => return Ok(CallToken { token: None, kept: None }),
            Whose::User(user) => named(user)?.to_owned(),
            Whose::Service => String::new(),
            Whose::Request => match of_login() {
                Some(token) => return Ok(CallToken { token: Some(token), kept: None }),
                None => self.user_of_request().await?.ok_or_else(|| {
                    Error::NeedsLogin(format!("this request has no user of {:?}", self.name()))
                })?,
            },
        };
        let current = self.registry.current_token(&self.registered, &user).await?;
        Ok(CallToken { token: Some(current.token), kept: Some((user, current.version)) })
    }

    /// Whose token calls of this request go with: of the user that the application names, else of
    /// the one who is signed in.
    pub(crate) async fn user_of_request(&self) -> Result<Option<String>, Error> {
        let Some(session) = &self.session else { return Ok(None) };
        match session.user() {
            Some(user) => Ok(Some(user)),
            None => Ok(session.signed_in().await?.map(|user| user.id())),
        }
    }

    /// Another token than the kept one that an API has just refused.
    pub(crate) async fn call_token_after_refusal(
        &self,
        user: &str,
        refused: u64,
    ) -> Result<Token, Error> {
        Ok(self.registry.token_after_refusal(&self.registered, user, refused).await?.token)
    }

    pub(crate) fn client_id(&self) -> &str {
        match &self.registered.kind {
            ClientKind::OAuth1(client) => client.client_id(),
            ClientKind::OAuth2(client) => client.client_id(),
        }
    }

    /// What only OAuth 2.0 knows is asked for by this.
    pub(crate) fn oauth2(&self) -> Result<&OAuth2Client, Error> {
        match &self.registered.kind {
            ClientKind::OAuth2(client) => Ok(client),
            ClientKind::OAuth1(_) => {
                let what = format!("client {:?}", self.name());
                Err(Error::config(what, "expected one of OAuth 2.0, got one of OAuth 1.0"))
            }
        }
    }

    pub(crate) fn session(&self) -> Result<&Session, Error> {
        self.session.as_ref().ok_or_else(|| {
            let problem = "expected a client bound to a request; ask the Session for it";
            Error::config("login", problem)
        })
    }

    /// The client as one of OpenID Connect, which `what` needs.
    pub(crate) fn openid(&self, what: &str) -> Result<&OAuth2Client, Error> {
        match &self.registered.kind {
            ClientKind::OAuth2(client) if client.is_openid() => Ok(client),
            _ => {
                let what = format!("client {:?}: {what}", self.name());
                Err(Error::config(what, "expected a client of OpenID Connect"))
            }
        }
    }

    /// Refuses a login with another client, or one begun under another registration of this one.
    pub(crate) fn check_delivery(&self, pending: &PendingLogin) -> Result<(), Error> {
        match (&self.registered.kind, &pending.kind) {
            (ClientKind::OAuth1(_), PendingKind::OAuth1 { .. })
            | (ClientKind::OAuth2(_), PendingKind::OAuth2 { .. }) => self.check_client(pending),
            (_, PendingKind::Logout { .. }) => Err(Reason::StateMismatch { error: None }.into()),
            _ => Err(self.of_another_client(pending)),
        }
    }

    /// Refuses what was begun with another client, or under another registration of this one.
    pub(crate) fn check_client(&self, pending: &PendingLogin) -> Result<(), Error> {
        if pending.client == self.name() && pending.client_id == self.client_id() {
            return Ok(());
        }
        Err(self.of_another_client(pending))
    }

    fn of_another_client(&self, pending: &PendingLogin) -> Error {
        let (began, delivered) = (shown(&pending.client), self.name().to_owned());
        Reason::WrongClient { began, delivered }.into()
    }
}

/// A user's name. The empty one stands for the client itself, and is nobody's.
pub(crate) fn named(user: &str) -> Result<&str, Error> {
    match user {
        "" => Err(Error::config("user", "expected a text that is not empty")),
        user => Ok(user),
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
