//! A document from the provider, and how long it may be kept (RFC 9111 §5.2.2).

use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use http::{Response, StatusCode};
use protocol_core::Error;
use protocol_core::json::{self, JsonError};
use serde_json::{Map, Value};

/// A fetched document, and how long its server says that it stays fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched<T> {
    /// The document.
    pub value: T,
    /// `max-age` of `Cache-Control` less `Age`; zero for `no-store` and `no-cache`; `None` where
    /// the server says nothing that can be read. Whoever keeps the document sets bounds of its own.
    pub max_age: Option<Duration>,
}

impl<T> Fetched<T> {
    /// A document and its lifetime.
    pub fn new(value: T, max_age: Option<Duration>) -> Self {
        Fetched { value, max_age }
    }

    /// The same lifetime, another form of the document.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Fetched<U> {
        Fetched { value: turn(self.value), max_age: self.max_age }
    }
}

/// How long an answer with these headers stays fresh.
pub(crate) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut most: Option<u64> = None;
    for line in headers.get_all(CACHE_CONTROL).iter().take(LINES) {
        let Ok(line) = line.to_str() else { continue };
        for directive in line.split(',').take(DIRECTIVES) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
                return Some(Duration::ZERO);
            }
            if name.eq_ignore_ascii_case("max-age") && most.is_none() {
                most = seconds(value);
            }
        }
    }
    let age = headers.get(AGE).and_then(|age| seconds(age.to_str().ok()?.trim())).unwrap_or(0);
    most.map(|most| Duration::from_secs(most.saturating_sub(age)))
}

/// Header lines and directives beyond these are not looked at.
const LINES: usize = 8;
const DIRECTIVES: usize = 32;

/// delta-seconds (RFC 9111 §1.2.2): digits; what overflows counts as the largest number.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Takes the body of a plain 200 answer. A redirect is an answer like any other, and not followed.
pub(crate) fn body_of_200(
    response: Response<Vec<u8>>,
    what: &'static str,
) -> Result<Vec<u8>, Error> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response.into_body());
    }
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS => "http_status_retryable",
        _ if status.is_server_error() => "http_status_retryable",
        _ => "http_status",
    };
    let got = match status.is_redirection() {
        true => format!("HTTP {} (a redirect, which is not followed)", status.as_u16()),
        false => format!("HTTP {}", status.as_u16()),
    };
    Err(Error::protocol(code, what, "HTTP 200", got))
}

/// The JSON object of a plain 200 answer. The media type is not asked for: providers serve JSON
/// under many names, and what is no JSON object is refused whatever it is called.
pub(crate) fn object_of_200(
    response: Response<Vec<u8>>,
    what: &'static str,
) -> Result<Map<String, Value>, Error> {
    let media_type = media_type(response.headers());
    let body = body_of_200(response, what)?;
    json::object(&body).map_err(|error| {
        let code = match error {
            JsonError::NotAnObject => "not_object",
            JsonError::DuplicateMember(_) => "duplicate_member",
            _ => "not_json",
        };
        let got = if media_type.is_empty() {
            error.to_string()
        } else {
            format!("{error}, sent as {media_type}")
        };
        Error::protocol(code, what, "one JSON object, each member once", got)
    })
}

/// The media type in lower case, without parameters; empty where there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), value.parse::<http::HeaderValue>().unwrap())
            })
            .collect()
    }

    #[test]
    fn cache_control_is_read_within_bounds() {
        type Lines = &'static [(&'static str, &'static str)];
        let table: &[(Lines, Option<u64>)] = &[
            (&[], None),
            (&[("cache-control", "public, max-age=3600, must-revalidate")], Some(3600)),
            (&[("cache-control", "MAX-AGE = \"60\"")], Some(60)),
            (&[("cache-control", "public"), ("cache-control", "max-age=5")], Some(5)),
            (&[("cache-control", "max-age=100"), ("age", "30")], Some(70)),
            (&[("cache-control", "max-age=100"), ("age", "300")], Some(0)),
            (&[("cache-control", "max-age=100"), ("age", "x")], Some(100)),
            (&[("cache-control", "max-age=99999999999999999999999")], Some(u64::MAX)),
            (&[("cache-control", "max-age=-1")], None),
            (&[("cache-control", "max-age=1.5")], None),
            (&[("cache-control", "max-age=")], None),
            (&[("cache-control", "max-age")], None),
            (&[("cache-control", "s-maxage=10")], None),
            (&[("cache-control", "max-age=60, no-store")], Some(0)),
            (&[("cache-control", "no-cache")], Some(0)),
            (&[("cache-control", "\u{e9}")], None),
        ];
        for (lines, expected) in table {
            let got = max_age(&headers(lines)).map(|age| age.as_secs());
            assert_eq!(got, *expected, "{lines:?}");
        }
        let many = vec!["x"; 100_000].join(",");
        assert_eq!(max_age(&headers(&[("cache-control", &format!("{many},max-age=1"))])), None);
    }

    #[test]
    fn refusals_say_what_was_expected_and_what_came() {
        let answer = |status: u16, media_type: &str, body: &str| {
            let response = Response::builder()
                .status(status)
                .header("content-type", media_type)
                .body(body.into());
            object_of_200(response.unwrap(), "the document").unwrap_err()
        };
        let table = [
            (answer(302, "", ""), "http_status", false),
            (answer(404, "", ""), "http_status", false),
            (answer(500, "", ""), "http_status_retryable", true),
            (answer(429, "", ""), "http_status_retryable", true),
            (answer(200, "text/html", "<html>canary"), "not_json", false),
            (answer(200, "", ""), "not_json", false),
            (answer(200, "application/json", "[1]"), "not_object", false),
            (answer(200, "application/json", r#"{"a":1,"a":2}"#), "duplicate_member", false),
        ];
        for (error, code, retryable) in table {
            assert_eq!((error.code(), error.is_retryable()), (code, retryable));
            assert!(!error.to_string().contains("canary"));
        }
        assert!(answer(200, "text/html; charset=x", "<").to_string().contains("text/html"));
    }
}
