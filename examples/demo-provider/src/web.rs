//! The HTTP that every endpoint shares: parameters, credentials in headers, JSON, redirects, errors.

use std::borrow::Cow;
use std::time::SystemTime;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol_core::{UnixTime, base64url, percent};
use serde_json::{Value, json};

/// The pairs of a query or a form, in order.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(form: &[u8]) -> Self {
        let owned = |(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into(), value.into());
        Params(percent::form_pairs(form).map(owned).collect())
    }

    /// The body of a POST, which must be a form.
    pub(crate) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::new("invalid_request", "the body must be a form"));
        }
        Ok(Params::parse(body))
    }

    /// The value; an empty one counts as absent (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(n, _)| n == name)?;
        Some(&*pair.1).filter(|value| !value.is_empty())
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The value, which must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        let missing = || OAuthError::new("invalid_request", format!("{name} is missing"));
        self.get(name).ok_or_else(missing)
    }

    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(n, _)| n == name).count() > 1
    }

    /// Whether any parameter comes twice, `resource` aside (RFC 6749 §3.1, RFC 8707 §2).
    pub(crate) fn has_repeats(&self) -> bool {
        self.0.iter().any(|(name, _)| name != "resource" && self.is_repeated(name))
    }
}

/// An error answer (RFC 6749 §5.2, RFC 6750 §3.1).
pub(crate) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: Cow<'static, str>,
    /// The scheme of `WWW-Authenticate`; the code goes there too.
    scheme: Option<&'static str>,
}

impl OAuthError {
    /// The code of an API's answer to a request that brings no token: it stays out of the challenge
    /// (RFC 6750 §3.1).
    pub(crate) const NO_TOKEN: &'static str = "unauthorized";

    /// 400 with this code.
    pub(crate) fn new(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        let (status, description) = (StatusCode::BAD_REQUEST, description.into());
        OAuthError { status, code, description, scheme: None }
    }

    pub(crate) fn invalid_client() -> Self {
        let description = "the client is unknown or its credentials are wrong";
        OAuthError {
            status: StatusCode::UNAUTHORIZED,
            scheme: Some("Basic"),
            ..OAuthError::new("invalid_client", description)
        }
    }

    /// The answer of an API to a token that is not good enough.
    pub(crate) fn bearer(
        status: StatusCode,
        code: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        OAuthError { status, scheme: Some("Bearer"), ..OAuthError::new(code, description) }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let OAuthError { status, code, description, scheme } = self;
        let mut response = json(&json!({"error": code, "error_description": description}));
        *response.status_mut() = status;
        if let Some(scheme) = scheme {
            let mut challenge = format!("{scheme} realm=\"demo-provider\"");
            if code != OAuthError::NO_TOKEN {
                challenge += &format!(", error=\"{code}\"");
            }
            insert(&mut response, header::WWW_AUTHENTICATE, &challenge);
        }
        response
    }
}

pub(crate) fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// 303, so that a browser comes by GET whatever it came by. Text that a header cannot hold is not
/// a place to go to.
pub(crate) fn redirect(to: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, to)
        .body(Body::empty())
        .unwrap_or_else(|_| StatusCode::BAD_REQUEST.into_response())
}

/// Sets a header; text that a header cannot hold is left out.
pub(crate) fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// `uri` with `pairs` added to its query.
pub(crate) fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let glue = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{glue}{}", percent::form_body(pairs.iter().copied()))
}

/// What follows the scheme in `Authorization`, the scheme in any case.
pub(crate) fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (got, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    got.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

/// Client id and secret of HTTP Basic, each form-encoded inside (RFC 6749 §2.3.1).
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let pair = base64url::decode_standard(authorization(headers, "Basic")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decode =
        |text: &str| String::from_utf8(percent::decode(&text.replace('+', " ")).into_owned()).ok();
    Some((decode(id)?, decode(secret)?))
}

pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|c| c.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}

pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::from_seconds(since.unwrap_or_default().as_secs())
}
