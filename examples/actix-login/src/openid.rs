//! OpenID Connect: who logged in is told by a verified ID token.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::Json;
use actix_web::{App, HttpServer, get};
use integration_actix_web::{
    Callback, Env, Error, OAuth, OAuthMiddleware, Redirect, Seal, UserInfo, providers,
};

// login: begin
/// The application on `socket`; `env` holds `GOOGLE_CLIENT_ID` and `GOOGLE_CLIENT_SECRET`.
pub(crate) fn server(env: Env, public_url: &str, socket: TcpListener) -> crate::Outcome<Server> {
    let registry = OAuth::builder().public_url(public_url)?.source(env);
    let registry = registry.register("google", providers::google()).build()?;
    let logins = OAuthMiddleware::new(registry, Seal::generate());
    let app = move || App::new().wrap(logins.clone()).service(login).service(authorize);
    Ok(HttpServer::new(app).listen(socket)?.run())
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
