//! Named OAuth 1.0, OAuth 2.0 and OpenID Connect clients.
#![forbid(unsafe_code)]

pub mod http;

pub use crate::http::{BoxFuture, HttpClient};
