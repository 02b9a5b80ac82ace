//! ID Tokens (OIDC Core §2) and their verification (§3.1.3.7, §3.2.2.11, §3.3.2.11, §12.2).

mod expected;
pub(crate) mod rules;

pub use expected::Expected;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jose_core::{Algorithm, Decrypter, DecryptionKeySet, Jwk, JwkSet, Verified, Verifier, danger};
use protocol_core::{ClientSecret, Error, Reason, UnixTime};

use crate::claims::Claims;
use crate::issuer::IssuerRule;
use crate::nonce::Nonce;

/// Verifies the ID Tokens of one client at one issuer. Built once, used for every token.
///
/// ```
/// use oidc_core::jwk::{Algorithm, JwkSet, SigningKey};
/// use oidc_core::{IdTokenVerifier, Nonce, UnixTime};
///
/// # let key = SigningKey::generate(Algorithm::ES256)?;
/// # let keys = JwkSet::from(key.verification_key().clone());
/// # let raw = key.sign(None, &[], br#"{"iss": "https://idp.example", "sub": "248289761001",
/// #     "aud": "client-1", "exp": 1700000600, "iat": 1700000000, "nonce": "n-0S6_WzA2Mj"}"#)?;
/// let verifier = IdTokenVerifier::new("https://idp.example", "client-1");
/// let now = UnixTime::from_seconds(1_700_000_010);
/// let claims = verifier.verify(&raw, &keys, Nonce::Expect("n-0S6_WzA2Mj"), now)?;
/// assert_eq!(claims.sub(), "248289761001");
/// # Ok::<(), oidc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct IdTokenVerifier {
    issuer: IssuerRule,
    client_id: String,
    signed: Verifier,
    hmac: Option<(Verifier, JwkSet)>,
    decryption: Option<(Decrypter, DecryptionKeySet)>,
    require_encrypted: bool,
    max_token_bytes: usize,
    pub(crate) leeway: Duration,
    trusted_audiences: Vec<String>,
    other_audiences_when_azp_is_us: bool,
    max_token_age: Option<Duration>,
    max_future: Option<Duration>,
    own_checks: Vec<Arc<OwnCheck>>,
}

type OwnCheck = dyn Fn(&Claims) -> Result<(), String> + Send + Sync;

impl IdTokenVerifier {
    /// The clock skew that is tolerated unless [`leeway`](Self::leeway) says otherwise: 60 s.
    pub const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);
    /// The longest token that is read unless [`max_token_bytes`](Self::max_token_bytes) says
    /// otherwise: 128 KiB.
    pub const DEFAULT_MAX_TOKEN_BYTES: usize = 128 * 1024;

    /// For tokens of `issuer` (a text, compared byte for byte, or an [`IssuerRule`]) to `client_id`.
    ///
    /// Allowed are the algorithms of [`Algorithm::DEFAULTS`]: RS256, PS256, ES256, ES384 and EdDSA.
    pub fn new(issuer: impl Into<IssuerRule>, client_id: impl Into<String>) -> Self {
        IdTokenVerifier {
            issuer: issuer.into(),
            client_id: client_id.into(),
            signed: Verifier::new().max_token_bytes(Self::DEFAULT_MAX_TOKEN_BYTES),
            hmac: None,
            decryption: None,
            require_encrypted: false,
            max_token_bytes: Self::DEFAULT_MAX_TOKEN_BYTES,
            leeway: Self::DEFAULT_LEEWAY,
            trusted_audiences: Vec::new(),
            other_audiences_when_azp_is_us: false,
            max_token_age: None,
            max_future: None,
            own_checks: Vec::new(),
        }
    }

    /// The algorithms of signatures by the provider's own keys, in place of the default ones. The
    /// token never chooses among others. HMAC algorithms have no effect here: the key for them is
    /// the client's secret, which [`allow_hmac`](Self::allow_hmac) takes.
    #[must_use]
    pub fn allow(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let algorithms = algorithms.into_iter().filter(|alg| !alg.is_symmetric());
        self.signed = self.signed.allow(algorithms);
        self
    }

    /// Allows HS256, HS384 or HS512 as well, keyed with the client's secret (OIDC Core §10.1).
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for a secret shorter than the hash of one of them (RFC 7518 §3.2);
    /// [`Error::Config`] for an algorithm that is none of HMAC.
    pub fn allow_hmac(
        self,
        algorithms: impl IntoIterator<Item = Algorithm>,
        secret: &ClientSecret,
    ) -> Result<Self, Error> {
        let algorithms = hmac_only(algorithms)?;
        if algorithms.iter().any(|alg| secret.expose().len() * 8 < alg.min_key_bits()) {
            return Err(Reason::WeakKey("a client secret shorter than the hash").into());
        }
        Ok(self.with_hmac(algorithms, Jwk::from_client_secret(secret)?))
    }

    /// As [`allow_hmac`](Self::allow_hmac), for a provider that hands out secrets shorter than
    /// RFC 7518 §3.2 allows: whoever has one token can try to guess such a secret.
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for the empty secret; [`Error::Config`] for an algorithm that is none of
    /// HMAC.
    pub fn danger_allow_hmac_with_short_secret(
        self,
        algorithms: impl IntoIterator<Item = Algorithm>,
        secret: &ClientSecret,
    ) -> Result<Self, Error> {
        let key = Jwk::from(danger::short_symmetric_key(secret.expose())?);
        Ok(self.with_hmac(hmac_only(algorithms)?, key))
    }

    /// Takes encrypted tokens as well, by `decrypter` and one of `keys`; without this they are
    /// refused. What is inside must be a signed token (OIDC Core §10.2, §16.14): whoever has our
    /// public key can encrypt. The same goes for signed UserInfo and logout tokens.
    ///
    /// ```
    /// use oidc_core::IdTokenVerifier;
    /// use oidc_core::jwk::{Decrypter, DecryptionKeySet};
    ///
    /// # let jwks = br#"{"keys": [{"kty": "oct", "k": "GawgguFyGrWKav7AX4VKUg"}]}"#;
    /// // A private JWK Set, whose public half the provider was given.
    /// let keys = DecryptionKeySet::parse(jwks)?;
    /// let verifier = IdTokenVerifier::new("https://idp.example", "client-1")
    ///     .decrypt(Decrypter::new(), keys);
    /// # Ok::<(), oidc_core::Error>(())
    /// ```
    ///
    /// Keys that are derived from the client's secret (OIDC Core §10.2) are made by
    /// [`DecryptionKey::from_client_secret`](jose_core::DecryptionKey::from_client_secret), and
    /// their algorithms are allowed by [`Decrypter::allow`].
    #[must_use]
    pub fn decrypt(mut self, decrypter: Decrypter, keys: DecryptionKeySet) -> Self {
        self.decryption = Some((decrypter.max_token_bytes(self.max_token_bytes), keys));
        self
    }

    /// Refuses an ID Token that is not encrypted, as a provider that was told to encrypt sends none.
    #[must_use]
    pub fn require_encrypted(mut self) -> Self {
        self.require_encrypted = true;
        self
    }

    /// The clock skew that is tolerated, in `exp`, `nbf`, `iat`, `auth_time`; 60 s by default.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Audiences that may stand beside this client (OIDC Core §3.1.3.7, rule 3); none by default.
    #[must_use]
    pub fn trust_audiences<T: Into<String>>(
        mut self,
        audiences: impl IntoIterator<Item = T>,
    ) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Any other audience may stand beside this client if `azp` names this client: for providers
    /// that list all clients of a project. Off by default.
    #[must_use]
    pub fn other_audiences_when_azp_is_us(mut self) -> Self {
        self.other_audiences_when_azp_is_us = true;
        self
    }

    /// The longest time since `iat`; without limit by default.
    #[must_use]
    pub fn max_token_age(mut self, most: Duration) -> Self {
        self.max_token_age = Some(most);
        self
    }

    /// How far `iat` and `auth_time` may be ahead of our clock; the leeway by default.
    #[must_use]
    pub fn max_future(mut self, most: Duration) -> Self {
        self.max_future = Some(most);
        self
    }

    /// The longest token that is read, in bytes; 128 KiB by default. A longer one is refused unread.
    #[must_use]
    pub fn max_token_bytes(mut self, most: usize) -> Self {
        self.max_token_bytes = most;
        self.signed = self.signed.max_token_bytes(most);
        self.decryption =
            self.decryption.map(|(decrypter, keys)| (decrypter.max_token_bytes(most), keys));
        self
    }

    /// A check of your own, run on every token after all others; its text becomes
    /// [`Reason::OwnCheck`].
    ///
    /// ```
    /// use oidc_core::IdTokenVerifier;
    ///
    /// let verifier = IdTokenVerifier::new("https://accounts.google.com", "client-id").check(
    ///     |claims| match claims.get::<String>("hd") {
    ///         Ok(Some(domain)) if domain == "example.com" => Ok(()),
    ///         _ => Err("not one of our Workspace accounts".to_owned()),
    ///     },
    /// );
    /// ```
    #[must_use]
    pub fn check<F>(mut self, check: F) -> Self
    where
        F: Fn(&Claims) -> Result<(), String> + Send + Sync + 'static,
    {
        self.own_checks.push(Arc::new(check));
        self
    }

    /// The issuer.
    pub fn issuer(&self) -> &IssuerRule {
        &self.issuer
    }

    /// The client.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Verifies an ID Token that came from the token endpoint in exchange for a code, in `keys` the
    /// issuer's. `nonce` is the one that the authorization request carried.
    ///
    /// # Errors
    /// As [`verify_with`](Self::verify_with).
    pub fn verify(
        &self,
        raw: &str,
        keys: &JwkSet,
        nonce: Nonce<'_>,
        now: UnixTime,
    ) -> Result<Claims, Error> {
        self.verify_with(raw, keys, &Expected::code(nonce), now)
    }

    /// Verifies an ID Token against all that its login asked for and received.
    ///
    /// # Errors
    /// [`Error::Unverified`] with the [`Reason`]. After [`Reason::NoMatchingKey`] and
    /// [`Reason::BadSignature`] newer keys may help: see
    /// [`KeyCache::missed`](crate::keys::KeyCache::missed). [`Error::Unsupported`] for an allowed
    /// algorithm that this build does not have.
    pub fn verify_with(
        &self,
        raw: &str,
        keys: &JwkSet,
        expected: &Expected<'_>,
        now: UnixTime,
    ) -> Result<Claims, Error> {
        self.verify_signed(&self.signed(raw)?, keys, expected, now)
    }

    /// The same for what [`IdTokenVerifier::signed`] gave, which may be verified by newer keys without
    /// being decrypted again.
    ///
    /// # Errors
    /// As for [`IdTokenVerifier::verify_with`], but for those of decryption.
    pub fn verify_signed(
        &self,
        signed: &SignedToken<'_>,
        keys: &JwkSet,
        expected: &Expected<'_>,
        now: UnixTime,
    ) -> Result<Claims, Error> {
        let verified = self.verify_signature(signed.as_str(), keys)?;
        let claims = Claims::read(verified.claims()?, verified.algorithm())?;
        rules::check(self, &claims, verified.algorithm(), expected, now)?;
        for check in &self.own_checks {
            check(&claims).map_err(Reason::OwnCheck)?;
        }
        Ok(claims)
    }

    /// The signed ID Token, not verified: what is inside an encrypted one, or else `raw` itself. It is
    /// the one to keep for an `id_token_hint` (RP-Initiated Logout §4).
    ///
    /// # Errors
    /// Those of [`Decrypter::decrypt`]; [`Reason::MalformedToken`] where an encrypted token holds
    /// no signed one; [`Reason::NotEncrypted`] where one is due. What is neither signed nor encrypted
    /// by its form is handed back as it is.
    pub fn signed<'a>(&self, raw: &'a str) -> Result<SignedToken<'a>, Error> {
        if self.require_encrypted && form(raw) == Form::Signed {
            return Err(Reason::NotEncrypted.into());
        }
        self.decrypted(raw).map(SignedToken)
    }

    /// What is inside an encrypted token, or else the token itself.
    fn decrypted<'a>(&self, raw: &'a str) -> Result<Cow<'a, str>, Error> {
        let decryption = self.decryption.as_ref().filter(|_| form(raw) == Form::Encrypted);
        let Some((decrypter, keys)) = decryption else { return Ok(raw.into()) };
        let inner = decrypter.decrypt(raw, keys)?.into_plaintext();
        match String::from_utf8(inner) {
            Ok(inner) if form(&inner) == Form::Signed => Ok(inner.into()),
            _ => Err(Reason::MalformedToken("what was encrypted is no signed token").into()),
        }
    }

    /// The signature and the header; nothing of the payload.
    pub(crate) fn verify_signature(&self, raw: &str, keys: &JwkSet) -> Result<Verified, Error> {
        let verified = self.verify_any_kind(raw, keys)?;
        not_of_another_kind(verified.header().typ())?;
        Ok(verified)
    }

    /// The signature alone: what kind of token it is, the caller is to see to.
    pub(crate) fn verify_any_kind(&self, raw: &str, keys: &JwkSet) -> Result<Verified, Error> {
        let signed = self.decrypted(raw)?;
        let raw = &*signed;
        let verified = match (self.signed.verify(raw, keys), &self.hmac) {
            (Err(Error::Unverified(Reason::AlgNotAllowed { allowed, .. })), Some(hmac)) => {
                let (verifier, secret) = hmac;
                verifier.verify(raw, secret).map_err(|error| with_allowed(error, &allowed))?
            }
            (outcome, _) => outcome?,
        };
        Ok(verified)
    }

    fn with_hmac(mut self, algorithms: Vec<Algorithm>, key: Jwk) -> Self {
        // The other verifier always runs first and has refused what is too long.
        let verifier = Verifier::new().allow(algorithms).max_token_bytes(usize::MAX);
        self.hmac = Some((verifier, JwkSet::from(key)));
        self
    }
}

/// An ID Token as it was signed, by [`IdTokenVerifier::signed`].
pub struct SignedToken<'a>(Cow<'a, str>);

impl SignedToken<'_> {
    /// Its compact serialisation.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing of it.
impl fmt::Debug for SignedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedToken(..)")
    }
}

impl fmt::Debug for IdTokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenVerifier")
            .field("issuer", &self.issuer.as_str())
            .field("client_id", &self.client_id)
            .field("allowed", &self.signed.allowed())
            .field("allowed_hmac", &self.hmac.as_ref().map(|(verifier, _)| verifier.allowed()))
            .field("decryption", &self.decryption)
            .field("leeway", &self.leeway)
            .finish_non_exhaustive()
    }
}

fn hmac_only(algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Vec<Algorithm>, Error> {
    let algorithms: Vec<_> = algorithms.into_iter().collect();
    match algorithms.iter().find(|alg| !alg.is_symmetric()) {
        None => Ok(algorithms),
        Some(other) => {
            let problem = format!("expected HS256, HS384 or HS512, got {other}");
            Err(Error::config("algorithms keyed with the client's secret", problem))
        }
    }
}

/// An error that names all algorithms that would have been taken.
fn with_allowed(error: Error, others: &str) -> Error {
    match error {
        Error::Unverified(Reason::AlgNotAllowed { allowed, got }) => {
            let all: Vec<_> = [others, &allowed].into_iter().filter(|a| !a.is_empty()).collect();
            Reason::AlgNotAllowed { allowed: all.join(", "), got }.into()
        }
        error => error,
    }
}

/// The form of a token, by its parts.
#[derive(PartialEq)]
enum Form {
    Signed,
    Encrypted,
    Neither,
}

fn form(raw: &str) -> Form {
    match raw.bytes().filter(|byte| *byte == b'.').count() {
        2 => Form::Signed,
        4 => Form::Encrypted,
        _ => Form::Neither,
    }
}

/// JWTs of other kinds say so by a `typ` that ends in `+jwt` (RFC 8725 §3.11): `at+jwt`,
/// `logout+jwt`, `secevent+jwt`. An ID Token has none, or `JWT`; other words do no harm.
fn not_of_another_kind(typ: Option<&str>) -> Result<(), Reason> {
    match typ {
        Some(typ) if typ.trim().to_ascii_lowercase().ends_with("+jwt") => {
            let got = typ.chars().take(64).collect();
            Err(Reason::TypMismatch { expected: "JWT, or none", got })
        }
        _ => Ok(()),
    }
}
