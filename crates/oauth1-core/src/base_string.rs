//! The signature base string (RFC 5849 §3.4.1): what a request's signature is over.

use std::cmp::Ordering;

use protocol_core::Error;

use crate::encode::{self, Text, form_pairs};

/// The parts of a request that its signature covers, borrowed from wherever they are.
///
/// It works on the URL's text, so it also serves URLs that [`http::Uri`] does not take.
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
    parameters: Vec<Pair<'a>>,
}

impl<'a> BaseString<'a> {
    /// The base string of a request with this method (in any case) to this absolute URL, whose
    /// query is part of the parameters and whose fragment and user information are not.
    ///
    /// # Errors
    /// [`Error::Config`] for a text that is no absolute URL with a host.
    pub fn new(method: &'a str, url: &'a str) -> Result<Self, Error> {
        let target = Target::parse(url)?;
        let parameters = form_pairs(target.query.as_bytes()).collect();
        Ok(BaseString { method, target, parameters })
    }

    pub(crate) fn of_target(method: &'a str, target: Target<'a>) -> Self {
        let parameters = form_pairs(target.query.as_bytes()).collect();
        BaseString { method, target, parameters }
    }

    /// With the request's `Host` header, which counts instead of the URL's host and port.
    #[must_use]
    pub fn with_host(mut self, host: &'a str) -> Self {
        self.target.authority = host;
        self
    }

    /// With the parameters of a body of the type `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn with_form(mut self, body: &'a [u8]) -> Self {
        self.parameters.extend(form_pairs(body));
        self
    }

    /// With parameters as they are, not encoded: those of the `Authorization` header, say, without
    /// `realm` and `oauth_signature`.
    #[must_use]
    pub fn with_pairs<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: &'a [(K, V)]) -> Self {
        self.parameters.extend(pairs.iter().map(|(name, value)| plain(name, value)));
        self
    }

    /// The base string URI (RFC 5849 §3.4.1.2).
    pub fn uri(&self) -> String {
        let mut out = Vec::new();
        self.target.write(&mut out);
        let decoded = protocol_core::percent::decode(&out).into_owned();
        String::from_utf8_lossy(&decoded).into_owned()
    }

    /// The normalized parameters (RFC 5849 §3.4.1.3.2).
    pub fn parameters(&self) -> String {
        let mut sorted = self.parameters.clone();
        sorted.sort_unstable_by(order);
        let mut out = Vec::new();
        for (at, (name, value)) in sorted.into_iter().enumerate() {
            if at > 0 {
                out.push(b'&');
            }
            name.write_once(&mut out);
            out.push(b'=');
            value.write_once(&mut out);
        }
        ascii(out)
    }

    /// The base string itself (RFC 5849 §3.4.1.1).
    pub fn text(&self) -> String {
        let mut sorted = self.parameters.clone();
        sorted.sort_unstable_by(order);
        let mut out = Vec::new();
        write_start(&mut out, self.method, &self.target);
        write_pairs(&mut out, &sorted);
        ascii(out)
    }

    pub(crate) fn pairs(&self) -> &[Pair<'a>] {
        &self.parameters
    }

    pub(crate) fn extend(&mut self, pairs: impl Iterator<Item = Pair<'a>>) {
        self.parameters.extend(pairs);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Pair<'a>) -> bool) {
        self.parameters.retain(keep);
    }
}

/// A parameter.
pub(crate) type Pair<'a> = (Text<'a>, Text<'a>);

pub(crate) fn plain<'a, K: AsRef<str>, V: AsRef<str>>(name: &'a K, value: &'a V) -> Pair<'a> {
    (Text::plain(name.as_ref().as_bytes()), Text::plain(value.as_ref().as_bytes()))
}

/// By encoded name, then by encoded value (RFC 5849 §3.4.1.3.2).
pub(crate) fn order(a: &Pair<'_>, b: &Pair<'_>) -> Ordering {
    a.0.compare(b.0).then_with(|| a.1.compare(b.1))
}

/// The method, the base string URI and the `&` after each.
pub(crate) fn write_start(out: &mut Vec<u8>, method: &str, target: &Target<'_>) {
    let start = out.len();
    encode::once(out, method.as_bytes());
    out[start..].make_ascii_uppercase();
    out.push(b'&');
    target.write(out);
    out.push(b'&');
}

/// Sorted parameters, encoded into the base string.
pub(crate) fn write_pairs(out: &mut Vec<u8>, sorted: &[Pair<'_>]) {
    for (at, pair) in sorted.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b"%26");
        }
        write_pair(out, *pair);
    }
}

pub(crate) fn write_pair(out: &mut Vec<u8>, (name, value): Pair<'_>) {
    name.write_twice(out);
    out.extend_from_slice(b"%3D");
    value.write_twice(out);
}

fn ascii(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_default()
}

/// Where a request goes: the pieces of a URL, as they were written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) authority: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn parse(url: &'a str) -> Result<Self, Error> {
        let no_url = || Error::config("url", "expected an absolute URL with a host");
        let colon = url.find("://").ok_or_else(no_url)?;
        let (scheme, rest) = (&url[..colon], &url[colon + 3..]);
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let target = Target { scheme, authority, path, query };
        let is_scheme = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if scheme.is_empty() || !is_scheme || target.host_and_port().0.is_empty() {
            return Err(no_url());
        }
        Ok(target)
    }

    pub(crate) fn of_uri(uri: &'a http::Uri) -> Result<Self, Error> {
        match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => Ok(Target {
                scheme,
                authority: authority.as_str(),
                path: uri.path(),
                query: uri.query().unwrap_or_default(),
            }),
            _ => Err(Error::config("request", "expected an absolute URI, with scheme and host")),
        }
    }

    /// Appends the base string URI, encoded (RFC 5849 §3.4.1.2): scheme and host in lower case,
    /// the port unless it is the scheme's own, the path as it was written.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        encode::once_in_lower_case(out, self.scheme.as_bytes());
        out.extend_from_slice(b"%3A%2F%2F");
        let (host, port) = self.host_and_port();
        encode::once_in_lower_case(out, host.as_bytes());
        if !port.is_empty() && !self.is_default(port) {
            out.extend_from_slice(b"%3A");
            encode::once(out, port.as_bytes());
        }
        if self.path.is_empty() {
            out.extend_from_slice(b"%2F");
        }
        encode::once(out, self.path.as_bytes());
    }

    pub(crate) fn most(&self) -> usize {
        (self.scheme.len() + self.authority.len() + self.path.len()) * 3 + 16
    }

    fn host_and_port(&self) -> (&'a str, &'a str) {
        let authority = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        match authority.rfind(':') {
            // A colon inside the brackets of an IPv6 address begins no port.
            Some(at) if !authority[at..].contains(']') => (&authority[..at], &authority[at + 1..]),
            _ => (authority, ""),
        }
    }

    fn is_default(&self, port: &str) -> bool {
        let own = match self.scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => 443,
            scheme if scheme.eq_ignore_ascii_case("http") => 80,
            _ => return false,
        };
        port.parse() == Ok(own)
    }
}
