//! An application in some framework, its provider, and the registry between them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use client_registry::{
    Builder, Clock, Key, MemoryCache, Provider, Registry, RouteOptions, Seal, UnixTime,
};
use demo_provider::{DemoProvider, Running};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use integration_axum::OAuth;
use protocol_core::percent;

use crate::apps::{Framework, ReadyMade, Served};
use crate::browser::{Delivery, FORM, between, hidden_fields, http};

/// Where browsers find the application: behind a proxy that speaks https, and http to us.
pub const HTTPS: &str = "https://app.example";
/// Without a proxy. The port is of no concern: the suite's browser knows where to go.
pub const LOOPBACK: &str = "http://127.0.0.1:1";

/// Another path of callbacks than the usual one.
pub const ELSEWHERE: &str = "/back/from/{name}/here";

/// One client a protocol, and one whose callback comes by form_post.
pub const CLIENTS: [&str; 4] = ["oauth1", "oauth2", "openid", "posted"];
/// Those of OAuth 2.0 and OpenID Connect.
pub const WITH_STATE: [&str; 3] = ["oauth2", "openid", "posted"];

const CLIENT_SECRET: &str = "canary-of-the-client";

/// An application, and its provider, which says yes as alice without a page.
pub struct Site {
    pub framework: Framework,
    pub provider: Running,
    pub registry: Registry,
    pub public_url: String,
    served: Served,
    later: Arc<AtomicU64>,
}

impl Site {
    pub async fn new(framework: Framework) -> Self {
        Site::at(framework, HTTPS, "").await
    }

    /// An application of the ready-made routes: `settings` adds to the registry's, `how` says how they
    /// are mounted.
    pub async fn ready_made(
        framework: Framework,
        public_url: &str,
        settings: impl FnOnce(Builder) -> Builder,
        how: impl FnOnce(RouteOptions) -> ReadyMade,
    ) -> Self {
        let provider = provider(public_url).await;
        let registry = settings(builder(public_url, &provider)).build().expect("good settings");
        let how = how(RouteOptions::of(&registry).expect("a callback path that names the client"));
        let served = framework.serve_ready_made(registry.clone(), Seal::generate(), how).await;
        let (public_url, later) = (public_url.to_owned(), Arc::default());
        Site { framework, provider, registry, public_url, served, later }
    }

    /// An application whose routes are below `base`, which `public_url` ends with.
    pub async fn at(framework: Framework, public_url: &str, base: &'static str) -> Self {
        Site::with(framework, public_url, base, |builder| builder).await
    }

    /// One that keeps logins under way in a cache, not in cookies.
    pub async fn with_cache(framework: Framework) -> Self {
        Site::with(framework, HTTPS, "", |builder| builder.cache(MemoryCache::new())).await
    }

    async fn with(
        framework: Framework,
        public_url: &str,
        base: &'static str,
        settings: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let provider = provider(public_url).await;
        let later = Arc::new(AtomicU64::new(0));
        let clock = Clock::from_fn({
            let later = later.clone();
            move || UnixTime::from_seconds(Clock::system().now().seconds() + later.load(Relaxed))
        });
        let builder = settings(builder(public_url, &provider)).clock(clock);
        let registry = builder.build().expect("good settings");
        let served = framework.serve(registry.clone(), Seal::generate(), base).await;
        Site { framework, provider, registry, public_url: public_url.to_owned(), served, later }
    }

    pub fn address(&self) -> SocketAddr {
        self.served.address
    }

    /// Sets the clock ahead.
    pub fn later(&self, seconds: u64) {
        self.later.store(seconds, Relaxed);
    }

    /// As it was in the beginning, for the next row.
    pub fn reset(&self) {
        self.later(0);
        self.provider.set_fault(None);
        self.provider.set_auto_approve(Some("alice"));
        self.provider.set_down(false);
    }

    /// How often the provider was asked for anything in return for a code or a token.
    pub fn exchanges(&self) -> u64 {
        ["/token", "/userinfo", "/api/user", "/oauth1/access_token", "/oauth1/profile"]
            .iter()
            .map(|path| self.provider.requests(path))
            .sum()
    }

    /// Where the provider sends a browser on to.
    pub async fn redirected(&self, location: &str) -> String {
        let answer = http().get(location).send().await.expect("the provider's answer");
        answer.headers()[LOCATION].to_str().expect("text").to_owned()
    }

    /// What the provider answers to a begun login.
    pub async fn at_provider(&self, location: &str) -> Delivery {
        self.with_session(location).await.0
    }

    /// The same, and the cookie of the session that the browser then has at the provider.
    pub async fn with_session(&self, location: &str) -> (Delivery, String) {
        let answer = http().get(location).send().await.expect("the provider's answer");
        let cookie = answer.headers().get(SET_COOKIE).and_then(|line| line.to_str().ok());
        let cookie = cookie.and_then(|line| line.split(';').next()).unwrap_or_default().to_owned();
        let (to, params, by_post) = match answer.headers().get(LOCATION) {
            Some(location) => {
                let location = location.to_str().expect("text");
                let (to, query) = location.split_once('?').expect("a query");
                (to.to_owned(), query.to_owned(), false)
            }
            None => {
                let page = answer.text().await.expect("a page");
                let to = between(&page, "action=\"", "\"").expect("a form");
                (to.to_owned(), percent::form_body(hidden_fields(&page)), true)
            }
        };
        let path = to.strip_prefix(&self.public_url).expect("our own address");
        let client = path.strip_prefix("/authorize/").expect("a callback").to_owned();
        (Delivery { client, params, by_post }, cookie)
    }

    /// Logs out at the provider itself; the page that this ends with.
    pub async fn log_out_at_provider(&self, cookie: &str) -> String {
        let at = format!("{}/logout", self.provider.base_url());
        let asked = http().get(&at).header(COOKIE, cookie).send().await.expect("a question");
        let form = percent::form_body(hidden_fields(&asked.text().await.expect("a page")));
        let agreed = http().post(at).header(COOKIE, cookie).header(CONTENT_TYPE, FORM).body(form);
        agreed.send().await.expect("an answer").text().await.expect("a page")
    }
}

async fn provider(public_url: &str) -> Running {
    let provider = DemoProvider::builder().client(client(public_url));
    let provider = provider.bind(0).await.expect("a provider");
    provider.set_auto_approve(Some("alice"));
    provider
}

/// What the provider knows of the application: one client for all of [`CLIENTS`].
pub fn client(public_url: &str) -> demo_provider::Client {
    let mut client = demo_provider::Client::confidential("app", CLIENT_SECRET);
    for name in CLIENTS {
        client = client.redirect_uri(&format!("{public_url}/authorize/{name}"));
        client = client.redirect_uri(&format!("{public_url}{}", ELSEWHERE.replace("{name}", name)));
        client = client.post_logout_redirect_uri(&format!("{public_url}/logout/{name}"));
    }
    client
}

fn builder(public_url: &str, provider: &Running) -> Builder {
    let mut builder = OAuth::builder().public_url(public_url).expect("a public URL");
    for name in CLIENTS {
        builder = builder.register(name, settings(name, provider.base_url()));
    }
    builder
}

/// The settings of one of [`CLIENTS`].
pub fn settings(name: &str, base_url: &str) -> Provider {
    of_provider(name, base_url).client_id("app").client_secret(CLIENT_SECRET)
}

fn of_provider(name: &str, base_url: &str) -> Provider {
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
