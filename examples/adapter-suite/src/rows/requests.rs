//! Requests that are too much or too odd (rows B of the table of refusals), and what answers may show
//! (rows E).

use std::time::Duration;

use client_registry::Key;
use demo_provider::Fault;
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::apps::Framework;
use crate::browser::{Answer, Asked, Browser, FORM};
use crate::site::{CLIENTS, Site, WITH_STATE, settings};

pub(super) async fn refusal_b1_callbacks_of_megabytes_are_refused_and_take_nothing(site: &Site) {
    let mut browser = Browser::default();
    let good = browser.approved(site, "posted").await;
    let state = good.param("state");
    let filler = "x".repeat(10_000_000);
    let bodies = [
        format!("state={state}&code={filler}"),
        format!("code={filler}&state={state}"),
        format!("state={state}&{}", "&a=b".repeat(1_000_000)),
        ".".repeat(1_000_000),
        "x".repeat(64 * 1024 + 1),
    ];
    for body in bodies {
        let length = body.len();
        let request = Asked::post("/authorize/posted").header("content-type", FORM).body(body);
        match browser.try_send(site.address(), site, request).await {
            Ok(answer) => {
                assert_eq!((answer.status, &*answer.code()), (400, "malformed"));
                let text = answer.error("text").expect("a text");
                assert!(text.len() < 200, "the error holds none of it: {text}");
            }
            // A server need not read what it has refused: the connection may end under the sender.
            Err(error) => assert!(length > 1 << 18, "{length} bytes: {error:?}"),
        }
    }
    for client in CLIENTS {
        let long = format!("/authorize/{client}?state={}", "s".repeat(60_000));
        let answer = browser.get(site, &long).await;
        assert_eq!(answer.status, 400, "{client}");
        assert!(answer.error("text").is_some_and(|text| text.len() < 2000), "{client}");
    }
    browser.completes(site, &good).await;
}

pub(super) async fn refusal_b1_a_body_without_end_is_answered_and_read_no_further(site: &Site) {
    let socket = TcpStream::connect(site.address()).await.expect("a connection");
    let (mut reading, mut writing) = socket.into_split();
    let head = format!(
        "POST /authorize/posted HTTP/1.1\r\nHost: app\r\nContent-Type: {FORM}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    writing.write_all(head.as_bytes()).await.expect("a connection");
    let sender = tokio::spawn(async move {
        let chunk = format!("400\r\n{}\r\n", "a".repeat(0x400));
        let mut sent = 0;
        // What the sockets of both sides hold, and some.
        while sent < 64 << 20 && writing.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    // The answer may be overtaken by the end of the connection.
    let mut first = [0; 12];
    match timeout(Duration::from_secs(30), reading.read_exact(&mut first)).await {
        Ok(Ok(_)) => assert_eq!(&first, b"HTTP/1.1 400"),
        Ok(Err(_)) => {}
        Err(_) => panic!("no answer while the body goes on"),
    }
    // actix-web goes on reading chunks that nobody wants, and keeps none of them.
    if site.framework != Framework::ActixWeb {
        drop(reading);
        let sent = timeout(Duration::from_secs(30), sender).await.map_or(0, Result::unwrap);
        assert!(sent < 64 << 20, "{sent} bytes were taken");
    }
    let mut browser = Browser::default();
    let delivery = browser.approved(site, "posted").await;
    browser.completes(site, &delivery).await;
}

pub(super) async fn refusal_b4_bodies_and_queries_that_are_no_text_are_refused_and_take_nothing(
    site: &Site,
) {
    let mut browser = Browser::default();
    let good = browser.approved(site, "posted").await;
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
        let request = Asked::post("/authorize/posted").header("content-type", media_type);
        let answer = browser.send(site, request.body(body)).await;
        assert_eq!(answer.status, 400, "{}", body.escape_ascii());
    }
    let request = Asked::post("/authorize/posted").body(good.params.clone());
    let answer = browser.send(site, request).await;
    assert_eq!(answer.status, 400, "a body of no media type");
    for client in CLIENTS {
        for query in ["state=%ff", "state=%00&code=%00", "&&&=&=", "%", "oauth_token=%ff%00"] {
            let answer = browser.get(site, &format!("/authorize/{client}?{query}")).await;
            assert_eq!(answer.status, 400, "{client} {query}");
        }
    }
    browser.completes(site, &good).await;
}

/// No framework's own word for a bad body comes before ours, and a body of the very limit is read.
pub(super) async fn taking_a_callback_never_fails_and_the_login_tells_what_is_wrong(site: &Site) {
    let mut browser = Browser::default();
    let good = browser.approved(site, "posted").await;
    let post = || Asked::post("/authorize/posted");
    let whole = good.params.clone();
    for request in [
        post(),
        post().body(whole.clone()),
        post().header("content-type", FORM),
        post().header("content-type", "").body(whole.clone()),
        post().header("content-type", "application/json").body(whole.clone()),
        post().header("content-type", "multipart/form-data; boundary=x").body(whole.clone()),
        post().header("content-type", FORM).body(format!("{whole}&pad={}", "x".repeat(1 << 16))),
        post().header("content-type", FORM).body(&b"\xff\xfe\x00"[..]),
    ] {
        let shown = format!("{request:?}");
        let answer = browser.send(site, request).await;
        let told = ["malformed", "state_missing", "response_mode_mismatch"];
        assert!(answer.status == 400 && told.contains(&&*answer.code()), "{shown}: {answer:?}");
    }
    let rest = (1 << 16) - whole.len() - "&pad=".len();
    let body = format!("{whole}&pad={}", "x".repeat(rest));
    let answer = browser.send(site, post().header("content-type", FORM).body(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub(super) async fn refusal_e12_what_a_provider_writes_is_not_shown(site: &Site) {
    let long = "x".repeat(20_000);
    for text in ["<script>alert(1)</script>", "a\u{1b}[31m\r\nSet-Cookie: a=b\0", &long] {
        for client in WITH_STATE {
            let mut browser = Browser::default();
            let error = browser.approved(site, client).await.refused("access_denied");
            let error = error.with("error_description", &[text]).with("error_uri", &[text]);
            let answer = browser.deliver(site, &error).await;
            assert_eq!(answer.body, "The sign-in was declined. You can start again.");
            let shown = answer.error("text").expect("a text");
            assert!(shown.len() < 8000 && !shown.contains(char::is_control), "{shown}");

            let error = browser.approved(site, client).await.refused(text);
            let answer = browser.deliver(site, &error).await;
            assert_eq!(answer.status, 502, "{client}");
            assert!(answer.body.starts_with("The sign-in service gave an answer"), "{answer:?}");
        }
    }
}

pub(super) async fn refusal_e13_answers_of_a_login_are_kept_by_nobody(site: &Site) {
    for client in CLIENTS {
        let mut browser = Browser::default();
        let begun = browser.get(site, &format!("/login/{client}")).await;
        assert!(begun.status == 303 && begun.is_kept_by_nobody(), "{client}: the redirect");
        let delivery = site.at_provider(&begun.location()).await;
        let done = browser.deliver(site, &delivery).await;
        assert!(done.status == 200 && done.is_kept_by_nobody(), "{client}: the callback");
        let failed = browser.deliver(site, &delivery).await;
        assert!(failed.status == 400 && failed.is_kept_by_nobody(), "{client}: a failed one");
    }
    let unknown = Browser::default().get(site, "/login/nobody").await;
    assert!(unknown.status == 404 && unknown.is_kept_by_nobody());
}

pub(super) async fn other_methods_than_get_and_post_are_refused_and_take_nothing(site: &Site) {
    for client in CLIENTS {
        let mut browser = Browser::default();
        let good = browser.approved(site, client).await;
        let to = |path: &str| format!("/{path}/{client}?{}", good.params);
        let before = site.exchanges();
        let methods = ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];
        // A route by GET and POST, and one that takes whatever comes.
        for (method, path) in methods.iter().flat_map(|m| [(m, "authorize"), (m, "any")]) {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = browser.send(site, Asked::new(method.clone(), to(path))).await;
            let refused = [400, 404, 405].contains(&answer.status);
            assert!(refused, "{client}: {method} {path}: {answer:?}");
            assert!(answer.set_cookies().is_empty(), "{client}: {method} {path}");
        }
        assert_eq!(site.exchanges(), before, "{client}");
        browser.completes(site, &good).await;
    }
}

/// What a framework makes of an address differs where a URL may not hold what is in it: the setting is
/// refused, and what is left goes out as it was written.
pub(super) async fn endpoints_of_odd_characters_are_refused_or_redirected_to_as_written(
    site: &Site,
) {
    let usual = |client: &str| settings(client, site.provider.base_url());
    let register = |client: &str, endpoint: &str| {
        site.registry.register(client, &usual(client).set(Key::AuthorizeUrl, endpoint))
    };
    for client in ["oauth1", "oauth2"] {
        for odd in
            [" ", "\"", "<", ">", "\\", "^", "`", "{", "|", "}", "\u{7f}", "é", "\u{0}", "\n"]
        {
            for endpoint in
                [format!("https://idp.example/a{odd}b"), format!("https://idp.example/?a={odd}")]
            {
                let refused = register(client, &endpoint).expect_err(&endpoint);
                assert_eq!(refused.code(), "config", "{client}: {endpoint:?}");
            }
        }
        for endpoint in [
            "https://idp.example/a-._~:@!$&'()*+,;=[]%20b",
            "https://idp.example/?a=/?-._~:@!$&'()*+,;=[]%7B",
        ] {
            register(client, endpoint).expect(endpoint);
            let answer = Browser::default().get(site, &format!("/login/{client}")).await;
            assert!(answer.location().starts_with(endpoint), "{client}: {answer:?}");
            // Rocket's own redirects, for whoever makes one of it.
            let uri = rocket::http::uri::Reference::parse_owned(answer.location());
            assert!(uri.is_ok(), "{client}: {uri:?}");
        }
        site.registry.register(client, &usual(client)).expect("what it was before");
    }
}

pub(super) async fn statuses_follow_the_fault(site: &Site) {
    let mut browser = Browser::default();
    let expect = |answer: Answer, status: u16, code: &str| {
        assert_eq!((answer.status, &*answer.code()), (status, code));
    };
    expect(browser.get(site, "/login/nobody").await, 404, "unknown_client");
    expect(browser.get(site, "/authorize/nobody?code=a&state=b").await, 404, "unknown_client");
    expect(browser.get(site, "/notes/oauth2").await, 401, "needs_login");
    expect(browser.get(site, "/authorize/openid").await, 400, "state_missing");

    for (fault, status, code) in [
        (Fault::WrongNonce, 401, "nonce_mismatch"),
        (Fault::WrongIssuer, 401, "iss_mismatch"),
        (Fault::ExpiredIdToken, 401, "expired"),
        (Fault::UserinfoOtherSubject, 401, "sub_mismatch"),
        (Fault::Unavailable("/token"), 502, "http_status_retryable"),
        (Fault::Redirect("/token"), 502, "http_status"),
        (Fault::Redirect("/userinfo"), 502, "http_status"),
    ] {
        site.provider.set_fault(Some(fault));
        let delivery = browser.approved(site, "openid").await;
        expect(browser.deliver(site, &delivery).await, status, code);
        assert_eq!(site.provider.requests("/elsewhere"), 0, "secrets go to no second host");
        site.provider.set_fault(None);
    }
    let delivery = browser.approved(site, "oauth2").await;
    let forged = delivery.with("code", &["forged"]);
    expect(browser.deliver(site, &forged).await, 502, "invalid_grant");

    // One that has never seen its provider.
    let site = Site::new(site.framework).await;
    site.provider.set_down(true);
    for client in ["oauth1", "openid", "posted"] {
        let answer = browser.get(&site, &format!("/login/{client}")).await;
        expect(answer, 502, "http_status_retryable");
    }
    site.provider.set_down(false);
    site.later(40);
    let delivery = browser.approved(&site, "openid").await;
    browser.completes(&site, &delivery).await;
}
