//! A browser, as small as the tests of sessions need it.

use std::collections::HashMap;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};

/// Keeps cookies and follows redirects.
#[derive(Default)]
pub(crate) struct Browser(HashMap<String, String>);

impl Browser {
    pub(crate) async fn get(&mut self, url: &str) -> (StatusCode, String) {
        self.ask(Method::GET, url, "").await
    }

    pub(crate) async fn ask(
        &mut self,
        method: Method,
        url: &str,
        origin: &str,
    ) -> (StatusCode, String) {
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
