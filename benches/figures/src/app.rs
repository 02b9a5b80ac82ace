//! The application that is measured, as small as those of `interop/providers/authlib_rp`: it logs
//! users in by OpenID Connect and by OAuth 1.0, remembers them in a cookie and greets them.

use std::process::ExitCode;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::response::{IntoResponse, Redirect as Local, Response};
use axum::routing::get;
use integration_axum::{Callback, Error, Key, OAuth, OAuthLayer, Provider, Redirect, Seal};
use serde_json::Value;

/// Serves until the process is ended; prints its address first. The provider is at `provider`.
#[tokio::main]
pub(crate) async fn serve(provider: &str) -> ExitCode {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let app = router(provider, &url).expect("settings that hold");
    println!("{url}");
    axum::serve(listener, app).await.expect("a server");
    ExitCode::SUCCESS
}

fn router(provider: &str, url: &str) -> Result<Router, Error> {
    let at = |path: &str| format!("{provider}{path}");
    let openid = Provider::new()
        .issuer(provider)
        .client_id("app")
        .client_secret("secret")
        .scope("openid profile email");
    let classic = Provider::new()
        .client_id("app")
        .client_secret("secret")
        .set(Key::RequestTokenUrl, at("/request_token"))
        .set(Key::AuthorizeUrl, at("/authorize"))
        // The stub keeps nothing: it sends the browser where this says.
        .set(Key::AuthorizeParams, format!("oauth_callback={url}/authorize/classic"))
        .set(Key::AccessTokenUrl, at("/access_token"))
        .set(Key::ApiBaseUrl, at("/"));
    let oauth = OAuth::builder()
        .public_url(url)?
        .register("openid", openid)
        .register("classic", classic)
        .build()?;
    let seal = Seal::generate();
    Ok(Router::new()
        .route("/", get(home))
        .route("/login/{name}", get(login))
        .route("/authorize/{name}", get(authorize))
        .layer(OAuthLayer::new(oauth, seal.clone()))
        .with_state(seal))
}

async fn login(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    Path(name): Path<String>,
    State(seal): State<Seal>,
    callback: Callback,
) -> Result<Response, Error> {
    let client = oauth.client(&name)?;
    let login = client.authorize_access_token(callback).await?;
    let user = match login.claims() {
        Some(_) => login.userinfo().await?.sub().to_owned(),
        None => {
            let profile: Value = client.get("profile").await?.json().await?;
            profile["id"].as_str().unwrap_or_default().to_owned()
        }
    };
    let cookie = format!("user={}; Path=/; HttpOnly", seal.seal("user", user.as_bytes()));
    Ok(([(SET_COOKIE, cookie)], Local::to("/")).into_response())
}

async fn home(State(seal): State<Seal>, headers: HeaderMap) -> String {
    let cookies = headers.get(COOKIE).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let mut values = cookies.split("; ").filter_map(|pair| pair.strip_prefix("user="));
    let user = values.find_map(|sealed| String::from_utf8(seal.open("user", sealed)?).ok());
    user.map_or("Nobody is signed in".to_owned(), |user| format!("Signed in as {user}"))
}
