//! The smallest login in Rocket, by each protocol: what an application writes stands between the marks
//! in `openid.rs`, `oauth2.rs` and `oauth1.rs`. This file chooses one of them.
#![forbid(unsafe_code)]

mod oauth1;
mod oauth2;
mod openid;

use integration_rocket::{Env, Error};
use rocket::{Build, Rocket};

/// The protocols that [`app`] knows.
pub const PROTOCOLS: [&str; 3] = ["openid", "oauth2", "oauth1"];

/// The application that logs in by `protocol`, reached by browsers at `public_url`; `None` for a
/// protocol that is none of [`PROTOCOLS`].
///
/// # Errors
/// Settings that are missing in `env` or wrong, by name.
pub fn app(protocol: &str, env: Env, public_url: &str) -> Option<Result<Rocket<Build>, Error>> {
    match protocol {
        "openid" => Some(openid::app(env, public_url)),
        "oauth2" => Some(oauth2::app(env, public_url)),
        "oauth1" => Some(oauth1::app(env, public_url)),
        _ => None,
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
