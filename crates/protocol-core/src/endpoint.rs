//! The address of an endpoint: kept as written, https or loopback.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

use crate::{Error, percent};

/// The URL of an endpoint, checked once and kept as it was written.
///
/// It is absolute, has a host, carries no user information and no fragment (RFC 6749 §3.1, §3.2),
/// and its scheme is https; http is taken only where the host is the loopback interface
/// (`localhost`, `127.0.0.0/8`, `[::1]`). A query is kept (RFC 6749 §3.1). A clone is cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Arc<Parts>);

#[derive(PartialEq, Eq, Hash)]
struct Parts {
    written: String,
    uri: http::Uri,
}

impl Endpoint {
    /// Checks `text`, which errors speak of as `what` (`token_endpoint`, say).
    ///
    /// # Errors
    /// [`Error::Config`] with what is wrong. The text itself is not repeated beyond its origin.
    pub fn parse(what: &str, text: &str) -> Result<Self, Error> {
        Self::check(text).map_err(|problem| Error::config(what, problem))
    }

    fn check(text: &str) -> Result<Self, String> {
        let (url, uri) = read(text)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                let host = url.host_str().unwrap_or_default();
                return Err(format!("expected https, got http on {host:?}, which is not loopback"));
            }
            other => return Err(format!("expected https, got the scheme {other:?}")),
        }
        Ok(Endpoint(Arc::new(Parts { written: text.to_owned(), uri })))
    }

    /// The URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.0.written
    }

    /// The URL for an [`http::Request`].
    pub fn uri(&self) -> http::Uri {
        self.0.uri.clone()
    }

    /// Host, and port where one is written.
    pub fn authority(&self) -> &str {
        self.0.uri.authority().map_or("", http::uri::Authority::as_str)
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.uri.scheme() == Some(&http::uri::Scheme::HTTPS)
    }

    /// The URL with `pairs` added to its query, form-encoded; a query that is there stays in front
    /// (RFC 6749 §3.1).
    pub fn with_query<K: AsRef<str>, V: AsRef<str>>(
        &self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> String {
        let query = percent::form_body(pairs);
        if query.is_empty() {
            return self.0.written.clone();
        }
        let glue = match self.0.written.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, rest)) if rest.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{glue}{query}", self.0.written)
    }
}

/// Whether the URL's host is this machine: `localhost`, `127.0.0.0/8` or `[::1]` (RFC 8252 §7.3).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Reads `text` by two parsers that must agree on the host, so that no difference between them can
/// send a request elsewhere than was checked.
fn read(text: &str) -> Result<(Url, http::Uri), String> {
    let url = Url::parse(text).map_err(|error| format!("expected an absolute URL: {error}"))?;
    let odd = || "expected a URL, got characters that a URL may not hold (RFC 3986)".to_owned();
    if !text.bytes().all(is_of_a_url) {
        return Err(odd());
    }
    let uri: http::Uri = text.parse().map_err(|_| odd())?;
    if !url.username().is_empty() || url.password().is_some() || text_authority_has_userinfo(&uri) {
        return Err("expected no user information in the URL".to_owned());
    }
    if text.contains('#') {
        return Err("expected no fragment in the URL".to_owned());
    }
    if has_dot_segment(uri.path()) {
        return Err("expected a path without the segments `.` and `..`".to_owned());
    }
    let hosts = (url.host_str(), uri.host());
    match hosts {
        (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => Ok((url, uri)),
        _ => Err("expected a host in its plain spelling".to_owned()),
    }
}

/// Whether RFC 3986 §2 knows the byte; of others each parser and each browser makes its own.
fn is_of_a_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Whether a path has segments that some take out and others send (RFC 3986 §3.3).
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| {
        let segment = segment.replace("%2e", ".").replace("%2E", ".");
        segment == "." || segment == ".."
    })
}

fn text_authority_has_userinfo(uri: &http::Uri) -> bool {
    uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
}

/// Shows the URL without its query.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.written.split('?').next().unwrap_or_default();
        write!(f, "Endpoint({shown})")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_e2_endpoints_off_https_and_loopback() {
        for text in [
            "http://idp.example/token",
            "http://localhost@evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1\\@evil.example/",
            "http://127.0.0.1%2eevil.example/",
            "http://2130706433/",
            "http://[::2]/",
            "ftp://idp.example/",
            "javascript:alert(1)",
            "https:///token",
            "https://idp.example/a b",
            "https://idp.example/\r\nX: y",
            "https://user:pass@idp.example/",
            "https://idp.example/#f",
            "https://idp.example/a/../token",
            "https://idp.example/.",
            "https://idp.example/a/%2e%2E/token",
            "/token",
            "",
        ] {
            let error = Endpoint::parse("token_endpoint", text).unwrap_err();
            assert_eq!(error.code(), "config", "{text}");
            assert!(error.to_string().contains("token_endpoint"), "{error}");
        }
        for text in [
            "http://127.0.0.1:9400/token",
            "http://127.8.8.8/token",
            "http://localhost:1/",
            "http://[::1]:9/token",
            "https://idp.example/a..b/.well-known/...",
            "https://idp.example/token?tenant=a%20b",
        ] {
            assert_eq!(Endpoint::parse("e", text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn characters_that_a_url_may_not_hold_are_refused() {
        for byte in 0..=u8::MAX {
            let c = char::from(byte);
            let may_hold = c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(c);
            for text in
                [format!("https://idp.example/a{c}b"), format!("https://idp.example/?q={c}")]
            {
                assert_eq!(Endpoint::parse("e", &text).is_ok(), may_hold, "{text:?}");
            }
        }
    }

    #[test]
    fn a_query_is_added_behind_the_one_that_is_there() {
        let at = |text: &str| Endpoint::parse("e", text).unwrap();
        assert_eq!(
            at("https://a.example/x").with_query([("a", "b c")]),
            "https://a.example/x?a=b+c"
        );
        assert_eq!(
            at("https://a.example/x?p=1").with_query([("a", "b")]),
            "https://a.example/x?p=1&a=b"
        );
        assert_eq!(at("https://a.example/x?").with_query([("a", "b")]), "https://a.example/x?a=b");
        assert_eq!(at("https://a.example/x").with_query([("", ""); 0]), "https://a.example/x");
    }

    #[test]
    fn debug_leaves_the_query_out() {
        let endpoint = Endpoint::parse("e", "https://a.example/x?key=canary").unwrap();
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://a.example/x)");
    }
}
