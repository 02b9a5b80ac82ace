//! The signature algorithms, one row each (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2).
//!
//! Every fact about an algorithm stands in one table: adding one is a variant and a row. `none` is
//! no row, so it can be neither allowed nor used.

use std::fmt;

use protocol_core::digest;

use crate::crypto;

/// A signature algorithm: an `alg` value of JWS (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // The table below says what each one is.
pub enum Algorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
    /// The fully specified name of EdDSA over Curve25519 (RFC 9864 §2.2).
    Ed25519,
}

use Algorithm::*;

/// One algorithm's facts.
struct Row {
    algorithm: Algorithm,
    name: &'static str,
    family: Family,
    curve: Option<Curve>,
    hash: Hash,
    /// In bytes; `None` where it is the modulus's length.
    signature_len: Option<usize>,
    /// The least that RFC 7518 §3.2 and §3.3 allow.
    min_key_bits: usize,
    on_aws_lc: bool,
    on_ring: bool,
}

const fn row(
    algorithm: Algorithm,
    name: &'static str,
    (family, curve, hash): (Family, Option<Curve>, Hash),
    signature_len: Option<usize>,
    min_key_bits: usize,
    [on_aws_lc, on_ring]: [bool; 2],
) -> Row {
    Row { algorithm, name, family, curve, hash, signature_len, min_key_bits, on_aws_lc, on_ring }
}

use Curve::{Ed25519 as Edwards25519, P256, P384, P521, X25519};
use Family::{Ecdsa, EdDsa, Hmac, RsaPkcs1, RsaPss};
use Hash::{Sha256, Sha384, Sha512};

/// In the order of [`Algorithm`]'s variants.
#[rustfmt::skip]
const TABLE: [Row; 14] = [
    //  alg      name       family, curve, hash                     signature  key    aws-lc ring
    row(HS256,   "HS256",   (Hmac, None, Sha256),                   Some(32),  256,  [true, true]),
    row(HS384,   "HS384",   (Hmac, None, Sha384),                   Some(48),  384,  [true, true]),
    row(HS512,   "HS512",   (Hmac, None, Sha512),                   Some(64),  512,  [true, true]),
    row(RS256,   "RS256",   (RsaPkcs1, None, Sha256),               None,      2048, [true, true]),
    row(RS384,   "RS384",   (RsaPkcs1, None, Sha384),               None,      2048, [true, true]),
    row(RS512,   "RS512",   (RsaPkcs1, None, Sha512),               None,      2048, [true, true]),
    row(PS256,   "PS256",   (RsaPss, None, Sha256),                 None,      2048, [true, true]),
    row(PS384,   "PS384",   (RsaPss, None, Sha384),                 None,      2048, [true, true]),
    row(PS512,   "PS512",   (RsaPss, None, Sha512),                 None,      2048, [true, true]),
    row(ES256,   "ES256",   (Ecdsa, Some(P256), Sha256),            Some(64),  256,  [true, true]),
    row(ES384,   "ES384",   (Ecdsa, Some(P384), Sha384),            Some(96),  384,  [true, true]),
    row(ES512,   "ES512",   (Ecdsa, Some(P521), Sha512),            Some(132), 521,  [true, false]),
    row(EdDSA,   "EdDSA",   (EdDsa, Some(Edwards25519), Sha512),    Some(64),  256,  [true, true]),
    row(Ed25519, "Ed25519", (EdDsa, Some(Edwards25519), Sha512),    Some(64),  256,  [true, true]),
];

impl Algorithm {
    /// Every algorithm of the table, whether or not this build's backend has it.
    pub const ALL: &[Algorithm] = &[
        HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA,
        Ed25519,
    ];

    /// What a verifier allows unless it is told otherwise: asymmetric, and in use among providers.
    pub const DEFAULTS: &[Algorithm] = &[RS256, PS256, ES256, ES384, EdDSA];

    /// The algorithm of this `alg` value. Names are case-sensitive (RFC 7515 §4.1.1).
    pub fn from_name(name: &str) -> Option<Algorithm> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.algorithm)
    }

    /// The `alg` value.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The hash that `at_hash` and `c_hash` are made with (OIDC Core §3.1.3.6); SHA-512 for EdDSA.
    pub fn hash(self) -> Hash {
        self.row().hash
    }

    /// The type of key that it takes.
    pub fn key_type(self) -> KeyType {
        match self.row().family {
            Family::Hmac => KeyType::Oct,
            Family::RsaPkcs1 | Family::RsaPss => KeyType::Rsa,
            Family::Ecdsa => KeyType::Ec,
            Family::EdDsa => KeyType::Okp,
        }
    }

    /// The curve, for those that have one.
    pub fn curve(self) -> Option<Curve> {
        self.row().curve
    }

    /// Whether signer and verifier share one secret (HS256, HS384, HS512).
    pub fn is_symmetric(self) -> bool {
        self.row().family == Family::Hmac
    }

    /// Whether the backend of this build has it.
    pub fn is_supported(self) -> bool {
        match crypto::BACKEND {
            crypto::Backend::AwsLc => self.row().on_aws_lc,
            crypto::Backend::Ring => self.row().on_ring,
        }
    }

    /// The shortest key that RFC 7518 allows, in bits.
    pub fn min_key_bits(self) -> usize {
        self.row().min_key_bits
    }

    pub(crate) fn family(self) -> Family {
        self.row().family
    }

    pub(crate) fn signature_len(self) -> Option<usize> {
        self.row().signature_len
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an algorithm signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Hmac,
    RsaPkcs1,
    RsaPss,
    Ecdsa,
    EdDsa,
}

/// A `kty` value (RFC 7518 §6.1, RFC 8037 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// `oct`: a shared secret.
    Oct,
    /// `RSA`.
    Rsa,
    /// `EC`.
    Ec,
    /// `OKP`: Ed25519, X25519.
    Okp,
}

impl KeyType {
    /// The `kty` value.
    pub fn name(self) -> &'static str {
        match self {
            KeyType::Oct => "oct",
            KeyType::Rsa => "RSA",
            KeyType::Ec => "EC",
            KeyType::Okp => "OKP",
        }
    }
}

/// A `crv` value (RFC 7518 §6.2.1.1, RFC 8037 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Curve {
    P256,
    P384,
    P521,
    Ed25519,
    X25519,
}

impl Curve {
    /// The curve of this `crv` value.
    pub fn from_name(name: &str) -> Option<Curve> {
        [P256, P384, P521, Edwards25519, X25519].into_iter().find(|curve| curve.name() == name)
    }

    /// The `crv` value.
    pub fn name(self) -> &'static str {
        match self {
            P256 => "P-256",
            P384 => "P-384",
            P521 => "P-521",
            Edwards25519 => "Ed25519",
            X25519 => "X25519",
        }
    }

    /// The length of a coordinate or a private key, in bytes.
    pub(crate) fn len(self) -> usize {
        match self {
            P256 | Edwards25519 | X25519 => 32,
            P384 => 48,
            P521 => 66,
        }
    }
}

/// The hash of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The digest of `data`.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Sha256 => digest::sha256(data).to_vec(),
            Sha384 => digest::sha384(data).to_vec(),
            Sha512 => digest::sha512(data).to_vec(),
        }
    }

    /// The digest's length in bytes.
    #[allow(clippy::len_without_is_empty)] // A digest is never empty.
    pub fn len(self) -> usize {
        match self {
            Sha256 => 32,
            Sha384 => 48,
            Sha512 => 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_variants() {
        assert_eq!(TABLE.len(), Algorithm::ALL.len());
        for (row, algorithm) in TABLE.iter().zip(Algorithm::ALL) {
            assert_eq!(row.algorithm, *algorithm);
            assert_eq!(algorithm.name(), format!("{algorithm:?}"));
            assert_eq!(Algorithm::from_name(row.name), Some(*algorithm));
            assert_eq!(
                algorithm.curve().is_some(),
                algorithm.key_type() as u8 >= KeyType::Ec as u8
            );
        }
    }

    #[test]
    fn names_are_case_sensitive_and_none_is_no_algorithm() {
        for name in
            ["none", "None", "NONE", "rs256", "Rs256", "eddsa", "", "dir", "RS256 ", "ES256K"]
        {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn the_defaults_are_asymmetric_and_served_by_every_backend() {
        for algorithm in Algorithm::DEFAULTS {
            let row = algorithm.row();
            assert!(!algorithm.is_symmetric() && row.on_aws_lc && row.on_ring, "{algorithm}");
        }
    }

    #[test]
    fn hashes_have_their_lengths() {
        for hash in [Sha256, Sha384, Sha512] {
            assert_eq!(hash.digest(b"abc").len(), hash.len());
        }
        assert_eq!(EdDSA.hash(), Sha512);
        assert_eq!(ES256.hash(), Sha256);
    }
}
