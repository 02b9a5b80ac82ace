//! The application's routes: two for logins, and what it does for those who are signed in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect as LocalRedirect, Response};
use axum::routing::{get, post};
use client_registry::{Authorized, Registry, Seal, providers};
use integration_axum::{Callback, Error, LogoutOptions, OAuth, OAuthLayer, Redirect, SameOrigin};

use crate::pages::{self, Way};
use crate::sessions::{Sessions, User};

pub(crate) fn router(registry: Registry, seal: Seal) -> Router {
    let sessions = Arc::new(Sessions::default());
    Router::new()
        .route("/", get(home))
        .route("/login/{name}", get(login))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/call", get(call))
        .route("/logout", post(logout))
        .route("/logged-out/{name}", get(logged_out))
        .fallback(|| async { pages::not_found() })
        .layer(middleware::from_fn_with_state(sessions.clone(), explain))
        .layer(OAuthLayer::new(registry, seal))
        .with_state(sessions)
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
        None => {
            let names = oauth.registry().names();
            let clients = names.iter().filter_map(|(name, _)| oauth.client(name).ok());
            let ways = clients.map(|client| Way {
                name: client.name().to_owned(),
                title: client.title().to_owned(),
                protocol: client.protocol(),
                is_demo: client.name().starts_with("demo-"),
            });
            let unset = providers::ALL
                .iter()
                .filter(|preset| names.iter().all(|(name, _)| name != preset.name));
            let variable = |name: &str| name.to_uppercase().replace('-', "_") + "_CLIENT_ID";
            pages::sign_in(ways, unset.map(|preset| (preset.title, variable(preset.name))))
        }
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

/// Ends the session here, and the one at the provider where it has a logout page.
async fn logout(
    _ours: SameOrigin,
    oauth: OAuth,
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let user = sessions.find(&headers);
    let cookie = sessions.end(&headers);
    let Some(user) = user else { return Ok(LocalRedirect::to("/").into_response()) };
    let back = oauth.registry().url(&format!("/logged-out/{}", user.client))?;
    let options = LogoutOptions::new().token(&user.token);
    let to = oauth.client(&user.client)?.logout_redirect_with(back, &options).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::from(to)).into_response())
}

async fn logged_out(
    oauth: OAuth,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<LocalRedirect, Error> {
    oauth.client(&name)?.validate_logout_response(&query.unwrap_or_default()).await?;
    Ok(LocalRedirect::to("/"))
}

/// Turns an error into a page that helps, and shows nothing of the inside.
async fn explain(
    oauth: OAuth,
    State(sessions): State<Arc<Sessions>>,
    name: Option<Path<String>>,
    request: Request,
    next: Next,
) -> Response {
    let user = sessions.find(request.headers());
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<client_registry::Error>() else {
        return response;
    };
    // What failed was a login with the client of the address, or a call for the user.
    let name = name.as_ref().map(|Path(name)| name).or(user.as_ref().map(|user| &user.client));
    let again = name.and_then(|name| oauth.client(name).ok());
    let again = again.as_ref().map(|client| (client.name(), client.title()));
    let mut page = pages::problem(error, again, user.is_some());
    *page.status_mut() = response.status();
    page
}

/// The value of one cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
