//! OAuth 2.0: who logged in is told by a call of the provider's API.

use integration_rocket::{Callback, Env, Error, OAuth, OAuthFairing, Redirect, Seal, providers};
use rocket::serde::json::Json;
use rocket::{Build, Rocket, get, routes};
use serde_json::Value;

// login: begin
/// The application; `env` holds `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Rocket<Build>, Error> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("github", providers::github()).build()?;
    let logins = OAuthFairing::new(registry, Seal::generate());
    Ok(rocket::build().attach(logins).mount("/", routes![login, authorize]))
}

#[get("/login")]
async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("github")?.authorize_redirect(oauth.callback_url("github")?).await
}

#[get("/authorize/github")]
async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<Value>, Error> {
    let github = oauth.client("github")?;
    github.authorize_access_token(callback).await?;
    Ok(Json(github.get("user").await?.json().await?))
}
// login: end
