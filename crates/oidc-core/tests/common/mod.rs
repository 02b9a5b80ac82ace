//! One provider and one client, for the tests of this directory.
#![allow(dead_code)] // Each test file uses its own part.
#![allow(clippy::needless_pass_by_value)] // `json!(..)` reads best as a value.

use std::sync::OnceLock;

use http::{Request, Response};
use oidc_core::jwk::{SigningKey, danger};
use oidc_core::{Algorithm, Error, Flow, IdTokenVerifier, Input, JwkSet, Step, UnixTime};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const CLIENT: &str = "client-1";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";
pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// The provider's key.
pub(crate) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1"))
}

/// Somebody else's key.
pub(crate) fn other_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1"))
}

/// The provider's JWK, as it is published.
pub(crate) fn published(key: &SigningKey) -> Value {
    key.public_jwk().unwrap().public_only().unwrap()
}

pub(crate) fn keys() -> JwkSet {
    key_set(&[published(key())])
}

pub(crate) fn key_set(keys: &[Value]) -> JwkSet {
    JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

pub(crate) fn verifier() -> IdTokenVerifier {
    IdTokenVerifier::new(ISSUER, CLIENT)
}

/// Claims that hold.
pub(crate) fn claims() -> Value {
    let now = NOW.seconds();
    json!({
        "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": now + 300, "iat": now - 5, "nonce": NONCE,
    })
}

/// Those claims with some changed; null takes one out.
pub(crate) fn claims_with(changes: Value) -> Value {
    merged(claims(), changes)
}

pub(crate) fn merged(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

pub(crate) fn sign(claims: &Value) -> String {
    key().sign(None, &[], claims.to_string().as_bytes()).unwrap()
}

/// A token whose header is this text, signed with the provider's key.
pub(crate) fn sign_under(header: &str, payload: &[u8]) -> String {
    danger::sign_with_header(key(), header.as_bytes(), payload).unwrap()
}

/// What comes of one answer to a flow's one request.
pub(crate) fn answer<F: Flow>(
    mut flow: F,
    response: Response<Vec<u8>>,
) -> Result<F::Output, Error> {
    let Step::Send(_) = flow.step(Input::Start, NOW)? else { panic!("it asks first") };
    match flow.step(Input::Response(response), NOW)? {
        Step::Done(output) => Ok(output),
        step => panic!("one answer is enough: {step:?}"),
    }
}

pub(crate) fn request_of<F: Flow>(mut flow: F) -> Request<Vec<u8>> {
    match flow.step(Input::Start, NOW) {
        Ok(Step::Send(request)) => request,
        _ => panic!("it asks first"),
    }
}

pub(crate) fn response(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Response<Vec<u8>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    response(200, &[("content-type", "application/json")], body)
}

/// Answers that are no documents, and the code of the error each must become.
pub(crate) fn bad_answers() -> Vec<(Response<Vec<u8>>, &'static str)> {
    let redirect = |status| response(status, &[("location", "https://evil.example/canary")], "");
    let mut answers: Vec<_> =
        [301, 302, 303, 307, 308].map(|status| (redirect(status), "http_status")).into();
    answers.extend([
        (response(500, &[], "canary"), "http_status_retryable"),
        (response(503, &[], "{}"), "http_status_retryable"),
        (response(429, &[], "{}"), "http_status_retryable"),
        (response(404, &[], "{}"), "http_status"),
        (response(204, &[], ""), "http_status"),
    ]);
    answers
}

/// Bodies that are no JSON object at all.
pub(crate) fn bad_bodies() -> Vec<Vec<u8>> {
    vec![
        b"<!doctype html><p>canary".to_vec(),
        b"".to_vec(),
        b"{\"a\":".to_vec(),
        b"{} {}".to_vec(),
        b"\xff{}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        "[".repeat(100_000).into_bytes(),
        [b"\x1f\x8b\x08\x00".as_slice(), &[0; 100]].concat(),
    ]
}
