//! Logins in an application that has sessions: of actix-session, in a cookie.
//!
//! A finished login begins a session of the application's own; who is signed in is then asked of the
//! session, as with any other kind of login.
#![forbid(unsafe_code)]

use std::net::TcpListener;

use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionExt, SessionMiddleware};
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::Server;
use actix_web::web::{self, Html, Redirect as Local};
use actix_web::{App, HttpRequest, HttpServer};
use integration_actix_web::{
    Authorized, Env, Error, LoginRoutes, OAuth, OAuthMiddleware, RouteOptions, SameOrigin, Seal,
    providers,
};
use serde_json::Value;

/// What comes of setting up a server.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The application on `socket`, reached by browsers at `public_url`; `env` holds `GOOGLE_CLIENT_ID`,
/// `GITHUB_CLIENT_ID` and their secrets.
///
/// # Errors
/// Settings that are missing or wrong, by name; those of the socket.
pub fn server(env: Env, public_url: &str, socket: TcpListener) -> Outcome<Server> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("google", providers::google())
        .register("github", providers::github())
        .build()?;
    let routes = LoginRoutes::new(RouteOptions::of(&oauth)?).on_login(begin);
    let logins = OAuthMiddleware::new(oauth, Seal::generate())
        .current_user(|request| request.get_session().get(USER).ok().flatten());
    // Both are made once: each worker has an App of its own.
    let (key, https) = (Key::generate(), public_url.starts_with("https:"));
    let app = move || {
        let sessions = SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_secure(https)
            // Lax: the page after a login is asked for by the provider's site, and needs the session.
            .cookie_same_site(SameSite::Lax)
            .cookie_content_security(CookieContentSecurity::Private)
            .build();
        App::new()
            .wrap(logins.clone())
            .wrap(sessions)
            .route("/", web::get().to(home))
            .route("/repos", web::get().to(repos))
            .route("/sign-out", web::post().to(sign_out))
            .configure(|app| routes.configure(app))
    };
    Ok(HttpServer::new(app).listen(socket)?.run())
}

/// Begins a session for the user who has logged in.
async fn begin(request: HttpRequest, login: Authorized) -> actix_web::Result<()> {
    let user = login.userinfo().await.map_err(Error::from)?;
    // Where the protocol has issuers, a subject is one's own among the issuer's.
    let realm = login.claims().map_or(login.client().name(), |claims| claims.iss());
    let id = format!("{realm} {}", user.sub());
    login.save_for(&id).await.map_err(Error::from)?;
    let session = request.get_session();
    session.renew(); // One that somebody planted before is worth nothing.
    session.insert(USER, id)?;
    session.insert(NAME, user.name().unwrap_or("you"))?;
    Ok(())
}

async fn home(session: Session) -> actix_web::Result<Html> {
    Ok(Html::new(match session.get::<String>(NAME)? {
        Some(name) => format!(
            "<main>Hello, {}. <a href=/repos>What GitHub knows</a> \
             <form method=post action=/sign-out><button>Log out</button></form></main>",
            demo_provider::escape(&name)
        ),
        None => "<main><a href=/login/google>Log in with Google</a> \
                 <a href=/login/github>Log in with GitHub</a></main>"
            .to_owned(),
    }))
}

/// Asks GitHub's API with the token of whoever is signed in.
async fn repos(oauth: OAuth) -> Result<String, Error> {
    let user: Value = oauth.client("github")?.get("user").await?.json().await?;
    Ok(user.to_string())
}

async fn sign_out(_ours: SameOrigin, session: Session) -> Local {
    session.purge();
    Local::to("/").see_other()
}

/// Which user, and what the user is called.
const USER: &str = "user";
const NAME: &str = "name";

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
