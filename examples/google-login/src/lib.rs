//! Log in with Google, by OAuth 2.0 and OpenID Connect.
//!
//! This file is what an application writes; `session.rs` remembers who is signed in, `pages.rs` is
//! HTML, `demo.rs` is the provider of `--demo`.
#![forbid(unsafe_code)]

mod demo;
mod pages;
mod session;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect as Local, Response};
use axum::routing::{get, post};
use integration_axum::client_registry::{self, public_message};
use integration_axum::{
    Callback, Env, Error, OAuth, OAuthLayer, Redirect, SameOrigin, Seal, providers,
};
use serde_json::Value;

pub use demo::demo;
use session::{Sessions, User};

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
        .build()?;
    let seal = Seal::generate();
    let sessions = Sessions::new(seal.clone(), public_url);
    let layer = OAuthLayer::new(oauth, seal);
    Ok(Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/authorize/google", get(authorize))
        .route("/profile", get(profile))
        .route("/logout", post(logout))
        .layer(middleware::from_fn(explain))
        .layer(layer.current_user({
            let sessions = sessions.clone();
            move |parts| sessions.find(&parts.headers).map(|user| user.sub)
        }))
        .with_state(sessions))
}

async fn home(user: Option<User>) -> Response {
    pages::home(user.as_ref())
}

async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("google")?.authorize_redirect(oauth.callback_url("google")?).await
}

/// Google sends the user back to here. What the ID token says is verified by now.
async fn authorize(
    oauth: OAuth,
    State(sessions): State<Sessions>,
    callback: Callback,
) -> Result<Response, Error> {
    let token = oauth.client("google")?.authorize_access_token(callback).await?;
    let user = User::from(token.userinfo().await?);
    token.save_for(&user.sub).await?;
    Ok((sessions.begin(&user), Local::to("/")).into_response())
}

/// Asks Google's API, with the token of whoever is signed in.
async fn profile(oauth: OAuth) -> Result<Response, Error> {
    let profile: Value = oauth.client("google")?.get("oauth2/v3/userinfo").await?.json().await?;
    Ok(pages::profile(&profile))
}

/// By POST, and from our own page alone: no other site can sign anybody out.
async fn logout(
    _ours: SameOrigin,
    oauth: OAuth,
    user: Option<User>,
    State(sessions): State<Sessions>,
) -> Result<Response, Error> {
    if let Some(user) = user {
        oauth.client("google")?.delete_token(&user.sub).await?;
    }
    Ok((sessions.end(), Local::to("/")).into_response())
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
