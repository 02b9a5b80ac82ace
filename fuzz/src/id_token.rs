//! ID Tokens that are valid, and who takes them.

use std::sync::LazyLock;
use std::time::Duration;

use oidc_core::jwk::{Algorithm, JwkSet, SigningKey, SymmetricKey};
use oidc_core::{ClientSecret, IdTokenVerifier, UnixTime};
use serde_json::Value;

/// The issuer of every token here.
pub const ISSUER: &str = "https://idp.example";
/// The client that every token here is for.
pub const CLIENT_ID: &str = "client-1";
/// The nonce that every token here answers.
pub const NONCE: &str = "n-0S6_WzA2Mj";
/// When every token here is valid.
pub const NOW: UnixTime = UnixTime::from_seconds(1_700_000_010);
/// The claims of the tokens that are signed here.
pub const CLAIMS: &str = r#"{"iss":"https://idp.example","sub":"248289761001","aud":"client-1","exp":1700000600,"iat":1700000000,"nonce":"n-0S6_WzA2Mj"}"#;

/// The claims of a logout token that is valid.
pub const LOGOUT: &str = r#"{"iss":"https://idp.example","sub":"248289761001","sid":"08a5","aud":"client-1","exp":1700000120,"iat":1700000000,"jti":"bWJq","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#;

/// A key that was made now, and the token that it signed. Its signature has but one spelling.
pub static SIGNED: LazyLock<(IdTokenVerifier, JwkSet, String)> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::EdDSA).expect("a key").with_kid("1");
    let token = key.sign(Some("JWT"), &[], CLAIMS.as_bytes()).expect("a token");
    let keys = JwkSet::from(key.verification_key().clone());
    (IdTokenVerifier::new(ISSUER, CLIENT_ID), keys, token)
});

/// A shared secret, to sign any claims with at little cost, and who takes them.
pub static SHARED: LazyLock<(IdTokenVerifier, SigningKey)> = LazyLock::new(|| {
    let secret = ClientSecret::new("a secret of thirty-two bytes, at least");
    let key = SymmetricKey::from_client_secret(&secret).expect("long enough");
    let key = SigningKey::from_symmetric(Algorithm::HS256, key).expect("a key");
    let verifier = IdTokenVerifier::new(ISSUER, CLIENT_ID);
    (verifier.allow_hmac([Algorithm::HS256], &secret).expect("long enough"), key)
});

/// Who takes a token by another's RSA key, its keys, the token and its nonce: one case of the corpus,
/// which is a seed.
pub static PUBLISHED: LazyLock<(IdTokenVerifier, JwkSet, String, String, UnixTime)> =
    LazyLock::new(|| {
        let case: Value = serde_json::from_str(include_str!("published.json")).expect("JSON");
        let text = |name: &str| case[name].as_str().expect("a text").to_owned();
        let verifier = IdTokenVerifier::new(text("issuer"), text("client_id"))
            .allow([Algorithm::RS256])
            .leeway(Duration::ZERO);
        let keys = JwkSet::parse(case["jwks"].to_string().as_bytes()).expect("a key set");
        let now = UnixTime::from_seconds(case["now"].as_u64().expect("seconds"));
        (verifier, keys, text("token"), text("nonce"), now)
    });

/// OIDC Core §3.1.3.7 by a plain reading of JSON: what must be true of claims that were accepted.
pub fn may_be_accepted(claims: &Value) -> bool {
    for_us_and_in_time(claims)
        && is_text(&claims["sub"])
        && claims["nonce"] == NONCE
        && claims["events"].is_null()
}

/// Back-Channel Logout §2.6 by a plain reading of JSON.
pub fn may_log_out(claims: &Value) -> bool {
    let absent_or_text = |name: &str| claims.get(name).is_none_or(is_text);
    for_us_and_in_time(claims)
        && is_text(&claims["jti"])
        && (claims.get("sub").is_some() || claims.get("sid").is_some())
        && absent_or_text("sub")
        && absent_or_text("sid")
        && claims.get("nonce").is_none()
        && claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn for_us_and_in_time(claims: &Value) -> bool {
    let audience = match &claims["aud"] {
        Value::Array(many) => !many.is_empty() && many.iter().all(|one| one == CLIENT_ID),
        one => one == CLIENT_ID,
    };
    // The leeway is a minute, and a fraction counts as the whole second after it.
    let now = NOW.seconds() as f64;
    let before = |name: &str, limit: f64| claims[name].as_f64().is_some_and(|time| time <= limit);
    let after = |name: &str, limit: f64| claims[name].as_f64().is_some_and(|time| time > limit);
    claims["iss"] == ISSUER
        && audience
        && after("exp", now - 61.0)
        && before("iat", now + 60.0)
        && (claims["nbf"].is_null() || before("nbf", now + 60.0))
        && (claims["azp"].is_null() || claims["azp"] == CLIENT_ID)
}
