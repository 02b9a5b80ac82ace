//! A person logs in, looks at the profile and logs out, at the embedded provider.

mod browser;

use std::net::Ipv4Addr;

use browser::Browser;
use demo_provider::{Fault, Running};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_user_logs_in_asks_the_api_and_logs_out() {
    let (mut browser, _provider) = start().await;
    let (status, page) = browser.get("/profile").await;
    assert!(status == 401 && page.contains("Start again"), "nobody is signed in: {page}");

    let (status, page) = browser.get("/login").await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Hello, Alice") && page.contains("alice@example.test"), "{page}");
    let (_, page) = browser.get("/profile").await;
    assert!(page.contains("user-alice"), "{page}");

    let kept = browser.cookies.clone();
    let (_, page) = browser.post("/logout", Some("https://evil.example")).await;
    assert!(page.contains("That did not work"), "{page}");
    let (_, page) = browser.get("/").await;
    assert!(page.contains("Hello, Alice"), "another site logs nobody out: {page}");
    let ours = browser.url.clone();
    let (_, page) = browser.post("/logout", Some(&ours)).await;
    assert!(page.contains("Log in with Google"), "{page}");

    browser.cookies = kept;
    let (status, _) = browser.get("/profile").await;
    assert_eq!(status, 401, "the token is gone");
}

#[tokio::test]
async fn a_login_that_does_not_hold_ends_on_a_page_and_signs_nobody_in() {
    let (mut browser, provider) = start().await;
    provider.set_fault(Some(Fault::WrongNonce));
    let (status, page) = browser.get("/login").await;
    assert!(status == 401 && page.contains("That did not work"), "{status}: {page}");
    let (_, page) = browser.get("/").await;
    assert!(page.contains("Log in with Google"), "{page}");
}

#[test]
fn a_missing_setting_is_told_by_name() {
    let error =
        google_login::app(integration_axum::Env::from_vars([("X", "x")]), "http://127.0.0.1:1");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("GOOGLE_CLIENT_ID"), "{error}");
}

async fn start() -> (Browser, Running) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (provider, env) = google_login::demo(&url).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    let app = google_login::app(env, &url).unwrap();
    tokio::spawn(async { drop(axum::serve(listener, app).await) });
    (Browser::at(url), provider)
}
