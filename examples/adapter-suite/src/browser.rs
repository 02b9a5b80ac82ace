//! A browser, as small as the rows need it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, REFERRER_POLICY,
    SET_COOKIE,
};
use http::{HeaderName, Method};
use protocol_core::percent;
use serde_json::Value;

use crate::site::Site;

pub const FORM: &str = "application/x-www-form-urlencoded";

/// What a provider sends a browser back with.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub client: String,
    pub params: String,
    pub by_post: bool,
}

impl Delivery {
    /// The query of an address, as if it were brought.
    pub fn of(url: &str) -> Self {
        let query = url.split_once('?').expect("a query").1;
        Delivery { client: String::new(), params: query.to_owned(), by_post: false }
    }

    /// The same to another client's callback.
    pub fn to(&self, client: &str) -> Self {
        Delivery { client: client.to_owned(), ..self.clone() }
    }

    /// The same with these values of a parameter, and no others.
    pub fn with(&self, name: &str, values: &[&str]) -> Self {
        let mut pairs = self.pairs();
        pairs.retain(|(known, _)| known != name);
        pairs.extend(values.iter().map(|value| (name.to_owned(), (*value).to_owned())));
        Delivery { params: percent::form_body(pairs), ..self.clone() }
    }

    /// An error instead of a code.
    pub fn refused(&self, code: &str) -> Self {
        self.with("code", &[]).with("error", &[code])
    }

    /// The same by GET for POST, and by POST for GET.
    pub fn by_the_other_way(&self) -> Self {
        Delivery { by_post: !self.by_post, ..self.clone() }
    }

    pub fn param(&self, name: &str) -> String {
        self.pairs().into_iter().find(|(known, _)| known == name).expect(name).1
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let pairs = percent::form_pairs(self.params.as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}

/// A browser: it keeps cookies and follows nothing by itself. A clone is a kept copy of its cookies.
#[derive(Clone, Default, Debug)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

/// A request to come; see [`Browser::send`].
#[derive(Debug)]
pub struct Asked {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Asked {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Asked { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Asked::new(Method::GET, path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Asked::new(Method::POST, path)
    }

    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

impl Browser {
    pub async fn get(&mut self, site: &Site, path: &str) -> Answer {
        self.send(site, Asked::get(path)).await
    }

    /// Begins a login; the provider's address that it is sent to.
    pub async fn begin(&mut self, site: &Site, client: &str) -> String {
        let answer = self.get(site, &format!("/login/{client}")).await;
        assert_eq!(answer.status, 303, "{client}: {answer:?}");
        answer.location()
    }

    /// Begins a login and has it approved; what is then to be delivered.
    pub async fn approved(&mut self, site: &Site, client: &str) -> Delivery {
        let location = self.begin(site, client).await;
        site.at_provider(&location).await
    }

    pub async fn deliver(&mut self, site: &Site, delivery: &Delivery) -> Answer {
        let Delivery { client, params, by_post } = delivery;
        if *by_post {
            let request = Asked::post(format!("/authorize/{client}"));
            self.send(site, request.header("content-type", FORM).body(params.clone())).await
        } else {
            self.get(site, &format!("/authorize/{client}?{params}")).await
        }
    }

    /// Delivers what must be refused, and that before the provider is asked for anything.
    pub async fn refused(&mut self, site: &Site, delivery: &Delivery) -> String {
        let before = site.exchanges();
        let answer = self.deliver(site, delivery).await;
        assert_eq!(site.exchanges(), before, "{delivery:?} drew a request");
        answer.code()
    }

    /// Delivers what must complete a login.
    pub async fn completes(&mut self, site: &Site, delivery: &Delivery) -> Value {
        let answer = self.deliver(site, delivery).await;
        assert_eq!(answer.status, 200, "{delivery:?}: {answer:?}");
        let login: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(login["name"], "Alice");
        login
    }

    /// Sends a request to where the application listens, in place of its public URL.
    pub async fn send(&mut self, site: &Site, asked: Asked) -> Answer {
        self.send_to(site.address(), site, asked).await
    }

    /// The same to an application that listens elsewhere.
    pub async fn send_to(&mut self, address: SocketAddr, site: &Site, asked: Asked) -> Answer {
        self.try_send(address, site, asked).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The same; fails if the connection ends without an answer.
    pub async fn try_send(
        &mut self,
        address: SocketAddr,
        site: &Site,
        asked: Asked,
    ) -> Result<Answer, reqwest::Error> {
        let base = site.public_url.splitn(4, '/').nth(3).map_or(String::new(), |b| format!("/{b}"));
        let url = format!("http://{address}{base}{}", asked.path);
        let mut request = http().request(asked.method, url).body(asked.body);
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        let line: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !line.is_empty() {
            request = request.header(COOKIE, line.join("; "));
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.expect("a body");
        let answer = Answer { status, headers, body };
        for line in answer.set_cookies() {
            let (pair, attributes) = line.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a name");
            let of_login = name.contains("oauth-");
            assert!(attributes.contains("Path=/;") && attributes.contains("HttpOnly"), "{line}");
            assert_eq!(of_login && name.starts_with("__Host-"), attributes.contains("Secure"));
            match attributes.contains("Max-Age=0;") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer.assert_discreet();
        Ok(answer)
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The code of the error behind it.
    pub fn code(&self) -> String {
        self.error("code").unwrap_or_else(|| panic!("no error: {self:?}"))
    }

    /// What is told of the error behind it: `code`, `text`, and of a rejection `description`, `uri`.
    pub fn error(&self, part: &str) -> Option<String> {
        let told = self.headers.get("x-error")?.as_bytes().to_owned();
        let found = percent::form_pairs(&told).find(|(name, _)| name == part);
        found.map(|(_, value)| value.into_owned())
    }

    pub fn location(&self) -> String {
        self.headers[LOCATION].to_str().expect("text").to_owned()
    }

    pub fn set_cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().expect("text").to_owned()).collect()
    }

    pub fn is_kept_by_nobody(&self) -> bool {
        let only = |name, value: &str| {
            let mut all = self.headers.get_all(name).iter();
            all.next().is_some_and(|got| got == value) && all.next().is_none()
        };
        only(CACHE_CONTROL, "no-store") && only(REFERRER_POLICY, "no-referrer")
    }

    /// No error answer shows anything of the inside, and none that takes part in a login is kept.
    fn assert_discreet(&self) {
        let is_error = self.headers.contains_key("x-error");
        if is_error || self.set_cookies().iter().any(|line| line.contains("oauth-")) {
            assert!(self.is_kept_by_nobody(), "{self:?}");
        }
        if is_error {
            assert_eq!(self.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
            let telling = ["/", ":", "=", "127.0.0.1", "canary", "OAuth", "expected", "_"];
            assert!(telling.iter().all(|text| !self.body.contains(text)), "{}", self.body);
            assert!(self.body.len() < 120, "{}", self.body);
        }
    }
}

/// A client of HTTP that follows nothing. Each request has a connection of its own: one that a server
/// closes meanwhile would be the test's mistake.
pub fn http() -> &'static reqwest::Client {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        builder.pool_max_idle_per_host(0).build().expect("a client")
    });
    &HTTP
}

/// The hidden fields of a page's form.
pub fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let fields = page.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let name = field.split('"').next().expect("a name");
            let value = between(field, "value=\"", "\"").expect("a value");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}
