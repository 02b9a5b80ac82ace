//! OpenID Connect for relying parties: discovery, keys, ID Tokens, UserInfo, logout.
//!
//! This crate does no I/O and reads no clock: a request is an [`http::Request`] that you send, an
//! answer an [`http::Response`] that you bring, and time is an argument. Each exchange is a
//! [`Flow`].
//!
//! ```
//! use oidc_core::jwk::{Algorithm, JwkSet, SigningKey};
//! use oidc_core::{IdTokenVerifier, Nonce, UnixTime};
//!
//! # let key = SigningKey::generate(Algorithm::ES256)?;
//! # let keys = JwkSet::from(key.verification_key().clone());
//! # let sign = |nonce: &str| key.sign(None, &[], format!(r#"{{"iss": "https://idp.example",
//! #     "sub": "248289761001", "aud": "client-1", "exp": 1700000600, "iat": 1700000000,
//! #     "nonce": "{nonce}", "email": "jane@example.com"}}"#).as_bytes());
//! let verifier = IdTokenVerifier::new("https://idp.example", "client-1")
//!     .allow([Algorithm::ES256]);
//!
//! let nonce = Nonce::random(); // goes into the authorization request
//! # let raw = sign(&nonce)?;
//! # let now = UnixTime::from_seconds(1_700_000_010);
//! // `raw` came with the token answer, `keys` from the issuer's `jwks_uri`.
//! let claims = verifier.verify(&raw, &keys, Nonce::Expect(&nonce), now)?;
//! assert_eq!(claims.identity(), ("https://idp.example", "248289761001"));
//! assert!(!claims.email().unwrap().verified, "the provider does not vouch for it");
//! # Ok::<(), oidc_core::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod claims;
pub mod discovery;
pub mod id_token;
pub mod issuer;
pub mod keys;
pub mod logout;
pub mod nonce;
pub mod request;
pub mod userinfo;

mod fetched;

/// JSON Web Keys and what they sign (jose-core).
pub use jose_core as jwk;
/// JSON Web Tokens of any kind (jose-core).
pub use jose_core::jwt;

pub use claims::{Claims, Original};
pub use discovery::{ProviderMetadata, discover, discover_at};
pub use fetched::Fetched;
pub use id_token::{Expected, IdTokenVerifier, SignedToken};
pub use issuer::IssuerRule;
pub use jose_core::{Algorithm, JwkSet};
pub use keys::{KeyCache, fetch_keys};
pub use logout::{FrontChannelLogout, LogoutRequest, LogoutResponse, LogoutToken};
pub use nonce::Nonce;
pub use oauth2_core::State;
pub use request::AuthenticationRequest;
pub use userinfo::{Email, UserInfo, signed_userinfo, userinfo};

pub use protocol_core::{
    AccessToken, ClientSecret, Endpoint, Error, Flow, Input, Reason, Rejection, ReplayKey, Step,
    UnixTime,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
