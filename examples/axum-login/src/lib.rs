//! The smallest login in axum, by each protocol: what an application writes stands between the marks
//! in `openid.rs`, `oauth2.rs` and `oauth1.rs`. This file chooses one of them, and sets up the
//! provider of `--demo`.
#![forbid(unsafe_code)]

mod oauth1;
mod oauth2;
mod openid;

use std::io;

use axum::Router;
use demo_provider::{Client, DemoProvider, Running};
use integration_axum::{Env, Error};

/// The protocols that [`app`] knows.
pub const PROTOCOLS: [&str; 3] = ["openid", "oauth2", "oauth1"];

/// The application that logs in by `protocol`, reached by browsers at `public_url`; `None` for a
/// protocol that is none of [`PROTOCOLS`].
///
/// # Errors
/// Settings that are missing in `env` or wrong, by name.
pub fn app(protocol: &str, env: Env, public_url: &str) -> Option<Result<Router, Error>> {
    match protocol {
        "openid" => Some(openid::app(env, public_url)),
        "oauth2" => Some(oauth2::app(env, public_url)),
        "oauth1" => Some(oauth1::app(env, public_url)),
        _ => None,
    }
}

/// A provider on this machine, and the environment that leads the applications at `public_url` to
/// it.
///
/// # Errors
/// Those of binding its socket.
pub async fn demo(public_url: &str) -> io::Result<(Running, Env)> {
    let mut client = Client::confidential("demo", "demo-secret").name("the smallest login");
    for name in ["google", "github", "classic"] {
        client = client.redirect_uri(&format!("{public_url}/authorize/{name}"));
    }
    let provider = DemoProvider::builder().client(client).bind(0).await?;
    let at = |path: &str| format!("{}{path}", provider.base_url());
    let mut vars = vec![
        ("GOOGLE_ISSUER", at("")),
        ("GITHUB_AUTHORIZE_URL", at("/authorize")),
        ("GITHUB_ACCESS_TOKEN_URL", at("/token")),
        ("GITHUB_API_BASE_URL", at("/api/")),
        ("GITHUB_SCOPE", "profile email".to_owned()),
        ("CLASSIC_REQUEST_TOKEN_URL", at("/oauth1/request_token")),
        ("CLASSIC_AUTHORIZE_URL", at("/oauth1/authorize")),
        ("CLASSIC_ACCESS_TOKEN_URL", at("/oauth1/access_token")),
        ("CLASSIC_API_BASE_URL", at("/oauth1/")),
    ];
    for name in ["GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "CLASSIC_CLIENT_ID"] {
        vars.push((name, "demo".to_owned()));
    }
    for name in ["GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_SECRET", "CLASSIC_CLIENT_SECRET"] {
        vars.push((name, "demo-secret".to_owned()));
    }
    Ok((provider, Env::from_vars(vars)))
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
