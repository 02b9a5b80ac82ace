//! The application's routes: two for logins, and what it does for those who are signed in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect as LocalRedirect, Response};
use axum::routing::{get, post};
use client_registry::{Authorized, Registry, Seal};
use integration_axum::{Callback, Error, OAuth, OAuthLayer, Redirect, SameOrigin};

use crate::pages;
use crate::sessions::{Sessions, User};

pub(crate) fn router(registry: Registry, seal: Seal) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login/{name}", get(login))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/call", get(call))
        .route("/logout", post(logout))
        .fallback(|| async { pages::not_found() })
        .layer(middleware::from_fn(explain))
        .layer(OAuthLayer::new(registry, seal))
        .with_state(Arc::new(Sessions::default()))
}

async fn login(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    State(sessions): State<Arc<Sessions>>,
    Path(name): Path<String>,
    callback: Callback,
) -> Result<Response, Error> {
    let login = oauth.client(&name)?.authorize_access_token(callback).await?;
    let cookie = sessions.begin(signed_in(&oauth, &name, &login).await?);
    Ok(([(SET_COOKIE, cookie)], LocalRedirect::to(login.return_to().unwrap_or("/")))
        .into_response())
}

async fn signed_in(oauth: &OAuth, name: &str, login: &Authorized) -> Result<User, Error> {
    let client = oauth.client(name)?;
    Ok(User {
        client: name.to_owned(),
        title: client.title().to_owned(),
        protocol: client.protocol(),
        info: login.userinfo().await?,
        checks: login.checks().to_vec(),
        token: login.token().clone(),
    })
}

async fn home(oauth: OAuth, State(sessions): State<Arc<Sessions>>, headers: HeaderMap) -> Response {
    match sessions.find(&headers) {
        Some(user) => pages::signed_in(&user),
        None => pages::sign_in(&oauth.registry().names()),
    }
}

/// Calls the provider's API with the token of the signed-in user.
async fn call(
    oauth: OAuth,
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let Some(user) = sessions.find(&headers) else {
        return Ok(LocalRedirect::to("/").into_response());
    };
    let path = match user.protocol {
        "OAuth 1.0" => "profile",
        _ => "notes",
    };
    let client = oauth.client(&user.client)?;
    let answer: serde_json::Value = client.get(path).token(&user.token).await?.json().await?;
    Ok(pages::answer(path, &answer))
}

async fn logout(
    _ours: SameOrigin,
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Response {
    ([(SET_COOKIE, sessions.end(&headers))], LocalRedirect::to("/")).into_response()
}

/// Turns an error into a page that helps, and shows nothing of the inside.
async fn explain(request: Request, next: Next) -> Response {
    let retry = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let response = next.run(request).await;
    match response.extensions().get::<client_registry::Error>() {
        Some(error) => {
            let mut page = pages::problem(error, &retry);
            *page.status_mut() = response.status();
            page
        }
        None => response,
    }
}

/// The value of one cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
