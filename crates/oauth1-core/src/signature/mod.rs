//! Signature methods (RFC 5849 §3.4.2 to §3.4.4, and their SHA-2 kin), and a seam for one's own.
//!
//! The only place of this crate that names a cryptographic library.

mod hmac;
mod rsa;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol_core::{ClientSecret, Error, TokenSecret, percent};
use zeroize::Zeroizing;

use crate::encode::{self, Writer};

pub(crate) use self::rsa::{Hash, Rsa, needs_key};
pub use self::rsa::{RsaPrivateKey, RsaPublicKey};

/// A signature method of one's own: a KMS, an HSM, a provider's variant.
///
/// A [`Signer`](crate::Signer) calls it on the thread that signs; one that blocks belongs on a
/// thread where that is no harm.
///
/// ```
/// use oauth1_core::{ClientCredentials, Error, Secrets, SignatureMethod, Signer};
///
/// struct Length;
/// impl SignatureMethod for Length {
///     fn name(&self) -> &str {
///         "X-LENGTH"
///     }
///     fn sign(&self, base_string: &str, _secrets: &Secrets) -> Result<String, Error> {
///         Ok(base_string.len().to_string())
///     }
/// }
/// let signer = Signer::with_method(ClientCredentials::new("id", "secret"), Length);
/// assert_eq!(signer.signature("GET&x&y")?, "7");
/// # Ok::<(), Error>(())
/// ```
pub trait SignatureMethod: Send + Sync {
    /// The value of `oauth_signature_method`.
    fn name(&self) -> &str;

    /// The value of `oauth_signature` for this base string, not percent-encoded.
    ///
    /// # Errors
    /// Why there is no signature; never with a secret in it.
    fn sign(&self, base_string: &str, secrets: &Secrets) -> Result<String, Error>;

    /// Whether `signature` is one for this base string, in constant time.
    ///
    /// # Errors
    /// Why it cannot be told.
    fn verify(&self, base_string: &str, signature: &str, secrets: &Secrets) -> Result<bool, Error> {
        let expected = self.sign(base_string, secrets)?;
        Ok(protocol_core::secret::ct_eq(expected.as_bytes(), signature.as_bytes()))
    }
}

/// Shared among signers and verifiers.
impl<T: SignatureMethod + ?Sized> SignatureMethod for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn sign(&self, base_string: &str, secrets: &Secrets) -> Result<String, Error> {
        (**self).sign(base_string, secrets)
    }

    fn verify(&self, base_string: &str, signature: &str, secrets: &Secrets) -> Result<bool, Error> {
        (**self).verify(base_string, signature, secrets)
    }
}

/// What the receiver knows of a client and its token, and a method signs with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Secrets {
    /// The client's secret; empty where there is none.
    pub client_secret: ClientSecret,
    /// The secret of the temporary or token credentials; empty where there is none.
    pub token_secret: TokenSecret,
    /// The key that verifies the RSA methods.
    pub public_key: Option<RsaPublicKey>,
}

impl Secrets {
    /// The client's secret alone.
    pub fn of_client(client_secret: impl Into<ClientSecret>) -> Self {
        let token_secret = TokenSecret::new("");
        Secrets { client_secret: client_secret.into(), token_secret, public_key: None }
    }

    /// For a client whose RSA key verifies what it signs, and which has no secret.
    pub fn of_public_key(public_key: RsaPublicKey) -> Self {
        Secrets { public_key: Some(public_key), ..Secrets::of_client("") }
    }

    /// Together with the secret of a token.
    #[must_use]
    pub fn with_token(mut self, token_secret: impl Into<TokenSecret>) -> Self {
        self.token_secret = token_secret.into();
        self
    }
}

/// A secret, percent-encoded; the usual one is that already.
enum Encoded<'a> {
    AsItIs(&'a str),
    Anew(Zeroizing<String>),
}

impl<'a> Encoded<'a> {
    fn of(secret: &'a str) -> Self {
        if encode::is_unreserved_text(secret.as_bytes()) {
            return Encoded::AsItIs(secret);
        }
        Encoded::Anew(Zeroizing::new(percent::encode(secret).into_owned()))
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Encoded::AsItIs(secret) => secret.as_bytes(),
            Encoded::Anew(secret) => secret.as_bytes(),
        }
    }
}

/// A signature method, without keys.
#[derive(Clone)]
pub(crate) enum Method {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    Plaintext,
    Own(Arc<dyn SignatureMethod>),
}

impl Method {
    pub(crate) fn name(&self) -> &str {
        match self {
            Method::HmacSha1 => "HMAC-SHA1",
            Method::HmacSha256 => "HMAC-SHA256",
            Method::HmacSha512 => "HMAC-SHA512",
            Method::Plaintext => "PLAINTEXT",
            Method::Own(own) => own.name(),
        }
    }

    /// The key state for these secrets, but for `token_secret` as the token's: what can be done
    /// once is done here.
    pub(crate) fn key(&self, secrets: &Secrets, token_secret: &TokenSecret) -> Key {
        let client = Encoded::of(secrets.client_secret.expose());
        let token = Encoded::of(token_secret.expose());
        // Joined they are the HMAC key (RFC 5849 §3.4.2) and the PLAINTEXT signature (§3.4.4).
        let pieces = [client.as_bytes(), b"&", token.as_bytes()];
        match self {
            Method::HmacSha1 => Key::HmacSha1(hmac::Sha1Key::new(pieces)),
            Method::HmacSha256 => Key::HmacSha256(hmac::Sha256Key::new(pieces)),
            Method::HmacSha512 => Key::HmacSha512(hmac::Sha512Key::new(pieces)),
            Method::Plaintext => Key::Plaintext(Zeroizing::new(pieces.concat())),
            Method::Own(own) => {
                let secrets = secrets.clone().with_token(token_secret.clone());
                Key::Own(Arc::clone(own), secrets)
            }
        }
    }

    /// Whether it signs with the client's secret, which must then not be empty.
    pub(crate) fn needs_client_secret(&self) -> bool {
        !matches!(self, Method::Own(_))
    }

    /// The body hash extension's digest: the one that the method's name ends with, else SHA-1.
    pub(crate) fn body_hash(&self, body: &[u8]) -> String {
        let name = self.name();
        if name.ends_with("SHA256") {
            STANDARD.encode(protocol_core::digest::sha256(body))
        } else if name.ends_with("SHA512") {
            STANDARD.encode(protocol_core::digest::sha512(body))
        } else {
            STANDARD.encode(hmac::sha1(body))
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A method with its key made ready.
#[derive(Clone)]
pub(crate) enum Key {
    HmacSha1(hmac::Sha1Key),
    HmacSha256(hmac::Sha256Key),
    HmacSha512(hmac::Sha512Key),
    Plaintext(Zeroizing<Vec<u8>>),
    Own(Arc<dyn SignatureMethod>, Secrets),
}

impl Key {
    pub(crate) fn sign(&self, base_string: &[u8]) -> Result<Signature<'_>, Error> {
        Ok(match self {
            Key::HmacSha1(key) => Signature::of_mac(&key.mac(base_string)),
            Key::HmacSha256(key) => Signature::of_mac(&key.mac(base_string)),
            Key::HmacSha512(key) => Signature::of_mac(&key.mac(base_string)),
            Key::Plaintext(joined) => Signature::Borrowed(joined),
            Key::Own(own, secrets) => Signature::Owned(own.sign(text(base_string)?, secrets)?),
        })
    }

    pub(crate) fn verify(&self, base_string: &[u8], signature: &str) -> Result<bool, Error> {
        if let Key::Own(own, secrets) = self {
            return own.verify(text(base_string)?, signature, secrets);
        }
        let expected = self.sign(base_string)?.into_text();
        Ok(protocol_core::secret::ct_eq(expected.as_bytes(), signature.as_bytes()))
    }
}

fn text(base_string: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(base_string).map_err(|_| Error::config("base string", "expected ASCII"))
}

/// The value of `oauth_signature`; a MAC needs no heap until its text is asked for.
pub(crate) enum Signature<'a> {
    Mac { bytes: [u8; 64], length: usize },
    Borrowed(&'a [u8]),
    Owned(String),
}

impl Signature<'_> {
    fn of_mac(mac: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(mac).for_each(|(place, byte)| *place = *byte);
        Signature::Mac { bytes, length: mac.len() }
    }

    /// Appends it, percent-encoded.
    pub(crate) fn write_once(&self, out: &mut Writer) {
        match self {
            Signature::Mac { bytes, length } => out.base64_once(&bytes[..*length]),
            Signature::Borrowed(bytes) => out.once(bytes),
            Signature::Owned(text) => out.once(text.as_bytes()),
        }
    }

    /// It as it is.
    pub(crate) fn into_text(self) -> String {
        match self {
            Signature::Mac { bytes, length } => STANDARD.encode(&bytes[..length]),
            Signature::Borrowed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Signature::Owned(text) => text,
        }
    }
}
