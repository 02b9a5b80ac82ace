//! OpenID Connect: who logged in is told by a verified ID token.

use integration_rocket::{
    Callback, Env, Error, OAuth, OAuthFairing, Redirect, Seal, UserInfo, providers,
};
use rocket::serde::json::Json;
use rocket::{Build, Rocket, get, routes};

// login: begin
/// The application; `env` holds `GOOGLE_CLIENT_ID` and `GOOGLE_CLIENT_SECRET`.
pub(crate) fn app(env: Env, public_url: &str) -> Result<Rocket<Build>, Error> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("google", providers::google()).build()?;
    let logins = OAuthFairing::new(registry, Seal::generate());
    Ok(rocket::build().attach(logins).mount("/", routes![login, authorize]))
}

#[get("/login")]
async fn login(oauth: OAuth) -> Result<Redirect, Error> {
    oauth.client("google")?.authorize_redirect(oauth.callback_url("google")?).await
}

#[get("/authorize/google")]
async fn authorize(oauth: OAuth, callback: Callback) -> Result<Json<UserInfo>, Error> {
    let token = oauth.client("google")?.authorize_access_token(callback).await?;
    Ok(Json(token.userinfo().await?))
}
// login: end
