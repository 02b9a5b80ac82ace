//! Whole logins over sockets: a browser, the application, the provider.

mod common;

use std::collections::HashMap;
use std::net::Ipv4Addr;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use common::{FORM, builder, hidden_fields, provider, router};
use demo_provider::Running;
use integration_axum::Seal;
use protocol_core::percent;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_protocol_logs_in_with_its_checks_on() {
    let site = Site::new().await;
    for (client, checks) in [
        ("oauth1", &["oauth_token", "oauth_verifier", "signature"][..]),
        ("oauth2", &["state", "PKCE"][..]),
        ("openid", &["state", "iss", "PKCE", "signature", "ID token", "nonce"][..]),
        ("posted", &["state", "iss", "PKCE", "signature", "ID token", "nonce"][..]),
    ] {
        let mut browser = Browser::new();
        let login = browser.login(&site, client).await;
        assert_eq!(login["name"], "Alice", "{client}");
        let got: Vec<_> = login["checks"].as_array().unwrap().iter().map(|c| c.as_str()).collect();
        let expected: Vec<_> = checks.iter().copied().map(Some).collect();
        assert_eq!(got, expected, "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
    }
    assert_eq!(site.provider.requests("/jwks"), 1, "keys are fetched once for all");
    assert_eq!(site.provider.requests("/.well-known/openid-configuration"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_rotated_is_fetched_at_the_next_login() {
    let site = Site::new().await;
    Browser::new().login(&site, "openid").await;
    site.provider.rotate_keys().unwrap();
    let login = Browser::new().login(&site, "openid").await;
    assert_eq!(login["name"], "Alice");
    assert_eq!(site.provider.requests("/jwks"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusal_b1_a_body_without_end_is_answered_and_read_no_further() {
    let site = Site::new().await;
    let mut socket = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /authorize/posted HTTP/1.1\r\nHost: app\r\nContent-Type: {FORM}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("400\r\n{}\r\n", "a".repeat(0x400));
    let mut sent = 0;
    while socket.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
        // What the sockets of both sides hold, and some.
        assert!(sent < 64 << 20, "{sent} bytes were taken");
    }
    // The answer may have been overtaken by the end of the connection.
    let mut first = [0; 12];
    if socket.read_exact(&mut first).await.is_ok() {
        assert_eq!(&first, b"HTTP/1.1 400");
    }
    assert_eq!(Browser::new().login(&site, "posted").await["name"], "Alice");
}

/// An application on a socket, and its provider.
struct Site {
    url: String,
    provider: Running,
    server: JoinHandle<()>,
}

impl Site {
    async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = provider(&url).await;
        let registry = builder(&url, &provider).build().unwrap();
        let app: Router = router(registry, Seal::generate());
        let server = tokio::spawn(async { drop(axum::serve(listener, app).await) });
        Site { url, provider, server }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A browser on sockets. Like all of them, it sends its cookies to every port of a host.
struct Browser {
    http: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(policy).build().unwrap();
        Browser { http, cookies: HashMap::new() }
    }

    /// From the login route through the provider to what the application answers.
    async fn login(&mut self, site: &Site, client: &str) -> Value {
        let mut answer = self.get(&format!("{}/login/{client}", site.url)).await;
        loop {
            if let Some(location) = answer.headers().get(LOCATION) {
                let location = location.to_str().unwrap().to_owned();
                answer = self.get(&location).await;
                continue;
            }
            let is_page = answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html");
            let text = answer.text().await.unwrap();
            if !is_page {
                return serde_json::from_str(&text).unwrap_or_else(|_| panic!("{client}: {text}"));
            }
            let form = percent::form_body(hidden_fields(&text));
            let to = format!("{}/authorize/{client}", site.url);
            let request = self.http.post(to).header(CONTENT_TYPE, FORM).body(form);
            answer = self.send(request).await;
        }
    }

    async fn get(&mut self, url: &str) -> reqwest::Response {
        self.send(self.http.get(url)).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let line: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let answer = request.header(COOKIE, line.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}
