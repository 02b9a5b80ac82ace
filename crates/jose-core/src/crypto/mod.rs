//! The seam to a cryptography library. Only `aws_lc.rs` and `ring.rs` name one.
//!
//! It has three types: [`VerifyingKey`] (a public key made ready for one algorithm), [`MacKey`] (a
//! shared secret made ready for one hash) and [`KeyPair`] (a private key made ready for one
//! algorithm). Each is made once per key, not once per token. A failure says nothing more.
//!
//! The two libraries share most of an interface, so `ring_like.rs` is written once for both, and
//! each library's own file holds what differs.

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "jose-core verifies and signs by a cryptography library: turn on the feature `aws-lc-rs` (the \
     default) or `ring`"
);

#[cfg_attr(feature = "aws-lc-rs", path = "aws_lc.rs")]
#[cfg_attr(not(feature = "aws-lc-rs"), path = "ring.rs")]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod backend;

mod der;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod ring_like;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub(crate) use {
    backend::{BACKEND, VerifyingKey},
    ring_like::{KeyPair, MacKey},
};

/// Which library serves; a column of the algorithm table belongs to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // One of them is built.
pub(crate) enum Backend {
    AwsLc,
    Ring,
}

/// The library did not take the key, or failed to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Refused {
    /// Leaves aside what the library said.
    fn from<E>(_: E) -> Self {
        Refused
    }
}
