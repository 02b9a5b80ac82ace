//! The application in Rocket.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use integration_rocket::{
    Callback, Error, LoginOptions, LoginRoutes, OAuth, OAuthFairing, Redirect, Registry,
    SameOrigin, Seal, SignedIn, Visitor,
};
use rocket::config::{Config, LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Orbit, Request, Responder, Rocket, Route, catch, catchers, get, post, routes};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{ReadyMade, Served, X_ERROR, error_told, told};

pub(super) async fn serve(registry: Registry, seal: Seal, base: &str) -> Served {
    let logins = OAuthFairing::new(registry, seal)
        .current_user(|request| request.headers().get_one("x-user").map(str::to_owned));
    let routes = routes![
        login,
        start,
        authorize,
        authorize_post,
        any_get,
        any_post,
        any_put,
        any_patch,
        any_delete,
        any_options,
        any_head,
        replaced,
        both,
        notes,
        plain
    ];
    listen(logins, base, routes, 0).await
}

pub(super) async fn serve_ready_made(registry: Registry, seal: Seal, how: ReadyMade) -> Served {
    let mut routes = LoginRoutes::new(how.options);
    if let Some(logins) = how.logins {
        routes = routes.on_login(move |_request, login| {
            let logins = logins.clone();
            Box::pin(async move { Ok(ReadyMade::notice(&logins, &login).await?) })
        });
    }
    let routes = [routes.routes(), routes![me, maybe]].concat();
    listen(OAuthFairing::new(registry, seal), how.base, routes, how.port).await
}

#[get("/me")]
#[allow(clippy::needless_pass_by_value)] // A guard.
fn me(user: SignedIn) -> String {
    user.name().unwrap_or_default().to_owned()
}

#[get("/maybe")]
#[allow(clippy::needless_pass_by_value)] // A guard.
fn maybe(visitor: Visitor) -> String {
    visitor.user().map_or("nobody", |user| user.name().unwrap_or_default()).to_owned()
}

async fn listen(logins: OAuthFairing, base: &str, routes: Vec<Route>, port: u16) -> Served {
    let mut shutdown = Shutdown { ctrlc: false, grace: 0, mercy: 0, ..Shutdown::default() };
    #[cfg(unix)]
    shutdown.signals.clear(); // It is stopped by whoever serves it.
    let config = Config {
        address: Ipv4Addr::LOCALHOST.into(),
        port,
        log_level: LogLevel::Off,
        shutdown,
        workers: 1,
        ..Config::debug_default()
    };
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let report = AdHoc::on_liftoff("its address", move |rocket: &Rocket<Orbit>| {
        let sender = sender.lock().expect("no panic").take().expect("one liftoff");
        let (port, shutdown) = (rocket.config().port, rocket.shutdown());
        Box::pin(async move { drop(sender.send((port, shutdown))) })
    });
    let rocket = rocket::custom(config)
        .attach(logins)
        .attach(AdHoc::on_response("errors", |request, response| {
            if let Some(error) = Error::of(request) {
                response.set_raw_header(X_ERROR, error_told(error));
            }
            Box::pin(async {})
        }))
        .attach(report)
        .register("/", catchers![teapot, problem])
        .mount(if base.is_empty() { "/" } else { base }, routes);
    tokio::spawn(async { drop(rocket.launch().await.map_err(|error| panic!("{error}"))) });
    let (port, shutdown) = receiver.await.expect("it lifts off");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Served::new(address, move || shutdown.notify())
}

#[get("/login/<name>?<next>")]
async fn login(oauth: OAuth, name: &str, next: Option<&str>) -> Result<Redirect, Error> {
    let options = LoginOptions::new().return_to(next.unwrap_or("/"))?;
    let client = oauth.client(name)?;
    client.authorize_redirect_with(oauth.callback_url(name)?, &options).await
}

#[post("/start/<name>")]
async fn start(_ours: SameOrigin, oauth: OAuth, name: &str) -> Result<Redirect, Error> {
    oauth.client(name)?.authorize_redirect(oauth.callback_url(name)?).await
}

#[get("/authorize/<name>")]
async fn authorize(oauth: OAuth, name: &str, callback: Callback) -> Result<Json<Value>, Error> {
    let login = oauth.client(name)?.authorize_access_token(callback).await?;
    let user = login.userinfo().await?;
    Ok(Json(told(&login, &user)))
}

#[post("/authorize/<name>", data = "<callback>")]
async fn authorize_post(
    oauth: OAuth,
    name: &str,
    callback: Callback,
) -> Result<Json<Value>, Error> {
    authorize(oauth, name, callback).await
}

/// Routes for every method that Rocket knows, each taking what comes for a callback.
macro_rules! any {
    ($($method:ident $name:ident;)*) => {$(
        #[rocket::$method("/any/<name>")]
        async fn $name(oauth: OAuth, name: &str, callback: Callback) -> Result<Json<Value>, Error> {
            authorize(oauth, name, callback).await
        }
    )*};
}

any! {
    get any_get; put any_put; patch any_patch; delete any_delete; options any_options;
    head any_head;
}

#[post("/any/<name>", data = "<callback>")]
async fn any_post(oauth: OAuth, name: &str, callback: Callback) -> Result<Json<Value>, Error> {
    authorize(oauth, name, callback).await
}

/// A handler that has a catcher answer, once a login has begun.
#[get("/replaced/<name>")]
async fn replaced(oauth: OAuth, name: &str) -> Result<Status, Error> {
    login(oauth, name, None).await?;
    Ok(Status::ImATeapot)
}

#[catch(418)]
fn teapot() -> &'static str {
    "a teapot"
}

/// What a guard fails with is an answer as well.
#[catch(default)]
fn problem(status: Status, request: &Request<'_>) -> Result<Error, (Status, &'static str)> {
    Error::of(request).cloned().map(Error::from).ok_or((status, "a problem"))
}

#[derive(Responder)]
struct Both {
    redirect: Redirect,
    cookie: rocket::http::Header<'static>,
}

#[get("/both/<name>")]
async fn both(oauth: OAuth, name: &str) -> Result<Both, Error> {
    let redirect = oauth.client(name)?.authorize_redirect(oauth.callback_url(name)?).await?;
    Ok(Both {
        redirect,
        cookie: rocket::http::Header::new("set-cookie", "mine=1; Path=/; HttpOnly"),
    })
}

#[get("/notes/<name>")]
async fn notes(oauth: OAuth, name: &str) -> Result<Json<Value>, Error> {
    let notes = oauth.client(name)?.get("notes").await?;
    Ok(Json(notes.json().await?))
}

#[get("/plain")]
fn plain() -> &'static str {
    "plain"
}
