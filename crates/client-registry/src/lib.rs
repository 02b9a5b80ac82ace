//! Named OAuth 1.0, OAuth 2.0 and OpenID Connect clients: register a provider, write two routes,
//! log your users in.
//!
//! A [`Registry`] holds [`Client`]s by name, configured by preset, file, environment and code. For
//! each request of a browser an adapter (`integration-axum` and its like) makes a [`Session`] from
//! the request's cookies; the clients that it hands out begin logins
//! ([`Client::authorize_redirect`]) and finish them ([`Client::authorize_access_token`]), with
//! every check on. Of this workspace's crates it is the only one that awaits, reads a clock and
//! keeps state.
//!
//! ```
//! use client_registry::{Env, Registry, providers};
//! # struct Http;
//! # impl client_registry::HttpClient for Http {
//! #     fn send(&self, _: http::Request<Vec<u8>>)
//! #         -> client_registry::BoxFuture<'_, Result<http::Response<Vec<u8>>, client_registry::HttpError>> {
//! #         Box::pin(async { Ok(http::Response::new(Vec::new())) })
//! #     }
//! # }
//! # let http = Http;
//! # let env = Env::from_vars([("GITHUB_CLIENT_ID", "id"), ("GITHUB_CLIENT_SECRET", "s")]);
//! let registry = Registry::builder()
//!     .public_url("https://app.example")?
//!     .source(env) // Env::read() in an application
//!     .register("github", providers::github())
//!     .http(http) // integration_reqwest::Client in an application
//!     .build()?;
//! assert_eq!(registry.callback_url("github")?, "https://app.example/authorize/github");
//! assert_eq!(registry.client("github")?.protocol(), "OAuth 2.0");
//! # Ok::<(), client_registry::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod clock;
pub mod compliance;
pub mod driver;
pub mod http;
pub mod providers;

mod adapter;
mod answer;
mod api;
mod api_hosts;
mod api_response;
mod authorized;
mod body;
mod cache;
mod callback;
mod client;
mod clients;
mod config;
mod device;
mod finish;
mod interned;
mod introspection;
mod issuer;
mod lazy;
mod login;
mod logout;
mod oauth1;
mod oauth2;
mod options;
mod profile;
mod provider;
mod public;
mod quirks;
mod registry;
mod routes;
mod session;
mod settings;
mod sign_in;
mod sources;
mod telemetry;
mod token;
mod token_placement;
mod tokens;

pub use crate::http::{BoxFuture, HttpClient, Transport};
pub use answer::{NOT_KEPT, error_response};
pub use api::ApiRequest;
pub use api_response::ApiResponse;
pub use authorized::{Authorized, Check};
pub use body::{Body, Chunks};
pub use cache::{Cache, MemoryCache};
pub use callback::Callback;
pub use client::{AuthorizationUrl, Client, Redirection};
pub use clients::Clients;
pub use clock::Clock;
pub use compliance::ComplianceFix;
pub use device::DeviceLogin;
pub use driver::{drive, drive_blocking};
pub use login::{PendingLogin, ReplaySet, Seal};
pub use logout::{LoggedOut, LogoutAnswer, LogoutOptions, Revocation, SessionEnded};
pub use options::LoginOptions;
pub use provider::Provider;
pub use public::public_message;
pub use quirks::Quirk;
pub use registry::{Builder, Registry};
pub use routes::{Answered, Route, RouteOptions, RouteRequest};
pub use session::Session;
pub use settings::{Key, Origin};
pub use sign_in::SignedIn;
pub use sources::{Env, Json, Map, Source, Toml};
pub use token::Token;
pub use tokens::{Lease, MemoryTokenStore, StoredToken, TokenStore, TokenUpdate, TokenUpdates};

pub use oauth1_core::{Secrets, SignatureMethod};
pub use oauth2_core::{DeviceAuthorization, Introspection, IntrospectionResponse};
pub use oidc_core::{Claims, Email, Nonce, UserInfo};
pub use protocol_core::{
    AccessToken, ClientSecret, Error, HttpError, HttpErrorKind, Reason, RefreshToken, Rejection,
    Secret, StateError, TokenSecret, UnixTime, Violation,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
