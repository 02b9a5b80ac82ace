//! Answers of servers, read.

use client_registry::Token;
use oauth1_core::{
    ClientCredentials, Endpoint, Flow, Signer, TemporaryCredentials, UnixTime, flow,
};
use oauth2_core::{TokenResponse, TokenResponseRules};
use protocol_core::{Error, Input, Step};
use serde_json::Value;

/// The first leg of OAuth 1 with this answer.
///
/// # Errors
/// Those of the flow.
pub fn temporary_credentials(status: u16, body: &[u8]) -> Result<TemporaryCredentials, Error> {
    let endpoint = Endpoint::parse("request_token_url", "https://as.example/initiate")?;
    let signer = Signer::hmac_sha1(ClientCredentials::new("id", "secret"));
    let mut leg = flow::temporary_credentials(&endpoint, &signer, "oob");
    let now = UnixTime::from_seconds(1);
    assert!(matches!(leg.step(Input::Start, now), Ok(Step::Send(_))), "it asks first");
    match leg.step(Input::Response(response(status, body.to_vec())), now)? {
        Step::Done(credentials) => Ok(credentials),
        Step::Send(_) | Step::WaitUntil(_) => panic!("one answer is enough"),
    }
}

/// A token answer; `quirks` are the rules that RFC 6749 §5.1 does not have.
///
/// # Errors
/// Those of [`TokenResponse::read`].
pub fn token(
    status: u16,
    body: Vec<u8>,
    is_form: bool,
    quirks: bool,
) -> Result<TokenResponse, Error> {
    let mut rules = TokenResponseRules::default();
    rules.accept_form_encoded = is_form;
    rules.error_in_200 = quirks;
    rules.require_token_type = !quirks;
    TokenResponse::read(&response(status, body), &rules, UnixTime::from_seconds(1))
}

/// The body with `secret` in place of the first `@`, or at its end.
pub fn plant(body: &[u8], secret: &str) -> Vec<u8> {
    let at = body.iter().position(|byte| *byte == b'@').unwrap_or(body.len());
    let rest = body.get(at + 1..).unwrap_or_default();
    [&body[..at], secret.as_bytes(), rest].concat()
}

/// A token as it is kept, but for members of the answer that nobody has checked: reading a number
/// with a fraction, `serde_json` may miss it by its last bit.
pub fn kept(token: &Token) -> Value {
    let mut value: Value = token.to_exposed_json().parse().expect("JSON");
    value["extra"].take();
    value
}

fn response(status: u16, body: Vec<u8>) -> http::Response<Vec<u8>> {
    http::Response::builder().status(status).body(body).expect("a status is three digits")
}
