//! OAuth 1.0: who logged in is told by a signed call of the provider's API.

use axum::routing::get;
use axum::{Json, Router};
use integration_axum::{Callback, Env, Error, OAuth, OAuthLayer, Provider, Redirect, Seal};
use serde_json::Value;

// login: begin
/// The application; `env` holds everything of the provider, from `CLASSIC_REQUEST_TOKEN_URL` to
/// `CLASSIC_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Router, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("classic", Provider::new())
        .build()?;
    Ok(Router::new()
        .route("/login", get(login))
        .route("/authorize/classic", get(authorize))
        .layer(OAuthLayer::new(oauth, Seal::generate())))
}

async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("classic")?.authorize_redirect(oauth.callback_url("classic")?).await
}

async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<Value>, Error> {
    let classic = oauth.client("classic")?;
    classic.authorize_access_token(callback).await?;
    Ok(Json(classic.get("profile").await?.json().await?))
}
// login: end
