//! What every OAuth and OpenID Connect crate of this workspace speaks.
//!
//! This crate does no I/O and reads no clock. It holds the spine on which the protocol crates are
//! built, [`Flow`]: a conversation with a server as data in, data out. Whoever drives it owns the
//! sockets and the time.
//!
//! ```
//! use protocol_core::{Flow, Input, Step, UnixTime, flow::exchange};
//!
//! let request = http::Request::get("https://api.example/answer").body(Vec::new())?;
//! let mut flow = exchange(request, |response, _now| Ok(response.into_body().len()));
//!
//! let now = UnixTime::from_seconds(1_700_000_000);
//! let Step::Send(request) = flow.step(Input::Start, now)? else { panic!("it asks first") };
//! assert_eq!(request.uri(), "https://api.example/answer");
//!
//! let response = http::Response::new(b"forty-two".to_vec());
//! let Step::Done(length) = flow.step(Input::Response(response), now)? else { panic!("done") };
//! assert_eq!(length, 9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod base64url;
pub mod digest;
pub mod endpoint;
pub mod error;
pub mod flow;
pub mod json;
pub mod percent;
pub mod random;
pub mod replay;
pub mod secret;
pub mod time;

pub use endpoint::Endpoint;
pub use error::{Error, HttpError, HttpErrorKind, Reason, Rejection, StateError, Violation};
pub use flow::{Flow, Input, Step};
pub use replay::ReplayKey;
pub use secret::{AccessToken, ClientSecret, CodeVerifier, RefreshToken, Secret, TokenSecret};
pub use time::UnixTime;
