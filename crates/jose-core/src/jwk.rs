//! One JSON Web Key (RFC 7517 §4), to verify with.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use protocol_core::json::{self, JsonError};
use protocol_core::secret::ct_eq;
use protocol_core::{ClientSecret, Error, Reason, base64url, digest};
use serde_json::{Map, Value, json};
use zeroize::{Zeroize as _, Zeroizing};

use crate::algorithm::{Algorithm, Curve, KeyType};
use crate::crypto::VerifyingKey;
use crate::header::cut;
use crate::key::{self, PublicKey};
use crate::symmetric::SymmetricKey;

/// A key to verify with: a public key, or a shared secret.
///
/// It is read strictly and made ready once, so a clone is cheap and a verification starts at once.
/// The private members of a private JWK are not kept: what is not there cannot leak. Its `alg`,
/// `use` and `key_ops` bind it (RFC 7517 §4.2, §4.3, §4.4).
#[derive(Clone)]
pub struct Jwk {
    kid: Option<String>,
    alg: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    material: Arc<Material>,
}

enum Material {
    Public { key: PublicKey, ready: Vec<(Algorithm, VerifyingKey)> },
    Symmetric(SymmetricKey),
}

impl Jwk {
    /// The key that a JSON text holds.
    ///
    /// # Errors
    /// [`Reason::InvalidKey`], [`Reason::WeakKey`], [`Reason::DuplicateMember`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Ok(Self::from_members(&members(text)?)?)
    }

    /// The key that a JSON value holds. Duplicate members can no longer be seen in one: read a text
    /// by [`Jwk::parse`].
    ///
    /// # Errors
    /// [`Reason::InvalidKey`], [`Reason::WeakKey`].
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        let members = value.as_object().ok_or(Reason::InvalidKey("it is no JSON object"))?;
        Ok(Self::from_members(members)?)
    }

    /// The shared secret of a client and its provider (OIDC Core §10.1); see
    /// [`SymmetricKey::from_client_secret`].
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for less than 32 bytes.
    pub fn from_client_secret(secret: &ClientSecret) -> Result<Self, Error> {
        SymmetricKey::from_client_secret(secret).map(Jwk::from)
    }

    /// The same key under this `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// `kid`: the key's name in its set.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `alg`, as it is written: it may be one that this crate does not know.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// `use`: `sig` or `enc`.
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    /// `key_ops`: `verify` among them, or not.
    pub fn key_ops(&self) -> Option<&[String]> {
        self.key_ops.as_deref()
    }

    /// `kty`.
    pub fn key_type(&self) -> KeyType {
        match &*self.material {
            Material::Public { key, .. } => key.key_type(),
            Material::Symmetric(_) => KeyType::Oct,
        }
    }

    /// `crv`.
    pub fn curve(&self) -> Option<Curve> {
        match &*self.material {
            Material::Public { key, .. } => key.curve(),
            Material::Symmetric(_) => None,
        }
    }

    /// The SHA-256 thumbprint in base64url (RFC 7638 §3).
    pub fn thumbprint(&self) -> String {
        let members = match &*self.material {
            Material::Public { key, .. } => key.required_members(),
            Material::Symmetric(key) => {
                vec![("k", base64url::encode(key.octets())), ("kty", "oct".to_owned())]
            }
        };
        // Names and values are base64url or registered names: nothing in them needs an escape.
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        base64url::encode(digest::sha256(format!("{{{}}}", members.join(",")).as_bytes()))
    }

    /// The public JWK as JSON, `kid`, `alg`, `use` and `key_ops` with it; `None` for a shared
    /// secret.
    pub fn public_only(&self) -> Option<Value> {
        let Material::Public { key, .. } = &*self.material else { return None };
        let mut members: Map<String, Value> =
            key.required_members().into_iter().map(|(name, v)| (name.into(), v.into())).collect();
        for (name, value) in [("kid", self.kid()), ("alg", self.alg()), ("use", self.key_use())] {
            if let Some(value) = value {
                members.insert(name.into(), value.into());
            }
        }
        if let Some(key_ops) = self.key_ops() {
            members.insert("key_ops".into(), json!(key_ops));
        }
        Some(Value::Object(members))
    }

    pub(crate) fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        let text = |name| optional_text(members, name);
        let (kid, alg, key_use) = (text("kid")?, text("alg")?, text("use")?);
        let key_ops = key_ops(members)?;
        let bound = alg.as_deref().and_then(named_by_key);
        let material = if key::text(members, "kty")? == KeyType::Oct.name() {
            let key = SymmetricKey::of_any_length(&Zeroizing::new(key::octets(members, "k")?));
            if let Some(bound) = bound.filter(|bound| bound.is_symmetric()) {
                key.mac(bound)?;
            }
            Material::Symmetric(key)
        } else {
            Material::public(PublicKey::from_members(members)?, bound)?
        };
        Ok(Jwk { kid, alg, key_use, key_ops, material: Arc::new(material) })
    }

    pub(crate) fn from_public_key(key: PublicKey, algorithm: Algorithm) -> Result<Self, Reason> {
        Ok(Jwk {
            kid: None,
            alg: Some(algorithm.name().to_owned()),
            key_use: Some("sig".to_owned()),
            key_ops: None,
            material: Arc::new(Material::public(key, Some(algorithm))?),
        })
    }

    /// Whether a token's `kid` can mean this key. A client secret has no name, and some providers
    /// name it all the same.
    pub(crate) fn answers_to(&self, kid: &str) -> bool {
        match self.kid() {
            Some(own) => own == kid,
            None => matches!(*self.material, Material::Symmetric(_)),
        }
    }

    /// Why the key may not verify this algorithm's signatures, if so.
    pub(crate) fn check(&self, algorithm: Algorithm) -> Result<(), Reason> {
        if self.key_type() != algorithm.key_type() || self.curve() != algorithm.curve() {
            return Err(Reason::KeyTypeMismatch { alg: algorithm.to_string() });
        }
        if self.key_use().is_some_and(|key_use| key_use != "sig") {
            return Err(Reason::KeyUse);
        }
        if self.key_ops().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err(Reason::KeyOps);
        }
        if let Some(bound) = self.alg().filter(|alg| named_by_key(alg) != Some(algorithm)) {
            let (expected, got) = (cut(bound), algorithm.to_string());
            return Err(Reason::KeyAlgMismatch { expected, got });
        }
        match &*self.material {
            Material::Symmetric(key) => key.mac(algorithm).map(drop),
            Material::Public { .. } => Ok(()),
        }
    }

    /// Whether both are the same key, whatever they are called.
    pub(crate) fn is_same_key(&self, other: &Jwk) -> bool {
        match (&*self.material, &*other.material) {
            (Material::Public { key: a, .. }, Material::Public { key: b, .. }) => a == b,
            (Material::Symmetric(a), Material::Symmetric(b)) => ct_eq(a.octets(), b.octets()),
            _ => false,
        }
    }

    /// Whether the signature is this key's. The key has been checked for the algorithm.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if algorithm.signature_len().is_some_and(|length| length != signature.len()) {
            return false;
        }
        match &*self.material {
            Material::Symmetric(key) => {
                key.mac(algorithm).is_ok_and(|mac| mac.verify(message, signature))
            }
            Material::Public { ready, .. } => ready
                .iter()
                .find(|(ready_for, _)| *ready_for == algorithm)
                .is_some_and(|(_, key)| key.verify(message, signature)),
        }
    }
}

impl Material {
    /// The key made ready for the algorithm that it is bound to, else for all that it fits.
    fn public(key: PublicKey, bound: Option<Algorithm>) -> Result<Self, Reason> {
        let fits = |algorithm: &Algorithm| {
            algorithm.key_type() == key.key_type()
                && algorithm.curve() == key.curve()
                && algorithm.is_supported()
        };
        let algorithms = match bound {
            Some(bound) => vec![bound],
            None => Algorithm::ALL.to_vec(),
        };
        let ready = algorithms
            .into_iter()
            .filter(fits)
            .map(|algorithm| Ok((algorithm, VerifyingKey::new(algorithm, &key)?)))
            .collect::<Result<_, crate::crypto::Refused>>()
            .map_err(|_| {
                Reason::InvalidKey("the point is not on the curve, or the key is unsound")
            })?;
        Ok(Material::Public { key, ready })
    }
}

impl From<SymmetricKey> for Jwk {
    fn from(key: SymmetricKey) -> Self {
        let material = Arc::new(Material::Symmetric(key));
        Jwk { kid: None, alg: None, key_use: None, key_ops: None, material }
    }
}

/// Shows names and kinds, no key.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kid", &self.kid())
            .field("kty", &self.key_type().name())
            .field("crv", &self.curve().map(Curve::name))
            .field("alg", &self.alg())
            .finish_non_exhaustive()
    }
}

/// The members of a JWK's text.
pub(crate) fn members(text: &[u8]) -> Result<Map<String, Value>, Reason> {
    json::object(text).map_err(|error| match error {
        JsonError::DuplicateMember(name) => Reason::DuplicateMember(name),
        _ => Reason::InvalidKey("it is no JSON object"),
    })
}

/// Wipes the texts of a private key that has been read.
pub(crate) fn wipe(members: &mut Map<String, Value>) {
    for value in members.values_mut() {
        if let Value::String(text) = value {
            text.zeroize();
        }
    }
}

/// The algorithm of a key's `alg`. Published keys of P-521 are seen to misspell ES512 after their
/// curve.
fn named_by_key(alg: &str) -> Option<Algorithm> {
    Algorithm::from_name(if alg == "ES521" { "ES512" } else { alg })
}

/// A member that is a text or absent.
pub(crate) fn optional_text(
    members: &Map<String, Value>,
    name: &str,
) -> Result<Option<String>, Reason> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Reason::InvalidKey("kid, alg and use are texts")),
    }
}

/// `key_ops`.
pub(crate) fn key_ops(members: &Map<String, Value>) -> Result<Option<Vec<String>>, Reason> {
    const WRONG: Reason = Reason::InvalidKey("key_ops is an array of distinct texts");
    let Some(value) = members.get("key_ops") else { return Ok(None) };
    let ops = value.as_array().ok_or(WRONG)?.iter().map(|op| op.as_str().ok_or(WRONG));
    let ops: Vec<&str> = ops.collect::<Result<_, _>>()?;
    if ops.iter().collect::<HashSet<_>>().len() < ops.len() {
        return Err(WRONG);
    }
    Ok(Some(ops.into_iter().map(str::to_owned).collect()))
}
