//! Log in with Google, by OAuth 2.0 and OpenID Connect.
//!
//! This file is what an application writes; `pages.rs` is HTML, `demo.rs` is the provider of `--demo`.
#![forbid(unsafe_code)]

mod demo;
mod pages;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Redirect as Local, Response};
use axum::routing::{get, post};
use integration_axum::client_registry::{self, public_message};
use integration_axum::{
    Callback, Env, Error, OAuth, OAuthLayer, Redirect, SameOrigin, Seal, Visitor, providers,
};
use serde_json::Value;

pub use demo::demo;

/// The application, reached by browsers at `public_url`; `env` holds `GOOGLE_CLIENT_ID` and
/// `GOOGLE_CLIENT_SECRET`.
///
/// # Errors
/// Settings that are missing or wrong, by name.
pub fn app(env: Env, public_url: &str) -> Result<Router, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("google", providers::google())
        .signed_in_life(Duration::from_secs(86_400))
        .build()?;
    Ok(Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/authorize/google", get(authorize))
        .route("/profile", get(profile))
        .route("/logout", post(logout))
        .layer(middleware::from_fn(explain))
        .layer(OAuthLayer::new(oauth, Seal::generate())))
}

async fn home(visitor: Visitor) -> Response {
    pages::home(visitor.user().map(|user| {
        let verified = user.email().filter(|email| email.verified);
        (user.name().unwrap_or(user.sub()), verified.map(|email| email.address))
    }))
}

async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("google")?.authorize_redirect(oauth.callback_url("google")?).await
}

/// Google sends the user back to here. What the ID token says is verified by now.
async fn authorize(oauth: OAuth, callback: Callback) -> Result<Local, Error> {
    let token = oauth.client("google")?.authorize_access_token(callback).await?;
    oauth.session().sign_in(&token).await?;
    Ok(Local::to("/"))
}

/// Asks Google's API, with the token of whoever is signed in.
async fn profile(oauth: OAuth) -> Result<Response, Error> {
    let profile: Value = oauth.client("google")?.get("oauth2/v3/userinfo").await?.json().await?;
    Ok(pages::profile(&profile))
}

/// By POST, and from our own page alone: no other site can sign anybody out.
async fn logout(_ours: SameOrigin, oauth: OAuth, visitor: Visitor) -> Result<Local, Error> {
    if let Some(user) = visitor.user() {
        oauth.client("google")?.delete_token(&user.id()).await?;
    }
    oauth.session().sign_out().await?;
    Ok(Local::to("/"))
}

/// A page in place of an error's plain text.
async fn explain(request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    match answer.extensions().get::<client_registry::Error>() {
        Some(error) => pages::problem(answer.status(), public_message(error)),
        None => answer,
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
