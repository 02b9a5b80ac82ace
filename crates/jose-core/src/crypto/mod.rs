//! The seam to a cryptography library. Only the files of this folder name one.
//!
//! A backend has three types: [`VerifyingKey`] (a public key made ready for one algorithm), [`MacKey`]
//! (a shared secret made ready for one hash) and [`KeyPair`] (a private key made ready for one
//! algorithm). Each is made once per key, not once per token. A failure says nothing more.

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "jose-core verifies and signs by a cryptography library: turn on the feature `aws-lc-rs` (the \
     default) or `ring`"
);

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::{BACKEND, KeyPair, MacKey, VerifyingKey};

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod ring;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use self::ring::{BACKEND, KeyPair, MacKey, VerifyingKey};

mod der;

/// Which backend serves; a column of the algorithm table belongs to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // One of them is built.
pub(crate) enum Backend {
    AwsLc,
    Ring,
}

/// The library did not take the key, or failed to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;
