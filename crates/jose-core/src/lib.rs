//! JOSE for clients: JWS, JWE, JWK, JWK Sets and JWT claims. Bytes in, claims out; no I/O, no clock.
//!
//! ```
//! use jose_core::{Algorithm, JwkSet, SigningKey, Verifier};
//!
//! let key = SigningKey::generate(Algorithm::ES256)?.with_kid("2026-01");
//! let token = key.sign(Some("JWT"), &[], br#"{"iss":"https://idp.example","sub":"248289761001"}"#)?;
//!
//! // The other side has the public keys, as JSON from the provider.
//! let published = JwkSet::from_iter(key.public_jwk().cloned()).public_only().to_string();
//! let keys = JwkSet::parse(published.as_bytes())?;
//! let claims = Verifier::new().allow([Algorithm::ES256]).verify(&token, &keys)?.claims()?;
//! assert_eq!(claims.iss(), Some("https://idp.example"));
//! # Ok::<(), jose_core::Error>(())
//! ```
//!
//! The algorithms are the caller's list, never the token's choice; a key serves only algorithms of
//! its own type; `none` is no algorithm. What is weaker stands in [`danger`].
#![forbid(unsafe_code)]

pub mod algorithm;
pub mod danger;
pub mod header;
pub mod jwe;
pub mod jwk;
pub mod jwk_set;
pub mod jws;
pub mod jwt;
pub mod signing_key;
pub mod symmetric;

mod crypto;
mod key;
mod pem;

pub use algorithm::{Algorithm, Curve, Hash, KeyType};
pub use header::Header;
pub use jwe::{Decrypted, Decrypter, DecryptionKey, DecryptionKeySet, EncryptionKey};
pub use jwk::Jwk;
pub use jwk_set::{JwkSet, Skipped};
pub use jws::{Verified, Verifier};
pub use jwt::Claims;
pub use protocol_core::{Error, Reason, UnixTime};
pub use signing_key::SigningKey;
pub use symmetric::SymmetricKey;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
