//! What OpenID Connect adds: ID tokens and UserInfo (OIDC Core §3.1.3.7, §5.3, §12.2).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use oauth2_core::TokenResponse;
use oidc_core::id_token::Expected as IdTokenExpected;
use oidc_core::jwk::JwkSet;
use oidc_core::request::AuthenticationRequest;
use oidc_core::{Algorithm, Claims, IdTokenVerifier, IssuerRule, LogoutToken, Nonce, UserInfo};
use protocol_core::{Endpoint, Error, Reason, Secret};

use super::OAuth2Client;
use super::server::{Server, missing};
use crate::client::Client;
use crate::config::UserinfoPolicy;
use crate::driver::drive;
use crate::issuer::Issuer;
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::registry::Registry;
use crate::token::Token;

impl OAuth2Client {
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
        let asked = match asks {
            true => self.ask_userinfo(client, token, claims.sub()).await?,
            false => None,
        };
        let known = match asked {
            // What the ID token says is signed, and stays.
            Some(asked) => {
                let mut all = asked.as_map().clone();
                all.extend(known.as_map().clone());
                UserInfo::new(all)?
            }
            None if self.config.userinfo == UserinfoPolicy::Always => {
                return Err(no_userinfo_endpoint());
            }
            None => known.clone(),
        };
        Ok(known.with_iss(claims.iss()))
    }

    /// What the UserInfo endpoint says today of the user whose token this is.
    pub(crate) async fn userinfo_today(
        &self,
        client: &Client,
        token: &Token,
    ) -> Result<UserInfo, Error> {
        let original = token.0.original.as_ref().ok_or_else(|| {
            let problem =
                "expected one of a login by OpenID Connect: its sub is who is asked about";
            Error::config("token", problem)
        })?;
        let asked = self.ask_userinfo(client, token, &original.sub).await?;
        Ok(asked.ok_or_else(no_userinfo_endpoint)?.with_iss(&original.iss))
    }

    /// What the UserInfo endpoint says, where there is one.
    async fn ask_userinfo(
        &self,
        client: &Client,
        token: &Token,
        sub: &str,
    ) -> Result<Option<UserInfo>, Error> {
        let registry = client.registry();
        let server = self.server(registry).await?;
        let of_metadata =
            server.metadata.as_ref().and_then(|known| known.server.userinfo_endpoint.clone());
        let Some(endpoint) = client.userinfo_endpoint()?.or(of_metadata) else { return Ok(None) };
        let (http, clock) = (self.http(registry), &registry.0.clock);
        if self.config.userinfo_algorithms.is_empty() {
            let flow = oidc_core::userinfo(&endpoint, token.access_token(), sub)?;
            return drive(self.fix.userinfo(flow), http, clock).await.map(Some);
        }
        self.signed_userinfo(&server, registry, &endpoint, token, sub).await.map(Some)
    }

    pub(super) async fn signed_userinfo(
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
            drive(self.fix.userinfo(flow), self.http(registry), &registry.0.clock).await
        })
        .await
    }

    /// Verifies the ID token of a login that came back with a code.
    pub(super) async fn verify_login(
        &self,
        server: &Server,
        client: &Client,
        pending: &PendingLogin,
        tokens: &TokenResponse,
        raw: &str,
        code: &str,
    ) -> Result<(Claims, Secret), Error> {
        let PendingKind::OAuth2 { state, nonce, max_age, essential_acr, .. } = &pending.kind else {
            return Err(Error::config("login", "expected one by OAuth 2.0"));
        };
        let nonce = nonce.as_deref().map_or(Nonce::NotSent, Nonce::Expect);
        let expected = IdTokenExpected::code(nonce)
            .access_token(&tokens.access_token)
            .exchanged_code(code)
            .state(state)
            .acr(essential_acr);
        let expected = within(expected, *max_age);
        self.verify_id_token(server, client.registry(), raw, &expected).await
    }

    /// Verifies an ID token that stands alone.
    pub(crate) async fn parse_id_token(
        &self,
        client: &Client,
        raw: &str,
        nonce: Nonce<'_>,
    ) -> Result<Claims, Error> {
        let registry = client.registry();
        let server = self.server(registry).await?;
        let expected = IdTokenExpected::code(nonce).acr(&self.config.essential_acr);
        let expected = within(expected, self.config.max_age);
        self.verify_id_token(&server, registry, raw, &expected).await.map(|(claims, _)| claims)
    }

    /// Verifies an ID token; asks for newer keys once where the known ones do not verify it. With its
    /// claims comes the token as it was signed, which is the one to keep.
    pub(super) async fn verify_id_token(
        &self,
        server: &Server,
        registry: &Registry,
        raw: &str,
        expected: &IdTokenExpected<'_>,
    ) -> Result<(Claims, Secret), Error> {
        let algorithms = &self.config.algorithms;
        let verifier = self.verifier(server, algorithms)?;
        let signed = verifier.signed(raw)?;
        let claims = self
            .with_keys(server, registry, algorithms, async |keys| {
                verifier.verify_signed(&signed, &keys, expected, registry.0.clock.now())
            })
            .await?;
        Ok((claims, Secret::new(signed.as_str())))
    }

    /// The ID token to go on with after a refresh, and why the new one was left aside.
    pub(super) async fn refreshed_id_token(
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
        let expected = IdTokenExpected::refresh(original).access_token(&response.access_token);
        match self.verify_id_token(&server, registry, raw.expose(), &expected).await {
            Ok((_, signed)) => Ok((Some(signed), None)),
            Err(
                error @ (Error::Unverified(Reason::AuthTimeMismatch | Reason::NoMatchingKey { .. })
                | Error::Http(_)
                | Error::Protocol(_)),
            ) => Ok((kept, Some(error.code().to_owned()))),
            Err(error) => Err(Error::NeedsLogin(format!("a refreshed ID token: {error}"))),
        }
    }

    /// Verifies a logout token (Back-Channel Logout §2.6).
    pub(crate) async fn verify_logout_token(
        &self,
        client: &Client,
        raw: &str,
    ) -> Result<LogoutToken, Error> {
        let registry = client.registry();
        let server = self.server(registry).await?;
        let algorithms = &self.config.algorithms;
        let verifier = self.verifier(&server, algorithms)?;
        self.with_keys(&server, registry, algorithms, async |keys| {
            verifier.verify_logout_token(raw, &keys, registry.0.clock.now())
        })
        .await
    }

    /// Which issuers are taken.
    pub(crate) async fn issuer_rule(&self, client: &Client) -> Result<IssuerRule, Error> {
        let issuer = self.server(client.registry()).await?.issuer;
        let issuer = issuer.ok_or_else(|| Error::config("issuer", "expected it, got nothing"))?;
        self.config.issuer_rule(&issuer)
    }

    /// The provider's logout page, if it has one.
    pub(crate) async fn end_session_endpoint(
        &self,
        registry: &Registry,
    ) -> Result<Option<Endpoint>, Error> {
        if let Some(endpoint) = &self.config.end_session_endpoint {
            return Ok(Some(endpoint.clone()));
        }
        let known = self.server(registry).await?.metadata;
        Ok(known.and_then(|known| known.server.end_session_endpoint.clone()))
    }

    /// Verifies something by the issuer's keys, once more with newer ones where that may help.
    pub(super) async fn with_keys<T, F: Future<Output = Result<T, Error>>>(
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
        if let Some(keys) = &self.config.jwks {
            return verify(keys.clone()).await;
        }
        let (http, clock) = (self.shared_http(registry), &registry.0.clock);
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
    pub(super) fn verifier(
        &self,
        server: &Server,
        allowed: &[Algorithm],
    ) -> Result<IdTokenVerifier, Error> {
        let issuer = server.issuer.as_deref().ok_or_else(|| {
            Error::config("issuer", "expected it, to know by whom ID tokens are to be signed")
        })?;
        let mut verifier = IdTokenVerifier::new(self.config.issuer_rule(issuer)?, &self.client_id)
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
        if let Some(decryption) = &self.config.decryption {
            let (decrypter, keys) = &**decryption;
            verifier = verifier.decrypt(decrypter.clone(), keys.clone());
        }
        if self.config.requires_encryption {
            verifier = verifier.require_encrypted();
        }
        for check in &self.checks {
            let check = check.clone();
            verifier = verifier.check(move |claims| check(claims));
        }
        Ok(verifier)
    }

    pub(super) fn issuer(&self) -> Result<&Issuer, Error> {
        self.issuer.as_deref().ok_or_else(|| Error::config("issuer", "expected one"))
    }

    pub(super) fn jwks_uri(&self, server: &Server) -> Result<Endpoint, Error> {
        let known = server.metadata.as_ref().and_then(|known| known.server.jwks_uri.clone());
        self.config.jwks_uri.clone().or(known).ok_or_else(|| missing("jwks_uri"))
    }

    pub(super) fn authentication_request(
        &self,
        openid: bool,
        max_age: Option<u64>,
    ) -> AuthenticationRequest {
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

/// What is expected, with the `max_age` in seconds that was asked for, if one was.
pub(super) fn within(expected: IdTokenExpected<'_>, max_age: Option<u64>) -> IdTokenExpected<'_> {
    match max_age {
        Some(max_age) => expected.max_age(Duration::from_secs(max_age)),
        None => expected,
    }
}

fn no_userinfo_endpoint() -> Error {
    Error::config("userinfo_endpoint", "expected it, got nothing")
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
