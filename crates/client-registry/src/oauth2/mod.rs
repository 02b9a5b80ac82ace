//! Logins by OAuth 2.0 (RFC 6749 §4.1) and OpenID Connect (OIDC Core §3.1).

mod device;
mod made_secret;
mod openid;
mod renewal;
mod server;

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderValue, Request};
use oauth2_core::{
    AuthorizationCodeGrant, AuthorizationRequest, Callback, Expected, IssExpected, Pkce,
    ResponseMode, State, StateExpected, TokenResponse,
};
use oidc_core::claims::Original;
use oidc_core::{Claims, Nonce};
use protocol_core::{ClientSecret, CodeVerifier, Endpoint, Error, Reason, RefreshToken, Secret};

use crate::authorized::{Authorized, Check};
use crate::body::Body;
use crate::client::Client;
use crate::compliance::ComplianceFix;
use crate::config::{Config, OAuth2, Protocol};
use crate::driver::drive;
use crate::http::HttpClient;
use crate::issuer::{Issuer, Issuers, Place};
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::options::LoginOptions;
use crate::provider::{OwnCheck, Provider};
use crate::quirks::{Quirk, Quirks};
use crate::registry::Registry;
use crate::telemetry::{span, traced};
use crate::token::{Data, Token};
use crate::token_placement::TokenPlacement;
pub(crate) use device::DeviceBegun;
use made_secret::MadeSecret;
use server::{Server, missing};

/// A client of OAuth 2.0 or OpenID Connect, with what can be made before it is used.
pub(crate) struct OAuth2Client {
    client_id: String,
    /// Also the key of ID tokens by HMAC, where the client's algorithms name one.
    client_secret: Option<ClientSecret>,
    config: Arc<OAuth2>,
    quirks: Quirks,
    authorize_params: Vec<(String, String)>,
    token_params: Vec<(String, String)>,
    issuer: Option<Arc<Issuer>>,
    /// In place of the client secret, made at use.
    made_secret: Option<Box<MadeSecret>>,
    checks: Vec<OwnCheck>,
    fix: ComplianceFix,
    http: Option<Arc<dyn HttpClient>>,
}

impl OAuth2Client {
    pub(crate) fn new(
        config: Config,
        provider: &Provider,
        http: Option<Arc<dyn HttpClient>>,
        issuers: &Issuers,
    ) -> Result<Self, Error> {
        let Config { client_id, client_secret, authorize_params, token_params, quirks, .. } =
            config;
        let Protocol::OAuth2(config) = config.protocol else {
            return Err(Error::config("client", "expected one of OAuth 2.0"));
        };
        let made_secret = config
            .made_secret
            .as_ref()
            .map(|of| MadeSecret::new(&client_id, config.issuer.as_deref(), of).map(Box::new));
        let place = Place {
            issuer: config.issuer.clone(),
            url: config.metadata_url.clone(),
            jwks_uri: config.jwks_uri.clone(),
        };
        let has_issuer = place.issuer.is_some() || place.url.is_some();
        let client = OAuth2Client {
            issuer: has_issuer.then(|| issuers.at(place)),
            client_id,
            client_secret,
            config,
            quirks,
            authorize_params,
            token_params,
            made_secret: made_secret.transpose()?,
            checks: provider.checks(),
            fix: provider.fix().clone(),
            http,
        };
        client.check_authentication()?;
        client.check_parameters()?;
        Ok(client)
    }

    /// Its way to the network: its own, or the registry's.
    pub(crate) fn http<'a>(&'a self, registry: &'a Registry) -> &'a dyn HttpClient {
        &**self.shared_http(registry)
    }

    fn shared_http<'a>(&'a self, registry: &'a Registry) -> &'a Arc<dyn HttpClient> {
        self.http.as_ref().unwrap_or(&registry.0.http)
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn is_openid(&self) -> bool {
        self.config.is_openid()
    }

    /// Where to send the user.
    pub(crate) async fn begin(
        &self,
        registry: &Registry,
        redirect_uri: &Endpoint,
        options: &LoginOptions,
    ) -> Result<(PendingKind, String), Error> {
        let server = self.server(registry).await?;
        server.token_endpoint()?; // or the user would come back in vain
        let given = self.config.authorize_url.as_ref();
        let known = self.optional_endpoint(registry, &server, given, |known| {
            known.authorization_endpoint.as_ref()
        });
        let endpoint = &known.await?.ok_or_else(|| missing("authorization_endpoint"))?;
        let (scope, openid) = self.asked_scope(options)?;
        if self.config.form_post && comes_without_cookie(redirect_uri, endpoint) {
            tracing::warn!(
                redirect_uri = redirect_uri.as_str(),
                "a response by form_post from another site comes without the login's cookie, which \
                 only https can have; expected a redirect_uri of https, or response_mode query"
            );
        }
        let state = State::random();
        let pkce = (!self.quirks.has(Quirk::NoPkce)).then(Pkce::random);
        let nonce = (openid && !self.quirks.has(Quirk::NoNonce)).then(Nonce::random);
        let max_age = options.max_age.or(self.config.max_age);

        let mut request = AuthorizationRequest::new(endpoint, &self.client_id)
            .redirect_uri(redirect_uri.as_str())
            .state(&state);
        if !scope.is_empty() {
            request = request.scope(&scope.join(self.glue()));
        }
        if let Some(pkce) = &pkce {
            request = request.pkce(pkce);
        }
        if self.config.form_post {
            request = request.response_mode(ResponseMode::FormPost);
        }
        if let Some(nonce) = &nonce {
            request = request.param("nonce", nonce)?;
        }
        request = self.with_parameters(request, openid, max_age, options)?;
        let kind = PendingKind::OAuth2 {
            state: state.expose().to_owned(),
            code_verifier: pkce.map(|pkce| pkce.code_verifier().clone()),
            nonce,
            issuer: server.issuer.clone(),
            form_post: self.config.form_post,
            scope: scope.join(" "),
            max_age: max_age.filter(|_| openid),
            essential_acr: if openid { self.config.essential_acr.clone() } else { Vec::new() },
        };
        let url = match self.push_endpoint(&server)? {
            Some(endpoint) => {
                let now = registry.0.clock.now();
                let flow = request.push(&endpoint, &self.authenticated(&server, now)?);
                drive(flow, self.http(registry), &registry.0.clock).await?
            }
            None => request.url(),
        };
        Ok((kind, url))
    }

    /// Checks the callback, trades the code, verifies the ID token.
    pub(crate) async fn finish(
        &self,
        client: &Client,
        pending: PendingLogin,
        callback: &Callback,
    ) -> Result<Authorized, Error> {
        let PendingKind::OAuth2 { state, code_verifier, nonce, issuer, form_post, scope, .. } =
            &pending.kind
        else {
            return Err(Error::config("login", "expected one by OAuth 2.0"));
        };
        let registry = client.registry();
        let server = self.server(registry).await?;
        if server.issuer != *issuer {
            // Begun before the settings changed: what was sent then says nothing about now.
            return Err(Reason::LoginExpired.into());
        }
        let mode = if *form_post { ResponseMode::FormPost } else { ResponseMode::Query };
        let expected =
            Expected::new(StateExpected::Exactly(State::new(state)?), self.iss_expected(&server));
        let response = callback.check(&expected.response_mode(mode))?;
        let mut checks = vec![Check::new("state", "it is the one that this browser began with")];
        if let Some(iss) = &response.iss
            && server.issuer.is_some()
        {
            checks.push(Check::new("iss", format!("the response names its issuer, {iss}")));
        }

        let mut tokens =
            self.exchange(&server, client, &pending, response.code()?, code_verifier).await?;
        if code_verifier.is_some() {
            checks.push(Check::new("PKCE", "S256: the code was of use to this login alone"));
        }
        let openid = scope.split(' ').any(|scope| scope == "openid");
        let claims = match (openid, &tokens.id_token) {
            (true, None) => return Err(Reason::IdTokenMissing.into()),
            (true, Some(raw)) => {
                let code = response.code()?.expose();
                let (claims, signed) = self
                    .verify_login(&server, client, &pending, &tokens, raw.expose(), code)
                    .await?;
                tokens.id_token = Some(signed);
                checks.extend(Check::of_id_token(&claims));
                if nonce.is_some() {
                    checks.push(Check::new("nonce", "the ID token was made for this login"));
                }
                Some(claims)
            }
            (false, _) => None,
        };
        let token = self.token_of_login(tokens, scope, claims.as_ref(), registry);
        Ok(Authorized::new(client.clone(), token, claims, checks)
            .going_on(pending.return_to, pending.app_data)
            .with_extra(response.extra))
    }

    /// What is wrong with a callback that belongs to no login of this browser.
    pub(crate) fn unbound(callback: &Callback) -> Error {
        // No response can name a state that was made this moment.
        let nobody = Expected::new(StateExpected::Exactly(State::random()), IssExpected::Unchecked);
        let mode = callback.response_mode().unwrap_or(ResponseMode::Query);
        match callback.check(&nobody.response_mode(mode)) {
            Err(error) => error,
            Ok(_) => Reason::StateMismatch { error: None }.into(),
        }
    }

    /// The scopes that a login asks for, and whether it is one of OpenID Connect.
    fn asked_scope(&self, options: &LoginOptions) -> Result<(Vec<String>, bool), Error> {
        let scope: Vec<_> = match &options.scope {
            Some(scope) => scope.split_ascii_whitespace().map(str::to_owned).collect(),
            None => self.config.scope.clone(),
        };
        let openid = scope.iter().any(|scope| scope == "openid");
        if openid && !self.is_openid() {
            let problem = "openid can only be asked for where the client's own scope has it";
            return Err(Error::config("scope", problem));
        }
        if !openid && options.max_age.is_some() {
            let problem = "it can only be asked for with the scope openid: nothing else shows the \
                time of authentication";
            return Err(Error::config("max_age", problem));
        }
        Ok((scope, openid))
    }

    /// The request with the parameters of OpenID Connect, of the settings and of this login.
    fn with_parameters(
        &self,
        mut request: AuthorizationRequest,
        openid: bool,
        max_age: Option<u64>,
        options: &LoginOptions,
    ) -> Result<AuthorizationRequest, Error> {
        let settings = &self.authorize_params;
        for (name, value) in self.parameters(openid, max_age, options, settings)? {
            request = request.param(name, &value)?;
        }
        Ok(request)
    }

    /// The parameters of a request that begins a login: of OpenID Connect, of the settings and of
    /// this login.
    fn parameters<'a>(
        &self,
        openid: bool,
        max_age: Option<u64>,
        options: &'a LoginOptions,
        settings: &'a [(String, String)],
    ) -> Result<Vec<(&'a str, Cow<'a, str>)>, Error> {
        let own = self.authentication_request(openid, max_age).to_pairs()?;
        let is_given = |name: &str| options.params.iter().any(|(given, _)| given == name);
        let mut all: Vec<(&str, Cow<'_, str>)> = own
            .into_iter()
            .filter(|(name, _)| !is_given(name))
            .map(|(name, value)| (name, value.into()))
            .collect();
        for (name, value) in options.over(settings) {
            if openid && let Some((_, problem)) = CHECKED.iter().find(|(own, _)| *own == name) {
                return Err(Error::config(format!("parameter {name:?}"), *problem));
            }
            all.push((name, value.into()));
        }
        Ok(all)
    }

    /// What stands between scopes.
    fn glue(&self) -> &'static str {
        if self.quirks.has(Quirk::CommaScopes) { "," } else { " " }
    }

    fn grant(&self, code: &Secret) -> Result<AuthorizationCodeGrant, Error> {
        let grant = AuthorizationCodeGrant::new(code);
        self.token_params.iter().try_fold(grant, |grant, (name, value)| grant.param(name, value))
    }

    /// Refuses settings with parameters that no login could be sent with.
    fn check_parameters(&self) -> Result<(), Error> {
        let nowhere = Endpoint::parse("authorize_url", "https://localhost/")?;
        let (openid, max_age) = (self.is_openid(), self.config.max_age);
        let mut request = AuthorizationRequest::new(&nowhere, &self.client_id);
        if openid && !self.quirks.has(Quirk::NoNonce) {
            request = request.param("nonce", "")?;
        }
        self.with_parameters(request, openid, max_age, &LoginOptions::new())?;
        self.grant(&Secret::new(""))?;
        self.refresh_grant(&RefreshToken::new(""))?;
        Ok(())
    }

    /// Puts a bearer token on a request (RFC 6750 §2).
    pub(crate) fn authorise(
        &self,
        request: &mut Request<Body>,
        token: &Token,
    ) -> Result<(), Error> {
        if token.token_secret().is_some() {
            return Err(Error::config("token", "expected one of OAuth 2.0, got one of OAuth 1.0"));
        }
        if self.quirks.has(Quirk::ClientIdHeader) {
            let id = HeaderValue::try_from(&self.client_id).map_err(|_| {
                Error::config("client_id", "expected one that a header can hold, for Client-Id")
            })?;
            request.headers_mut().insert("client-id", id);
        }
        self.config.token_placement.place(request, token.access_token())
    }

    pub(crate) fn puts_token_into_query(&self) -> bool {
        self.config.token_placement == TokenPlacement::Query
    }

    async fn exchange(
        &self,
        server: &Server,
        client: &Client,
        pending: &PendingLogin,
        code: &Secret,
        code_verifier: &Option<CodeVerifier>,
    ) -> Result<TokenResponse, Error> {
        let mut grant = self.grant(code)?.redirect_uri(&pending.redirect_uri);
        if let Some(verifier) = code_verifier {
            grant = grant.code_verifier(verifier);
        }
        let registry = client.registry();
        let authenticated = self.authenticated(server, registry.0.clock.now())?;
        let flow = grant.flow(server.token_endpoint()?, &authenticated, &self.rules());
        let span = span!("exchange", client = client.name(), grant = "authorization_code");
        traced(span, drive(self.fix.token(flow), self.http(registry), &registry.0.clock)).await
    }

    /// The token of a login, with its ID token where that was verified.
    fn token_of_login(
        &self,
        mut response: TokenResponse,
        asked: &str,
        claims: Option<&Claims>,
        registry: &Registry,
    ) -> Token {
        let id_token = response.id_token.take().filter(|_| claims.is_some());
        let mut token = self.token_of(response, asked, registry);
        token.0.id_token = id_token;
        token.0.original = claims.map(Original::from);
        token
    }

    /// The token, with the scope that was asked for where the answer names none (RFC 6749 §5.1), and
    /// without an ID token: one that was not asked for is not verified.
    fn token_of(&self, response: TokenResponse, asked: &str, registry: &Registry) -> Token {
        if response.expires_in_unreadable {
            tracing::warn!(
                "a token answer's expires_in cannot be read: the token's life is unknown"
            );
        }
        let asked = Some(asked.to_owned()).filter(|asked| !asked.is_empty());
        Token(Data {
            token_type: Some(response.token_type.as_str().to_ascii_lowercase()),
            refresh_token: response.refresh_token,
            expires_at: response.expires_at,
            scope: response.scope.map(|scope| self.scopes(&scope)).or(asked),
            extra: response.extra,
            obtained_at: Some(registry.0.clock.now()),
            ..Data::new(response.access_token)
        })
    }

    /// What was granted, with spaces between.
    fn scopes(&self, granted: &str) -> String {
        match self.quirks.has(Quirk::CommaScopesGranted) {
            true => granted.replace(',', " "),
            false => granted.to_owned(),
        }
    }
}

/// Parameters that no caller may set as such, since their answer would not be checked.
const CHECKED: [(&str, &str); 2] = [
    (
        "max_age",
        "expected it by LoginOptions::max_age or the key max_age: only then is the time of \
         authentication checked",
    ),
    ("nonce", "expected none: it is made, kept and checked by itself"),
];

/// Whether browsers leave the login's cookie out of a POST from the server's pages: without https it
/// cannot be `SameSite=None`.
fn comes_without_cookie(redirect_uri: &Endpoint, server: &Endpoint) -> bool {
    let parsed = |endpoint: &Endpoint| url::Url::parse(endpoint.as_str()).ok();
    match (parsed(redirect_uri), parsed(server)) {
        (Some(ours), Some(theirs)) => ours.scheme() == "http" && ours.host() != theirs.host(),
        _ => false,
    }
}
