//! How an adapter sits in its framework: cookies, base paths, proxies, what others put around it.

use std::sync::Arc;

use client_registry::Token;
use tokio::task::JoinSet;

use crate::apps::Framework;
use crate::browser::{Asked, Browser, Delivery};
use crate::site::{CLIENTS, HTTPS, LOOPBACK, Site};

pub(super) async fn every_protocol_logs_in_with_its_checks_on(site: &Site) {
    for (client, checks) in [
        ("oauth1", &["oauth_token", "oauth_verifier", "signature"][..]),
        ("oauth2", &["state", "PKCE"][..]),
        ("openid", &["state", "iss", "PKCE", "signature", "ID token", "nonce"][..]),
        ("posted", &["state", "iss", "PKCE", "signature", "ID token", "nonce"][..]),
    ] {
        let mut browser = Browser::default();
        let delivery = browser.approved(site, client).await;
        assert_eq!(delivery.by_post, client == "posted");
        let login = browser.completes(site, &delivery).await;
        let got: Vec<_> = login["checks"].as_array().expect("a list").iter().collect();
        assert_eq!(got, checks, "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
    }
    assert_eq!(site.provider.requests("/jwks"), 1, "keys are fetched once for all");
}

pub(super) async fn cookies_follow_the_public_url_and_the_response_mode(site: &Site) {
    let loopback = Site::at(site.framework, LOOPBACK, "").await;
    for (site, client, prefix, attributes) in [
        (site, "oauth1", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (site, "oauth2", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (site, "openid", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (site, "posted", "__Host-oauth-login-", "; Secure; SameSite=None"),
        (&loopback, "oauth1", "oauth-login-", "; SameSite=Lax"),
        (&loopback, "oauth2", "oauth-login-", "; SameSite=Lax"),
        (&loopback, "openid", "oauth-login-", "; SameSite=Lax"),
        (&loopback, "posted", "oauth-login-", "; SameSite=Lax"),
    ] {
        let mut browser = Browser::default();
        let answer = browser.get(site, &format!("/login/{client}")).await;
        let [line] = &answer.set_cookies()[..] else { panic!("one cookie: {answer:?}") };
        assert!(line.starts_with(prefix), "{line}");
        let (_, got) = line.split_once("; ").expect("attributes");
        assert_eq!(got, format!("Path=/; Max-Age=3600; HttpOnly{attributes}"), "{client}");

        let delivery = site.at_provider(&answer.location()).await;
        browser.completes(site, &delivery).await;
        assert!(browser.cookies.is_empty(), "{client}");
    }
}

pub(super) async fn an_application_below_a_base_path_logs_in(site: &Site) {
    let site = Site::at(site.framework, "https://app.example/base/app", "/base/app").await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(&site, client).await;
        browser.completes(&site, &delivery).await;
        assert!(browser.cookies.is_empty());
    }
}

/// The address of the callback is never taken from a request.
pub(super) async fn forwarded_headers_of_a_proxy_change_nothing(site: &Site) {
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/elsewhere"),
        ("forwarded", "host=evil.example;proto=http"),
    ] {
        let mut browser = Browser::default();
        let request = Asked::get("/login/openid").header(name, value);
        let begun = browser.send(site, request).await;
        let redirect_uri = Delivery::of(&begun.location()).param("redirect_uri");
        assert_eq!(redirect_uri, format!("{HTTPS}/authorize/openid"), "{name}");
        let delivery = site.at_provider(&begun.location()).await;
        browser.completes(site, &delivery).await;
    }
}

pub(super) async fn cookies_survive_an_answer_that_is_replaced(site: &Site) {
    for client in CLIENTS {
        let mut browser = Browser::default();
        let begun = browser.get(site, &format!("/replaced/{client}")).await;
        assert!(begun.status == 418 && begun.is_kept_by_nobody(), "{client}: {begun:?}");
        assert_eq!(browser.cookies.len(), 1, "{client}");
    }
}

pub(super) async fn a_handlers_own_cookies_stay_beside_the_logins(site: &Site) {
    let mut browser = Browser::default();
    let answer = browser.get(site, "/both/oauth2").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (303, 2), "{answer:?}");
    assert_eq!(browser.cookies["mine"], "1");
    let delivery = site.at_provider(&answer.location()).await;
    browser.completes(site, &delivery).await;
}

pub(super) async fn cookies_of_others_that_are_no_text_do_not_disturb_a_login(site: &Site) {
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(site, "openid").await;
    let (name, value) = browser.cookies.first_key_value().expect("a cookie");
    let line =
        [b"theme=\xff\xfe\xe9; a=\"b; c\"; =; ", format!("{name}={value}").as_bytes(), b"; z"]
            .concat();
    let mut request = Asked::get(format!("/authorize/{client}?{params}")).header("cookie", line);
    if site.framework == Framework::Rocket {
        // Rocket itself drops a header that is no UTF-8. Nothing is taken, and a line of its own, as
        // HTTP/2 sends each cookie in, is read.
        assert_eq!(Browser::default().send(site, request).await.code(), "state_mismatch");
        request = Asked::get(format!("/authorize/{client}?{params}"))
            .header("cookie", b"theme=\xff\xfe\xe9")
            .header("cookie", format!("{name}={value}"));
    }
    let answer = Browser::default().send(site, request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let [line] = &answer.set_cookies()[..] else { panic!("one cookie: {answer:?}") };
    assert!(line.starts_with(&format!("{name}=; ")), "{line}");
}

pub(super) async fn cookies_in_several_header_lines_are_read(site: &Site) {
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(site, "oauth2").await;
    let (name, value) = browser.cookies.first_key_value().expect("a cookie");
    let request = Asked::get(format!("/authorize/{client}?{params}"))
        .header("cookie", "a=b")
        .header("cookie", format!("{name}={value}"))
        .header("cookie", "c=d");
    let answer = Browser::default().send(site, request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub(super) async fn a_hundred_logins_stay_under_the_cookie_budget(site: &Site) {
    let mut browser = Browser::default();
    let mut last = browser.approved(site, "oauth2").await;
    for _ in 0..100 {
        last = browser.approved(site, "oauth2").await;
        let size: usize = browser.cookies.iter().map(|(n, v)| n.len() + v.len()).sum();
        assert!(size <= 3500, "{size} bytes");
    }
    browser.completes(site, &last).await;
}

pub(super) async fn a_request_without_a_login_gets_no_header_of_ours(site: &Site) {
    for path in ["/plain", "/notes/oauth2"] {
        let mut browser = Browser::default();
        let answer = browser.send(site, Asked::get(path).header("x-user", "nobody")).await;
        assert!(answer.set_cookies().is_empty(), "{path}");
        let is_error = answer.headers.contains_key("x-error");
        assert_eq!(answer.is_kept_by_nobody(), is_error, "{path}: {answer:?}");
    }
}

pub(super) async fn an_api_call_goes_with_the_token_of_the_current_user(site: &Site) {
    let client = site.registry.client("oauth2").expect("a client");
    client.save_token("alice", &Token::bearer("of-alice")).await.expect("a place for it");
    let called = || site.provider.requests("/api/notes");
    for (user, code, calls) in
        [(None, "needs_login", 0), (Some("bob"), "needs_login", 0), (Some("alice"), "", 1)]
    {
        let before = called();
        let mut request = Asked::get("/notes/oauth2");
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        let answer = Browser::default().send(site, request).await;
        // The provider does not know the token: what counts is that it was asked.
        assert_eq!(called() - before, calls, "{user:?}: {answer:?}");
        assert!(calls > 0 || (answer.status, &*answer.code()) == (401, code), "{answer:?}");
    }
}

pub(super) async fn logins_of_many_browsers_at_once_reach_their_own(site: &Arc<Site>) {
    let mut tasks = JoinSet::new();
    for index in 0..40 {
        let site = site.clone();
        tasks.spawn(async move {
            let mut browser = Browser::default();
            let delivery = browser.approved(&site, CLIENTS[index % CLIENTS.len()]).await;
            browser.completes(&site, &delivery).await;
            browser.cookies.len()
        });
    }
    assert_eq!(tasks.join_all().await, [0; 40]);
}
