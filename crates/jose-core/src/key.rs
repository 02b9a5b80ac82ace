//! The members of a JWK that make up its key (RFC 7518 §6, RFC 8037 §2), read strictly.
//!
//! Integers and points are canonical base64url of their exact length, RSA keys have 2048 to 8192
//! bits and a sound exponent. One leniency: zero octets in front of an RSA modulus, which RFC 7518
//! §6.3.1.1 forbids and providers publish all the same, are left off.

use protocol_core::{Reason, base64url};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::algorithm::{Curve, KeyType};

/// A public key, checked in form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Rsa(RsaPublicKey),
    Ec(EcPublicKey),
    Ed25519([u8; 32]),
}

/// Modulus and exponent, big-endian without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RsaPublicKey {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
}

/// A point, each coordinate of the curve's full length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EcPublicKey {
    pub(crate) curve: Curve,
    pub(crate) x: Vec<u8>,
    pub(crate) y: Vec<u8>,
}

/// A public key to agree on a secret with (RFC 7518 §6.2, RFC 8037 §3.2): for a curve of NIST's an
/// uncompressed point, for X25519 its u-coordinate.
#[cfg_attr(not(feature = "aws-lc-rs"), allow(dead_code))] // `ring` agrees on nothing.
pub(crate) struct EcdhPublicKey {
    pub(crate) curve: Curve,
    pub(crate) point: Vec<u8>,
}

/// A private key to agree on a secret with, and its public half, checked in form.
#[cfg_attr(not(feature = "aws-lc-rs"), allow(dead_code))]
pub(crate) struct EcdhPrivateKey {
    pub(crate) public: EcdhPublicKey,
    pub(crate) d: Zeroizing<Vec<u8>>,
}

/// A private key with its public half, checked in form.
pub(crate) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Ec { public: EcPublicKey, d: Zeroizing<Vec<u8>> },
    Ed25519 { public: [u8; 32], d: Zeroizing<Vec<u8>> },
}

/// A two-prime RSA key with its CRT members.
pub(crate) struct RsaPrivateKey {
    pub(crate) public: RsaPublicKey,
    pub(crate) d: Zeroizing<Vec<u8>>,
    pub(crate) p: Zeroizing<Vec<u8>>,
    pub(crate) q: Zeroizing<Vec<u8>>,
    pub(crate) dp: Zeroizing<Vec<u8>>,
    pub(crate) dq: Zeroizing<Vec<u8>>,
    pub(crate) qi: Zeroizing<Vec<u8>>,
}

impl PublicKey {
    /// The key of a JWK's members; private ones are not looked at.
    pub(crate) fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        match text(members, "kty")? {
            "RSA" => RsaPublicKey::from_members(members).map(PublicKey::Rsa),
            "EC" => EcPublicKey::from_members(members).map(PublicKey::Ec),
            "OKP" => {
                if text(members, "crv")? != Curve::Ed25519.name() {
                    return Err(UNKNOWN_CURVE);
                }
                let x = octets(members, "x")?;
                x.try_into().map(PublicKey::Ed25519).map_err(|_| INVALID_LENGTH)
            }
            _ => Err(Reason::InvalidKey("its kty is not known here")),
        }
    }

    pub(crate) fn key_type(&self) -> KeyType {
        match self {
            PublicKey::Rsa(_) => KeyType::Rsa,
            PublicKey::Ec(_) => KeyType::Ec,
            PublicKey::Ed25519(_) => KeyType::Okp,
        }
    }

    pub(crate) fn curve(&self) -> Option<Curve> {
        match self {
            PublicKey::Rsa(_) => None,
            PublicKey::Ec(key) => Some(key.curve),
            PublicKey::Ed25519(_) => Some(Curve::Ed25519),
        }
    }

    /// The members that a thumbprint is made of, in its order (RFC 7638 §3.2, RFC 8037 §2).
    pub(crate) fn required_members(&self) -> Vec<(&'static str, String)> {
        let kty = ("kty", self.key_type().name().to_owned());
        match self {
            PublicKey::Rsa(key) => {
                vec![("e", base64url::encode(&key.e)), kty, ("n", base64url::encode(&key.n))]
            }
            PublicKey::Ec(key) => vec![
                ("crv", key.curve.name().to_owned()),
                kty,
                ("x", base64url::encode(&key.x)),
                ("y", base64url::encode(&key.y)),
            ],
            PublicKey::Ed25519(x) => {
                vec![("crv", Curve::Ed25519.name().to_owned()), kty, ("x", base64url::encode(x))]
            }
        }
    }
}

impl RsaPublicKey {
    fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        let strip = |octets: Vec<u8>| octets.iter().copied().skip_while(|b| *b == 0).collect();
        let (n, e): (Vec<u8>, Vec<u8>) = (strip(octets(members, "n")?), octets(members, "e")?);
        RsaPublicKey { n, e }.checked()
    }

    /// Checks what neither library checks at import, and both the same.
    pub(crate) fn checked(self) -> Result<Self, Reason> {
        let RsaPublicKey { n, e } = &self;
        match bits(n) {
            0..MIN_RSA_BITS => return Err(Reason::WeakKey("an RSA modulus under 2048 bits")),
            MIN_RSA_BITS..=MAX_RSA_BITS => {}
            _ => return Err(Reason::InvalidKey("an RSA modulus over 8192 bits")),
        }
        if is_even(n) {
            return Err(Reason::InvalidKey("an even RSA modulus"));
        }
        if e.first().is_none_or(|b| *b == 0) || is_even(e) || bits(e) == 1 {
            return Err(Reason::InvalidKey("an RSA exponent that is not odd and over 1"));
        }
        if bits(e) > MAX_RSA_EXPONENT_BITS {
            return Err(Reason::InvalidKey("an RSA exponent over 33 bits"));
        }
        Ok(self)
    }
}

impl EcPublicKey {
    fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        let curve = Curve::from_name(text(members, "crv")?)
            .filter(|curve| !matches!(curve, Curve::Ed25519 | Curve::X25519))
            .ok_or(UNKNOWN_CURVE)?;
        let (x, y) = (octets(members, "x")?, octets(members, "y")?);
        if x.len() != curve.len() || y.len() != curve.len() {
            return Err(INVALID_LENGTH);
        }
        Ok(EcPublicKey { curve, x, y })
    }

    /// The point as SEC 1 §2.3.3 writes it without compression: 04, x, y.
    pub(crate) fn uncompressed(&self) -> Vec<u8> {
        [&[4], &*self.x, &*self.y].concat()
    }

    pub(crate) fn from_uncompressed(curve: Curve, point: &[u8]) -> Option<Self> {
        let coordinates = point.strip_prefix(&[4])?;
        let (x, y) = coordinates.split_at_checked(curve.len())?;
        (y.len() == curve.len()).then(|| EcPublicKey { curve, x: x.to_vec(), y: y.to_vec() })
    }
}

impl EcdhPublicKey {
    /// The key of a JWK's members; private ones are not looked at. `None` where it is no such key.
    pub(crate) fn from_members(members: &Map<String, Value>) -> Option<Self> {
        match text(members, "kty").ok()? {
            "EC" => {
                let key = EcPublicKey::from_members(members).ok()?;
                Some(EcdhPublicKey { curve: key.curve, point: key.uncompressed() })
            }
            "OKP" if text(members, "crv").ok()? == Curve::X25519.name() => {
                let point = octets(members, "x").ok()?;
                let curve = Curve::X25519;
                (point.len() == curve.len()).then_some(EcdhPublicKey { curve, point })
            }
            _ => None,
        }
    }
}

impl EcdhPrivateKey {
    /// The key of a private JWK's members.
    pub(crate) fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        let public = EcdhPublicKey::from_members(members).ok_or(Reason::InvalidKey(
            "neither a point of P-256, P-384 or P-521 nor a key of X25519",
        ))?;
        let d = Zeroizing::new(octets(members, "d")?);
        if d.len() == public.curve.len() {
            Ok(EcdhPrivateKey { public, d })
        } else {
            Err(INVALID_LENGTH)
        }
    }
}

impl PrivateKey {
    /// The key of a private JWK's members.
    pub(crate) fn from_members(members: &Map<String, Value>) -> Result<Self, Reason> {
        let secret = |name| octets(members, name).map(Zeroizing::new);
        let d = secret("d")?;
        match PublicKey::from_members(members)? {
            PublicKey::Rsa(public) => {
                if members.contains_key("oth") {
                    return Err(Reason::InvalidKey("an RSA key of more than two primes"));
                }
                let [p, q, dp, dq, qi] = ["p", "q", "dp", "dq", "qi"].map(secret);
                let (p, q, dp, dq, qi) = (p?, q?, dp?, dq?, qi?);
                Ok(PrivateKey::Rsa(Box::new(RsaPrivateKey { public, d, p, q, dp, dq, qi })))
            }
            PublicKey::Ec(public) if d.len() == public.curve.len() => {
                Ok(PrivateKey::Ec { public, d })
            }
            PublicKey::Ed25519(public) if d.len() == Curve::Ed25519.len() => {
                Ok(PrivateKey::Ed25519 { public, d })
            }
            _ => Err(INVALID_LENGTH),
        }
    }
}

/// The text of a member that must be there.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Reason> {
    members.get(name).and_then(Value::as_str).ok_or(MISSING)
}

/// The bytes of a member that must be there, and not empty.
pub(crate) fn octets(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Reason> {
    let octets = base64url::decode(text(members, name)?).map_err(|_| NOT_BASE64)?;
    if octets.is_empty() { Err(INVALID_LENGTH) } else { Ok(octets) }
}

/// The bits of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

fn is_even(number: &[u8]) -> bool {
    number.last().is_none_or(|last| last % 2 == 0)
}

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;
const MAX_RSA_EXPONENT_BITS: usize = 33;

const MISSING: Reason = Reason::InvalidKey("a member is missing or is no text");
const NOT_BASE64: Reason = Reason::InvalidKey("a member is not canonical base64url");
const INVALID_LENGTH: Reason = Reason::InvalidKey("a member of the wrong length");
const UNKNOWN_CURVE: Reason = Reason::InvalidKey("its crv is not known here");
