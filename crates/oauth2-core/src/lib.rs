//! OAuth 2.0 for clients (RFC 6749 and its extensions): authorization requests, callbacks, grants.
//!
//! This crate does no I/O and reads no clock. A request is an [`http::Request`] that you send, an
//! answer an [`http::Response`] that you bring, and each exchange is a [`Flow`]. Random values are
//! made by `X::random()` and every one of them can be given instead.
//!
//! ```
//! use oauth2_core::{AuthorizationRequest, Callback, Endpoint, Expected, IssExpected, Pkce, State};
//! use oauth2_core::StateExpected;
//!
//! let endpoint = Endpoint::parse("authorization_endpoint", "https://idp.example/authorize")?;
//! let (state, pkce) = (State::random(), Pkce::random());
//! let url = AuthorizationRequest::new(&endpoint, "client-1")
//!     .redirect_uri("https://app.example/callback")
//!     .scope("profile")
//!     .state(&state)
//!     .pkce(&pkce)
//!     .url();
//! assert!(url.starts_with("https://idp.example/authorize?response_type=code&client_id=client-1&"));
//!
//! let query = format!("code=c0de&state={}", state.expose());
//! let response = Callback::query(&query)
//!     .check(&Expected::new(StateExpected::Exactly(state), IssExpected::Unchecked))?;
//! assert_eq!(response.code()?.expose(), "c0de");
//! # Ok::<(), oauth2_core::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod authorization;
pub mod callback;
pub mod challenge;
pub mod client_auth;
pub mod grants;
pub mod introspection;
pub mod metadata;
pub mod mtls;
pub mod revocation;
pub mod token;

mod answer;
mod assertion;
mod parameters;
#[cfg(test)]
mod testing;

pub use authorization::{
    AuthorizationRequest, CodeChallengeMethod, Pkce, ResponseMode, ResponseType, State,
};
pub use callback::{AuthorizationResponse, Callback, Expected, IssExpected, StateExpected};
pub use challenge::Challenge;
pub use client_auth::{Client, ClientAuthentication};
pub use grants::{
    AuthorizationCodeGrant, ClientCredentialsGrant, DeviceAuthorization,
    DeviceAuthorizationRequest, DeviceCodeGrant, DevicePolling, RefreshTokenGrant,
};
pub use introspection::{Introspection, IntrospectionResponse};
pub use metadata::AuthorizationServerMetadata;
pub use mtls::MtlsEndpointAliases;
pub use revocation::Revocation;
pub use token::{TokenResponse, TokenResponseRules, TokenType};

pub use protocol_core::{
    AccessToken, ClientSecret, CodeVerifier, Endpoint, Error, Flow, Input, Reason, RefreshToken,
    Rejection, Secret, Step, UnixTime,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
