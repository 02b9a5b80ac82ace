//! Each of the three logs in at the embedded provider.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};

use integration_actix_web::Env;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;

#[actix_web::test]
async fn each_protocol_tells_who_logged_in() {
    for (protocol, claim, who) in [
        ("openid", "sub", "user-alice"),
        ("oauth2", "login", "alice"),
        ("oauth1", "screen_name", "alice"),
    ] {
        let socket = socket();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let (provider, vars) = demo_provider::for_examples(&url).await.unwrap();
        provider.set_auto_approve(Some("alice"));
        let server = actix_login::server(protocol, Env::from_vars(vars), &url, socket);
        let server = server.unwrap().unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);

        let (status, body) = follow(format!("{url}/login")).await;
        assert_eq!(status, 200, "{protocol}: {body}");
        let profile: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&profile[claim], &profile["name"]), (&who.into(), &"Alice".into()));
        handle.stop(false).await;
    }
}

#[test]
fn a_missing_setting_and_an_unknown_protocol_are_told() {
    let none = || Env::from_vars([("UNRELATED", "x")]);
    for (protocol, variable) in
        [("openid", "GOOGLE_CLIENT_"), ("oauth2", "GITHUB_CLIENT_"), ("oauth1", "CLASSIC_CLIENT_")]
    {
        let error = actix_login::server(protocol, none(), "http://127.0.0.1:1", socket())
            .unwrap()
            .err()
            .unwrap();
        assert!(error.to_string().contains(variable), "{error}");
    }
    assert!(actix_login::server("oauth3", none(), "http://127.0.0.1:1", socket()).is_none());
}

fn socket() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
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
