//! OAuth 2.0: who logged in is told by a call of the provider's API.

use axum::routing::get;
use axum::{Json, Router};
use integration_axum::{Callback, Env, Error, OAuth, OAuthLayer, Redirect, Seal, providers};
use serde_json::Value;

// login: begin
/// The application; `env` holds `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Router, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("github", providers::github())
        .build()?;
    Ok(Router::new()
        .route("/login", get(login))
        .route("/authorize/github", get(authorize))
        .layer(OAuthLayer::new(oauth, Seal::generate())))
}

async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("github")?.authorize_redirect(oauth.callback_url("github")?).await
}

async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<Value>, Error> {
    let github = oauth.client("github")?;
    github.authorize_access_token(callback).await?;
    Ok(Json(github.get("user").await?.json().await?))
}
// login: end
