//! RSA-SHA1 (RFC 5849 §3.4.3) and its SHA-2 kin: RSASSA-PKCS1-v1_5 with a key parsed once.
//!
//! Behind the features `openssl` (OpenSSL's library) and `rsa` (pure Rust, blinded); with both,
//! OpenSSL serves. With neither, making a key answers an error that says so.

#[cfg(not(any(feature = "openssl", feature = "rsa")))]
mod none;
#[cfg(feature = "openssl")]
mod openssl;
#[cfg(all(feature = "rsa", any(test, not(feature = "openssl"))))]
mod rustcrypto;

#[cfg(not(any(feature = "openssl", feature = "rsa")))]
use none as backend;
#[cfg(feature = "openssl")]
use openssl as backend;
#[cfg(all(feature = "rsa", not(feature = "openssl")))]
use rustcrypto as backend;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol_core::{Error, Reason};
use zeroize::Zeroizing;

use super::{Secrets, SignatureMethod};

/// A private key of 1024 to 8192 bits that signs requests. Cloning is cheap.
#[derive(Clone)]
pub struct RsaPrivateKey(Arc<backend::PrivateKey>);

impl RsaPrivateKey {
    /// Reads PEM, `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1), without a passphrase.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else, for a key of another size, and where neither of the
    /// features `openssl` and `rsa` is on.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if !AVAILABLE {
            return Err(unavailable());
        }
        Self::from_der(&decoded(pem, &["PRIVATE KEY", "RSA PRIVATE KEY"], "private")?)
    }

    /// Reads DER, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// As [`RsaPrivateKey::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if !AVAILABLE {
            return Err(unavailable());
        }
        let key = backend::PrivateKey::from_der(der)
            .ok_or_else(|| Error::config(WHAT, "expected an RSA private key, PKCS#8 or PKCS#1"))?;
        sized(key.bits())?;
        Ok(RsaPrivateKey(Arc::new(key)))
    }

    /// The key that verifies what this one signs.
    ///
    /// # Errors
    /// [`Error::Config`] if the library cannot tell.
    pub fn public_key(&self) -> Result<RsaPublicKey, Error> {
        let key = self.0.public_key().ok_or_else(|| Error::config(WHAT, "it is not whole"))?;
        Ok(RsaPublicKey(Arc::new(key)))
    }
}

/// A public key of 1024 to 8192 bits that verifies requests. Cloning is cheap.
#[derive(Clone)]
pub struct RsaPublicKey(Arc<backend::PublicKey>);

impl RsaPublicKey {
    /// Reads PEM, `PUBLIC KEY` (SubjectPublicKeyInfo) or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// As [`RsaPrivateKey::from_pem`].
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if !AVAILABLE {
            return Err(unavailable());
        }
        Self::from_der(&decoded(pem, &["PUBLIC KEY", "RSA PUBLIC KEY"], "public")?)
    }

    /// Reads DER, SubjectPublicKeyInfo or PKCS#1.
    ///
    /// # Errors
    /// As [`RsaPrivateKey::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if !AVAILABLE {
            return Err(unavailable());
        }
        let key = backend::PublicKey::from_der(der)
            .ok_or_else(|| Error::config(WHAT, "expected an RSA public key, SPKI or PKCS#1"))?;
        sized(key.bits())?;
        Ok(RsaPublicKey(Arc::new(key)))
    }
}

/// Shows the kind alone.
impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaPrivateKey(..)")
    }
}

/// Shows the kind and the size.
impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits)", self.0.bits())
    }
}

/// The digests that the RSA methods sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// One of the RSA methods, with the private key where it signs.
pub(crate) struct Rsa {
    pub(crate) hash: Hash,
    pub(crate) private_key: Option<RsaPrivateKey>,
}

impl SignatureMethod for Rsa {
    fn name(&self) -> &str {
        match self.hash {
            Hash::Sha1 => "RSA-SHA1",
            Hash::Sha256 => "RSA-SHA256",
            Hash::Sha512 => "RSA-SHA512",
        }
    }

    fn sign(&self, base_string: &str, _secrets: &Secrets) -> Result<String, Error> {
        let key = self.private_key.as_ref().ok_or_else(|| needs_key(self.name()))?;
        let signature = key.0.sign(self.hash, base_string.as_bytes());
        let signature = signature.ok_or_else(|| Error::config(WHAT, "the library did not sign"))?;
        Ok(STANDARD.encode(signature))
    }

    fn verify(&self, base_string: &str, signature: &str, secrets: &Secrets) -> Result<bool, Error> {
        let key = secrets
            .public_key
            .as_ref()
            .ok_or_else(|| Reason::KeyTypeMismatch { alg: self.name().to_owned() })?;
        Ok(STANDARD
            .decode(signature)
            .is_ok_and(|signature| key.0.verify(self.hash, base_string.as_bytes(), &signature)))
    }
}

/// What an RSA method without a key answers.
pub(crate) fn needs_key(method: &str) -> Error {
    if !AVAILABLE {
        return unavailable();
    }
    Error::config(WHAT, format!("{method} needs an RSA private key, got none"))
}

const WHAT: &str = "rsa_key";

const AVAILABLE: bool = cfg!(any(feature = "openssl", feature = "rsa"));

fn unavailable() -> Error {
    Error::config(WHAT, "RSA needs the feature `openssl` or `rsa`, and both are off")
}

fn sized(bits: usize) -> Result<(), Error> {
    if (1024..=8192).contains(&bits) {
        return Ok(());
    }
    Err(Error::config(WHAT, format!("expected 1024 to 8192 bits, got {bits}")))
}

/// The DER inside PEM (RFC 7468) of one of these labels.
fn decoded(pem: &str, labels: &[&str], kind: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = || Error::config(WHAT, format!("expected an RSA {kind} key in PEM"));
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or_else(wrong)?;
    let (label, rest) = rest.split_once("-----").ok_or_else(wrong)?;
    if label == "ENCRYPTED PRIVATE KEY" || rest.contains("ENCRYPTED") {
        return Err(Error::config(
            WHAT,
            "expected a key without a passphrase, got an encrypted one",
        ));
    }
    if !labels.contains(&label) {
        return Err(wrong());
    }
    let (body, end) = rest.split_once("-----END ").ok_or_else(wrong)?;
    if !end.starts_with(&format!("{label}-----")) {
        return Err(wrong());
    }
    let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    STANDARD.decode(&*body).map(Zeroizing::new).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(feature = "openssl", feature = "rsa")))]
    #[test]
    fn without_the_features_the_error_names_them() {
        let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        for error in [
            RsaPrivateKey::from_pem(pem).unwrap_err(),
            RsaPrivateKey::from_pem("").unwrap_err(),
            RsaPrivateKey::from_der(b"").unwrap_err(),
            RsaPublicKey::from_der(b"").unwrap_err(),
            needs_key("RSA-SHA1"),
        ] {
            assert_eq!(error.code(), "config");
            assert!(error.to_string().contains("`openssl` or `rsa`"), "{error}");
        }
    }

    #[cfg(any(feature = "openssl", feature = "rsa"))]
    #[test]
    fn pem_of_another_kind_is_refused_without_repeating_it() {
        for pem in [
            "",
            "canary",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\ncanary",
            "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PUBLIC KEY-----",
            "-----BEGIN PRIVATE KEY-----\n*canary*\n-----END PRIVATE KEY-----",
        ] {
            let error = RsaPrivateKey::from_pem(pem).unwrap_err();
            assert_eq!(error.code(), "config", "{pem}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[cfg(all(feature = "openssl", feature = "rsa"))]
    #[test]
    fn both_libraries_answer_the_same_signatures_and_take_each_others() {
        let corpus: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/oauth1_vectors.json")).unwrap();
        for (name, key) in corpus["keys"].as_object().unwrap() {
            let labels = ["PRIVATE KEY", "PUBLIC KEY"];
            let private = decoded(key["private_pem"].as_str().unwrap(), &labels, "").unwrap();
            let public = decoded(key["public_pem"].as_str().unwrap(), &labels, "").unwrap();
            let ours = openssl::PrivateKey::from_der(&private).unwrap();
            let theirs = rustcrypto::PrivateKey::from_der(&private).unwrap();
            assert_eq!(ours.bits(), theirs.bits());
            for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
                let signature = ours.sign(hash, b"base string").unwrap();
                assert_eq!(theirs.sign(hash, b"base string").unwrap(), signature, "{name}");
                let a = openssl::PublicKey::from_der(&public).unwrap();
                let b = rustcrypto::PublicKey::from_der(&public).unwrap();
                assert_eq!(a.bits(), b.bits());
                assert!(theirs.public_key().unwrap().verify(hash, b"base string", &signature));
                assert!(a.verify(hash, b"base string", &signature));
                assert!(b.verify(hash, b"base string", &signature));
                assert!(!a.verify(hash, b"other", &signature));
                assert!(!b.verify(hash, b"other", &signature));
                assert!(!a.verify(hash, b"base string", b""));
                assert!(!b.verify(hash, b"base string", b""));
            }
        }
    }
}
