//! A session begins with a login and ends with the button.

#[path = "../../axum-sessions/tests/browser/mod.rs"]
mod browser;

use std::net::{Ipv4Addr, TcpListener};

use browser::Browser;
use integration_actix_web::Env;
use reqwest::Method;

#[actix_web::test]
async fn a_user_logs_in_calls_the_api_and_logs_out() {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (provider, vars) = demo_provider::for_examples(&url).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    let server = actix_sessions::server(Env::from_vars(vars), &url, socket).unwrap();
    let handle = server.handle();
    actix_web::rt::spawn(server);

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
    handle.stop(false).await;
}
