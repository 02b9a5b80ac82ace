//! Requests to sign, in parts.

use std::collections::HashSet;
use std::str::from_utf8;

use arbitrary::Arbitrary;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use oauth1_core::{
    ClientCredentials, Error, Placement, Secrets, SignatureMethod, Signer, TokenCredentials,
    UnixTime,
};

use crate::slow;

/// A request whose parts are any text.
#[derive(Arbitrary, Debug)]
pub struct Parts<'a> {
    /// `POST` or `GET`.
    pub post: bool,
    /// The scheme.
    pub https: bool,
    /// A text whose letters and digits make the host.
    pub host: &'a str,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// A text that [`Parts::path`] makes the path of.
    pub path: &'a str,
    /// A text that [`Parts::query`] makes the query of.
    pub query: &'a str,
    /// A form body.
    pub form: &'a [u8],
    /// More parameters, not encoded.
    pub pairs: Vec<(&'a str, &'a str)>,
}

impl Parts<'_> {
    /// The method.
    pub fn method(&self) -> &'static str {
        if self.post { "POST" } else { "GET" }
    }

    /// The scheme.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The host, never empty.
    pub fn host(&self) -> String {
        let host: String = self.host.chars().filter(char::is_ascii_alphanumeric).collect();
        if host.is_empty() { "Example.COM".to_owned() } else { host }
    }

    /// The path: any text that ends neither the path nor the URL, empty or after a slash.
    pub fn path(&self) -> String {
        let path: String = self.path.chars().filter(|c| !"?#".contains(*c)).collect();
        if path.is_empty() { path } else { format!("/{path}") }
    }

    /// The query: any text that does not end it.
    pub fn query(&self) -> String {
        self.query.chars().filter(|c| *c != '#').collect()
    }

    /// The URL.
    pub fn url(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let (scheme, host) = (self.scheme(), self.host());
        format!("{scheme}://{host}{port}{}?{}", self.path(), self.query())
    }
}

/// A method whose signature is what it signs.
pub struct Reveal;

impl SignatureMethod for Reveal {
    fn name(&self) -> &str {
        "REVEAL"
    }

    fn sign(&self, base_string: &str, _secrets: &Secrets) -> Result<String, Error> {
        Ok(base_string.to_owned())
    }
}

/// A request to sign, and who signs it where and when.
#[derive(Arbitrary, Debug)]
pub struct Any<'a> {
    /// The method and the URL.
    pub parts: Parts<'a>,
    /// Whether the body is declared a form, as something else, or not at all.
    pub content_type: Option<bool>,
    /// The client's identifier and secret.
    pub client: (&'a str, &'a str),
    /// The token and its secret.
    pub token: (&'a str, &'a str),
    /// Seconds since 1970.
    pub time: u32,
    /// Header, query or body.
    pub place: u8,
}

impl Any<'_> {
    /// The request, signed, if there can be one.
    pub fn signed(&self) -> Option<http::Request<Vec<u8>>> {
        let may_stand = |c: &char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(*c);
        let url: String = self.parts.url().chars().filter(may_stand).collect();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if !is_readable(query.as_bytes(), self.parts.form) {
            return None;
        }
        let builder = http::Request::builder().method(self.parts.method()).uri(url);
        let mut request = builder.body(self.parts.form.to_vec()).ok()?;
        if let Some(form) = self.content_type {
            let value = if form { "application/x-www-form-urlencoded" } else { "text/plain" };
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        let placement = [Placement::Header, Placement::Query, Placement::Body];
        Signer::hmac_sha256(ClientCredentials::new(self.id(), self.secret()))
            .with_token(TokenCredentials::new(self.token.0, self.token.1))
            .with_placement(placement[usize::from(self.place) % 3])
            .sign_buffered(&mut request, self.now())
            .ok()?;
        Some(request)
    }

    /// The client's identifier, never empty.
    pub fn id(&self) -> String {
        format!("c{}", self.client.0)
    }

    /// The client's secret, never empty.
    pub fn secret(&self) -> String {
        format!("s{}", self.client.1)
    }

    /// When it is signed.
    pub fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.time.into())
    }
}

/// Whether a receiver takes the parameters that begin with `oauth_`: each once and in UTF-8, also
/// those that it does not know, and no hash of a body that it would compare with the body.
fn is_readable(query: &[u8], form: &[u8]) -> bool {
    let mut names = HashSet::new();
    let pairs = slow::form_pairs(query).into_iter().chain(slow::form_pairs(form));
    let mut oauth = pairs.filter(|(name, _)| name.starts_with(b"oauth_"));
    oauth.all(|(name, value)| {
        let is_text = from_utf8(&name).is_ok() && from_utf8(&value).is_ok();
        is_text && name != b"oauth_body_hash" && names.insert(name)
    })
}
