//! The algorithms of JWE, one row each: key management (RFC 7518 §4.1) and content encryption
//! (RFC 7518 §5.1).
//!
//! RSA1_5 is no row, so it can be neither allowed nor used: its padding has been an oracle again and
//! again (RFC 7516 §11.5).

use std::fmt;

use crate::algorithm::Hash;
use crate::crypto::{self, OaepHash};

/// How the key of the content comes to the recipient: an `alg` value of JWE (RFC 7518 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // The table below says what each one is.
pub enum KeyManagement {
    RsaOaep,
    RsaOaep256,
    RsaOaep384,
    RsaOaep512,
    EcdhEs,
    EcdhEsA128Kw,
    EcdhEsA192Kw,
    EcdhEsA256Kw,
    A128Kw,
    A192Kw,
    A256Kw,
    A128GcmKw,
    A192GcmKw,
    A256GcmKw,
    Dir,
    Pbes2Hs256A128Kw,
    Pbes2Hs384A192Kw,
    Pbes2Hs512A256Kw,
}

use KeyManagement::*;

/// What an algorithm does to come to the content's key. `kek` is the length of the key that it is
/// wrapped with, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    RsaOaep(OaepHash),
    /// Without a `kek`, what is agreed on is the content's key itself.
    EcdhEs {
        kek: Option<usize>,
    },
    AesKw {
        kek: usize,
    },
    AesGcmKw {
        kek: usize,
    },
    Direct,
    Pbes2 {
        hash: Hash,
        kek: usize,
    },
}

/// One key management algorithm's facts.
struct KeyRow {
    algorithm: KeyManagement,
    name: &'static str,
    mode: Mode,
    on_aws_lc: bool,
    on_ring: bool,
}

const fn key(
    algorithm: KeyManagement,
    name: &'static str,
    mode: Mode,
    [on_aws_lc, on_ring]: [bool; 2],
) -> KeyRow {
    KeyRow { algorithm, name, mode, on_aws_lc, on_ring }
}

/// In the order of [`KeyManagement`]'s variants.
#[rustfmt::skip]
const KEY_TABLE: [KeyRow; 18] = [
    //  alg               name                  what it does                                     aws-lc ring
    key(RsaOaep,          "RSA-OAEP",           Mode::RsaOaep(OaepHash::Sha1),                  [true, false]),
    key(RsaOaep256,       "RSA-OAEP-256",       Mode::RsaOaep(OaepHash::Sha256),                [true, false]),
    key(RsaOaep384,       "RSA-OAEP-384",       Mode::RsaOaep(OaepHash::Sha384),                [true, false]),
    key(RsaOaep512,       "RSA-OAEP-512",       Mode::RsaOaep(OaepHash::Sha512),                [true, false]),
    key(EcdhEs,           "ECDH-ES",            Mode::EcdhEs { kek: None },                     [true, false]),
    key(EcdhEsA128Kw,     "ECDH-ES+A128KW",     Mode::EcdhEs { kek: Some(16) },                 [true, false]),
    key(EcdhEsA192Kw,     "ECDH-ES+A192KW",     Mode::EcdhEs { kek: Some(24) },                 [true, false]),
    key(EcdhEsA256Kw,     "ECDH-ES+A256KW",     Mode::EcdhEs { kek: Some(32) },                 [true, false]),
    key(A128Kw,           "A128KW",             Mode::AesKw { kek: 16 },                        [true, false]),
    key(A192Kw,           "A192KW",             Mode::AesKw { kek: 24 },                        [true, false]),
    key(A256Kw,           "A256KW",             Mode::AesKw { kek: 32 },                        [true, false]),
    key(A128GcmKw,        "A128GCMKW",          Mode::AesGcmKw { kek: 16 },                     [true, true]),
    key(A192GcmKw,        "A192GCMKW",          Mode::AesGcmKw { kek: 24 },                     [true, false]),
    key(A256GcmKw,        "A256GCMKW",          Mode::AesGcmKw { kek: 32 },                     [true, true]),
    key(Dir,              "dir",                Mode::Direct,                                   [true, true]),
    key(Pbes2Hs256A128Kw, "PBES2-HS256+A128KW", Mode::Pbes2 { hash: Hash::Sha256, kek: 16 },    [true, false]),
    key(Pbes2Hs384A192Kw, "PBES2-HS384+A192KW", Mode::Pbes2 { hash: Hash::Sha384, kek: 24 },    [true, false]),
    key(Pbes2Hs512A256Kw, "PBES2-HS512+A256KW", Mode::Pbes2 { hash: Hash::Sha512, kek: 32 },    [true, false]),
];

impl KeyManagement {
    /// Every algorithm of the table, whether or not this build's backend has it.
    pub const ALL: &[KeyManagement] = &[
        RsaOaep,
        RsaOaep256,
        RsaOaep384,
        RsaOaep512,
        EcdhEs,
        EcdhEsA128Kw,
        EcdhEsA192Kw,
        EcdhEsA256Kw,
        A128Kw,
        A192Kw,
        A256Kw,
        A128GcmKw,
        A192GcmKw,
        A256GcmKw,
        Dir,
        Pbes2Hs256A128Kw,
        Pbes2Hs384A192Kw,
        Pbes2Hs512A256Kw,
    ];

    /// What a decrypter allows unless it is told otherwise: to a public key of the recipient's, by
    /// the algorithms that are in use among providers.
    pub const DEFAULTS: &[KeyManagement] =
        &[RsaOaep, RsaOaep256, EcdhEs, EcdhEsA128Kw, EcdhEsA192Kw, EcdhEsA256Kw];

    /// The algorithm of this `alg` value. Names are case-sensitive (RFC 7516 §4.1.1).
    pub fn from_name(name: &str) -> Option<KeyManagement> {
        KEY_TABLE.iter().find(|row| row.name == name).map(|row| row.algorithm)
    }

    /// The `alg` value.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether the backend of this build has it.
    pub fn is_supported(self) -> bool {
        on_this_backend(self.row().on_aws_lc, self.row().on_ring)
    }

    pub(crate) fn mode(self) -> Mode {
        self.row().mode
    }

    fn row(self) -> &'static KeyRow {
        &KEY_TABLE[self as usize]
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the content is encrypted: an `enc` value of JWE (RFC 7518 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // The table below says what each one is.
pub enum ContentEncryption {
    A128CbcHs256,
    A192CbcHs384,
    A256CbcHs512,
    A128Gcm,
    A192Gcm,
    A256Gcm,
}

use ContentEncryption::*;

/// What protects the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// AES in CBC mode, then an HMAC by this hash, cut to half of it (RFC 7518 §5.2).
    CbcHmac(Hash),
    /// AES in Galois/Counter Mode (RFC 7518 §5.3).
    Gcm,
}

/// One content encryption algorithm's facts.
struct ContentRow {
    algorithm: ContentEncryption,
    name: &'static str,
    cipher: Cipher,
    /// In bytes.
    key_len: usize,
    on_aws_lc: bool,
    on_ring: bool,
}

const fn content(
    algorithm: ContentEncryption,
    name: &'static str,
    cipher: Cipher,
    key_len: usize,
    [on_aws_lc, on_ring]: [bool; 2],
) -> ContentRow {
    ContentRow { algorithm, name, cipher, key_len, on_aws_lc, on_ring }
}

/// In the order of [`ContentEncryption`]'s variants.
#[rustfmt::skip]
const CONTENT_TABLE: [ContentRow; 6] = [
    //      enc           name             how it is protected            key  aws-lc ring
    content(A128CbcHs256, "A128CBC-HS256", Cipher::CbcHmac(Hash::Sha256), 32, [true, false]),
    content(A192CbcHs384, "A192CBC-HS384", Cipher::CbcHmac(Hash::Sha384), 48, [true, false]),
    content(A256CbcHs512, "A256CBC-HS512", Cipher::CbcHmac(Hash::Sha512), 64, [true, false]),
    content(A128Gcm,      "A128GCM",       Cipher::Gcm,                   16, [true, true]),
    content(A192Gcm,      "A192GCM",       Cipher::Gcm,                   24, [true, false]),
    content(A256Gcm,      "A256GCM",       Cipher::Gcm,                   32, [true, true]),
];

impl ContentEncryption {
    /// Every algorithm of the table, whether or not this build's backend has it. A decrypter allows
    /// them all unless it is told otherwise: none of them is weak.
    pub const ALL: &[ContentEncryption] =
        &[A128CbcHs256, A192CbcHs384, A256CbcHs512, A128Gcm, A192Gcm, A256Gcm];

    /// The algorithm of this `enc` value. Names are case-sensitive (RFC 7516 §4.1.2).
    pub fn from_name(name: &str) -> Option<ContentEncryption> {
        CONTENT_TABLE.iter().find(|row| row.name == name).map(|row| row.algorithm)
    }

    /// The `enc` value.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether the backend of this build has it.
    pub fn is_supported(self) -> bool {
        on_this_backend(self.row().on_aws_lc, self.row().on_ring)
    }

    pub(crate) fn cipher(self) -> Cipher {
        self.row().cipher
    }

    /// The length of the content's key, in bytes.
    pub(crate) fn key_len(self) -> usize {
        self.row().key_len
    }

    fn row(self) -> &'static ContentRow {
        &CONTENT_TABLE[self as usize]
    }
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn on_this_backend(on_aws_lc: bool, on_ring: bool) -> bool {
    match crypto::BACKEND {
        crypto::Backend::AwsLc => on_aws_lc,
        crypto::Backend::Ring => on_ring,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_stand_in_the_order_of_the_variants() {
        assert_eq!(KEY_TABLE.len(), KeyManagement::ALL.len());
        for (row, algorithm) in KEY_TABLE.iter().zip(KeyManagement::ALL) {
            assert_eq!((row.algorithm, algorithm.row().name), (*algorithm, row.name));
            assert_eq!(KeyManagement::from_name(row.name), Some(*algorithm));
        }
        assert_eq!(CONTENT_TABLE.len(), ContentEncryption::ALL.len());
        for (row, algorithm) in CONTENT_TABLE.iter().zip(ContentEncryption::ALL) {
            assert_eq!((row.algorithm, algorithm.row().name), (*algorithm, row.name));
            assert_eq!(ContentEncryption::from_name(row.name), Some(*algorithm));
        }
    }

    #[test]
    fn names_are_case_sensitive_and_rsa1_5_is_no_algorithm() {
        for name in ["RSA1_5", "none", "", "DIR", "rsa-oaep", "A128GCM", "RS256", "dir "] {
            assert_eq!(KeyManagement::from_name(name), None, "{name:?}");
        }
        for name in ["none", "", "a128gcm", "A128KW", "A128CBC", "A512GCM"] {
            assert_eq!(ContentEncryption::from_name(name), None, "{name:?}");
        }
    }
}
