//! Signing requests (RFC 5849 §3.1 to §3.5).

mod compose;

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Request, Uri};
use protocol_core::{Error, UnixTime, random};

use self::compose::{Covered, Keyed, Once, Prepared, ascii};
use crate::authorization;
use crate::base_string::Target;
use crate::encode::{Checked, Writer};
use crate::signature::{Hash, Method, Rsa, RsaPrivateKey, Secrets, SignatureMethod, needs_key};
use crate::text::form_pairs;
use crate::{ClientCredentials, TemporaryCredentials, TokenCredentials};

/// Signs requests for one client, with or without a token.
///
/// The key is made ready at the first signature and kept; cloning copies it. It can be given
/// anything that [`http::Request`] can hold, also what it did not build.
#[derive(Clone)]
pub struct Signer {
    method: Method,
    identifier: String,
    secrets: Secrets,
    token: Option<protocol_core::AccessToken>,
    callback: Option<String>,
    verifier: Option<String>,
    session_handle: Option<String>,
    realm: Option<String>,
    nonce: Option<String>,
    placement: Placement,
    version: bool,
    body_hash: bool,
    prepared: OnceLock<Arc<Prepared>>,
}

/// Where the protocol parameters go (RFC 5849 §3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// The `Authorization` header (§3.5.1): the one to prefer.
    #[default]
    Header,
    /// The query of the URL (§3.5.3).
    Query,
    /// The form body (§3.5.2); see [`Signer::sign_buffered`].
    Body,
}

impl Signer {
    /// HMAC-SHA1 (§3.4.2), what nearly every OAuth 1 server speaks.
    pub fn hmac_sha1(client: ClientCredentials) -> Self {
        Signer::of(Method::HmacSha1, client)
    }

    /// HMAC-SHA256: as HMAC-SHA1, with SHA-256.
    pub fn hmac_sha256(client: ClientCredentials) -> Self {
        Signer::of(Method::HmacSha256, client)
    }

    /// HMAC-SHA512: as HMAC-SHA1, with SHA-512.
    pub fn hmac_sha512(client: ClientCredentials) -> Self {
        Signer::of(Method::HmacSha512, client)
    }

    /// PLAINTEXT (§3.4.4): the secrets themselves are sent, so only ever over TLS.
    pub fn plaintext(client: ClientCredentials) -> Self {
        Signer::of(Method::Plaintext, client)
    }

    /// RSA-SHA1 (§3.4.3), for a client that the server knows by its public key.
    pub fn rsa_sha1(identifier: impl Into<String>, key: RsaPrivateKey) -> Self {
        Signer::rsa(Hash::Sha1, identifier.into(), key)
    }

    /// RSA-SHA256: as RSA-SHA1, with SHA-256.
    pub fn rsa_sha256(identifier: impl Into<String>, key: RsaPrivateKey) -> Self {
        Signer::rsa(Hash::Sha256, identifier.into(), key)
    }

    /// RSA-SHA512: as RSA-SHA1, with SHA-512.
    pub fn rsa_sha512(identifier: impl Into<String>, key: RsaPrivateKey) -> Self {
        Signer::rsa(Hash::Sha512, identifier.into(), key)
    }

    /// The method of this name, as a configuration says it (`HMAC-SHA1`, `RSA-SHA256`, ..). Only
    /// the RSA methods use `key`, and do not use the client's secret.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another name; [`Error::Config`] for an RSA method without a key,
    /// which names the features that RSA needs if they are off.
    pub fn by_name(
        method: &str,
        client: ClientCredentials,
        key: Option<RsaPrivateKey>,
    ) -> Result<Self, Error> {
        let hash = match method {
            "HMAC-SHA1" => return Ok(Signer::hmac_sha1(client)),
            "HMAC-SHA256" => return Ok(Signer::hmac_sha256(client)),
            "HMAC-SHA512" => return Ok(Signer::hmac_sha512(client)),
            "PLAINTEXT" => return Ok(Signer::plaintext(client)),
            "RSA-SHA1" => Hash::Sha1,
            "RSA-SHA256" => Hash::Sha256,
            "RSA-SHA512" => Hash::Sha512,
            other => return Err(Error::Unsupported(format!("the signature method {other:?}"))),
        };
        let key = key.ok_or_else(|| needs_key(method))?;
        Ok(Signer::rsa(hash, client.identifier, key))
    }

    /// A method of one's own.
    pub fn with_method(client: ClientCredentials, method: impl SignatureMethod + 'static) -> Self {
        Signer::of(Method::Own(Arc::new(method)), client)
    }

    fn rsa(hash: Hash, identifier: String, key: RsaPrivateKey) -> Self {
        let method = Rsa { hash, private_key: Some(key) };
        Signer::with_method(ClientCredentials::new(identifier, ""), method)
    }

    fn of(method: Method, client: ClientCredentials) -> Self {
        Signer {
            method,
            identifier: client.identifier,
            secrets: Secrets::of_client(client.secret),
            token: None,
            callback: None,
            verifier: None,
            session_handle: None,
            realm: None,
            nonce: None,
            placement: Placement::Header,
            version: true,
            body_hash: false,
            prepared: OnceLock::new(),
        }
    }

    /// Signs on behalf of the user whose token this is.
    #[must_use]
    pub fn with_token(self, token: TokenCredentials) -> Self {
        self.changed(|signer| {
            signer.token = Some(token.token);
            signer.secrets.token_secret = token.token_secret;
        })
    }

    /// Signs with temporary credentials, as the third leg does (§2.3).
    #[must_use]
    pub fn with_temporary(self, temporary: &TemporaryCredentials) -> Self {
        self.changed(|signer| {
            signer.token = Some(temporary.token.as_str().into());
            signer.secrets.token_secret = temporary.token_secret.clone();
        })
    }

    /// Sends `oauth_callback` (§2.1): a URL, or `oob` for none.
    #[must_use]
    pub fn with_callback(self, callback: impl Into<String>) -> Self {
        self.changed(|signer| signer.callback = Some(callback.into()))
    }

    /// Sends `oauth_verifier` (§2.3).
    #[must_use]
    pub fn with_verifier(self, verifier: impl Into<String>) -> Self {
        self.changed(|signer| signer.verifier = Some(verifier.into()))
    }

    /// Sends `oauth_session_handle` (the OAuth Session extension), which renews a token.
    #[must_use]
    pub fn with_session_handle(self, handle: impl Into<String>) -> Self {
        self.changed(|signer| signer.session_handle = Some(handle.into()))
    }

    /// Where the protocol parameters go; the header by default.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Sends `realm` in the `Authorization` header (§3.5.1). It is not signed.
    ///
    /// # Errors
    /// [`Error::Config`] for a realm with anything but printable ASCII, a quote or a backslash.
    pub fn with_realm(self, realm: impl Into<String>) -> Result<Self, Error> {
        let realm = realm.into();
        if realm.bytes().any(|b| !matches!(b, b' '..=b'~') || matches!(b, b'"' | b'\\')) {
            let problem = "expected printable ASCII without quotes and backslashes";
            return Err(Error::config("realm", problem));
        }
        Ok(self.changed(|signer| signer.realm = Some(realm)))
    }

    /// Leaves `oauth_version` out, which is sent as `1.0` by default (§3.1: it may be either way).
    #[must_use]
    pub fn without_version(self) -> Self {
        self.changed(|signer| signer.version = false)
    }

    /// Sends `oauth_body_hash` (the Request Body Hash extension) with every request that
    /// [`Signer::sign`] signs and whose body is no form, an empty body among them.
    #[must_use]
    pub fn with_body_hash(mut self) -> Self {
        self.body_hash = true;
        self
    }

    /// Always uses this nonce, for requests that must be the same byte for byte. A server takes
    /// one nonce once: without this, each signature makes its own of 128 random bits.
    #[must_use]
    pub fn with_nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// The name of the signature method, as it is sent.
    pub fn signature_method(&self) -> &str {
        self.method.name()
    }

    /// Where the protocol parameters go.
    pub fn placement(&self) -> Placement {
        self.placement
    }

    /// Signs a request by the `Authorization` header or the query.
    ///
    /// What the signature covers is read from the request: method, URL, `Host` header where there
    /// is one, query, and the body if it is a form. An `Authorization` header that is there is
    /// replaced, and protocol parameters of an earlier signature in the query as well.
    ///
    /// # Errors
    /// [`Error::Config`] for a URI without host, for a request that already has one of the protocol
    /// parameters elsewhere (each is sent once, §3.1), for [`Placement::Body`]; what a
    /// signature method of one's own answers.
    pub fn sign<B: AsRef<[u8]>>(
        &self,
        request: &mut Request<B>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let form_body = is_form(request.headers());
        let body = request.body().as_ref();
        let body_hash = (self.body_hash && !form_body).then(|| self.method.body_hash(body));
        let form = if form_body { body } else { b"" };
        let host = request.headers().get(HOST).map(host_text).transpose()?;
        let nonce = self.nonce();
        let once = Once { nonce: Checked::new(&nonce), now, body_hash: body_hash.as_deref() };
        match self.placement {
            Placement::Header => {
                let target = target(request.uri(), host)?;
                let covered = Covered { method: request.method().as_str(), target, form };
                let none: &[(&str, &str)] = &[];
                let mut header = Writer::new();
                self.header(&self.keyed(), &covered, none, &once, &mut header)?;
                request.headers_mut().insert(AUTHORIZATION, sensitive(header.finish())?);
            }
            Placement::Query => {
                let query = without_protocol(request.uri().query().unwrap_or_default());
                let mut target = target(request.uri(), host)?;
                target.query = &query;
                let covered = Covered { method: request.method().as_str(), target, form };
                let query = self.appended(&covered, &once, &query)?;
                *request.uri_mut() = with_query(request.uri(), &query)?;
                remove_oauth_header(request.headers_mut());
            }
            Placement::Body => {
                let problem = "expected header or query; the body is written by sign_buffered";
                return Err(Error::config("placement", problem));
            }
        }
        Ok(())
    }

    /// As [`Signer::sign`], and by the form body too (§3.5.2), whose protocol parameters of an
    /// earlier signature are replaced. An empty body without a type becomes a form.
    ///
    /// # Errors
    /// As [`Signer::sign`]; for [`Placement::Body`], [`Error::Config`] if the body is no form.
    pub fn sign_buffered(
        &self,
        request: &mut Request<Vec<u8>>,
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.placement != Placement::Body {
            return self.sign(request, now);
        }
        let untyped = request.body().is_empty() && !request.headers().contains_key(CONTENT_TYPE);
        if !untyped && !is_form(request.headers()) {
            return Err(Error::config("placement", "expected a form body, got another type"));
        }
        let Ok(form) = std::str::from_utf8(request.body()) else {
            return Err(Error::config("request", "expected a form body in ASCII"));
        };
        let form = without_protocol(form);
        let host = request.headers().get(HOST).map(host_text).transpose()?;
        let target = target(request.uri(), host)?;
        let covered = Covered { method: request.method().as_str(), target, form: form.as_bytes() };
        let nonce = self.nonce();
        let once = Once { nonce: Checked::new(&nonce), now, body_hash: None };
        let body = self.appended(&covered, &once, &form)?.into_bytes();
        let headers = request.headers_mut();
        if untyped {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        }
        if headers.contains_key(CONTENT_LENGTH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        remove_oauth_header(headers);
        *request.body_mut() = body;
        Ok(())
    }

    /// Writes the value of the `Authorization` header for a request with this method, URL and
    /// parameters of a form body (or of a query that the URL does not have yet), into `out`, whose
    /// content is replaced.
    ///
    /// With a kept signer and a reused `out` it does not allocate (up to 24 parameters).
    ///
    /// # Errors
    /// [`Error::Config`] for a text that is no absolute URL, and for a protocol parameter in the
    /// URL or in `pairs`; what a signature method of one's own answers.
    pub fn authorization_header<K: AsRef<str>, V: AsRef<str>>(
        &self,
        method: &str,
        url: &str,
        pairs: &[(K, V)],
        nonce: &str,
        now: UnixTime,
        out: &mut String,
    ) -> Result<(), Error> {
        let covered = Covered { method, target: Target::parse(url)?, form: b"" };
        let once = Once { nonce: Checked::new(nonce), now, body_hash: None };
        let mut header = Writer::over(std::mem::take(out).into_bytes());
        self.header(&self.keyed(), &covered, pairs, &once, &mut header)?;
        *out = ascii(header.finish())?;
        Ok(())
    }

    /// As [`Signer::authorization_header`], on behalf of the user whose token this is, for this
    /// once: nothing is copied out of the credentials and no key is kept. For a server that signs
    /// for many users.
    ///
    /// # Errors
    /// As [`Signer::authorization_header`].
    ///
    /// ```
    /// use oauth1_core::{ClientCredentials, Signer, TokenCredentials, UnixTime};
    ///
    /// let signer = Signer::hmac_sha1(ClientCredentials::new("key", "secret"));
    /// let token = TokenCredentials::new("token", "secret");
    /// let (url, now) = ("https://api.example/x", UnixTime::from_seconds(1_700_000_000));
    /// let pairs = [("a", "1")];
    /// let once = signer.authorization_header_for(&token, "GET", url, &pairs, "n", now)?;
    ///
    /// let mut kept = String::new();
    /// signer.with_token(token).authorization_header("GET", url, &pairs, "n", now, &mut kept)?;
    /// assert_eq!(once, kept);
    /// # Ok::<(), oauth1_core::Error>(())
    /// ```
    pub fn authorization_header_for<K: AsRef<str>, V: AsRef<str>>(
        &self,
        token: &TokenCredentials,
        method: &str,
        url: &str,
        pairs: &[(K, V)],
        nonce: &str,
        now: UnixTime,
    ) -> Result<String, Error> {
        let covered = Covered { method, target: Target::parse(url)?, form: b"" };
        let once = Once { nonce: Checked::new(nonce), now, body_hash: None };
        let TokenCredentials { token, token_secret, .. } = token;
        let key = self.method.key(&self.secrets, token_secret);
        let token = Some(Checked::new(token.expose()));
        let keyed = Keyed { prepared: self.prepared(), key: &key, token };
        let mut header = Writer::new();
        self.header(&keyed, &covered, pairs, &once, &mut header)?;
        ascii(header.finish())
    }

    /// The value of `oauth_signature` for a base string, not percent-encoded.
    ///
    /// # Errors
    /// What a signature method of one's own answers.
    pub fn signature(&self, base_string: &str) -> Result<String, Error> {
        let prepared = self.prepared();
        Ok(prepared.key.sign(base_string.as_bytes())?.into_text())
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.prepared = OnceLock::new();
        self
    }

    fn nonce(&self) -> std::borrow::Cow<'_, str> {
        match &self.nonce {
            Some(nonce) => nonce.into(),
            None => random_nonce().into(),
        }
    }

    fn keyed(&self) -> Keyed<'_> {
        let prepared = self.prepared();
        let token = self.token.as_ref().map(|token| prepared.checked(token.expose()));
        Keyed { prepared, key: &prepared.key, token }
    }

    fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| Arc::new(Prepared::of(self)))
    }
}

/// Shows the method and the identifier; no secret and no token.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("method", &self.method)
            .field("identifier", &self.identifier)
            .field("placement", &self.placement)
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the body is the single-part form whose parameters are signed (§3.4.1.3.1).
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        let essence = value.as_bytes().split(|b| *b == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(FORM.as_bytes())
    })
}

pub(crate) fn host_text(value: &HeaderValue) -> Result<&str, Error> {
    value.to_str().map_err(|_| Error::config("request", "expected a Host header in ASCII"))
}

fn target<'a>(uri: &'a Uri, host: Option<&'a str>) -> Result<Target<'a>, Error> {
    let target = Target::of_uri(uri)?;
    Ok(host.map_or(target, |host| target.with_authority(host)))
}

/// The parameters that a signature brings, which signing anew replaces.
const PROTOCOL: [&[u8]; 11] = [
    b"oauth_body_hash",
    b"oauth_callback",
    b"oauth_consumer_key",
    b"oauth_nonce",
    b"oauth_session_handle",
    b"oauth_signature",
    b"oauth_signature_method",
    b"oauth_timestamp",
    b"oauth_token",
    b"oauth_verifier",
    b"oauth_version",
];

/// The form-encoded text without the protocol parameters; the rest stays byte for byte.
fn without_protocol(form: &str) -> String {
    let mut kept = String::with_capacity(form.len());
    for piece in form.split_inclusive('&') {
        let whole = piece.strip_suffix('&').unwrap_or(piece);
        let name = form_pairs(whole.as_bytes()).next().map(|(name, _)| name);
        if !name.is_some_and(|name| PROTOCOL.iter().any(|protocol| name.is(protocol))) {
            kept.push_str(piece);
        }
    }
    kept
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri, Error> {
    let mut parts = uri.clone().into_parts();
    let path_and_query = format!("{}?{query}", uri.path());
    let too_long = |_| Error::config("request", "expected a URL that can take the parameters");
    parts.path_and_query = Some(path_and_query.parse().map_err(too_long)?);
    Uri::from_parts(parts).map_err(|_| Error::config("request", "expected an absolute URI"))
}

/// Another place for the parameters leaves none of them in the header.
fn remove_oauth_header(headers: &mut HeaderMap) {
    if headers.get(AUTHORIZATION).is_some_and(authorization::is_oauth) {
        headers.remove(AUTHORIZATION);
    }
}

fn sensitive(header: Vec<u8>) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(header)
        .map_err(|_| Error::config("signature method", "expected a name in ASCII"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn random_nonce() -> String {
    random::bytes::<16>().iter().fold(String::with_capacity(32), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
        text
    })
}
