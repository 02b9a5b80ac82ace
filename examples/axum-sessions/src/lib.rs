//! Logins in an application that has sessions: of tower-sessions, by the pattern of axum-login.
//!
//! A finished login is the credential that axum-login's backend is given; who is signed in is then
//! asked of its `AuthSession`, as with any other kind of login.
#![forbid(unsafe_code)]

mod users;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect as Local, Response};
use axum::routing::{get, post};
use axum_login::{AuthManagerLayerBuilder, AuthSession};
use integration_axum::client_registry::{self, public_message};
use integration_axum::{
    Env, Error, LoginRoutes, OAuth, OAuthLayer, RouteOptions, SameOrigin, Seal, providers,
};
use serde_json::Value;
use tower_sessions::cookie::SameSite;
use tower_sessions::{MemoryStore, SessionManagerLayer};

use users::{Failed, User, Users};

/// The application, reached by browsers at `public_url`; `env` holds `GOOGLE_CLIENT_ID`,
/// `GITHUB_CLIENT_ID` and their secrets.
///
/// # Errors
/// Settings that are missing or wrong, by name.
pub fn app(env: Env, public_url: &str) -> Result<Router, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("google", providers::google())
        .register("github", providers::github())
        .build()?;
    let routes = LoginRoutes::new(RouteOptions::of(&oauth)?);
    let logins = OAuthLayer::new(oauth, Seal::generate()).current_user(|parts| {
        let session = parts.extensions.get::<AuthSession<Users>>()?;
        session.user.as_ref().map(|user| user.id.clone())
    });
    let routes = routes.on_login(async |parts, login| {
        let session = parts.extensions.get::<AuthSession<Users>>().cloned();
        let mut session = session.ok_or_else(|| Failed::from("no session layer is around"))?;
        if let Some(user) = session.authenticate(login).await.map_err(Failed::of)? {
            session.login(&user).await.map_err(Failed::of)?;
        }
        Ok::<_, Failed>(())
    });
    // Lax: the page after a login is asked for by the provider's site, and needs the session.
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_secure(public_url.starts_with("https:"))
        .with_same_site(SameSite::Lax);
    let users = AuthManagerLayerBuilder::new(Users::default(), sessions).build();
    Ok(Router::new()
        .route("/", get(home))
        .route("/repos", get(repos))
        .route("/sign-out", post(sign_out))
        .merge(routes.router())
        .layer(middleware::from_fn(explain))
        .layer(logins)
        .layer(users))
}

async fn home(session: AuthSession<Users>) -> Html<String> {
    Html(match session.user {
        Some(User { name, .. }) => format!(
            "<main>Hello, {}. <a href=/repos>What GitHub knows</a> \
             <form method=post action=/sign-out><button>Log out</button></form></main>",
            demo_provider::escape(&name)
        ),
        None => "<main><a href=/login/google>Log in with Google</a> \
                 <a href=/login/github>Log in with GitHub</a></main>"
            .to_owned(),
    })
}

/// Asks GitHub's API with the token of whoever is signed in.
async fn repos(oauth: OAuth) -> Result<String, Error> {
    let user: Value = oauth.client("github")?.get("user").await?.json().await?;
    Ok(user.to_string())
}

async fn sign_out(_ours: SameOrigin, mut session: AuthSession<Users>) -> Result<Local, Failed> {
    session.logout().await.map_err(Failed::of)?;
    Ok(Local::to("/"))
}

/// A page in place of an error's plain text.
async fn explain(request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    match answer.extensions().get::<client_registry::Error>() {
        Some(error) => {
            let page = format!("<main>{} <a href=/>Back</a></main>", public_message(error));
            (answer.status(), Html(page)).into_response()
        }
        None => answer,
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
