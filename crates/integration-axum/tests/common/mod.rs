//! An application, its provider and browsers, as small as the tests need them.
#![allow(unreachable_pub)] // Each test file has its own copy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE,
};
use axum::http::{HeaderMap, Request, request};
use axum::routing::{get, post};
use axum::{Json, Router};
use demo_provider::{DemoProvider, Running};
use integration_axum::client_registry::{self, Builder, Clock};
use integration_axum::{
    Callback, Error, Key, OAuth, OAuthLayer, Provider, Redirect, Registry, SameOrigin, Seal,
};
use protocol_core::{UnixTime, percent};
use serde_json::{Value, json};
use tower_service::Service as _;

pub const HTTPS: &str = "https://app.example";
const FORM: &str = "application/x-www-form-urlencoded";

/// One client a protocol, and one whose callback comes by form_post.
pub const CLIENTS: [&str; 4] = ["oauth1", "oauth2", "openid", "posted"];
const CONSUMER_SECRET: &str = "canary-of-the-client";

/// An application and its provider, which says yes as alice without a page.
pub struct App {
    pub router: Router,
    pub registry: Registry,
    pub provider: Running,
    later: Arc<AtomicU64>,
}

impl App {
    pub async fn new() -> Self {
        let provider = provider(HTTPS).await;
        let later = Arc::new(AtomicU64::new(0));
        let clock = Clock::from_fn({
            let later = later.clone();
            move || UnixTime::from_seconds(Clock::system().now().seconds() + later.load(Relaxed))
        });
        let registry = builder(HTTPS, &provider).clock(clock).build().unwrap();
        let router = router(registry.clone(), Seal::generate());
        App { router, registry, provider, later }
    }

    /// Sets the clock ahead.
    pub fn later(&self, seconds: u64) {
        self.later.store(seconds, Relaxed);
    }
}

/// What the provider answers to a login begun by the application at `public_url`.
pub async fn at_provider(location: &str, public_url: &str) -> Delivery {
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().redirect(policy).build().unwrap();
    let answer = http.get(location).send().await.unwrap();
    let (to, params, by_post) = match answer.headers().get(LOCATION) {
        Some(location) => {
            let (to, query) = location.to_str().unwrap().split_once('?').expect("a query");
            (to.to_owned(), query.to_owned(), false)
        }
        None => {
            let page = answer.text().await.unwrap();
            let to = between(&page, "action=\"", "\"").expect("a form");
            (to.to_owned(), percent::form_body(hidden_fields(&page)), true)
        }
    };
    let path = to.strip_prefix(public_url).expect("our own address");
    let client = path.strip_prefix("/authorize/").expect("a callback").to_owned();
    Delivery { client, params, by_post }
}

pub async fn provider(public_url: &str) -> Running {
    let mut client = demo_provider::Client::confidential("app", CONSUMER_SECRET);
    for name in CLIENTS {
        client = client.redirect_uri(&format!("{public_url}/authorize/{name}"));
    }
    let provider = DemoProvider::builder().client(client).bind(0).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    provider
}

pub fn builder(public_url: &str, provider: &Running) -> Builder {
    let mut builder = OAuth::builder().public_url(public_url).unwrap();
    for name in CLIENTS {
        let settings = settings(name, provider.base_url());
        builder = builder.register(name, settings.client_id("app").client_secret(CONSUMER_SECRET));
    }
    builder
}

fn settings(name: &str, base_url: &str) -> Provider {
    let at = |path: &str| format!("{base_url}{path}");
    let openid = || Provider::new().issuer(base_url).scope("openid profile email");
    match name {
        "oauth1" => Provider::new()
            .set(Key::RequestTokenUrl, at("/oauth1/request_token"))
            .set(Key::AuthorizeUrl, at("/oauth1/authorize"))
            .set(Key::AccessTokenUrl, at("/oauth1/access_token"))
            .set(Key::ApiBaseUrl, at("/oauth1/"))
            .set(Key::UserinfoEndpoint, "profile"),
        "oauth2" => Provider::new()
            .scope("profile email notes")
            .set(Key::AuthorizeUrl, at("/authorize"))
            .set(Key::AccessTokenUrl, at("/token"))
            .set(Key::ApiBaseUrl, at("/api/"))
            .set(Key::UserinfoEndpoint, "user"),
        "posted" => openid().set(Key::ResponseMode, "form_post"),
        _ => openid(),
    }
}

/// The application: README's two routes, and what else the tests ask for.
pub fn router(registry: Registry, seal: Seal) -> Router {
    routes().layer(OAuthLayer::new(registry, seal))
}

/// The routes without the layer.
pub fn routes() -> Router {
    Router::new()
        .route("/login/{name}", get(login))
        .route("/start/{name}", post(start))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/notes/{name}", get(notes))
}

async fn login(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn start(
    _ours: SameOrigin,
    oauth: OAuth,
    Path(name): Path<String>,
) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    Path(name): Path<String>,
    callback: Callback,
) -> Result<Json<Value>, Error> {
    let login = oauth.client(&name)?.authorize_access_token(callback).await?;
    Ok(Json(json!({ "name": login.userinfo().await?.name() })))
}

/// An API call of somebody who has not logged in in this request.
async fn notes(oauth: OAuth, Path(name): Path<String>) -> Result<Json<Value>, Error> {
    let notes = oauth.client(&name)?.get("notes").await?;
    Ok(Json(notes.json().await?))
}

/// What a provider sends a browser back with.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub client: String,
    pub params: String,
    pub by_post: bool,
}

impl Delivery {
    /// The same with these values of a parameter, and no others.
    pub fn with(&self, name: &str, values: &[&str]) -> Self {
        let pairs = percent::form_pairs(self.params.as_bytes());
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
        let mut pairs: Vec<_> = pairs.filter(|(known, _)| known != name).collect();
        pairs.extend(values.iter().map(|value| (name.to_owned(), (*value).to_owned())));
        Delivery { params: percent::form_body(pairs), ..self.clone() }
    }

    /// An error instead of a code.
    pub fn refused(&self, code: &str) -> Self {
        self.with("code", &[]).with("error", &[code])
    }
}

/// A browser: it keeps cookies and follows nothing by itself. A clone is a kept copy of its cookies.
#[derive(Clone, Default, Debug)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub async fn get(&mut self, app: &App, path: &str) -> Answer {
        self.send(&app.router, Request::get(path), Body::empty()).await
    }

    /// Begins a login; the provider's address that it is sent to.
    pub async fn begin(&mut self, app: &App, client: &str) -> String {
        let answer = self.get(app, &format!("/login/{client}")).await;
        assert_eq!(answer.status, 303, "{client}: {answer:?}");
        answer.headers[LOCATION].to_str().unwrap().to_owned()
    }

    /// Begins a login and has it approved; what is then to be delivered.
    pub async fn approved(&mut self, app: &App, client: &str) -> Delivery {
        let location = self.begin(app, client).await;
        at_provider(&location, HTTPS).await
    }

    pub async fn deliver(&mut self, app: &App, delivery: &Delivery) -> Answer {
        let Delivery { client, params, by_post } = delivery;
        if *by_post {
            let request = Request::post(format!("/authorize/{client}"));
            self.send(&app.router, request.header(CONTENT_TYPE, FORM), params.clone()).await
        } else {
            self.get(app, &format!("/authorize/{client}?{params}")).await
        }
    }

    /// Delivers what must complete a login.
    pub async fn completes(&mut self, app: &App, delivery: &Delivery) {
        let answer = self.deliver(app, delivery).await;
        assert_eq!(answer.status, 200, "{delivery:?}: {answer:?}");
        let login: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(login["name"], "Alice");
    }

    pub async fn send(
        &mut self,
        router: &Router,
        request: request::Builder,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = request.body(body.into()).unwrap();
        let line: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !line.is_empty() {
            request.headers_mut().append(COOKIE, line.join("; ").parse().unwrap());
        }
        let response = router.clone().call(request).await.unwrap();
        let error = response.extensions().get::<client_registry::Error>().cloned();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body, error };
        for line in answer.set_cookies() {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(attributes.contains("Path=/;") && attributes.contains("HttpOnly"), "{line}");
            assert_eq!(name.starts_with("__Host-"), attributes.contains("Secure"), "{line}");
            match attributes.contains("Max-Age=0;") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer.assert_discreet();
        answer
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The error that the answer carries to the layers around it.
    pub error: Option<client_registry::Error>,
}

impl Answer {
    /// The code of the error that it carries.
    pub fn code(&self) -> String {
        let error = self.error.as_ref();
        error.unwrap_or_else(|| panic!("no error: {self:?}")).code().to_owned()
    }

    pub fn set_cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    pub fn is_kept_by_nobody(&self) -> bool {
        self.headers.get(CACHE_CONTROL).is_some_and(|value| value == "no-store")
            && self.headers.get(REFERRER_POLICY).is_some_and(|value| value == "no-referrer")
    }

    /// No error answer shows anything of the inside, and none that takes part in a login is kept.
    fn assert_discreet(&self) {
        if !self.set_cookies().is_empty() || self.error.is_some() {
            assert!(self.is_kept_by_nobody(), "{self:?}");
        }
        if self.error.is_some() {
            assert_eq!(self.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
            let telling = ["/", ":", "=", "127.0.0.1", "canary", "OAuthLayer", "expected", "_"];
            assert!(telling.iter().all(|text| !self.body.contains(text)), "{}", self.body);
            assert!(self.body.len() < 120, "{}", self.body);
        }
    }
}

/// The hidden fields of a page's form.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let fields = page.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let name = field.split('"').next().unwrap();
            let value = between(field, "value=\"", "\"").unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}
