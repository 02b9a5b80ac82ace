//! The application, once in each framework. Its routes, below a base path:
//!
//! | route | what it does |
//! |---|---|
//! | GET `/login/{name}?next=` | begins a login |
//! | POST `/start/{name}` | the same, asked by our own pages only |
//! | GET, POST `/authorize/{name}` | ends it: JSON |
//! | any `/any/{name}` | takes whatever comes for a callback |
//! | GET `/replaced/{name}` | begins a login, and something around the handler answers 418 in its place |
//! | GET `/both/{name}` | begins a login, and sets a cookie of its own |
//! | GET `/notes/{name}` | calls the API for the user that the header `x-user` names |
//! | GET `/plain` | has nothing to do with logins |
//!
//! And once more made of the ready-made routes, with `/me` for who is signed in and `/maybe` for
//! whoever comes.
//!
//! Around them, what tells the test of the error behind an answer: in the header `x-error`.

mod actix_web;
mod axum;
mod rocket;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use client_registry::{Authorized, Error, Registry, RouteOptions, Seal, UserInfo};
use protocol_core::percent;
use serde_json::{Value, json};

/// A web framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    Axum,
    ActixWeb,
    Rocket,
}

impl Framework {
    pub const ALL: [Framework; 3] = [Framework::Axum, Framework::ActixWeb, Framework::Rocket];

    /// Serves the ready-made routes on 127.0.0.1.
    pub async fn serve_ready_made(self, registry: Registry, seal: Seal, how: ReadyMade) -> Served {
        match self {
            Framework::Axum => axum::serve_ready_made(registry, seal, how).await,
            Framework::ActixWeb => actix_web::serve_ready_made(registry, seal, how),
            Framework::Rocket => rocket::serve_ready_made(registry, seal, how).await,
        }
    }

    /// Serves the application below `base` on a free port of 127.0.0.1.
    pub async fn serve(self, registry: Registry, seal: Seal, base: &'static str) -> Served {
        match self {
            Framework::Axum => axum::serve(registry, seal, base).await,
            Framework::ActixWeb => actix_web::serve(registry, seal, base),
            Framework::Rocket => rocket::serve(registry, seal, base).await,
        }
    }
}

/// How the ready-made routes are mounted.
#[derive(Clone)]
pub struct ReadyMade {
    pub options: RouteOptions,
    /// Takes the names of those who have logged in, in place of signing them in; `Mallory` is refused.
    pub logins: Option<Arc<Mutex<Vec<String>>>>,
    /// 0 takes a free one.
    pub port: u16,
    /// The path of the public URL.
    pub base: &'static str,
}

impl ReadyMade {
    /// Routes that sign in whoever has logged in.
    pub fn signing_in(options: RouteOptions) -> Self {
        ReadyMade { options, logins: None, port: 0, base: "" }
    }

    /// What the application does with a finished login.
    async fn notice(logins: &Mutex<Vec<String>>, login: &Authorized) -> Result<(), Error> {
        let name = login.userinfo().await?.name().unwrap_or_default().to_owned();
        if name == "Mallory" {
            return Err(Error::NeedsLogin("somebody else, please".to_owned()));
        }
        logins.lock().expect("no panic").push(name);
        Ok(())
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Framework::Axum => "axum",
            Framework::ActixWeb => "actix-web",
            Framework::Rocket => "rocket",
        })
    }
}

/// An application at work. Dropping it stops it.
pub struct Served {
    pub address: SocketAddr,
    stop: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Served {
    fn new(address: SocketAddr, stop: impl FnOnce() + Send + Sync + 'static) -> Self {
        Served { address, stop: Some(Box::new(stop)) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

/// What `/authorize/{name}` answers.
fn told(login: &Authorized, user: &UserInfo) -> Value {
    let checks: Vec<_> = login.checks().iter().map(|check| check.what).collect();
    json!({
        "sub": user.sub(), "name": user.name(), "return_to": login.return_to(), "checks": checks,
        "extra": login.unverified_extra(),
    })
}

/// The header that tells of an error.
const X_ERROR: &str = "x-error";

/// Its value.
fn error_told(error: &Error) -> String {
    let mut pairs = vec![("code", error.code().to_owned()), ("text", error.to_string())];
    if let Error::Rejected(rejection) = error {
        pairs.extend(rejection.description.clone().map(|text| ("description", text)));
        pairs.extend(rejection.uri.clone().map(|text| ("uri", text)));
    }
    percent::form_body(pairs)
}
