//! Keys to decrypt with (RFC 7517 §4, §5; OIDC Core §10.2), and which of them a token means.

use std::fmt;
use std::sync::Arc;

use protocol_core::{ClientSecret, Error, Reason};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::algorithm::{ContentEncryption, KeyManagement, Mode};
use crate::algorithm::Hash;
use crate::crypto::{AgreementKey, RsaDecryptionKey};
use crate::header::cut;
use crate::jwk::{self, key_ops, optional_text};
use crate::jwk_set;
use crate::key::{self, EcdhPrivateKey, PrivateKey};

/// A key to decrypt with: the private key of an RSA, EC or OKP (X25519) JWK, or a shared secret.
///
/// It is read strictly and made ready once; a clone is cheap. Its `alg`, `use` and `key_ops` bind it
/// (RFC 7517 §4.2, §4.3, §4.4).
#[derive(Clone)]
pub struct DecryptionKey {
    kid: Option<String>,
    alg: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    material: Arc<Material>,
}

pub(super) enum Material {
    Rsa(RsaDecryptionKey),
    Ecdh(AgreementKey),
    Octets(Zeroizing<Vec<u8>>),
    ClientSecret(ClientSecret),
}

impl DecryptionKey {
    /// The private key of a JWK (RFC 7518 §6, RFC 8037 §2), or the secret of an `oct` JWK. RSA keys
    /// need their CRT members.
    ///
    /// # Errors
    /// [`Reason::InvalidKey`], [`Reason::WeakKey`], [`Reason::DuplicateMember`];
    /// [`Error::Unsupported`] for a type of key that this build's backend decrypts nothing with
    /// (`ring` has `oct` alone).
    pub fn from_jwk(text: &[u8]) -> Result<Self, Error> {
        let mut members = jwk::members(text)?;
        let key = Self::from_members(&members);
        jwk::wipe(&mut members);
        key
    }

    /// The secret of a client and its provider: each algorithm's key is the left part of the
    /// secret's SHA-2 hash (OIDC Core §10.2). It serves `dir`, A*KW and A*GCMKW.
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for less than 32 bytes (OIDC Core §16.19).
    pub fn from_client_secret(secret: &ClientSecret) -> Result<Self, Error> {
        if secret.expose().len() < Hash::Sha256.len() {
            return Err(Reason::WeakKey("a client secret under 32 bytes").into());
        }
        let material = Arc::new(Material::ClientSecret(secret.clone()));
        Ok(DecryptionKey { kid: None, alg: None, key_use: None, key_ops: None, material })
    }

    /// `kid`: the key's name in its set.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `alg`, as it is written: it may be one that this crate does not know.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// `use`, as it is written: only one of `enc` decrypts, or one without.
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    pub(super) fn material(&self) -> &Material {
        &self.material
    }

    fn from_members(members: &Map<String, Value>) -> Result<Self, Error> {
        let text = |name| optional_text(members, name);
        let (kid, alg, key_use) = (text("kid")?, text("alg")?, text("use")?);
        let key_ops = key_ops(members)?;
        let material = match key::text(members, "kty")? {
            "oct" => Material::Octets(Zeroizing::new(key::octets(members, "k")?)),
            "RSA" => {
                supported(KeyManagement::RsaOaep, "RSA")?;
                let PrivateKey::Rsa(key) = PrivateKey::from_members(members)? else {
                    return Err(UNSOUND.into());
                };
                Material::Rsa(RsaDecryptionKey::new(&key).map_err(|_| UNSOUND)?)
            }
            "EC" | "OKP" => {
                supported(KeyManagement::EcdhEs, "EC or OKP")?;
                let key = EcdhPrivateKey::from_members(members)?;
                Material::Ecdh(AgreementKey::new(&key).map_err(|_| UNSOUND)?)
            }
            _ => return Err(Reason::InvalidKey("its kty is not known here").into()),
        };
        Ok(DecryptionKey { kid, alg, key_use, key_ops, material: Arc::new(material) })
    }

    /// Whether a token's `kid` can mean this key: a key without a name answers to every one.
    fn answers_to(&self, kid: &str) -> bool {
        self.kid().is_none_or(|own| own == kid)
    }

    /// Why the key may not decrypt by this algorithm, if so.
    fn check(&self, alg: KeyManagement, enc: ContentEncryption) -> Result<(), Reason> {
        let secret_len = self.secret_len(alg, enc)?;
        if self.key_use.as_deref().is_some_and(|key_use| key_use != "enc") {
            return Err(Reason::KeyUse);
        }
        let may = operations(alg.mode());
        if self.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| may.contains(&&**op))) {
            return Err(Reason::KeyOps);
        }
        // The key of `dir` is one of the content's algorithm (RFC 7520 §5.6).
        let is_other = |own: &&String| {
            *own != alg.name() && !(alg == KeyManagement::Dir && *own == enc.name())
        };
        if let Some(bound) = self.alg.as_ref().filter(is_other) {
            return Err(Reason::KeyAlgMismatch { expected: cut(bound), got: alg.to_string() });
        }
        match (self.material(), secret_len) {
            (Material::Octets(secret), Some(length)) if secret.len() != length => {
                Err(Reason::InvalidKey("a secret of another length than the algorithm's"))
            }
            _ => Ok(()),
        }
    }

    /// The length that a secret must have for this algorithm, in bytes, if one; an error where the
    /// key is of another type than the algorithm's.
    fn secret_len(
        &self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Result<Option<usize>, Reason> {
        use Material::{ClientSecret, Ecdh, Octets, Rsa};
        match (self.material(), alg.mode()) {
            (Rsa(_), Mode::RsaOaep(_)) | (Ecdh(_), Mode::EcdhEs { .. }) => Ok(None),
            (Octets(_), Mode::Pbes2 { .. }) => Ok(None),
            (Octets(_) | ClientSecret(_), Mode::Direct) => Ok(Some(enc.key_len())),
            (Octets(_) | ClientSecret(_), Mode::AesKw { kek } | Mode::AesGcmKw { kek }) => {
                Ok(Some(kek))
            }
            _ => Err(Reason::KeyTypeMismatch { alg: alg.to_string() }),
        }
    }
}

/// Shows the `kid` and the kind, no key.
impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.material() {
            Material::Rsa(_) => "RSA",
            Material::Ecdh(_) => "ECDH",
            Material::Octets(_) => "oct",
            Material::ClientSecret(_) => "client secret",
        };
        f.debug_struct("DecryptionKey").field("kid", &self.kid()).field("kind", &kind).finish()
    }
}

/// The keys that a recipient decrypts with.
#[derive(Clone, Debug, Default)]
pub struct DecryptionKeySet {
    keys: Vec<DecryptionKey>,
}

impl DecryptionKeySet {
    /// How many keys are tried where the token does not say which one: 8.
    pub const MAX_TRIED: usize = 8;

    /// The keys of a private JWK Set (RFC 7517 §5). They are the caller's own, so each must be
    /// readable, but for those whose `use` is `sig`.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the code `invalid_key` where the text is no JSON object with an
    /// array `keys`; else as [`DecryptionKey::from_jwk`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut set = DecryptionKeySet::default();
        for key in jwk_set::keys_of(text)? {
            let mut members = jwk::members(key.get().as_bytes())?;
            let to_sign = members.get("use").is_some_and(|key_use| key_use == "sig");
            let key = DecryptionKey::from_members(&members);
            jwk::wipe(&mut members);
            match key {
                Ok(key) => set.keys.push(key),
                Err(_) if to_sign => {}
                Err(error) => return Err(error),
            }
        }
        Ok(set)
    }

    /// The keys, in order.
    pub fn keys(&self) -> &[DecryptionKey] {
        &self.keys
    }

    /// The keys that may decrypt a token of these algorithms and this `kid`: at least one, at most
    /// [`DecryptionKeySet::MAX_TRIED`].
    pub(super) fn select(
        &self,
        alg: KeyManagement,
        enc: ContentEncryption,
        kid: Option<&str>,
    ) -> Result<Vec<&DecryptionKey>, Reason> {
        let (mut fitting, mut misfits) = (Vec::new(), Vec::new());
        for key in self.keys.iter().filter(|key| kid.is_none_or(|kid| key.answers_to(kid))) {
            match key.check(alg, enc) {
                Ok(()) => fitting.push(key),
                Err(reason) => misfits.push(reason),
            }
        }
        match fitting.len() {
            0 if misfits.len() == 1 => Err(misfits.remove(0)),
            0 => {
                let kid = kid.map(cut);
                Err(Reason::NoDecryptionKey { kid, alg: alg.to_string() })
            }
            count if count > Self::MAX_TRIED => Err(Reason::AmbiguousKey { count }),
            _ => Ok(fitting),
        }
    }
}

impl FromIterator<DecryptionKey> for DecryptionKeySet {
    fn from_iter<T: IntoIterator<Item = DecryptionKey>>(keys: T) -> Self {
        DecryptionKeySet { keys: keys.into_iter().collect() }
    }
}

impl From<DecryptionKey> for DecryptionKeySet {
    fn from(key: DecryptionKey) -> Self {
        DecryptionKeySet::from_iter([key])
    }
}

/// What a key must be for, by its `key_ops`, where it has them (RFC 7517 §4.3).
fn operations(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Direct => &["decrypt"],
        Mode::RsaOaep(_) | Mode::AesKw { .. } | Mode::AesGcmKw { .. } => &["unwrapKey", "decrypt"],
        Mode::EcdhEs { .. } => &["deriveKey", "deriveBits"],
        Mode::Pbes2 { .. } => &["deriveKey", "deriveBits", "unwrapKey"],
    }
}

fn supported(algorithm: KeyManagement, kind: &str) -> Result<(), Error> {
    if algorithm.is_supported() {
        return Ok(());
    }
    Err(Error::Unsupported(format!("decrypting with an {kind} key")))
}

const UNSOUND: Reason = Reason::InvalidKey("its members do not belong together");
