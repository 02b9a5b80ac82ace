//! OAuth 1.0: who logged in is told by a signed call of the provider's API.

use integration_rocket::{Callback, Env, Error, OAuth, OAuthFairing, Provider, Redirect, Seal};
use rocket::serde::json::Json;
use rocket::{Build, Rocket, get, routes};
use serde_json::Value;

// login: begin
/// The application; `env` holds everything of the provider, from `CLASSIC_REQUEST_TOKEN_URL` to
/// `CLASSIC_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Rocket<Build>, Error> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("classic", Provider::new()).build()?;
    let logins = OAuthFairing::new(registry, Seal::generate());
    Ok(rocket::build().attach(logins).mount("/", routes![login, authorize]))
}

#[get("/login")]
async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("classic")?.authorize_redirect(oauth.callback_url("classic")?).await
}

#[get("/authorize/classic")]
async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<Value>, Error> {
    let classic = oauth.client("classic")?;
    classic.authorize_access_token(callback).await?;
    Ok(Json(classic.get("profile").await?.json().await?))
}
// login: end
