//! Each of the three logs in at the embedded provider.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use integration_axum::Env;
use serde_json::Value;
use tokio::net::TcpListener;

#[tokio::test]
async fn each_protocol_tells_who_logged_in() {
    for (protocol, claim, who) in [
        ("openid", "sub", "user-alice"),
        ("oauth2", "login", "alice"),
        ("oauth1", "screen_name", "alice"),
    ] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (provider, vars) = demo_provider::for_examples(&url).await.unwrap();
        provider.set_auto_approve(Some("alice"));
        let app = axum_login_example::app(protocol, Env::from_vars(vars), &url).unwrap().unwrap();
        let server = tokio::spawn(async { drop(axum::serve(listener, app).await) });

        let (status, body) = follow(format!("{url}/login")).await;
        assert_eq!(status, 200, "{protocol}: {body}");
        let profile: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&profile[claim], &profile["name"]), (&who.into(), &"Alice".into()));
        server.abort();
    }
}

#[test]
fn a_missing_setting_and_an_unknown_protocol_are_told() {
    let none = || Env::from_vars([("UNRELATED", "x")]);
    for (protocol, variable) in
        [("openid", "GOOGLE_CLIENT_"), ("oauth2", "GITHUB_CLIENT_"), ("oauth1", "CLASSIC_CLIENT_")]
    {
        let error =
            axum_login_example::app(protocol, none(), "http://127.0.0.1:1").unwrap().unwrap_err();
        assert!(error.to_string().contains(variable), "{error}");
    }
    assert!(axum_login_example::app("oauth3", none(), "http://127.0.0.1:1").is_none());
}

/// Follows redirects with cookies kept, as a browser does.
async fn follow(mut url: String) -> (u16, String) {
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().redirect(policy).build().unwrap();
    let mut cookies: HashMap<String, String> = HashMap::new();
    loop {
        let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = http.get(&url).header(COOKIE, line.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all(SET_COOKIE) {
            let (pair, _) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        match answer.headers().get(LOCATION) {
            Some(location) => url = location.to_str().unwrap().to_owned(),
            None => return (answer.status().as_u16(), answer.text().await.unwrap()),
        }
    }
}
