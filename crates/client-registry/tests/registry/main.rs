//! The registry from outside: what it sends, what it refuses, and whole logins.
#![allow(missing_docs)] // A test program has no readers of its API.
#![allow(clippy::needless_pass_by_value)] // `json!(..)` reads best as a value.

mod common;

mod by_hand;
mod caches;
mod compliance;
mod demo;
mod devices;
mod encryption;
mod introspection;
mod issuers;
mod keys;
mod lifecycle;
mod logins;
mod logout;
mod logout_told;
mod mutual_tls;
mod oauth1;
mod presets;
mod quirks;
mod refreshes;
mod refusals_binding;
mod refusals_claims;
mod refusals_exhaustion;
mod refusals_signature;
mod refusals_transport;
mod settings;
mod sign_in;
mod telemetry;
