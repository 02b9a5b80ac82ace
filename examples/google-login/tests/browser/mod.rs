//! A browser, as small as the tests of the examples need it.

use std::collections::HashMap;

use axum::http::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};

/// Follows redirects and keeps the application's cookies.
pub(crate) struct Browser {
    pub(crate) url: String,
    pub(crate) cookies: HashMap<String, String>,
}

impl Browser {
    pub(crate) fn at(url: String) -> Self {
        Browser { url, cookies: HashMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> (u16, String) {
        self.follow(reqwest::Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, origin: Option<&str>) -> (u16, String) {
        self.follow(reqwest::Method::POST, path, origin).await
    }

    async fn follow(
        &mut self,
        mut method: reqwest::Method,
        path: &str,
        origin: Option<&str>,
    ) -> (u16, String) {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(policy).build().unwrap();
        let mut url = format!("{}{path}", self.url);
        loop {
            let mut request = http.request(method, &url);
            if url.starts_with(&self.url) {
                let pairs: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
                request = request.header(COOKIE, pairs.join("; "));
            }
            if let Some(origin) = origin {
                request = request.header(ORIGIN, origin);
            }
            let answer = request.send().await.unwrap();
            for line in answer.headers().get_all(SET_COOKIE) {
                let (pair, _) = line.to_str().unwrap().split_once(';').unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(location) = answer.headers().get(LOCATION) else {
                return (answer.status().as_u16(), answer.text().await.unwrap());
            };
            let location = location.to_str().unwrap();
            url = match location.strip_prefix('/') {
                Some(path) => format!("{}/{path}", self.url),
                None => location.to_owned(),
            };
            method = reqwest::Method::GET;
        }
    }
}
