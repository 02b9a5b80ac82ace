//! What the tests share: an application with a clock to set, browsers with cookies, a scripted
//! network and a scripted OpenID provider.

mod http;
mod idp;
mod logs;
mod place;

pub(crate) use http::{Http, Seen, answer, json_answer, redirect};
pub(crate) use idp::{CLIENT, ISSUER, Idp, SECRET, START, merge, published};
pub(crate) use logs::logs_of;
pub(crate) use place::{Place, in_every_place};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use client_registry::{
    Authorized, Builder, Callback, Clock, Error, HttpClient, LoginOptions, Provider, Registry,
    Seal, Session, UnixTime,
};

/// An application: a registry at `https://app.example`, a seal, a clock.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) registry: Registry,
    pub(crate) seal: Seal,
    clock: Arc<AtomicU64>,
    http: Option<Http>,
}

impl App {
    /// The application over `http` with the clients that `add` registers.
    pub(crate) fn new(http: Http, add: impl FnOnce(Builder) -> Builder) -> Self {
        App { http: Some(http.clone()), ..App::try_new(http, add).unwrap() }
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> usize {
        self.http.as_ref().unwrap().count()
    }

    pub(crate) fn last_request(&self) -> Seen {
        self.http.as_ref().unwrap().last()
    }

    /// The last request to a path of the scripted provider.
    pub(crate) fn last_request_to(&self, path: &str) -> Seen {
        let seen = self.http.as_ref().unwrap().seen();
        let address = format!("{ISSUER}{path}");
        seen.into_iter().rfind(|seen| seen.address() == address).expect("a request")
    }

    pub(crate) fn try_new(
        http: impl HttpClient,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Result<Self, Error> {
        let clock = Arc::new(AtomicU64::new(START));
        let read = clock.clone();
        let builder = Registry::builder()
            .public_url("https://app.example")?
            .http(http)
            .clock(Clock::from_fn(move || UnixTime::from_seconds(read.load(Ordering::SeqCst))));
        let registry = add(builder).build()?;
        Ok(App { registry, seal: Seal::generate(), clock, http: None })
    }

    /// The application with one client, `idp`, of the scripted provider.
    pub(crate) fn of(idp: &Idp, provider: Provider) -> Self {
        App::new(idp.http(), |builder| builder.register("idp", provider))
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// One request of `browser`.
    pub(crate) fn session(&self, browser: &Browser) -> Session {
        Session::new(&self.registry, &self.seal, [&*browser.cookie_header()])
    }

    /// Begins a login: the address that the browser is sent to.
    pub(crate) async fn begin(&self, browser: &mut Browser, name: &str) -> Result<String, Error> {
        self.begin_with(browser, name, &LoginOptions::new()).await
    }

    pub(crate) async fn begin_with(
        &self,
        browser: &mut Browser,
        name: &str,
        options: &LoginOptions,
    ) -> Result<String, Error> {
        let session = self.session(browser);
        let redirect_uri = self.registry.callback_url(name)?;
        let begun = session.client(name)?.authorize_redirect_with(redirect_uri, options).await;
        browser.take(&session.set_cookies());
        Ok(begun?.location().to_owned())
    }

    /// Delivers a callback to the client `name`.
    pub(crate) async fn finish(
        &self,
        browser: &mut Browser,
        name: &str,
        callback: Callback,
    ) -> Result<Authorized, Error> {
        let session = self.session(browser);
        let finished = session.client(name)?.authorize_access_token(callback).await;
        browser.take(&session.set_cookies());
        finished
    }

    /// A whole login at the scripted provider by its client `idp`.
    pub(crate) async fn login(&self, idp: &Idp) -> Result<Authorized, Error> {
        let mut browser = Browser::new();
        let url = self.begin(&mut browser, "idp").await?;
        self.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await
    }
}

/// A browser: nothing but its cookies, and what was last set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
    /// The Set-Cookie lines of the last answer.
    pub(crate) last: Vec<String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Browser::default()
    }

    pub(crate) fn cookie_header(&self) -> String {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub(crate) fn take(&mut self, lines: &[String]) {
        for line in lines {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("Path=/"), "{line}");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.last = lines.to_vec();
    }

    /// The one login cookie there is.
    pub(crate) fn only_cookie(&self) -> (String, String) {
        assert_eq!(self.cookies.len(), 1, "{:?}", self.cookies.keys());
        let (name, value) = self.cookies.iter().next().unwrap();
        (name.clone(), value.clone())
    }
}

/// The value of a parameter of a URL's query; panics unless it is there once.
pub(crate) fn param(url: &str, name: &str) -> String {
    let values = params(url, name);
    assert_eq!(values.len(), 1, "{name} in {url}");
    values[0].clone()
}

/// All values of a parameter of a URL's query.
pub(crate) fn params(url: &str, name: &str) -> Vec<String> {
    let url = url::Url::parse(url).unwrap();
    let pairs = url.query_pairs().filter(|(key, _)| key == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

/// Asserts the code of an error.
#[track_caller]
pub(crate) fn assert_code<T>(outcome: Result<T, Error>, code: &str, what: &str) -> Error {
    match outcome {
        Ok(_) => panic!("{what}: expected {code}, and it was taken"),
        Err(error) => {
            assert_eq!(error.code(), code, "{what}: {error}");
            error
        }
    }
}
