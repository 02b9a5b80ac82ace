//! The seam to a cryptography library. Only the files named after one name it.
//!
//! To verify and sign it has three types: [`VerifyingKey`] (a public key made ready for one
//! algorithm), [`MacKey`] (a shared secret made ready for one hash) and [`KeyPair`] (a private key
//! made ready for one algorithm). To encrypt and decrypt it has [`RsaEncryptionKey`], [`RsaDecryptionKey`] and
//! [`AgreementKey`], and functions for the ciphers, whose keys differ from token to token. Each type
//! is made once per key, not once per token. A failure says nothing more.
//!
//! The two libraries share most of an interface, so `ring_like.rs` is written once for both, and
//! each library's own file holds what differs; `jwe_*.rs` are the same for JWE.

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "jose-core verifies and signs by a cryptography library: turn on the feature `aws-lc-rs` (the \
     default) or `ring`"
);

#[cfg_attr(feature = "aws-lc-rs", path = "aws_lc.rs")]
#[cfg_attr(not(feature = "aws-lc-rs"), path = "ring.rs")]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod backend;

#[cfg_attr(feature = "aws-lc-rs", path = "jwe_aws_lc.rs")]
#[cfg_attr(not(feature = "aws-lc-rs"), path = "jwe_ring.rs")]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod jwe_backend;

mod der;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod jwe_ring_like;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod ring_like;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub(crate) use {
    backend::{BACKEND, VerifyingKey},
    jwe_backend::{
        AgreementKey, RsaDecryptionKey, RsaEncryptionKey, aes_unwrap, aes_wrap, agree_once,
        cbc_decrypt, cbc_encrypt,
    },
    jwe_ring_like::{gcm_open, gcm_seal, pbkdf2},
    ring_like::{KeyPair, MacKey},
};

/// Which library serves; a column of the algorithm table belongs to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // One of them is built.
pub(crate) enum Backend {
    AwsLc,
    Ring,
}

/// The hash of RSA-OAEP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OaepHash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// The library did not take the key, or failed to do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Refused {
    /// Leaves aside what the library said.
    fn from<E>(_: E) -> Self {
        Refused
    }
}
