//! JSON Web Signature, compact serialisation: signing (RFC 7515 §5.1).

use std::fmt;
use std::sync::Arc;

use protocol_core::{Error, Reason, base64url};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, KeyType};
use crate::crypto::KeyPair;
use crate::header::compose;
use crate::jwk::{self, Jwk};
use crate::key::{self, PrivateKey, PublicKey};
use crate::pem::{self, PrivateKeyFormat};
use crate::symmetric::SymmetricKey;

/// A key to sign with, for one algorithm. It is made ready once; a clone is cheap.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    signer: Signer,
    verification_key: Jwk,
}

#[derive(Clone)]
enum Signer {
    KeyPair(Arc<KeyPair>),
    Mac(SymmetricKey),
}

impl SigningKey {
    /// A new random key: EC, Ed25519, or RSA of 2048 bits.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where this build's backend generates none of that kind (`ring` has no
    /// RSA and no ES512); [`Error::Config`] for the HMAC algorithms, whose secret is shared, not
    /// made.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        asymmetric(algorithm)?;
        let pair = KeyPair::generate(algorithm)
            .map_err(|_| Error::Unsupported(format!("generating a key for {algorithm}")))?;
        Self::from_pair(algorithm, pair)
    }

    /// The private key of a JWK (RFC 7518 §6, RFC 8037 §2), or the shared secret of an `oct` JWK.
    /// RSA keys need their CRT members. Its `kid` becomes the tokens' `kid`.
    ///
    /// # Errors
    /// [`Reason::InvalidKey`], [`Reason::WeakKey`], [`Reason::DuplicateMember`];
    /// [`Reason::KeyTypeMismatch`], [`Reason::KeyAlgMismatch`], [`Reason::KeyUse`],
    /// [`Reason::KeyOps`] where it is not one to sign with by this algorithm.
    pub fn from_jwk(algorithm: Algorithm, text: &[u8]) -> Result<Self, Error> {
        supported(algorithm)?;
        let mut members = jwk::members(text)?;
        let key = Self::from_members(algorithm, &mut members);
        jwk::wipe(&mut members);
        key
    }

    /// The private key of a PKCS#8 PEM text (`-----BEGIN PRIVATE KEY-----`, RFC 7468 §10), or of an
    /// RSA key in the older form (`-----BEGIN RSA PRIVATE KEY-----`).
    ///
    /// # Errors
    /// [`Error::Config`] where the text is no such PEM, or is encrypted; [`Reason::InvalidKey`] and
    /// [`Reason::WeakKey`] where the key in it does not fit the algorithm.
    pub fn from_pem(algorithm: Algorithm, text: &str) -> Result<Self, Error> {
        let (format, der) = pem::private_key(text)?;
        match format {
            PrivateKeyFormat::Pkcs8 => Self::from_pkcs8(algorithm, &der),
            PrivateKeyFormat::Pkcs1 => {
                supported(algorithm)?;
                if algorithm.key_type() != KeyType::Rsa {
                    return Err(Reason::KeyTypeMismatch { alg: algorithm.to_string() }.into());
                }
                let pair = KeyPair::from_pkcs1(algorithm, &der).map_err(|_| UNSOUND)?;
                Self::from_pair(algorithm, pair)
            }
        }
    }

    /// The private key of a PKCS#8 document in DER (RFC 5958).
    ///
    /// # Errors
    /// [`Reason::InvalidKey`] and [`Reason::WeakKey`] where the key does not fit the algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, Error> {
        asymmetric(algorithm)?;
        let pair = KeyPair::from_pkcs8(algorithm, der).map_err(|_| UNSOUND)?;
        Self::from_pair(algorithm, pair)
    }

    /// A shared secret.
    ///
    /// # Errors
    /// [`Reason::WeakKey`] where it is shorter than the algorithm's hash;
    /// [`Reason::KeyTypeMismatch`] where the algorithm is none of HMAC.
    pub fn from_symmetric(algorithm: Algorithm, secret: SymmetricKey) -> Result<Self, Error> {
        secret.mac(algorithm)?;
        let verification_key = Jwk::from(secret.clone());
        Ok(SigningKey { algorithm, signer: Signer::Mac(secret), verification_key })
    }

    /// The same key under this `kid`, which goes into the tokens' headers.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.verification_key = self.verification_key.with_kid(kid);
        self
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid` of its tokens.
    pub fn kid(&self) -> Option<&str> {
        self.verification_key.kid()
    }

    /// The key that verifies its tokens: its public half, or the same shared secret.
    pub fn verification_key(&self) -> &Jwk {
        &self.verification_key
    }

    /// Its public half; `None` for a shared secret. [`Jwk::public_only`] is its JSON.
    pub fn public_jwk(&self) -> Option<&Jwk> {
        (!self.algorithm.is_symmetric()).then_some(&self.verification_key)
    }

    /// Signs `payload`: the compact serialisation. The header has `alg`, `typ` if given, the key's
    /// `kid` if it has one, and then `extra`, in this order.
    ///
    /// # Errors
    /// [`Error::Config`] where `extra` names one of those, or `crit` or `b64`, or a name twice.
    pub fn sign(
        &self,
        typ: Option<&str>,
        extra: &[(&str, Value)],
        payload: &[u8],
    ) -> Result<String, Error> {
        let mut members = vec![("alg", Value::from(self.algorithm.name()))];
        members.extend(typ.map(|typ| ("typ", typ.into())));
        members.extend(self.kid().map(|kid| ("kid", kid.into())));
        let header = compose(members, extra, &["alg", "typ", "kid", "crit", "b64"])?;
        self.sign_with_header(header.as_bytes(), payload)
    }

    /// Signs under a header that is taken as it is.
    pub(crate) fn sign_with_header(&self, header: &[u8], payload: &[u8]) -> Result<String, Error> {
        let mut token = base64url::encode(header);
        token.push('.');
        token.push_str(&base64url::encode(payload));
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url::encode(signature));
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.signer {
            Signer::KeyPair(pair) => pair
                .sign(message)
                .map_err(|_| Error::config("signing key", "the key could not sign")),
            Signer::Mac(secret) => Ok(secret.mac(self.algorithm)?.sign(message)),
        }
    }

    fn from_members(algorithm: Algorithm, members: &mut Map<String, Value>) -> Result<Self, Error> {
        // `key_ops` of a private key name its own operations, not those of its public half.
        let key_ops = members.remove("key_ops");
        let may_sign = |ops: &Value| ops.as_array().is_some_and(|ops| ops.contains(&"sign".into()));
        if !key_ops.as_ref().is_none_or(may_sign) {
            return Err(Reason::KeyOps.into());
        }
        let verification_key = Jwk::from_members(members)?;
        verification_key.check(algorithm)?;
        let key = if algorithm.is_symmetric() {
            let secret = Zeroizing::new(key::octets(members, "k")?);
            Self::from_symmetric(algorithm, SymmetricKey::of_any_length(&secret))?
        } else {
            let private = PrivateKey::from_members(members)?;
            let pair = KeyPair::from_private_key(algorithm, &private).map_err(|_| UNSOUND)?;
            Self::from_pair(algorithm, pair)?
        };
        Ok(match verification_key.kid() {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    fn from_pair(algorithm: Algorithm, pair: KeyPair) -> Result<Self, Error> {
        let public = match pair.public_key().map_err(|_| UNSOUND)? {
            PublicKey::Rsa(key) => PublicKey::Rsa(key.checked()?),
            other => other,
        };
        let verification_key = Jwk::from_public_key(public, algorithm)?;
        Ok(SigningKey { algorithm, signer: Signer::KeyPair(Arc::new(pair)), verification_key })
    }
}

/// Shows the algorithm and the `kid`.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

fn supported(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm.is_supported() { Ok(()) } else { Err(Error::Unsupported(algorithm.to_string())) }
}

fn asymmetric(algorithm: Algorithm) -> Result<(), Error> {
    supported(algorithm)?;
    if algorithm.is_symmetric() {
        let problem = format!("expected an algorithm with key pairs, got {algorithm}");
        return Err(Error::config("algorithm", problem));
    }
    Ok(())
}

const UNSOUND: Reason =
    Reason::InvalidKey("not a sound private key of the type and size that the algorithm takes");
