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
//! Around them, what tells the test of the error behind an answer: in the header `x-error`.

mod actix_web;
mod axum;
mod rocket;

use std::fmt;
use std::net::SocketAddr;

use client_registry::{Authorized, Error, Registry, Seal, UserInfo};
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

    /// Serves the application below `base` on a free port of 127.0.0.1.
    pub async fn serve(self, registry: Registry, seal: Seal, base: &'static str) -> Served {
        match self {
            Framework::Axum => axum::serve(registry, seal, base).await,
            Framework::ActixWeb => actix_web::serve(registry, seal, base),
            Framework::Rocket => rocket::serve(registry, seal, base).await,
        }
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
        "name": user.name(), "return_to": login.return_to(), "checks": checks,
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
