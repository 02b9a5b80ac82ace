//! Logins in an application that has sessions: in a private cookie of Rocket's.
//!
//! A finished login begins a session of the application's own; who is signed in is then asked of the
//! guard [`User`], as with any other kind of login.
#![forbid(unsafe_code)]

use integration_rocket::{
    Authorized, Env, Error, LoginRoutes, OAuth, OAuthFairing, RouteOptions, SameOrigin, Seal,
    providers,
};
use rocket::http::{Cookie, CookieJar, SameSite, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::Redirect as Local;
use rocket::response::content::RawHtml;
use rocket::{Build, Request, Rocket, catch, catchers, get, post, routes};
use serde_json::Value;

/// The application, reached by browsers at `public_url`; `env` holds `GOOGLE_CLIENT_ID`,
/// `GITHUB_CLIENT_ID` and their secrets.
///
/// # Errors
/// Settings that are missing or wrong, by name.
pub fn app(env: Env, public_url: &str) -> Result<Rocket<Build>, Error> {
    let oauth = OAuth::builder()
        .public_url(public_url)?
        .source(env)
        .register("google", providers::google())
        .register("github", providers::github())
        .build()?;
    let https = public_url.starts_with("https:");
    let logins = LoginRoutes::new(RouteOptions::of(&oauth)?)
        .on_login(move |request, login| Box::pin(begin(request.cookies(), login, https)));
    let fairing = OAuthFairing::new(oauth, Seal::generate())
        .current_user(|request| User::of(request.cookies()).map(|user| user.id));
    Ok(rocket::build()
        .attach(fairing)
        .mount("/", routes![home, repos, sign_out])
        .mount("/", logins.routes())
        .register("/", catchers![problem]))
}

/// Who is signed in.
#[derive(Debug)]
pub struct User {
    id: String,
    name: String,
}

impl User {
    fn of(cookies: &CookieJar<'_>) -> Option<Self> {
        let cookie = cookies.get_private(SESSION)?;
        let (id, name) = serde_json::from_str(cookie.value()).ok()?;
        Some(User { id, name })
    }
}

/// For nobody, the next route is tried.
#[rocket::async_trait]
impl<'r> FromRequest<'r> for User {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match User::of(request.cookies()) {
            Some(user) => Outcome::Success(user),
            None => Outcome::Forward(Status::Unauthorized),
        }
    }
}

/// Begins a session for the user who has logged in.
async fn begin(cookies: &CookieJar<'_>, login: Authorized, https: bool) -> Result<(), Error> {
    let user = login.userinfo().await?;
    // Where the protocol has issuers, a subject is one's own among the issuer's.
    let realm = login.claims().map_or(login.client().name(), |claims| claims.iss());
    let id = format!("{realm} {}", user.sub());
    login.save_for(&id).await?;
    let value = serde_json::json!([id, user.name().unwrap_or("you")]).to_string();
    // Lax: the page after a login is asked for by the provider's site, and needs the session.
    let cookie = Cookie::build((SESSION, value)).same_site(SameSite::Lax).secure(https);
    cookies.add_private(cookie);
    Ok(())
}

#[get("/")]
fn home(user: Option<User>) -> RawHtml<String> {
    RawHtml(match user {
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
#[get("/repos")]
async fn repos(oauth: OAuth) -> Result<String, Error> {
    let user: Value = oauth.client("github")?.get("user").await?.json().await?;
    Ok(user.to_string())
}

#[post("/sign-out")]
fn sign_out(_ours: SameOrigin, cookies: &CookieJar<'_>) -> Local {
    cookies.remove_private(SESSION);
    Local::to("/")
}

/// What a guard failed with, in its own words.
#[catch(default)]
fn problem(status: Status, request: &Request<'_>) -> Result<Error, (Status, &'static str)> {
    Error::of(request).cloned().map(Error::from).ok_or((status, "Something went wrong."))
}

/// The cookie of the session.
const SESSION: &str = "session";

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
