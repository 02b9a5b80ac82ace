//! The signature base string (RFC 5849 §3.4.1): what a request's signature is over.

use std::cmp::Ordering;

use protocol_core::Error;

use crate::encode::Writer;
use crate::text::{Prefix, Text, form_pairs};

/// The parts of a request that its signature covers, borrowed from wherever they are.
///
/// It works on the URL's text, so it also serves URLs that [`http::Uri`] does not take. A parameter
/// `oauth_signature` is left out, wherever it is.
///
/// ```
/// use oauth1_core::BaseString;
///
/// let base = BaseString::new("get", "HTTP://Example.COM:80/r%20v/X?id=123")?
///     .with_pairs(&[("oauth_nonce", "n")]);
/// assert_eq!(base.uri(), "http://example.com/r%20v/X");
/// assert_eq!(base.parameters(), "id=123&oauth_nonce=n");
/// assert_eq!(
///     base.text(),
///     "GET&http%3A%2F%2Fexample.com%2Fr%2520v%2FX&id%3D123%26oauth_nonce%3Dn"
/// );
/// # Ok::<(), oauth1_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BaseString<'a> {
    method: &'a str,
    target: Target<'a>,
    parameters: Vec<Parameter<'a>>,
}

impl<'a> BaseString<'a> {
    /// The base string of a request with this method (in any case) to this absolute URL, whose
    /// query is part of the parameters and whose fragment and user information are not.
    ///
    /// # Errors
    /// [`Error::Config`] for a text that is no absolute URL with a host.
    pub fn new(method: &'a str, url: &'a str) -> Result<Self, Error> {
        Ok(BaseString::of_target(method, Target::parse(url)?))
    }

    pub(crate) fn of_target(method: &'a str, target: Target<'a>) -> Self {
        let parameters = form_parameters(target.query.as_bytes()).collect();
        BaseString { method, target, parameters }
    }

    /// With the request's `Host` header, which counts instead of the URL's host and port.
    #[must_use]
    pub fn with_host(mut self, host: &'a str) -> Self {
        self.target = self.target.with_authority(host);
        self
    }

    /// With the parameters of a body of the type `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn with_form(mut self, body: &'a [u8]) -> Self {
        self.parameters.extend(form_parameters(body));
        self
    }

    /// With parameters as they are, not encoded: those of the `Authorization` header, say, without
    /// `realm`.
    #[must_use]
    pub fn with_pairs<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: &'a [(K, V)]) -> Self {
        self.parameters.extend(
            pairs.iter().map(|(name, value)| Parameter::plain(name.as_ref(), value.as_ref())),
        );
        self
    }

    /// The base string URI (RFC 5849 §3.4.1.2).
    pub fn uri(&self) -> String {
        let mut out = Writer::new();
        self.target.write(&mut out);
        let decoded = protocol_core::percent::decode(out.written()).into_owned();
        String::from_utf8_lossy(&decoded).into_owned()
    }

    /// The normalized parameters (RFC 5849 §3.4.1.3.2).
    pub fn parameters(&self) -> String {
        let mut out = Writer::new();
        for (at, parameter) in self.sorted().into_iter().enumerate() {
            if at > 0 {
                out.push(b"&");
            }
            parameter.name.write_once(&mut out);
            out.push(b"=");
            parameter.value.write_once(&mut out);
        }
        ascii(out.finish())
    }

    /// The base string itself (RFC 5849 §3.4.1.1).
    pub fn text(&self) -> String {
        let mut out = Writer::new();
        write_start(&mut out, self.method, &self.target);
        write_parameters(&mut out, &self.sorted());
        out.take_back(SEPARATOR);
        ascii(out.finish())
    }

    /// "The "oauth_signature" parameter MUST be excluded" (RFC 5849 §3.4.1.3.1).
    fn sorted(&self) -> Vec<Parameter<'a>> {
        let is_covered = |parameter: &&Parameter<'_>| !parameter.name.is(b"oauth_signature");
        let mut sorted: Vec<_> = self.parameters.iter().filter(is_covered).copied().collect();
        sorted.sort_unstable();
        sorted
    }

    pub(crate) fn extend(&mut self, parameters: impl Iterator<Item = Parameter<'a>>) {
        self.parameters.extend(parameters);
    }

    pub(crate) fn list(&self) -> &[Parameter<'a>] {
        &self.parameters
    }
}

/// A parameter, and what it is sorted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) value: Text<'a>,
    /// Of the name: most comparisons need no more.
    pub(crate) prefix: Prefix,
}

impl<'a> Parameter<'a> {
    #[inline(always)]
    pub(crate) fn new(name: Text<'a>, value: Text<'a>) -> Self {
        Parameter { name, value, prefix: name.prefix() }
    }

    #[inline(always)]
    pub(crate) fn plain(name: &'a str, value: &'a str) -> Self {
        Parameter::new(Text::plain(name.as_bytes()), Text::plain(value.as_bytes()))
    }

    #[cold]
    fn compare_whole(&self, other: &Self) -> Ordering {
        self.name.compare(other.name).then_with(|| self.value.compare(other.value))
    }
}

/// By encoded name, then by encoded value (RFC 5849 §3.4.1.3.2).
impl Ord for Parameter<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.compare_whole(other))
    }
}

impl PartialOrd for Parameter<'_> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Parameter<'_> {}

impl PartialEq for Parameter<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

/// The parameters of form-encoded text, in order.
pub(crate) fn form_parameters(text: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    form_pairs(text).map(|(name, value)| Parameter::new(name, value))
}

/// The method, the base string URI and the `&` after each.
pub(crate) fn write_start(out: &mut Writer, method: &str, target: &Target<'_>) {
    out.once_in_upper_case(method.as_bytes());
    out.push(b"&");
    target.write(out);
    out.push(b"&");
}

/// Sorted parameters, encoded into the base string, and [`SEPARATOR`] after each.
pub(crate) fn write_parameters<'a>(
    out: &mut Writer,
    sorted: impl IntoIterator<Item = &'a Parameter<'a>>,
) {
    for Parameter { name, value, .. } in sorted {
        if let (Some(name), Some(value)) = (name.as_plain(), value.as_plain()) {
            out.pair_twice(name, value);
        } else {
            name.write_twice(out);
            out.push(b"%3D");
            value.write_twice(out);
            out.push(SEPARATOR);
        }
    }
}

/// `&`, encoded into the base string.
pub(crate) const SEPARATOR: &[u8] = b"%26";

fn ascii(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_default()
}

/// Where a request goes: the pieces of a URL, as they were written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    scheme: &'a str,
    host: &'a [u8],
    port: &'a [u8],
    path: &'a str,
    pub(crate) query: &'a str,
    /// Scheme, host and path in one piece, where that is the base string URI as it stands.
    ready: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(scheme: &'a str, authority: &'a str, path: &'a str, query: &'a str) -> Self {
        let target = Target { scheme, host: b"", port: b"", path, query, ready: None };
        target.with_authority(authority)
    }

    #[inline]
    pub(crate) fn parse(url: &'a str) -> Result<Self, Error> {
        if let Some(target) = Target::parse_ready(url) {
            return Ok(target);
        }
        let no_url = || Error::config("url", "expected an absolute URL with a host");
        let (scheme, rest) = until(url, |b| !is_scheme(b));
        let rest = rest.strip_prefix("://").filter(|_| !scheme.is_empty()).ok_or_else(no_url)?;
        let (authority, rest) = until(rest, |b| matches!(b, b'/' | b'?' | b'#'));
        let (path, query) = path_and_query(rest);
        let target = Target::new(scheme, authority, path, query);
        if target.host.is_empty() { Err(no_url()) } else { Ok(target) }
    }

    /// The usual URL, where nothing is to be put in lower case or left out: its base string URI is
    /// a piece of it.
    #[inline]
    fn parse_ready(url: &'a str) -> Option<Self> {
        let scheme = if url.starts_with("https://") { "https" } else { "http" };
        let rest = url.strip_prefix(scheme)?.strip_prefix("://")?;
        let (host, rest) = until(rest, |b| !matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        if host.is_empty() || !rest.starts_with('/') {
            return None;
        }
        let (path, query) = path_and_query(rest);
        let ready = Some(&url[..scheme.len() + 3 + host.len() + path.len()]);
        Some(Target { scheme, host: host.as_bytes(), port: b"", path, query, ready })
    }

    pub(crate) fn of_uri(uri: &'a http::Uri) -> Result<Self, Error> {
        match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => {
                let query = uri.query().unwrap_or_default();
                Ok(Target::new(scheme, authority.as_str(), uri.path(), query))
            }
            _ => Err(Error::config("request", "expected an absolute URI, with scheme and host")),
        }
    }

    /// With another host and port; user information before them does not count.
    pub(crate) fn with_authority(mut self, authority: &'a str) -> Self {
        self.ready = None;
        let authority = authority.as_bytes();
        let mut start = 0;
        let mut colon = None;
        for (at, byte) in authority.iter().enumerate() {
            match byte {
                b':' => colon = Some(at),
                b'@' => (start, colon) = (at + 1, None),
                // A colon inside the brackets of an IPv6 address begins no port.
                b']' => colon = None,
                _ => {}
            }
        }
        (self.host, self.port) = match colon {
            Some(at) => (&authority[start..at], &authority[at + 1..]),
            None => (&authority[start..], &b""[..]),
        };
        self
    }

    /// Appends the base string URI, encoded (RFC 5849 §3.4.1.2): scheme and host in lower case,
    /// the port unless it is the scheme's own, the path as it was written.
    pub(crate) fn write(&self, out: &mut Writer) {
        if let Some(ready) = self.ready {
            return out.once(ready.as_bytes());
        }
        out.once_in_lower_case(self.scheme.as_bytes());
        out.push(b"%3A%2F%2F");
        out.once_in_lower_case(self.host);
        if !self.port.is_empty() && !self.has_default_port() {
            out.push(b"%3A");
            out.once(self.port);
        }
        if self.path.is_empty() {
            out.push(b"%2F");
        }
        out.once(self.path.as_bytes());
    }

    /// About how long it is, as it is written.
    pub(crate) fn len(&self) -> usize {
        self.scheme.len() + self.host.len() + self.port.len() + self.path.len() + 4
    }

    pub(crate) fn has_host(&self) -> bool {
        !self.host.is_empty()
    }

    fn has_default_port(&self) -> bool {
        let default = match self.scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => 443,
            scheme if scheme.eq_ignore_ascii_case("http") => 80,
            _ => return false,
        };
        std::str::from_utf8(self.port).is_ok_and(|port| port.parse() == Ok(default))
    }
}

/// The text before the query, and the query; a fragment is neither.
#[inline]
fn path_and_query(rest: &str) -> (&str, &str) {
    let (path, rest) = until(rest, |b| matches!(b, b'?' | b'#'));
    (path, rest.strip_prefix('?').map_or("", |rest| rest.split('#').next().unwrap_or_default()))
}

/// RFC 3986 §3.1.
fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The text before and from the first byte that stops, an ASCII one.
#[inline(always)]
fn until(text: &str, stops: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(stops).unwrap_or(text.len()))
}
