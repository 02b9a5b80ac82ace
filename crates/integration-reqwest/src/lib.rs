//! The HTTP client of `client-registry` on [reqwest]: TLS by rustls, the platform's root
//! certificates, and the contract of [`HttpClient`](client_registry::HttpClient) kept.
//!
//! ```
//! use std::time::Duration;
//! use integration_reqwest::Client;
//!
//! let http = Client::builder()
//!     .timeout(Duration::from_secs(10))
//!     .user_agent("my-app/1.0")
//!     .build()?;
//! # let _: &dyn client_registry::HttpClient = &http;
//! # Ok::<(), protocol_core::Error>(())
//! ```
//!
//! - [`Client`]: one request out, one answer in: whole from protocol endpoints, streaming in API
//!   calls.
//! - [`Builder`]: timeouts, size cap, proxy, certificates, [`public_only`](Builder::public_only).
//! - [`blocking::Client`]: the same for programs without a runtime.
#![forbid(unsafe_code)]

pub mod blocking;
mod builder;
mod client;
mod resolver;
mod streaming;

pub use builder::Builder;
pub use client::Client;
pub use reqwest;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
