//! OAuth 2.0: who logged in is told by a call of the provider's API.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::Json;
use actix_web::{App, HttpServer, get};
use integration_actix_web::{
    Callback, Env, Error, OAuth, OAuthMiddleware, Redirect, Seal, providers,
};
use serde_json::Value;

// login: begin
/// The application on `socket`; `env` holds `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`.
pub(crate) fn server(env: Env, public_url: &str, socket: TcpListener) -> crate::Outcome<Server> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("github", providers::github()).build()?;
    let logins = OAuthMiddleware::new(registry, Seal::generate());
    let app = move || App::new().wrap(logins.clone()).service(login).service(authorize);
    Ok(HttpServer::new(app).listen(socket)?.run())
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
