//! The UserInfo endpoint (OIDC Core §5.3), and the claims about a user (§5.1).

mod date;
mod user;

pub use user::{Email, UserInfo};

use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Response, StatusCode};
use jose_core::JwkSet;
use oauth2_core::Challenge;
use protocol_core::flow::exchange;
use protocol_core::{AccessToken, Endpoint, Error, Flow, Reason, Rejection, UnixTime, json};

use crate::fetched;
use crate::id_token::{IdTokenVerifier, rules};

/// Asks for the claims about the user of `access_token`, as plain JSON. `expected_sub` is the `sub`
/// of the ID Token: an answer about anyone else is refused (OIDC Core §5.3.2).
///
/// # Errors
/// [`Error::Config`] for an access token that no header can hold. The flow ends in
/// [`Error::Rejected`] where the server refuses the token (`invalid_token` where it gives no code of
/// its own to a 401), [`Error::Unverified`] ([`Reason::SubMismatch`], [`Reason::MissingClaim`]),
/// [`Error::Protocol`] for a redirect (which is never followed), another status, and what is no JSON
/// object; a signed answer among it.
pub fn userinfo(
    userinfo_endpoint: &Endpoint,
    access_token: &AccessToken,
    expected_sub: &str,
) -> Result<impl Flow<Output = UserInfo> + Send + use<>, Error> {
    let expected_sub = expected_sub.to_owned();
    let request = request(userinfo_endpoint, access_token, "application/json")?;
    Ok(exchange(request, move |response, _now| {
        let response = accepted(response)?;
        if fetched::media_type(response.headers()) == JWT {
            let got = "a signed one: ask by signed_userinfo";
            return Err(Error::protocol("content_type", WHAT, "an answer in plain JSON", got));
        }
        let user = UserInfo::new(fetched::object_of_200(response, WHAT)?)?;
        about(user, &expected_sub)
    }))
}

/// The same where the client is registered for signed answers (`userinfo_signed_response_alg`): the
/// answer must be a JWT, and hold by the client's rules for ID Tokens as to algorithm, key, issuer
/// and audience (OIDC Core §5.3.2), with `keys` the issuer's.
///
/// # Errors
/// As [`userinfo`], and those of a JWT that does not hold.
pub fn signed_userinfo(
    userinfo_endpoint: &Endpoint,
    access_token: &AccessToken,
    expected_sub: &str,
    verifier: &IdTokenVerifier,
    keys: Arc<JwkSet>,
) -> Result<impl Flow<Output = UserInfo> + Send + use<>, Error> {
    let (expected_sub, verifier) = (expected_sub.to_owned(), verifier.clone());
    let request = request(userinfo_endpoint, access_token, JWT)?;
    Ok(exchange(request, move |response, now| {
        let response = accepted(response)?;
        let media_type = fetched::media_type(response.headers());
        let body = fetched::body_of_200(response, WHAT)?;
        if media_type != JWT {
            return Err(Error::protocol("content_type", WHAT, JWT, media_type));
        }
        let raw = std::str::from_utf8(&body).map_err(|_| Reason::MalformedToken("not ASCII"))?;
        let user = verified(raw.trim_ascii(), &verifier, &keys, now)?;
        about(user, &expected_sub)
    }))
}

const WHAT: &str = "UserInfo";
const JWT: &str = "application/jwt";

fn request(
    endpoint: &Endpoint,
    access_token: &AccessToken,
    accept: &'static str,
) -> Result<Request<Vec<u8>>, Error> {
    let mut bearer =
        HeaderValue::try_from(format!("Bearer {}", access_token.expose())).map_err(|_| {
            Error::config("access token", "it holds characters that no header may hold")
        })?;
    bearer.set_sensitive(true);
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = endpoint.uri();
    request.headers_mut().insert(AUTHORIZATION, bearer);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
    Ok(request)
}

/// Turns a refusal of the token into the error that it is (RFC 6750 §3).
fn accepted(response: Response<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
    let status = response.status();
    if !status.is_client_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Ok(response);
    }
    let rejection = challenge(&response).or_else(|| error_in_body(&response));
    match rejection {
        Some(rejection) => Err(Error::Rejected(rejection.with_status(status.as_u16()))),
        // RFC 6750 §3.1 leaves the code out where a request brought no token; this one brought one.
        None if status == StatusCode::UNAUTHORIZED => {
            Err(Error::Rejected(Rejection::new("invalid_token").with_status(401)))
        }
        None => Ok(response),
    }
}

fn challenge(response: &Response<Vec<u8>>) -> Option<Rejection> {
    let challenges = Challenge::from_headers(response.headers()).ok()?;
    let challenge = challenges.iter().find(|challenge| challenge.param("error").is_some())?;
    let text = |name| challenge.param(name).map(str::to_owned);
    Some(Rejection::new(text("error")?).explained(text("error_description"), text("error_uri")))
}

/// Some servers give the code in a JSON body and not in the challenge.
fn error_in_body(response: &Response<Vec<u8>>) -> Option<Rejection> {
    let members = json::object(response.body()).ok()?;
    let text = |name| Some(members.get(name)?.as_str()?.to_owned());
    Some(Rejection::new(text("error")?).explained(text("error_description"), text("error_uri")))
}

/// `iss` and `aud` should be there, and are checked where they are.
fn verified(
    raw: &str,
    verifier: &IdTokenVerifier,
    keys: &JwkSet,
    now: UnixTime,
) -> Result<UserInfo, Error> {
    let claims = verifier.verify_signature(raw, keys)?.claims()?;
    if let Some(iss) = claims.iss() {
        verifier.issuer().check(iss, claims.as_map())?;
    }
    if claims.as_map().contains_key("aud") {
        let azp = claims.as_map().get("azp").and_then(serde_json::Value::as_str);
        rules::audience(verifier, claims.aud(), azp)?;
    }
    if let Some(exp) = claims.exp() {
        rules::expired(verifier, exp, now)?;
    }
    UserInfo::new(claims.into_map())
}

fn about(user: UserInfo, expected_sub: &str) -> Result<UserInfo, Error> {
    if user.sub() != expected_sub {
        return Err(Reason::SubMismatch.into());
    }
    Ok(user)
}
