//! A browser and an application's back end, as small as the tests need them.
#![allow(dead_code, unreachable_pub)] // Each test file has its own copy and uses its own part.

use std::collections::HashMap;
use std::sync::Mutex;

use demo_provider::{Algorithm, Client, DemoProvider, Running};
use protocol_core::{base64url, digest, percent};
use reqwest::header::{self, HeaderMap};
use reqwest::redirect::Policy;
use serde_json::Value;

pub const CALLBACK: &str = "http://127.0.0.1:1/callback";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub async fn provider() -> Running {
    let app = Client::confidential("app", "s:%+ é").name("The <App>").redirect_uri(CALLBACK);
    let public = Client::public("native").redirect_uri("http://127.0.0.1/callback");
    DemoProvider::builder()
        .client(app.id_token_signed_response_alg(Algorithm::ES256))
        .client(public.id_token_signed_response_alg(Algorithm::EdDSA))
        .bind(0)
        .await
        .unwrap()
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// The parameters that a redirect to the application brings.
    pub fn callback(&self) -> HashMap<String, String> {
        let query = self.location().strip_prefix(&format!("{CALLBACK}?")).expect("the callback");
        pairs(query)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and `error` of an OAuth error answer.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap().to_owned())
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&start).expect(name) + start.len();
        self.body[at..].split('"').next().unwrap().to_owned()
    }
}

/// A browser that keeps cookies and follows nothing by itself.
pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<HashMap<String, String>>,
}

impl Browser {
    pub fn new(provider: &Running) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Browser { http, base: provider.base_url().into(), cookies: Mutex::default() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(self.url(path))).await
    }

    pub async fn get_with(&self, path: &str, token: &str) -> Answer {
        self.send(self.http.get(self.url(path)).header("Authorization", format!("Bearer {token}")))
            .await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_body(self.http.post(self.url(path)), form)).await
    }

    /// As the confidential client, by HTTP Basic, form-encoded.
    pub async fn post_as_app(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let secret = percent::form_encode("s:%+ é");
        let basic = base64url::encode_standard(format!("app:{secret}"));
        let request =
            self.http.post(self.url(path)).header("Authorization", format!("Basic {basic}"));
        self.send(form_body(request, form)).await
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; "));
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            assert_eq!(attributes, " HttpOnly; SameSite=Lax; Path=/");
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.into(), value.into());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub async fn send_http(&self, request: http::Request<Vec<u8>>) -> Answer {
        self.send(reqwest::RequestBuilder::from_parts(
            self.http.clone(),
            request.try_into().unwrap(),
        ))
        .await
    }

    /// From the request for access to the consent page, by the login page if it comes.
    pub async fn to_consent(&self, authorize: &str, username: &str) -> Answer {
        let mut page = self.follow(self.get(authorize).await).await;
        if page.body.contains("name=\"username\"") {
            page = self.log_in(&page, username).await;
        }
        assert!(page.body.contains("value=\"allow\""), "{}", page.body);
        page
    }

    pub async fn log_in(&self, page: &Answer, username: &str) -> Answer {
        let (request, csrf) = (page.field("request"), page.field("csrf"));
        let form =
            [("request", &*request), ("csrf", &csrf), ("username", username), ("password", "x")];
        self.follow(self.post("/login", &form).await).await
    }

    pub async fn decide(&self, page: &Answer, decision: &str) -> Answer {
        let (request, csrf) = (page.field("request"), page.field("csrf"));
        let form = [("request", &*request), ("csrf", &csrf), ("decision", decision)];
        self.post("/consent", &form).await
    }

    pub async fn follow(&self, answer: Answer) -> Answer {
        self.get(answer.location()).await
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// An authorization request with PKCE; `more` is added to it.
pub fn authorize(client_id: &str, scope: &str, more: &[(&str, &str)]) -> String {
    let challenge = base64url::encode(digest::sha256(VERIFIER.as_bytes()));
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", scope),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    format!("/authorize?{}", percent::form_body(pairs))
}

/// The form that redeems a code.
pub fn redeem(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

pub fn pairs(form: &str) -> HashMap<String, String> {
    percent::form_pairs(form.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

fn form_body(request: reqwest::RequestBuilder, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
    request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(percent::form_body(form.iter().copied()))
}
