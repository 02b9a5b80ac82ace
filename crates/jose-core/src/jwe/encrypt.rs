//! JSON Web Encryption, compact serialisation: encrypting (RFC 7516 §5.1).

use std::fmt;
use std::sync::Arc;

use protocol_core::{Error, Reason, base64url, random};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::algorithm::{ContentEncryption, KeyManagement, Mode};
use super::cek::{Octets, concat_kdf, password_salt, random_key};
use super::content;
use crate::algorithm::Curve;
use crate::crypto::{self, Refused, RsaEncryptionKey};
use crate::header::compose;
use crate::jwk::{self, key_ops, optional_text};
use crate::key::{self, EcdhPublicKey, PublicKey};

/// A key to encrypt to, for one algorithm of key management: somebody's public key, or a shared
/// secret. It is made ready once; a clone is cheap.
#[derive(Clone)]
pub struct EncryptionKey {
    alg: KeyManagement,
    /// The one that a key of `dir` is for, where it says so.
    enc: Option<ContentEncryption>,
    kid: Option<String>,
    material: Arc<Material>,
}

enum Material {
    Rsa(RsaEncryptionKey),
    Ecdh(EcdhPublicKey),
    Octets(Octets),
}

impl EncryptionKey {
    /// The public key of a JWK (RFC 7518 §6, RFC 8037 §2), or the secret of an `oct` JWK. Its `kid`
    /// becomes the tokens' `kid`.
    ///
    /// # Errors
    /// [`Reason::InvalidKey`], [`Reason::WeakKey`], [`Reason::DuplicateMember`];
    /// [`Reason::KeyTypeMismatch`], [`Reason::KeyAlgMismatch`], [`Reason::KeyUse`],
    /// [`Reason::KeyOps`] where it is not one to encrypt with by this algorithm; [`Error::Unsupported`] for an algorithm that this
    /// build's backend does not have.
    pub fn from_jwk(alg: KeyManagement, text: &[u8]) -> Result<Self, Error> {
        if !alg.is_supported() {
            return Err(Error::Unsupported(alg.to_string()));
        }
        let mut members = jwk::members(text)?;
        let key = Self::from_members(alg, &members);
        jwk::wipe(&mut members);
        key
    }

    fn from_members(alg: KeyManagement, members: &Map<String, Value>) -> Result<Self, Error> {
        if optional_text(members, "use")?.is_some_and(|key_use| key_use != "enc") {
            return Err(Reason::KeyUse.into());
        }
        let may = operations(alg.mode());
        if key_ops(members)?.is_some_and(|ops| !ops.iter().any(|op| may.contains(&&**op))) {
            return Err(Reason::KeyOps.into());
        }
        // The key of `dir` is one of the content's algorithm (RFC 7520 §5.6).
        let bound = optional_text(members, "alg")?;
        let enc = bound.as_deref().and_then(ContentEncryption::from_name);
        let is_other =
            |bound: &String| bound != alg.name() && !(alg == KeyManagement::Dir && enc.is_some());
        if let Some(expected) = bound.filter(is_other) {
            return Err(Reason::KeyAlgMismatch { expected, got: alg.to_string() }.into());
        }
        let material = match (key::text(members, "kty")?, alg.mode()) {
            ("RSA", Mode::RsaOaep(_)) => match PublicKey::from_members(members)? {
                PublicKey::Rsa(key) => {
                    Material::Rsa(RsaEncryptionKey::new(&key).map_err(|_| UNSOUND)?)
                }
                _ => return Err(UNSOUND.into()),
            },
            ("EC" | "OKP", Mode::EcdhEs { .. }) => {
                Material::Ecdh(EcdhPublicKey::from_members(members).ok_or(UNSOUND)?)
            }
            ("oct", Mode::Direct | Mode::AesKw { .. } | Mode::AesGcmKw { .. })
            | ("oct", Mode::Pbes2 { .. }) => {
                Material::Octets(Zeroizing::new(key::octets(members, "k")?))
            }
            _ => return Err(Reason::KeyTypeMismatch { alg: alg.to_string() }.into()),
        };
        let kid = optional_text(members, "kid")?;
        Ok(EncryptionKey { alg, enc, kid, material: Arc::new(material) })
    }

    /// The same key under this `kid`, which goes into the tokens' headers.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Encrypts `plaintext`: the compact serialisation. The header has `alg`, `enc`, the key's `kid`
    /// if it has one, what the algorithm adds, and then `extra` (`cty` `JWT` for a token inside), in
    /// this order.
    ///
    /// # Errors
    /// [`Reason::InvalidKey`] where the secret has another length than the algorithm's, or the
    /// public key is no point of its curve; [`Reason::KeyAlgMismatch`] where the key is one of another
    /// `enc`; [`Error::Config`] where `extra` names a member that is
    /// there already, or `crit` or `zip`; [`Error::Unsupported`] for an `enc` that this build's
    /// backend does not have.
    pub fn encrypt(
        &self,
        enc: ContentEncryption,
        extra: &[(&str, Value)],
        plaintext: &[u8],
    ) -> Result<String, Error> {
        if !enc.is_supported() {
            return Err(Error::Unsupported(enc.to_string()));
        }
        if let Some(bound) = self.enc.filter(|bound| *bound != enc) {
            let (expected, got) = (bound.to_string(), enc.to_string());
            return Err(Reason::KeyAlgMismatch { expected, got }.into());
        }
        let (content_key, encrypted_key, parameters) =
            self.content_key(enc).map_err(|_| UNSOUND)?;
        let mut members = vec![("alg", Value::from(self.alg.name())), ("enc", enc.name().into())];
        members.extend(self.kid.as_deref().map(|kid| ("kid", kid.into())));
        members.extend(parameters);
        let header = compose(members, extra, &["crit", "zip"])?;
        seal(enc, &content_key, header.as_bytes(), &encrypted_key, plaintext)
    }

    /// The content's key, how it is sent, and what the header says about that.
    fn content_key(&self, enc: ContentEncryption) -> Result<SentKey, Refused> {
        let random = random_key(enc.key_len());
        Ok(match (self.alg.mode(), &*self.material) {
            (Mode::Direct, Material::Octets(secret)) => (secret.clone(), Vec::new(), Vec::new()),
            (Mode::AesKw { kek }, Material::Octets(secret)) if secret.len() == kek => {
                let wrapped = crypto::aes_wrap(secret, &random)?;
                (random, wrapped, Vec::new())
            }
            (Mode::AesGcmKw { kek }, Material::Octets(secret)) if secret.len() == kek => {
                let iv = random::bytes::<12>();
                let (wrapped, tag) = crypto::gcm_seal(secret, &iv, b"", &random)?;
                (random, wrapped, vec![("iv", encoded(&iv)), ("tag", encoded(&tag))])
            }
            (Mode::Pbes2 { hash, kek }, Material::Octets(password)) => {
                let (p2s, p2c) = (random::bytes::<16>(), 10_000);
                let kek = crypto::pbkdf2(hash, password, &password_salt(self.alg, &p2s), p2c, kek)?;
                let wrapped = crypto::aes_wrap(&kek, &random)?;
                (random, wrapped, vec![("p2s", encoded(&p2s)), ("p2c", p2c.into())])
            }
            (Mode::RsaOaep(hash), Material::Rsa(key)) => {
                let encrypted = key.encrypt(hash, &random)?;
                (random, encrypted, Vec::new())
            }
            (Mode::EcdhEs { kek }, Material::Ecdh(peer)) => {
                let (epk, z) = crypto::agree_once(peer)?;
                let epk = vec![("epk", published(&epk))];
                match kek {
                    Some(kek) => {
                        let kek = concat_kdf(&z, self.alg.name(), b"", b"", kek);
                        let wrapped = crypto::aes_wrap(&kek, &random)?;
                        (random, wrapped, epk)
                    }
                    None => (concat_kdf(&z, enc.name(), b"", b"", enc.key_len()), Vec::new(), epk),
                }
            }
            _ => return Err(Refused),
        })
    }
}

/// Shows the algorithm and the `kid`.
impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("alg", &self.alg).field("kid", &self.kid).finish()
    }
}

type SentKey = (Octets, Vec<u8>, Vec<(&'static str, Value)>);

/// Encrypts under a header and with an encrypted key that are taken as they are.
pub(crate) fn seal(
    enc: ContentEncryption,
    content_key: &[u8],
    header: &[u8],
    encrypted_key: &[u8],
    plaintext: &[u8],
) -> Result<String, Error> {
    if content_key.len() != enc.key_len() || !enc.is_supported() {
        return Err(UNSOUND.into());
    }
    let header = base64url::encode(header);
    let [iv, ciphertext, tag] =
        content::seal(enc, content_key, header.as_bytes(), plaintext).map_err(|_| UNSOUND)?;
    let parts = [encrypted_key, &iv, &ciphertext, &tag].map(base64url::encode);
    Ok(format!("{header}.{}", parts.join(".")))
}

/// An ephemeral public key as a JWK.
fn published(key: &EcdhPublicKey) -> Value {
    let (name, length) = (key.curve.name(), key.curve.len());
    match key.curve {
        Curve::X25519 => json!({"kty": "OKP", "crv": name, "x": encoded(&key.point)}),
        _ => {
            let (x, y) = key.point[1..].split_at(length);
            json!({"kty": "EC", "crv": name, "x": encoded(x), "y": encoded(y)})
        }
    }
}

/// What a key must be for, by its `key_ops`, where it has them (RFC 7517 §4.3).
fn operations(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Direct => &["encrypt"],
        Mode::RsaOaep(_) | Mode::AesKw { .. } | Mode::AesGcmKw { .. } => &["wrapKey", "encrypt"],
        Mode::EcdhEs { .. } => &["deriveKey", "deriveBits"],
        Mode::Pbes2 { .. } => &["deriveKey", "deriveBits", "wrapKey"],
    }
}

fn encoded(octets: &[u8]) -> Value {
    base64url::encode(octets).into()
}

const UNSOUND: Reason = Reason::InvalidKey("a point of no curve, or a secret of another length");
