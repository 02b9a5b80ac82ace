//! OAuth 1.0a (RFC 5849): signing requests, verifying them, and the three legs of a login.
//!
//! This crate does no I/O and reads no clock. [`Signer`] signs any [`http::Request`], also one that
//! it did not build; [`Verifier`] is the receiving side (LTI launches, webhooks, a provider of your
//! own); [`flow`] holds the three legs as [`protocol_core::Flow`]s, and [`callback`] what comes
//! between the second and the third.
//!
//! ```
//! use oauth1_core::{ClientCredentials, Signer, TokenCredentials, UnixTime};
//!
//! let consumer = ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
//! let token = TokenCredentials::new("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00");
//! let now = UnixTime::from_seconds(137_131_202);
//!
//! let mut request = http::Request::get("https://photos.example.net/photos?size=original").body("")?;
//! Signer::hmac_sha1(consumer).with_token(token).sign(&mut request, now)?;
//!
//! let header = request.headers()["authorization"].to_str()?;
//! assert!(header.starts_with("OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod encode;
mod text;

pub mod authorization;
pub mod base_string;
pub mod callback;
pub mod credentials;
pub mod flow;
pub mod signature;
pub mod signer;
pub mod verifier;

pub use base_string::BaseString;
pub use callback::Callback;
pub use credentials::{ClientCredentials, TemporaryCredentials, TokenCredentials};
pub use flow::{authorization_url, temporary_credentials, token_credentials};
pub use signature::{RsaPrivateKey, RsaPublicKey, Secrets, SignatureMethod};
pub use signer::{Placement, Signer};
pub use verifier::{SignedRequest, Verified, Verifier};

pub use protocol_core::{Endpoint, Error, Flow, Reason, UnixTime};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
