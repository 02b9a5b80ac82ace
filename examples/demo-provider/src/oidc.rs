//! What OpenID Connect adds: metadata (Discovery 1.0 §3, RFC 8414), the JWK Set, ID tokens
//! (Core §2) and userinfo (Core §5.3).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use jose_core::{Algorithm, Claims, JwkSet, SigningKey, SymmetricKey, Verifier};
use protocol_core::{Error, base64url, random};
use serde_json::{Value, json};

use crate::authorize::{SCOPES, has};
use crate::state::{App, Login, Store};
use crate::web::{self, OAuthError};
use crate::{Client, Fault, api};

/// GET /.well-known/openid-configuration, and the same under RFC 8414's name.
pub(crate) async fn metadata(State(app): State<App>) -> Response {
    let at = |path: &str| format!("{}{path}", app.issuer);
    let methods = ["client_secret_basic", "client_secret_post", "none"];
    cacheable(&json!({
        "issuer": app.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "revocation_endpoint": at("/revoke"),
        "end_session_endpoint": at("/logout"),
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": app.store().keys.algorithms(),
        "scopes_supported": SCOPES.map(|(name, _)| name),
        "claims_supported": [
            "sub", "sid", "auth_time", "name", "preferred_username", "email", "email_verified",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    }))
}

/// GET /jwks.
pub(crate) async fn jwks(State(app): State<App>) -> Response {
    cacheable(&json!({ "keys": app.store().keys.published() }))
}

/// GET or POST /userinfo.
pub(crate) async fn userinfo(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let store = app.store();
    let (user, scope) = api::bearer(&store, &headers, Some("openid"))?;
    let mut claims = json!({ "sub": user.sub() });
    if store.fault == Some(Fault::UserinfoOtherSubject) {
        claims["sub"] = "user-somebody-else".into();
    }
    if has(&scope, "profile") {
        claims["name"] = user.name.into();
        claims["preferred_username"] = user.username.into();
    }
    if has(&scope, "email") {
        claims["email"] = user.email.into();
        claims["email_verified"] = user.email_verified.into();
    }
    Ok(web::json(&claims))
}

/// The claims of an ID token: who and when, and no profile, for that is at userinfo.
pub(crate) fn id_token_claims(
    issuer: &str,
    store: &Store,
    client: &Client,
    login: &Login,
    nonce: Option<&str>,
) -> Value {
    let now = web::now().seconds();
    let mut claims = json!({
        "iss": issuer,
        "sub": store.user(&login.user).sub(),
        "aud": client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "auth_time": login.auth_time.seconds(),
        "sid": login.sid,
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    match store.fault {
        Some(Fault::WrongNonce) => claims["nonce"] = random::token().into(),
        Some(Fault::WrongIssuer) => claims["iss"] = "https://other.example".into(),
        Some(Fault::OtherSubject) => claims["sub"] = "user-somebody-else".into(),
        Some(Fault::ExpiredIdToken) => {
            claims["iat"] = (now - 2 * ID_TOKEN_SECONDS).into();
            claims["exp"] = (now - ID_TOKEN_SECONDS).into();
        }
        _ => {}
    }
    claims
}

/// One signing key for each algorithm in use, and the public halves of those before the last rotation.
#[derive(Default)]
pub(crate) struct KeyRing {
    current: HashMap<Algorithm, SigningKey>,
    previous: Vec<Value>,
}

impl KeyRing {
    /// Makes a key for the client's algorithm if there is none; an HMAC algorithm uses its secret
    /// (Core §10.1).
    pub(crate) fn ensure(&mut self, client: &Client) -> Result<(), Error> {
        match client.id_token_signed_response_alg {
            alg if alg.is_symmetric() => shared_key(client).map(drop),
            alg => self.make(alg),
        }
    }

    pub(crate) fn rotated(&self) -> Result<KeyRing, Error> {
        let mut next = KeyRing { previous: self.current_public(), ..KeyRing::default() };
        self.current.keys().try_for_each(|alg| next.make(*alg))?;
        Ok(next)
    }

    /// The claims of an ID token that we signed, be it ever so old.
    pub(crate) fn own_claims(&self, raw: &str) -> Option<Claims> {
        let keys = json!({ "keys": self.published() }).to_string();
        let keys = JwkSet::parse(keys.as_bytes()).ok()?;
        let verifier = Verifier::new().allow(self.current.keys().copied());
        verifier.verify(raw, &keys).ok()?.claims().ok()
    }

    fn make(&mut self, alg: Algorithm) -> Result<(), Error> {
        if let Entry::Vacant(place) = self.current.entry(alg) {
            let kid = format!("{alg}-{}", &random::token()[..8]);
            place.insert(SigningKey::generate(alg)?.with_kid(kid));
        }
        Ok(())
    }

    fn algorithms(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.current.keys().map(|alg| alg.name()).collect();
        names.sort_unstable();
        names
    }

    fn published(&self) -> Vec<Value> {
        [self.current_public(), self.previous.clone()].concat()
    }

    fn current_public(&self) -> Vec<Value> {
        let published = |(alg, key): (&Algorithm, &SigningKey)| {
            let mut jwk = key.public_jwk()?.public_only()?;
            jwk["alg"] = alg.name().into();
            jwk["use"] = "sig".into();
            Some(jwk)
        };
        self.current.iter().filter_map(published).collect()
    }

    /// Signs, with the `at_hash` of the access token beside it (OIDC Core §3.1.3.6).
    pub(crate) fn sign_id_token(
        &self,
        client: &Client,
        mut claims: Value,
        access_token: &str,
    ) -> Result<String, OAuthError> {
        let digest = client.id_token_signed_response_alg.hash().digest(access_token.as_bytes());
        claims["at_hash"] = base64url::encode(&digest[..digest.len() / 2]).into();
        self.sign(client, &claims)
    }

    fn sign(&self, client: &Client, claims: &Value) -> Result<String, OAuthError> {
        let alg = client.id_token_signed_response_alg;
        let failed = || OAuthError::new("server_error", "the token could not be signed");
        let key = match self.current.get(&alg) {
            Some(key) => key.clone(),
            None => shared_key(client).map_err(|_| failed())?,
        };
        key.sign(None, &[], claims.to_string().as_bytes()).map_err(|_| failed())
    }
}

/// A logout token for one of a user's sessions, or for all of them (Back-Channel Logout §2.4).
pub(crate) fn logout_token(
    issuer: &str,
    store: &Store,
    client: &Client,
    username: &str,
    sid: Option<&str>,
) -> Result<String, OAuthError> {
    let now = web::now().seconds();
    let mut claims = json!({
        "iss": issuer,
        "aud": client.client_id,
        "sub": store.user(username).sub(),
        "iat": now,
        "exp": now + 120,
        "jti": random::token(),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if let Some(sid) = sid {
        claims["sid"] = sid.into();
    }
    store.keys.sign(client, &claims)
}

fn shared_key(client: &Client) -> Result<SigningKey, Error> {
    let none = || Error::config("id_token_signed_response_alg", "expected a client with a secret");
    let secret = SymmetricKey::from_client_secret(client.client_secret.as_ref().ok_or_else(none)?)?;
    SigningKey::from_symmetric(client.id_token_signed_response_alg, secret)
}

fn cacheable(document: &Value) -> Response {
    let mut response = web::json(document);
    web::insert(&mut response, header::CACHE_CONTROL, "public, max-age=300");
    response
}

const ID_TOKEN_SECONDS: u64 = 3600;
