//! The application in axum.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use axum::extract::{Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use integration_axum::{
    Callback, Error, LoginOptions, LoginRoutes, OAuth, OAuthLayer, Redirect, Registry, SameOrigin,
    Seal, SignedIn, Visitor, client_registry,
};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{ReadyMade, Served, X_ERROR, error_told, told};

pub(super) async fn serve(registry: Registry, seal: Seal, base: &str) -> Served {
    let layer = OAuthLayer::new(registry, seal).current_user(|parts| {
        parts.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
    });
    let replaced = Router::new()
        .route("/replaced/{name}", get(login))
        .route_layer(middleware::from_fn(replace));
    let routes = Router::new()
        .route("/login/{name}", get(login))
        .route("/start/{name}", post(start))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/any/{name}", any(authorize))
        .route("/both/{name}", get(both))
        .route("/notes/{name}", get(notes))
        .route("/plain", get(async || "plain"))
        .merge(replaced)
        .layer(middleware::from_fn(tell))
        .layer(layer);
    listen(below(base, routes), 0).await
}

fn below(base: &str, routes: Router) -> Router {
    if base.is_empty() { routes } else { Router::new().nest(base, routes) }
}

pub(super) async fn serve_ready_made(registry: Registry, seal: Seal, how: ReadyMade) -> Served {
    let mut routes = LoginRoutes::new(how.options);
    if let Some(logins) = how.logins {
        routes = routes.on_login(move |_parts, login| {
            let logins = logins.clone();
            async move { ReadyMade::notice(&logins, &login).await.map_err(Error::from) }
        });
    }
    let routes = Router::new()
        .route("/me", get(async |user: SignedIn| user.name().unwrap_or_default().to_owned()))
        .route("/maybe", get(maybe))
        .merge(routes.router())
        .layer(middleware::from_fn(tell))
        .layer(OAuthLayer::new(registry, seal));
    listen(below(how.base, routes), how.port).await
}

async fn maybe(visitor: Visitor) -> String {
    visitor.user().map_or("nobody", |user| user.name().unwrap_or_default()).to_owned()
}

async fn listen(app: Router, port: u16) -> Served {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async { drop(axum::serve(listener, app).await) });
    Served::new(address, move || server.abort())
}

async fn login(
    oauth: OAuth,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Redirect, Error> {
    let options = LoginOptions::new().return_to(query.get("next").map_or("/", |next| next))?;
    let client = oauth.client(&name)?;
    client.authorize_redirect_with(oauth.callback_url(&name)?, &options).await
}

async fn start(
    _ours: SameOrigin,
    oauth: OAuth,
    Path(name): Path<String>,
) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    Path(name): Path<String>,
    callback: Callback,
) -> Result<Json<Value>, Error> {
    let login = oauth.client(&name)?.authorize_access_token(callback).await?;
    Ok(Json(told(&login, &login.userinfo().await?)))
}

async fn both(oauth: OAuth, Path(name): Path<String>) -> Result<impl IntoResponse, Error> {
    let redirect = oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await?;
    Ok(([(SET_COOKIE, "mine=1; Path=/; HttpOnly")], redirect))
}

async fn notes(oauth: OAuth, Path(name): Path<String>) -> Result<Json<Value>, Error> {
    Ok(Json(oauth.client(&name)?.get("notes").await?.json().await?))
}

/// A middleware that answers in the place of whatever is within.
async fn replace(request: Request, next: Next) -> Response {
    next.run(request).await;
    StatusCode::IM_A_TEAPOT.into_response()
}

async fn tell(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions().get::<client_registry::Error>() {
        let value = error_told(error).try_into().expect("a form is a header value");
        response.headers_mut().insert(X_ERROR, value);
    }
    response
}
