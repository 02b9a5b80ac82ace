//! OAuth 1.0: who logged in is told by a signed call of the provider's API.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::Json;
use actix_web::{App, HttpServer, get};
use integration_actix_web::{
    Callback, Env, Error, OAuth, OAuthMiddleware, Provider, Redirect, Seal,
};
use serde_json::Value;

// login: begin
/// The application on `socket`; `env` holds everything of the provider, from `CLASSIC_REQUEST_TOKEN_URL` to
/// `CLASSIC_CLIENT_SECRET`.
pub(crate) fn server(env: Env, public_url: &str, socket: TcpListener) -> crate::Outcome<Server> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("classic", Provider::new()).build()?;
    let logins = OAuthMiddleware::new(registry, Seal::generate());
    let app = move || App::new().wrap(logins.clone()).service(login).service(authorize);
    Ok(HttpServer::new(app).listen(socket)?.run())
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
