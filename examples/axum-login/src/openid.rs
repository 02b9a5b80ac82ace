//! OpenID Connect: who logged in is told by a verified ID token.

use axum::routing::get;
use axum::{Json, Router};
use integration_axum::{
    Callback, Env, Error, OAuth, OAuthLayer, Redirect, Seal, UserInfo, providers,
};

// login: begin
/// The application; `env` holds `GOOGLE_CLIENT_ID` and `GOOGLE_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Router, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("google", providers::google())
        .build()?;
    Ok(Router::new()
        .route("/login", get(login))
        .route("/authorize/google", get(authorize))
        .layer(OAuthLayer::new(oauth, Seal::generate())))
}

async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("google")?.authorize_redirect(oauth.callback_url("google")?).await
}

async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<UserInfo>, Error> {
    let token = oauth.client("google")?.authorize_access_token(callback).await?;
    Ok(Json(token.userinfo().await?))
}
// login: end
