//! Named OAuth 1.0, OAuth 2.0 and OpenID Connect clients.
#![forbid(unsafe_code)]

pub mod clock;
pub mod driver;
pub mod http;

pub use crate::clock::Clock;
pub use crate::driver::{drive, drive_blocking};
pub use crate::http::{BoxFuture, HttpClient};
