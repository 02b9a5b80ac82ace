//! A small provider that speaks OAuth 1.0a, OAuth 2.0 and OpenID Connect, for demos and tests only.
//!
//! It listens on loopback and nowhere else, takes any password, keeps everything in bounded memory
//! and forgets it when it stops. What a client must be able to rely on is done as the
//! specifications say: PKCE, single-use codes, refresh rotation with reuse detection, `iss` in the
//! callback, signed ID tokens, OAuth 1 signatures and replay. What a client must survive can be
//! switched on: rotated keys, an outage, a [`Fault`].
//!
//! ```
//! use demo_provider::{Client, DemoProvider};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let provider = DemoProvider::builder()
//!     .client(Client::confidential("app", "secret").redirect_uri("http://127.0.0.1/callback"))
//!     .bind(0)
//!     .await?;
//! assert!(provider.issuer().starts_with("http://127.0.0.1:"));
//!
//! provider.set_auto_approve(Some("alice")); // no pages: /authorize redirects back at once
//! assert_eq!(provider.requests("/token"), 0);
//! provider.shutdown().await;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod client;
mod provider;
mod state;
mod web;

mod authorize;
mod interaction;
mod logout;
mod pages;

mod api;
mod oauth1;
mod oidc;
mod token;

mod examples;

pub use client::{Client, User};
pub use examples::for_examples;
pub use jose_core::Algorithm;
pub use pages::escape;
pub use provider::{Builder, DemoProvider, Fault, Running};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
