//! The receiving side (RFC 5849 §3.2): LTI launches, webhooks, a provider of one's own.

use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Request};
use protocol_core::{Error, Reason, ReplayKey, UnixTime, base64url, digest, secret};

use crate::authorization;
use crate::base_string::{BaseString, Parameter, Target};
use crate::encode::Writer;
use crate::signature::{Hash, Method, Rsa, Secrets, SignatureMethod};
use crate::signer::{host_text, is_form};
use crate::text::{Text, form_pairs};

/// Verifies signed requests.
///
/// The caller knows the secrets and keeps the nonces; the rest is here. In two steps:
///
/// ```
/// use oauth1_core::{ClientCredentials, Secrets, Signer, UnixTime, Verifier};
///
/// let now = UnixTime::from_seconds(1_700_000_000);
/// let mut launch = http::Request::post("https://tool.example/launch").body("")?;
/// Signer::hmac_sha1(ClientCredentials::new("key", "secret")).sign(&mut launch, now)?;
///
/// let verifier = Verifier::new();
/// let signed = verifier.parse(&launch)?;
/// assert_eq!(signed.consumer_key(), "key"); // look its secret up
/// let verified = verifier.verify(&signed, Some(&Secrets::of_client("secret")), now)?;
/// let mut seen = std::collections::HashSet::new();
/// let verified = verified.once(|key| seen.insert(key.value.clone()))?;
/// assert_eq!(verified.consumer_key(), "key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    methods: Vec<Method>,
    window: Duration,
    origin: Option<(String, String)>,
    body_hash_required: bool,
}

impl Verifier {
    /// Takes HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512, timestamps up to five minutes off.
    pub fn new() -> Self {
        Verifier {
            methods: vec![Method::HmacSha1, Method::HmacSha256, Method::HmacSha512],
            window: Duration::from_secs(300),
            origin: None,
            body_hash_required: false,
        }
    }

    /// Takes PLAINTEXT too (RFC 5849 §3.4.4): no signature at all, so only ever behind TLS.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.methods.push(Method::Plaintext);
        self
    }

    /// Takes RSA-SHA1, RSA-SHA256 and RSA-SHA512 too, with the client's
    /// [`public_key`](Secrets::public_key).
    #[must_use]
    pub fn allow_rsa(self) -> Self {
        [Hash::Sha1, Hash::Sha256, Hash::Sha512]
            .into_iter()
            .fold(self, |verifier, hash| verifier.allow(Rsa { hash, private_key: None }))
    }

    /// Takes this method too; one of the same name that was there is replaced.
    #[must_use]
    pub fn allow(mut self, method: impl SignatureMethod + 'static) -> Self {
        self.methods.retain(|known| known.name() != method.name());
        self.methods.push(Method::Own(std::sync::Arc::new(method)));
        self
    }

    /// How far a timestamp may be from `now`, either way; 300 seconds by default.
    #[must_use]
    pub fn with_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Takes a request whose body is no form only with `oauth_body_hash` (the Request Body Hash
    /// extension): without it, nothing says that the body is the one that was sent. One that is
    /// there is always checked.
    #[must_use]
    pub fn require_body_hash(mut self) -> Self {
        self.body_hash_required = true;
        self
    }

    /// The scheme and host that clients address, `https://tool.example`: what counts behind a
    /// proxy, instead of the request's own URI and `Host` header. A path in it is not used.
    ///
    /// # Errors
    /// [`Error::Config`] for a text that is no absolute URL.
    pub fn at(mut self, origin: &str) -> Result<Self, Error> {
        let uri: http::Uri =
            origin.parse().map_err(|_| Error::config("origin", "expected an absolute URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Error::config("origin", "expected an absolute URL"));
        };
        self.origin = Some((scheme.to_owned(), authority.as_str().to_owned()));
        Ok(self)
    }

    /// Reads a request's OAuth parameters, wherever they are (§3.5), and checks their shape.
    ///
    /// A URI without scheme is taken for `https`, with the `Host` header.
    ///
    /// # Errors
    /// [`Reason::MalformedRequest`] for a required parameter that is missing, empty or
    /// unreadable, for another version than 1.0 and for a request that names no host;
    /// [`Reason::DuplicateParam`] for a protocol parameter that is there twice;
    /// [`Error::Unsupported`] for a signature method that is not taken here.
    pub fn parse<B: AsRef<[u8]>>(&self, request: &Request<B>) -> Result<SignedRequest, Error> {
        let uri = request.uri();
        let body = request.body().as_ref();
        let is_form = is_form(request.headers());
        let form = if is_form { body } else { b"" };
        let header = oauth_header(request.headers())?;
        let host = match request.headers().get(HOST) {
            Some(host) => Some(host_text(host).map_err(|_| malformed("the Host is not ASCII"))?),
            None => uri.authority().map(http::uri::Authority::as_str),
        };
        let (scheme, authority) = match &self.origin {
            Some((scheme, authority)) => (&**scheme, &**authority),
            None => {
                let host = host.ok_or(malformed("the request names no host"))?;
                (uri.scheme_str().unwrap_or("https"), host)
            }
        };
        let query = uri.query().unwrap_or_default();
        let target = Target::new(scheme, authority, uri.path(), query);
        if !target.has_host() {
            return Err(malformed("the request names no host"));
        }

        let mut base = BaseString::of_target(request.method().as_str(), target).with_form(form);
        let signed_header: Vec<&(String, String)> =
            header.iter().filter(|(name, _)| name != "realm").collect();
        base.extend(signed_header.iter().map(|(name, value)| Parameter::plain(name, value)));
        let oauth = Parameters::read(&base)?;

        let parameters = form_pairs(query.as_bytes())
            .chain(form_pairs(form))
            .filter(|(name, _)| !name.starts_with(b"oauth_"))
            .map(|(name, value)| (name.to_text(), value.to_text()))
            .collect();
        let method = oauth.required("oauth_signature_method")?;
        let method = self.methods.iter().find(|known| known.name() == method).ok_or_else(|| {
            let shown: String = method.chars().take(64).collect();
            Error::Unsupported(format!("the signature method {shown:?}"))
        })?;
        if oauth.optional("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(malformed("oauth_version is not 1.0"));
        }
        let timestamp = oauth.required("oauth_timestamp")?;
        let digits = timestamp.bytes().all(|b| b.is_ascii_digit());
        let timestamp = timestamp
            .parse()
            .ok()
            .filter(|_| digits)
            .map(UnixTime::from_seconds)
            .ok_or(malformed("oauth_timestamp is not a number of seconds"))?;
        let body_hash_holds = match oauth.optional("oauth_body_hash") {
            Some(_) if is_form => return Err(malformed("oauth_body_hash beside a form body")),
            Some(hash) => secret::ct_eq(hash.as_bytes(), method.body_hash(body).as_bytes()),
            None if self.body_hash_required && !is_form => {
                return Err(malformed("oauth_body_hash is missing"));
            }
            None => true,
        };
        Ok(SignedRequest {
            method: method.clone(),
            body_hash_holds,
            base_string: base.text(),
            signature: oauth.required("oauth_signature")?.to_owned(),
            consumer_key: oauth.required("oauth_consumer_key")?.to_owned(),
            nonce: oauth.required("oauth_nonce")?.to_owned(),
            timestamp,
            token: oauth.optional("oauth_token").filter(|t| !t.is_empty()).map(str::to_owned),
            oauth: oauth.0,
            parameters,
        })
    }

    /// Checks timestamp, signature and body hash. `None` for the secrets of a consumer or a token that is
    /// unknown: it is refused after the same work, so that time does not tell which are known.
    ///
    /// # Errors
    /// [`Reason::StaleTimestamp`], [`Reason::BadSignature`], [`Reason::UnknownConsumer`];
    /// [`Reason::KeyTypeMismatch`] for a method whose kind of key the client does not have.
    pub fn verify(
        &self,
        signed: &SignedRequest,
        secrets: Option<&Secrets>,
        now: UnixTime,
    ) -> Result<Verified, Error> {
        let off = now.since(signed.timestamp).max(signed.timestamp.since(now));
        if off > self.window {
            let got = signed.timestamp.seconds();
            return Err(Reason::StaleTimestamp { got, now: now.seconds() }.into());
        }
        // A client with an RSA key alone has no secret: an empty one must not serve an attacker
        // who chooses another method.
        let method = &signed.method;
        if secrets.is_some_and(|s| s.client_secret.is_empty()) && method.needs_client_secret() {
            return Err(Reason::KeyTypeMismatch { alg: method.name().to_owned() }.into());
        }
        let unknown = Secrets::of_client("unknown");
        let by = secrets.unwrap_or(&unknown);
        let key = method.key(by, &by.token_secret);
        let holds = key.verify(signed.base_string.as_bytes(), &signed.signature);
        if secrets.is_none() {
            return Err(Reason::UnknownConsumer.into());
        }
        if !holds? || !signed.body_hash_holds {
            return Err(Reason::BadSignature.into());
        }
        Ok(Verified { replay: signed.replay_key(self.window), request: signed.clone() })
    }

    /// Both steps, with a closure that looks the secrets up and one that remembers nonces: `true`
    /// if the key is new.
    ///
    /// # Errors
    /// Those of [`Verifier::parse`], [`Verifier::verify`], [`Verified::once`] and of the look-up.
    pub fn verify_request<B: AsRef<[u8]>>(
        &self,
        request: &Request<B>,
        now: UnixTime,
        look_up: impl FnOnce(&SignedRequest) -> Result<Option<Secrets>, Error>,
        is_new: impl FnOnce(&ReplayKey) -> bool,
    ) -> Result<Verified, Error> {
        let signed = self.parse(request)?;
        let secrets = look_up(&signed)?;
        self.verify(&signed, secrets.as_ref(), now)?.once(is_new)
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Verifier::new()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("methods", &self.methods)
            .field("window", &self.window)
            .field("origin", &self.origin)
            .finish()
    }
}

/// A request that claims to be signed, its parameters well formed and nothing checked yet.
#[derive(Clone)]
pub struct SignedRequest {
    method: Method,
    body_hash_holds: bool,
    base_string: String,
    signature: String,
    consumer_key: String,
    token: Option<String>,
    nonce: String,
    timestamp: UnixTime,
    oauth: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
}

impl SignedRequest {
    /// `oauth_consumer_key`: who claims to have signed.
    pub fn consumer_key(&self) -> &str {
        &self.consumer_key
    }

    /// `oauth_token`, unless it is missing or empty.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// `oauth_signature_method`.
    pub fn signature_method(&self) -> &str {
        self.method.name()
    }

    /// The first protocol parameter of this name: `oauth_callback`, `oauth_verifier`, ..
    pub fn oauth_parameter(&self, name: &str) -> Option<&str> {
        self.oauth.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }

    /// The other parameters of query and form body, decoded, in their order: a launch's own data.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    fn replay_key(&self, window: Duration) -> ReplayKey {
        let token = self.token.as_deref().unwrap_or_default();
        let mut named = Writer::new();
        for part in [&*self.consumer_key, token, &*self.timestamp.to_string(), &*self.nonce] {
            named.once(part.as_bytes());
            named.push(b"&");
        }
        let value = base64url::encode(digest::sha256(named.written()));
        ReplayKey::new(value, self.timestamp.after(window))
    }
}

/// Shows who claims to have signed, and how.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("consumer_key", &self.consumer_key)
            .field("method", &self.method)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// A request whose signature and timestamp hold. Whether its nonce was used before, only its
/// receiver can tell: see [`Verified::once`].
#[derive(Clone, Debug)]
pub struct Verified {
    request: SignedRequest,
    replay: ReplayKey,
}

impl Verified {
    /// What to remember, and until when (§3.3).
    pub fn replay_key(&self) -> &ReplayKey {
        &self.replay
    }

    /// Goes on only if `is_new` says that the key was not there before.
    ///
    /// # Errors
    /// [`Reason::NonceReused`].
    pub fn once(self, is_new: impl FnOnce(&ReplayKey) -> bool) -> Result<Self, Error> {
        if is_new(&self.replay) { Ok(self) } else { Err(Reason::NonceReused.into()) }
    }
}

impl std::ops::Deref for Verified {
    type Target = SignedRequest;
    fn deref(&self) -> &SignedRequest {
        &self.request
    }
}

/// The protocol parameters, each once.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(base: &BaseString<'_>) -> Result<Self, Error> {
        let mut oauth: Vec<(String, String)> = Vec::new();
        for Parameter { name, value, .. } in base.list() {
            if name.starts_with(b"oauth_") {
                oauth.push((name.utf8()?, value.utf8()?));
            }
        }
        oauth.sort_unstable();
        if let Some(twice) = oauth.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Reason::DuplicateParam(twice[0].0.chars().take(64).collect()).into());
        }
        Ok(Parameters(oauth))
    }

    fn optional(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }

    fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.optional(name).filter(|value| !value.is_empty()).ok_or(malformed(match name {
            "oauth_consumer_key" => "oauth_consumer_key is missing",
            "oauth_signature_method" => "oauth_signature_method is missing",
            "oauth_signature" => "oauth_signature is missing",
            "oauth_timestamp" => "oauth_timestamp is missing",
            _ => "oauth_nonce is missing",
        }))
    }
}

impl Text<'_> {
    fn utf8(self) -> Result<String, Error> {
        String::from_utf8(self.decoded().collect())
            .map_err(|_| malformed("a protocol parameter is not UTF-8"))
    }

    fn to_text(self) -> String {
        String::from_utf8_lossy(&self.decoded().collect::<Vec<_>>()).into_owned()
    }
}

fn oauth_header(headers: &HeaderMap) -> Result<Vec<(String, String)>, Error> {
    let mut all = headers.get_all(AUTHORIZATION).iter().filter(|h| authorization::is_oauth(h));
    let Some(first) = all.next() else { return Ok(Vec::new()) };
    if all.next().is_some() {
        return Err(malformed("two Authorization headers of the scheme OAuth"));
    }
    let text = first.to_str().map_err(|_| malformed("the Authorization header is not ASCII"))?;
    authorization::parse(text)
}

fn malformed(problem: &'static str) -> Error {
    Reason::MalformedRequest(problem).into()
}
