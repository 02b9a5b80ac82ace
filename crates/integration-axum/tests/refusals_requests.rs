//! Requests that are too much or too odd (rows B), and what answers may show (rows E), through the
//! layer and the extractors.

mod common;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Method, Request};
use common::{App, Browser, CLIENTS, FORM, HTTPS, WITH_STATE};
use demo_provider::Fault;
use integration_axum::client_registry;

#[tokio::test]
async fn refusal_b1_callbacks_of_megabytes_are_refused_and_take_nothing() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let good = browser.approved(&app, "posted").await;
    let state = good.param("state");
    let filler = "x".repeat(10_000_000);
    let bodies = [
        format!("state={state}&code={filler}"),
        format!("code={filler}&state={state}"),
        format!("state={state}&{}", "&a=b".repeat(1_000_000)),
        "x".repeat(64 * 1024 + 1),
        ".".repeat(1_000_000),
    ];
    for body in bodies {
        let request = Request::post("/authorize/posted").header(CONTENT_TYPE, FORM);
        let answer = browser.send(&app.router, request, body).await;
        assert_eq!((answer.status, &*answer.code()), (400, "malformed"));
        assert!(answer.error.unwrap().to_string().len() < 200, "the error holds none of it");
    }
    for client in CLIENTS {
        let long = format!("/authorize/{client}?state={}", "s".repeat(60_000));
        let answer = browser.get(&app, &long).await;
        assert_eq!(answer.status, 400, "{client}");
        assert!(answer.error.unwrap().to_string().len() < 2000, "{client}");
    }
    browser.completes(&app, &good).await;
}

#[tokio::test]
async fn refusal_b4_bodies_and_queries_that_are_no_text_are_refused_and_take_nothing() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let good = browser.approved(&app, "posted").await;
    let deep = "[".repeat(60_000);
    let bodies: [(&[u8], &str); 7] = [
        (b"", FORM),
        (b"\xff\xfe\x00", FORM),
        (b"state=%ff%fe&code=%00", FORM),
        (b"state=a\0b&code=c", FORM),
        (b"\0", FORM),
        (deep.as_bytes(), "application/json"),
        (good.params.as_bytes(), "text/plain"),
    ];
    for (body, media_type) in bodies {
        let request = Request::post("/authorize/posted").header(CONTENT_TYPE, media_type);
        let answer = browser.send(&app.router, request, body.to_vec()).await;
        assert_eq!(answer.status, 400, "{}", body.escape_ascii());
    }
    let request = Request::post("/authorize/posted");
    let answer = browser.send(&app.router, request, good.params.clone()).await;
    assert_eq!(answer.status, 400, "a body of no media type");
    for client in CLIENTS {
        for query in ["state=%ff", "state=%00&code=%00", "&&&=&=", "%", "oauth_token=%ff%00"] {
            let answer = browser.get(&app, &format!("/authorize/{client}?{query}")).await;
            assert_eq!(answer.status, 400, "{client} {query}");
        }
    }
    browser.completes(&app, &good).await;
}

#[tokio::test]
async fn a_browser_that_begins_a_hundred_logins_keeps_the_youngest_under_the_cookie_budget() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let mut last = browser.approved(&app, "oauth2").await;
    for _ in 0..100 {
        last = browser.approved(&app, "oauth2").await;
        let size: usize = browser.cookies.iter().map(|(n, v)| n.len() + v.len()).sum();
        assert!(size <= 3500, "{size} bytes");
    }
    browser.completes(&app, &last).await;
}

#[tokio::test]
async fn refusal_e12_what_a_provider_writes_is_not_shown() {
    let app = App::new().await;
    let long = "x".repeat(20_000);
    for text in ["<script>alert(1)</script>", "a\u{1b}[31m\r\nSet-Cookie: a=b\0", &long] {
        for client in WITH_STATE {
            let mut browser = Browser::default();
            let error = browser.approved(&app, client).await.refused("access_denied");
            let error = error.with("error_description", &[text]).with("error_uri", &[text]);
            let answer = browser.deliver(&app, &error).await;
            assert_eq!(answer.body, "The sign-in was declined. You can start again.");
            let shown = answer.error.unwrap().to_string();
            assert!(shown.len() < 8000 && !shown.contains(char::is_control), "{shown}");

            let error = browser.approved(&app, client).await.refused(text);
            let answer = browser.deliver(&app, &error).await;
            assert_eq!(answer.status, 502, "{client}");
            assert!(answer.body.starts_with("The sign-in service gave an answer"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn refusal_e13_answers_of_a_login_are_kept_by_nobody() {
    let app = App::new().await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let begun = browser.get(&app, &format!("/login/{client}")).await;
        assert!(begun.status == 303 && begun.is_kept_by_nobody(), "{client}: the redirect");
        let delivery = app.at_provider(begun.headers[LOCATION].to_str().unwrap()).await;
        let done = browser.deliver(&app, &delivery).await;
        assert!(done.status == 200 && done.is_kept_by_nobody(), "{client}: the callback");
        let failed = browser.deliver(&app, &delivery).await;
        assert!(failed.status == 400 && failed.is_kept_by_nobody(), "{client}: a failed one");
    }
    let unknown = Browser::default().get(&app, "/login/nobody").await;
    assert!(unknown.status == 404 && unknown.is_kept_by_nobody());
}

#[tokio::test]
async fn other_methods_than_get_and_post_are_refused_and_take_nothing() {
    let app = App::new().await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let good = browser.approved(&app, client).await;
        let to = |path: &str| format!("/{path}/{client}?{}", good.params);
        let before = app.exchanges();
        for (method, path, status) in [
            (Method::HEAD, "authorize", 400),
            (Method::PUT, "authorize", 405),
            (Method::PATCH, "authorize", 405),
            (Method::DELETE, "authorize", 405),
            (Method::OPTIONS, "authorize", 405),
            // A route that takes every method.
            (Method::HEAD, "any", 400),
            (Method::PUT, "any", 400),
            (Method::PATCH, "any", 400),
            (Method::DELETE, "any", 400),
            (Method::OPTIONS, "any", 400),
            (Method::from_bytes(b"QUERY").unwrap(), "any", 400),
        ] {
            let request = Request::builder().method(&method).uri(to(path));
            let answer = browser.send(&app.router, request, good.params.clone()).await;
            assert_eq!(answer.status, status, "{client}: {method} {path}");
        }
        assert_eq!(app.exchanges(), before, "{client}");
        browser.completes(&app, &good).await;
    }
}

#[tokio::test]
async fn statuses_follow_the_fault() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let expect = |answer: common::Answer, status: u16, code: &str| {
        assert_eq!((answer.status, &*answer.code()), (status, code));
    };
    expect(browser.get(&app, "/login/nobody").await, 404, "unknown_client");
    expect(browser.get(&app, "/authorize/nobody?code=a&state=b").await, 404, "unknown_client");
    expect(browser.get(&app, "/notes/oauth2").await, 401, "needs_login");
    expect(browser.get(&app, "/authorize/openid").await, 400, "state_missing");

    for (fault, status, code) in [
        (Fault::WrongNonce, 401, "nonce_mismatch"),
        (Fault::WrongIssuer, 401, "iss_mismatch"),
        (Fault::ExpiredIdToken, 401, "expired"),
        (Fault::UserinfoOtherSubject, 401, "sub_mismatch"),
        (Fault::Unavailable("/token"), 502, "http_status_retryable"),
        (Fault::Redirect("/token"), 502, "http_status"),
        (Fault::Redirect("/userinfo"), 502, "http_status"),
    ] {
        app.provider.set_fault(Some(fault));
        let delivery = browser.approved(&app, "openid").await;
        expect(browser.deliver(&app, &delivery).await, status, code);
        assert_eq!(app.provider.requests("/elsewhere"), 0, "secrets go to no second host");
        app.provider.set_fault(None);
    }
    let delivery = browser.approved(&app, "oauth2").await;
    let forged = delivery.with("code", &["forged"]);
    expect(browser.deliver(&app, &forged).await, 502, "invalid_grant");

    let app = App::at("http://127.0.0.1:1").await;
    app.provider.set_down(true);
    for client in ["oauth1", "openid", "posted"] {
        let answer = browser.get(&app, &format!("/login/{client}")).await;
        expect(answer, 502, "http_status_retryable");
    }
}

#[tokio::test]
async fn a_route_without_the_layer_answers_500_and_shows_nothing() {
    let router = common::routes();
    for path in ["/login/openid", "/authorize/openid?code=a&state=b", "/notes/oauth2"] {
        let answer = Browser::default().send(&router, Request::get(path), Body::empty()).await;
        assert_eq!((answer.status, &*answer.code()), (500, "config"), "{path}");
        assert!(
            answer.error.unwrap().to_string().contains("OAuthLayer"),
            "the log says what to do"
        );
    }
    let answer = Browser::default().send(&router, Request::post("/start/x"), Body::empty()).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_registry_without_a_public_url_answers_500_and_shows_nothing() {
    let provider = common::provider(HTTPS).await;
    let settings = client_registry::providers::github().client_id("id").client_secret("canary");
    let registry = integration_axum::OAuth::builder().register("github", settings).build().unwrap();
    let router = common::router(registry, integration_axum::Seal::generate());
    let request = Request::get("/login/github");
    let answer = Browser::default().send(&router, request, Body::empty()).await;
    assert_eq!((answer.status, &*answer.code()), (500, "config"));
    provider.shutdown().await;
}
