//! A session begins with a login and ends with the button.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};

use integration_axum::Env;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn a_user_logs_in_calls_the_api_and_logs_out() {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (provider, vars) = demo_provider::for_examples(&url).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    socket.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(socket).unwrap();
    let app = axum_sessions::app(Env::from_vars(vars), &url).unwrap();
    let server = tokio::spawn(async { drop(axum::serve(listener, app).await) });

    let mut browser = Browser::default();
    assert!(browser.get(&url).await.1.contains("Log in with Google"));
    assert_eq!(browser.get(&format!("{url}/repos")).await.0, 401, "nobody is signed in");

    for client in ["google", "github"] {
        let (status, page) = browser.get(&format!("{url}/login/{client}")).await;
        assert_eq!((status.as_u16(), page.contains("Hello, Alice")), (200, true), "{page}");
        let (status, body) = browser.get(&format!("{url}/repos")).await;
        // Each user has the token of one's own login: who came by Google has none of GitHub.
        let expected = if client == "github" { 200 } else { 401 };
        assert_eq!(status, expected, "{body}");
    }

    let evil = browser.ask(Method::POST, &format!("{url}/sign-out"), "https://evil.example").await;
    assert_eq!(evil.0, 400);
    assert!(browser.get(&url).await.1.contains("Hello"), "another site signs nobody out");
    let (status, page) = browser.ask(Method::POST, &format!("{url}/sign-out"), &url).await;
    assert_eq!((status.as_u16(), page.contains("Log in with Google")), (200, true), "{page}");
    server.abort();
}

/// Keeps cookies and follows redirects.
#[derive(Default)]
struct Browser(HashMap<String, String>);

impl Browser {
    async fn get(&mut self, url: &str) -> (StatusCode, String) {
        self.ask(Method::GET, url, "").await
    }

    async fn ask(&mut self, method: Method, url: &str, origin: &str) -> (StatusCode, String) {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(policy).build().unwrap();
        let (mut method, mut url) = (method, url.to_owned());
        loop {
            let line: Vec<_> = self.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
            let mut request = http.request(method, &url).header(COOKIE, line.join("; "));
            if !origin.is_empty() {
                request = request.header(ORIGIN, origin);
            }
            let answer = request.send().await.unwrap();
            for line in answer.headers().get_all(SET_COOKIE) {
                let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                match attributes.contains("Max-Age=0") {
                    true => self.0.remove(name),
                    false => self.0.insert(name.to_owned(), value.to_owned()),
                };
            }
            let Some(location) = answer.headers().get(LOCATION) else {
                return (answer.status(), answer.text().await.unwrap());
            };
            let base = answer.url().clone();
            url = base.join(location.to_str().unwrap()).unwrap().to_string();
            method = Method::GET;
        }
    }
}
