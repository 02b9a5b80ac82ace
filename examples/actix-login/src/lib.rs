//! The smallest login in actix-web, by each protocol: what an application writes stands between the marks
//! in `openid.rs`, `oauth2.rs` and `oauth1.rs`. This file chooses one of them.
#![forbid(unsafe_code)]

mod oauth1;
mod oauth2;
mod openid;

use std::net::TcpListener;

use actix_web::dev::Server;
use integration_actix_web::Env;

/// The protocols that [`server`] knows.
pub const PROTOCOLS: [&str; 3] = ["openid", "oauth2", "oauth1"];

/// What comes of setting up a server.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The application that logs in by `protocol`, on `socket`, reached by browsers at `public_url`;
/// `None` for a protocol that is none of [`PROTOCOLS`].
///
/// # Errors
/// Settings that are missing in `env` or wrong, by name; those of the socket.
pub fn server(
    protocol: &str,
    env: Env,
    public_url: &str,
    socket: TcpListener,
) -> Option<Outcome<Server>> {
    match protocol {
        "openid" => Some(openid::server(env, public_url, socket)),
        "oauth2" => Some(oauth2::server(env, public_url, socket)),
        "oauth1" => Some(oauth1::server(env, public_url, socket)),
        _ => None,
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
