//! Logins by OAuth 2.0 (RFC 6749 §4.1) and OpenID Connect (OIDC Core §3.1).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use oauth2_core::{
    AuthorizationCodeGrant, AuthorizationRequest, Callback, ClientAuthentication,
    ClientCredentialsGrant, Expected, IssExpected, Pkce, RefreshTokenGrant, ResponseMode,
    Revocation, State, StateExpected, TokenResponse, TokenResponseRules,
};
use oidc_core::claims::Original;
use oidc_core::discovery::ProviderMetadata;
use oidc_core::id_token::Expected as IdTokenExpected;
use oidc_core::jwk::JwkSet;
use oidc_core::request::AuthenticationRequest;
use oidc_core::{Algorithm, Claims, IdTokenVerifier, Nonce, UserInfo};
use protocol_core::{ClientSecret, CodeVerifier, Endpoint, Error, Reason, Secret};

use crate::authorized::{Authorized, Check};
use crate::body::Body;
use crate::client::Client;
use crate::config::{AuthMethod, Config, OAuth2, Protocol, UserinfoPolicy};
use crate::driver::drive;
use crate::issuer::{Issuer, Issuers, Place};
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::options::LoginOptions;
use crate::quirks::{Quirk, Quirks};
use crate::registry::Registry;
use crate::token::{Data, Token};
use crate::token_placement::TokenPlacement;

/// A client of OAuth 2.0 or OpenID Connect, with what can be made before it is used.
pub(crate) struct OAuth2Client {
    client_id: String,
    /// The key of ID tokens by HMAC, where the client's algorithms name one.
    client_secret: Option<ClientSecret>,
    config: OAuth2,
    quirks: Quirks,
    authorize_params: Vec<(String, String)>,
    token_params: Vec<(String, String)>,
    issuer: Option<Arc<Issuer>>,
    authentications: Authentications,
    rules: TokenResponseRules,
}

/// The client by each way of authenticating that its settings allow.
struct Authentications {
    basic: Option<oauth2_core::Client>,
    post: Option<oauth2_core::Client>,
    none: Option<oauth2_core::Client>,
}

/// The server's side of one login: settings, and metadata where they leave something open.
struct Server {
    authorization_endpoint: Endpoint,
    token_endpoint: Endpoint,
    issuer: Option<String>,
    metadata: Option<Arc<ProviderMetadata>>,
}

impl OAuth2Client {
    pub(crate) fn new(config: Config, issuers: &Issuers) -> Result<Self, Error> {
        let Config { client_id, client_secret, authorize_params, token_params, quirks, .. } =
            config;
        let Protocol::OAuth2(config) = config.protocol else {
            return Err(Error::config("client", "expected one of OAuth 2.0"));
        };
        let authentications =
            Authentications::new(&client_id, client_secret.as_ref(), &config, &quirks)?;
        let place = Place { issuer: config.issuer.clone(), url: config.metadata_url.clone() };
        let has_issuer = place.issuer.is_some() || place.url.is_some();
        let mut rules = TokenResponseRules::default();
        rules.accept_form_encoded = quirks.has(Quirk::FormEncodedToken);
        rules.require_token_type = !quirks.has(Quirk::NoTokenType);
        rules.error_in_200 = quirks.has(Quirk::ErrorIn200);
        // A DPoP token is of no use without its key: taken for bearer it would be a downgrade.
        rules.recognized_token_types = vec!["bearer".to_owned()];
        let client = OAuth2Client {
            issuer: has_issuer.then(|| issuers.at(place)),
            client_id,
            client_secret,
            config: *config,
            quirks,
            authorize_params,
            token_params,
            authentications,
            rules,
        };
        client.check_parameters()?;
        Ok(client)
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
        if server
            .metadata
            .as_ref()
            .is_some_and(|known| known.server.require_pushed_authorization_requests)
        {
            let what = "pushed authorization requests (RFC 9126), which this server requires";
            return Err(Error::Unsupported(what.to_owned()));
        }
        let scope = match &options.scope {
            Some(scope) => scope.split_ascii_whitespace().map(str::to_owned).collect(),
            None => self.config.scope.clone(),
        };
        let openid = scope.iter().any(|scope| scope == "openid");
        if openid && !self.is_openid() {
            let problem = "openid can only be asked for where the client's own scope has it";
            return Err(Error::config("scope", problem));
        }
        let state = State::random();
        let pkce = (!self.quirks.has(Quirk::NoPkce)).then(Pkce::random);
        let nonce = (openid && !self.quirks.has(Quirk::NoNonce)).then(Nonce::random);
        let max_age = options.max_age.or(self.config.max_age);
        let glue = if self.quirks.has(Quirk::CommaScopes) { "," } else { " " };

        let mut request =
            AuthorizationRequest::new(&server.authorization_endpoint, &self.client_id)
                .redirect_uri(redirect_uri.as_str())
                .state(&state);
        if !scope.is_empty() {
            request = request.scope(&scope.join(glue));
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
            issuer: server.issuer,
            form_post: self.config.form_post,
            scope: scope.join(" "),
            max_age: max_age.filter(|_| openid),
            essential_acr: if openid { self.config.essential_acr.clone() } else { Vec::new() },
        };
        Ok((kind, request.url()))
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

        let tokens =
            self.exchange(&server, client, &pending, response.code()?, code_verifier).await?;
        if code_verifier.is_some() {
            checks.push(Check::new("PKCE", "S256: the code was of use to this login alone"));
        }
        let openid = scope.split(' ').any(|scope| scope == "openid");
        let claims = match (openid, &tokens.id_token) {
            (true, None) => return Err(Reason::IdTokenMissing.into()),
            (true, Some(raw)) => {
                let code = response.code()?.expose();
                let claims = self
                    .verify_id_token(&server, client, &pending, &tokens, raw.expose(), code)
                    .await?;
                checks.push(Check::new("signature", claims.algorithm().name()));
                checks.push(Check::new("ID token", "iss, aud, exp and iat hold"));
                if nonce.is_some() {
                    checks.push(Check::new("nonce", "the ID token was made for this login"));
                }
                Some(claims)
            }
            (false, _) => None,
        };
        let id_token = tokens.id_token.clone().filter(|_| openid);
        let mut token = from_response(tokens, scope, registry);
        token.0.id_token = id_token;
        token.0.original = claims.as_ref().map(Original::from);
        Ok(Authorized::new(client.clone(), token, claims, pending, checks)
            .with_extra(response.extra))
    }

    /// A newer token by the refresh token (RFC 6749 §6; OIDC Core 12). What the answer omits is kept.
    /// Beside it, why its ID token was left aside, if it was.
    ///
    /// # Errors
    /// [`Error::NeedsLogin`] without a refresh token, and where the new ID token is about somebody
    /// else or does not hold.
    pub(crate) async fn refresh(
        &self,
        registry: &Registry,
        old: &Token,
    ) -> Result<(Token, Option<String>), Error> {
        let refresh_token = old.refresh_token().ok_or_else(|| {
            Error::NeedsLogin("the token has expired, and there is no refresh token".to_owned())
        })?;
        let server = self.server(registry).await?;
        let mut grant = RefreshTokenGrant::new(refresh_token);
        for (name, value) in &self.config.refresh_params {
            grant = grant.param(name, value)?;
        }
        let endpoint = self.config.refresh_url.as_ref().unwrap_or(&server.token_endpoint);
        let flow = grant.flow(endpoint, self.authentications.choose(&server)?, &self.rules);
        let response = drive(flow, &*registry.0.http, &registry.0.clock).await?;

        let (id_token, left_aside) = self.refreshed_id_token(registry, old, &response).await?;
        let mut extra = old.0.extra.clone();
        extra.extend(response.extra);
        let token = Token(Data {
            token_type: Some(response.token_type.as_str().to_ascii_lowercase()),
            refresh_token: response.refresh_token.or_else(|| old.0.refresh_token.clone()),
            expires_at: response.expires_at,
            scope: response.scope.or_else(|| old.0.scope.clone()),
            id_token,
            extra,
            obtained_at: Some(registry.0.clock.now()),
            original: old.0.original.clone(),
            ..Data::new(response.access_token)
        });
        Ok((token, left_aside))
    }

    /// The ID token to go on with after a refresh, and why the new one was left aside.
    async fn refreshed_id_token(
        &self,
        registry: &Registry,
        old: &Token,
        response: &TokenResponse,
    ) -> Result<(Option<Secret>, Option<String>), Error> {
        let kept = old.0.id_token.clone();
        let (Some(raw), Some(original)) = (&response.id_token, &old.0.original) else {
            return Ok((kept, None));
        };
        let server = self.server(registry).await?;
        let algorithms = &self.config.algorithms;
        let verifier = self.verifier(&server, algorithms)?;
        let expected = IdTokenExpected::refresh(original).access_token(&response.access_token);
        let verified = self
            .with_keys(&server, registry, algorithms, async |keys| {
                verifier.verify_with(raw.expose(), &keys, &expected, registry.0.clock.now())
            })
            .await;
        match verified {
            Ok(_) => Ok((Some(raw.clone()), None)),
            Err(
                error @ (Error::Unverified(Reason::AuthTimeMismatch | Reason::NoMatchingKey { .. })
                | Error::Http(_)
                | Error::Protocol(_)),
            ) => Ok((kept, Some(error.code().to_owned()))),
            Err(error) => Err(Error::NeedsLogin(format!("a refreshed ID token: {error}"))),
        }
    }

    /// The client's own token (RFC 6749 §4.4).
    pub(crate) async fn token_by_client_credentials(
        &self,
        registry: &Registry,
    ) -> Result<Token, Error> {
        let server = self.server(registry).await?;
        let scope: Vec<_> = self
            .config
            .scope
            .iter()
            .filter(|scope| *scope != "openid")
            .map(String::as_str)
            .collect();
        let mut grant = ClientCredentialsGrant::new();
        if !scope.is_empty() {
            grant = grant.scope(&scope.join(" "));
        }
        for (name, value) in &self.token_params {
            grant = grant.param(name, value)?;
        }
        let flow =
            grant.flow(&server.token_endpoint, self.authentications.choose(&server)?, &self.rules);
        let response = drive(flow, &*registry.0.http, &registry.0.clock).await?;
        Ok(from_response(response, &scope.join(" "), registry))
    }

    /// Asks the server to revoke a token (RFC 7009): the refresh token, and with it what it got;
    /// else the access token. False where the server has no place for it.
    pub(crate) async fn revoke(&self, registry: &Registry, token: &Token) -> Result<bool, Error> {
        let server = self.server(registry).await?;
        let known = server.metadata.as_ref();
        let known = known.and_then(|known| known.server.revocation_endpoint.clone());
        let Some(endpoint) = self.config.revocation_endpoint.clone().or(known) else {
            return Ok(false);
        };
        let revocation = match token.refresh_token() {
            Some(refresh_token) => Revocation::refresh_token(refresh_token),
            None => Revocation::access_token(token.access_token()),
        };
        let flow = revocation.flow(&endpoint, self.authentications.choose(&server)?);
        drive(flow, &*registry.0.http, &registry.0.clock).await?;
        Ok(true)
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

    /// The request with the parameters of OpenID Connect, of the settings and of this login.
    fn with_parameters(
        &self,
        mut request: AuthorizationRequest,
        openid: bool,
        max_age: Option<u64>,
        options: &LoginOptions,
    ) -> Result<AuthorizationRequest, Error> {
        for (name, value) in self.authentication_request(openid, max_age).to_pairs()? {
            if !options.params.iter().any(|(given, _)| given == name) {
                request = request.param(name, &value)?;
            }
        }
        for (name, value) in options.over(&self.authorize_params) {
            if openid && name == "max_age" {
                let problem = "expected it by LoginOptions::max_age or the key max_age: only then is \
                    the time of authentication checked";
                return Err(Error::config("parameter \"max_age\"", problem));
            }
            request = request.param(name, value)?;
        }
        Ok(request)
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
        self.config.token_placement.place(request, token.access_token())
    }

    pub(crate) fn puts_token_into_query(&self) -> bool {
        self.config.token_placement == TokenPlacement::Query
    }

    /// Who the ID token is about, completed from the UserInfo endpoint by the client's policy.
    pub(crate) async fn userinfo(
        &self,
        client: &Client,
        token: &Token,
        claims: &Claims,
    ) -> Result<UserInfo, Error> {
        let known = claims.user_info();
        let asks = match self.config.userinfo {
            UserinfoPolicy::Never => false,
            UserinfoPolicy::Always => true,
            UserinfoPolicy::Auto => lacks_what_was_asked(known, token.scope().unwrap_or_default()),
        };
        if !asks {
            return Ok(known.clone().with_iss(claims.iss()));
        }
        let registry = client.registry();
        let server = self.server(registry).await?;
        let of_metadata =
            server.metadata.as_ref().and_then(|known| known.server.userinfo_endpoint.clone());
        let endpoint = match (client.userinfo_endpoint()?.or(of_metadata), self.config.userinfo) {
            (Some(endpoint), _) => endpoint,
            (None, UserinfoPolicy::Always) => {
                return Err(Error::config("userinfo_endpoint", "expected it, got nothing"));
            }
            (None, _) => return Ok(known.clone().with_iss(claims.iss())),
        };
        let (http, clock) = (&*registry.0.http, &registry.0.clock);
        let asked = if self.config.userinfo_algorithms.is_empty() {
            let flow = oidc_core::userinfo(&endpoint, token.access_token(), claims.sub())?;
            drive(flow, http, clock).await?
        } else {
            self.signed_userinfo(&server, registry, &endpoint, token, claims.sub()).await?
        };
        // What the ID token says is signed, and stays.
        let mut all = asked.as_map().clone();
        all.extend(known.as_map().clone());
        Ok(UserInfo::new(all)?.with_iss(claims.iss()))
    }

    async fn signed_userinfo(
        &self,
        server: &Server,
        registry: &Registry,
        endpoint: &Endpoint,
        token: &Token,
        sub: &str,
    ) -> Result<UserInfo, Error> {
        let algorithms = &self.config.userinfo_algorithms;
        let verifier = self.verifier(server, algorithms)?;
        self.with_keys(server, registry, algorithms, async |keys| {
            let flow =
                oidc_core::signed_userinfo(endpoint, token.access_token(), sub, &verifier, keys)?;
            drive(flow, &*registry.0.http, &registry.0.clock).await
        })
        .await
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
        let authenticated = self.authentications.choose(server)?;
        let flow = grant.flow(&server.token_endpoint, authenticated, &self.rules);
        let registry = client.registry();
        drive(flow, &*registry.0.http, &registry.0.clock).await
    }

    /// Verifies the ID token; asks for newer keys once where the known ones do not verify it.
    async fn verify_id_token(
        &self,
        server: &Server,
        client: &Client,
        pending: &PendingLogin,
        tokens: &TokenResponse,
        raw: &str,
        code: &str,
    ) -> Result<Claims, Error> {
        let PendingKind::OAuth2 { state, nonce, max_age, essential_acr, .. } = &pending.kind else {
            return Err(Error::config("login", "expected one by OAuth 2.0"));
        };
        let nonce = nonce.as_deref().map_or(Nonce::NotSent, Nonce::Expect);
        let mut expected = IdTokenExpected::code(nonce)
            .access_token(&tokens.access_token)
            .exchanged_code(code)
            .state(state)
            .acr(essential_acr);
        if let Some(max_age) = max_age {
            expected = expected.max_age(Duration::from_secs(*max_age));
        }
        let algorithms = &self.config.algorithms;
        let verifier = self.verifier(server, algorithms)?;
        let registry = client.registry();
        self.with_keys(server, registry, algorithms, async |keys| {
            verifier.verify_with(raw, &keys, &expected, registry.0.clock.now())
        })
        .await
    }

    /// Verifies something by the issuer's keys, once more with newer ones where that may help.
    async fn with_keys<T, F: Future<Output = Result<T, Error>>>(
        &self,
        server: &Server,
        registry: &Registry,
        algorithms: &[Algorithm],
        verify: impl Fn(Arc<JwkSet>) -> F,
    ) -> Result<T, Error> {
        if algorithms.iter().all(|alg| alg.is_symmetric()) {
            // Keyed with the client's secret, which the verifier has.
            return verify(Arc::default()).await;
        }
        let (http, clock) = (&*registry.0.http, &registry.0.clock);
        let (issuer, uri) = (self.issuer()?, self.jwks_uri(server)?);
        let keys = issuer.keys(&uri, http, clock).await?;
        let refused = match verify(keys.clone()).await {
            Err(Error::Unverified(
                reason @ (Reason::NoMatchingKey { .. } | Reason::BadSignature),
            )) => reason,
            verified => return verified,
        };
        match issuer.keys_after_a_miss(&keys, &uri, http, clock).await? {
            Some(newer) => verify(newer).await,
            None => Err(refused.into()),
        }
    }

    /// The rules for what the issuer signs by one of these algorithms.
    fn verifier(&self, server: &Server, allowed: &[Algorithm]) -> Result<IdTokenVerifier, Error> {
        let issuer = server.issuer.as_deref().ok_or_else(|| {
            Error::config("issuer", "expected it, to know by whom ID tokens are to be signed")
        })?;
        let mut verifier = IdTokenVerifier::new(issuer, &self.client_id)
            .allow(allowed.iter().copied())
            .leeway(self.config.leeway)
            .trust_audiences(self.config.trusted_audiences.iter().cloned());
        if self.config.other_audiences_when_azp_is_us {
            verifier = verifier.other_audiences_when_azp_is_us();
        }
        let hmac: Vec<_> = allowed.iter().copied().filter(|alg| alg.is_symmetric()).collect();
        if let (Some(secret), false) = (&self.client_secret, hmac.is_empty()) {
            verifier = verifier.allow_hmac(hmac, secret)?;
        }
        Ok(verifier)
    }

    async fn server(&self, registry: &Registry) -> Result<Server, Error> {
        let config = &self.config;
        let complete = config.authorize_url.is_some()
            && config.token_url.is_some()
            && (!self.is_openid() || config.jwks_uri.is_some() && config.issuer.is_some());
        let metadata = match &self.issuer {
            Some(issuer) if !complete => {
                Some(issuer.metadata(&*registry.0.http, &registry.0.clock).await?)
            }
            _ => None,
        };
        let known = metadata.as_deref();
        let missing = |what| {
            Error::protocol("missing_member", "metadata", format!("{what} to be there"), "none")
        };
        let authorize = known.and_then(|known| known.server.authorization_endpoint.clone());
        let token = known.and_then(|known| known.server.token_endpoint.clone());
        Ok(Server {
            authorization_endpoint: (config.authorize_url.clone().or(authorize))
                .ok_or_else(|| missing("authorization_endpoint"))?,
            token_endpoint: (config.token_url.clone().or(token))
                .ok_or_else(|| missing("token_endpoint"))?,
            issuer: known.map(|known| known.issuer().to_owned()).or_else(|| config.issuer.clone()),
            metadata,
        })
    }

    fn issuer(&self) -> Result<&Issuer, Error> {
        self.issuer.as_deref().ok_or_else(|| Error::config("issuer", "expected one"))
    }

    fn jwks_uri(&self, server: &Server) -> Result<Endpoint, Error> {
        let known = server.metadata.as_ref().and_then(|known| known.server.jwks_uri.clone());
        self.config.jwks_uri.clone().or(known).ok_or_else(|| {
            Error::protocol("missing_member", "metadata", "jwks_uri to be there", "none")
        })
    }

    fn iss_expected(&self, server: &Server) -> IssExpected {
        match (&server.metadata, &server.issuer) {
            (Some(metadata), _) if !self.quirks.has(Quirk::NoIss) => metadata.server.iss_expected(),
            (_, Some(issuer)) => IssExpected::IfSent(issuer.clone()),
            (_, None) => IssExpected::Unchecked,
        }
    }

    fn authentication_request(&self, openid: bool, max_age: Option<u64>) -> AuthenticationRequest {
        let mut request = AuthenticationRequest::new();
        if !openid {
            return request;
        }
        if let Some(prompt) = &self.config.prompt {
            request = request.prompt(prompt.split_ascii_whitespace());
        }
        if let Some(max_age) = max_age {
            request = request.max_age(Duration::from_secs(max_age));
        }
        if !self.config.essential_acr.is_empty() {
            let values = self.config.essential_acr.iter().cloned();
            request = request.id_token_claim_essential("acr", values);
        }
        request
    }
}

impl Authentications {
    fn new(
        client_id: &str,
        secret: Option<&ClientSecret>,
        config: &OAuth2,
        quirks: &Quirks,
    ) -> Result<Self, Error> {
        let client = |made| oauth2_core::Client::new(client_id, made);
        let wanted = |method| config.auth_method.is_none_or(|only| only == method);
        let mut all = Authentications { basic: None, post: None, none: None };
        match secret {
            Some(secret) => {
                if wanted(AuthMethod::Basic) {
                    let secret = secret.clone();
                    all.basic = Some(client(match quirks.has(Quirk::RawBasic) {
                        true => ClientAuthentication::client_secret_basic_raw(secret)?,
                        false => ClientAuthentication::client_secret_basic(secret)?,
                    })?);
                }
                if wanted(AuthMethod::Post) {
                    let made = ClientAuthentication::client_secret_post(secret.clone())?;
                    all.post = Some(client(made)?);
                }
            }
            None => all.none = Some(client(ClientAuthentication::none())?),
        }
        if config.auth_method == Some(AuthMethod::None) {
            all = Authentications {
                none: Some(client(ClientAuthentication::none())?),
                basic: None,
                post: None,
            };
        }
        Ok(all)
    }

    /// The way that settings name, or the first of ours that the server knows: Basic where it says
    /// nothing (RFC 8414 §2).
    fn choose(&self, server: &Server) -> Result<&oauth2_core::Client, Error> {
        let known = server.metadata.as_ref();
        let known =
            known.and_then(|known| known.server.token_endpoint_auth_methods_supported.as_ref());
        let takes = |client: &&oauth2_core::Client| match known {
            Some(known) => known.iter().any(|one| one == client.authentication().method()),
            None => true,
        };
        let ours = [&self.basic, &self.post, &self.none];
        let mut ours = ours.into_iter().flatten();
        let first = ours.clone().next();
        ours.find(takes).or(first).ok_or_else(|| {
            Error::config("token_endpoint_auth_method", "expected a way to authenticate, got none")
        })
    }
}

/// The token, with the scope that was asked for where the answer names none (RFC 6749 §5.1), and
/// without an ID token: one that was not asked for is not verified.
fn from_response(response: TokenResponse, asked: &str, registry: &Registry) -> Token {
    if response.expires_in_unreadable {
        tracing::warn!("a token answer's expires_in cannot be read: the token's life is unknown");
    }
    let scope = response.scope.or_else(|| Some(asked.to_owned()).filter(|asked| !asked.is_empty()));
    Token(Data {
        token_type: Some(response.token_type.as_str().to_ascii_lowercase()),
        refresh_token: response.refresh_token,
        expires_at: response.expires_at,
        scope,
        extra: response.extra,
        obtained_at: Some(registry.0.clock.now()),
        ..Data::new(response.access_token)
    })
}

/// Whether the ID token lacks claims that the scopes ask for (OIDC Core 5.4).
fn lacks_what_was_asked(known: &UserInfo, scope: &str) -> bool {
    let claims = known.as_map();
    let telling = [
        ("profile", "name"),
        ("email", "email"),
        ("address", "address"),
        ("phone", "phone_number"),
    ];
    telling.iter().any(|(asked, claim)| {
        scope.split(' ').any(|scope| scope == *asked) && !claims.contains_key(*claim)
    })
}
