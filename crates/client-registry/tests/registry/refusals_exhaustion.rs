//! REFUSALS.md, B: answers and callbacks made to exhaust.

use std::time::{Duration, Instant};

use client_registry::{Callback, HttpError, HttpErrorKind, Key, Provider, UnixTime};
use oidc_core::jwk::{Algorithm, SigningKey};

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, SECRET, START, answer, assert_code, logs_of, param,
    redirect,
};

const MEGABYTES: usize = 10 * 1024 * 1024;

#[tokio::test]
async fn refusal_b1_huge_tokens_are_refused_and_shown_nowhere() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let huge = "canary".repeat(MEGABYTES / 6);
    let dots = ".".repeat(1_000_000);
    let header = format!("{}.e30.c2ln", "Y2FuYXJ5".repeat(20_000));
    for (what, token) in [("10 MB", huge), ("dots", dots), ("a header of 160 kB", header)] {
        idp.sign(move |_| token.clone());
        let began = Instant::now();
        let error = app.login(&idp).await.unwrap_err();
        let code = error.code().to_owned();
        assert!(
            ["token_too_large", "too_large", "malformed_token"].contains(&&*code),
            "{what}: {code}"
        );
        let text = format!("{error} {error:?}");
        assert!(text.len() < 1000 && !text.contains("canary"), "{what}: {}", text.len());
        assert!(began.elapsed() < Duration::from_secs(5), "{what}");
    }
}

#[tokio::test]
async fn refusal_b4_hostile_bodies_of_the_token_endpoint() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let deep = "[".repeat(100_000);
    let deep_members = r#"{"access_token":"#.repeat(100_000);
    let inside = format!(r#"{{"access_token":"a","token_type":"bearer","x":{deep}"#);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("deep lists", deep.into_bytes()),
        ("deep objects", deep_members.into_bytes()),
        ("deep inside", inside.into_bytes()),
        ("not UTF-8", b"{\"access_token\":\"\xff\",\"token_type\":\"bearer\"}".to_vec()),
        ("NUL", b"{\"access_token\":\"a\",\"token_type\":\"bearer\"}\0".to_vec()),
        ("NUL inside", b"{\"access_token\":\"\0\",\"token_type\":\"bearer\"}".to_vec()),
        ("no object", b"\"access_token\"".to_vec()),
        ("10 MB", vec![b' '; MEGABYTES]),
        (
            "10 MB of text",
            format!("{{\"access_token\":\"{}\"}}", "a".repeat(MEGABYTES)).into_bytes(),
        ),
    ];
    for (what, body) in bodies {
        idp.answer("/token", move |_| answer(200, "application/json", body.clone()));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
        let code = outcome.unwrap_err().code().to_owned();
        assert!(["not_json", "not_object", "too_large"].contains(&&*code), "{what}: {code}");
        assert!(browser.cookies.is_empty(), "{what}");
    }
    idp.mend("/token");
    app.login(&idp).await.unwrap();
}

#[tokio::test]
async fn refusal_b4_hostile_callbacks_take_nothing() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        let post = Idp::provider().set(Key::ResponseMode, "form_post");
        builder.register("idp", Idp::provider()).register("post", post).register("one", oauth1())
    });
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let posted = app.begin(&mut browser, "post").await.unwrap();
    let form =
        |text: String| Callback::form(Some("application/x-www-form-urlencoded"), text.as_bytes());
    let valid = |url: &str| format!("code=c&state={}&x=", param(url, "state"));
    let huge = "a".repeat(MEGABYTES);
    let requests = app.requests();
    for (what, name, callback, code) in [
        ("10 MB query", "idp", Callback::query(&(valid(&url) + &huge)), "malformed"),
        ("10 MB form", "post", form(valid(&posted) + &huge), "malformed"),
        (
            "10 MB for OAuth 1",
            "one",
            Callback::query(&format!("oauth_token=t&x={huge}")),
            "malformed",
        ),
        ("pairs", "idp", Callback::query(&"a&".repeat(MEGABYTES / 2)), "malformed"),
        (
            "odd bytes",
            "idp",
            Callback::query("%00%ff%&&==&code=%C3%28&state=%F0%9F"),
            "state_mismatch",
        ),
        ("odd bytes", "post", form("\0\u{1}&state=\u{fffd}&code".into()), "state_mismatch"),
        (
            "odd bytes",
            "one",
            Callback::query("oauth_token=%ff%00&oauth_verifier=%"),
            "state_mismatch",
        ),
        ("a method", "idp", Callback::wrong(client_registry::Reason::CodeMissing), "code_missing"),
    ] {
        assert_code(app.finish(&mut browser, name, callback).await, code, what);
        assert_eq!((browser.cookies.len(), app.requests()), (2, requests), "{what}");
    }
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    app.finish(&mut browser, "post", form(idp.approve(&posted))).await.unwrap();
}

#[tokio::test]
async fn refusal_b4_hostile_answers_of_an_oauth1_server() {
    let long = format!(
        "oauth_token={}&oauth_token_secret=s&oauth_callback_confirmed=true",
        "t".repeat(9000)
    );
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("HTML", b"<html>canary</html>".to_vec()),
        ("JSON", br#"{"oauth_token":"t","oauth_token_secret":"s"}"#.to_vec()),
        ("not UTF-8", b"oauth_token=\xff&oauth_token_secret=".to_vec()),
        ("10 MB", vec![b'a'; MEGABYTES]),
        ("pairs", b"a=b&".repeat(MEGABYTES / 8)),
        ("no secret", b"oauth_token=t&oauth_callback_confirmed=true".to_vec()),
        ("a token that no cookie holds", long.into_bytes()),
    ];
    for (what, body) in bodies {
        let http =
            Http::new(move |_| Ok(answer(200, "application/x-www-form-urlencoded", body.clone())));
        let app = App::new(http.clone(), |builder| builder.register("one", oauth1()));
        let mut browser = Browser::new();
        let error = app.begin(&mut browser, "one").await.unwrap_err();
        assert!(!error.to_string().contains("canary") && error.to_string().len() < 1000, "{what}");
        assert_eq!((http.count(), browser.cookies.len()), (1, 0), "{what}: {error}");
    }
}

#[tokio::test]
async fn refusal_b5_a_thousand_misses_of_every_kind_cost_one_fetch_and_then_one_per_30_s() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap();
    assert_eq!(idp.count("/jwks"), 1);
    let attacker = SigningKey::generate(Algorithm::ES256).unwrap();
    let serial = std::sync::atomic::AtomicUsize::new(0);
    idp.sign(move |claims| {
        let serial = serial.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // Unknown kids and bad signatures under the known one, in turn.
        let kid =
            if serial.is_multiple_of(2) { format!("unknown-{serial}") } else { "k1".to_owned() };
        attacker.clone().with_kid(kid).sign(None, &[], claims.to_string().as_bytes()).unwrap()
    });
    for _ in 0..500 {
        let code = app.login(&idp).await.unwrap_err().code().to_owned();
        assert!(["no_matching_key", "bad_signature"].contains(&&*code), "{code}");
    }
    assert_eq!(idp.count("/jwks"), 2, "the first miss is free");
    app.wait(29);
    app.login(&idp).await.unwrap_err();
    assert_eq!(idp.count("/jwks"), 2);
    app.wait(1);
    let logins: Vec<_> = (0..500)
        .map(|_| {
            let (app, idp) = (app.clone(), idp.clone());
            tokio::spawn(async move { app.login(&idp).await.map(drop).unwrap_err() })
        })
        .collect();
    for login in logins {
        login.await.unwrap();
    }
    assert_eq!(idp.count("/jwks"), 3, "one more after 30 s");
}

#[tokio::test]
async fn refusal_b6_whatever_the_issuer_answers_the_old_keys_and_metadata_stay_in_use() {
    type Answer = fn() -> http::Response<Vec<u8>>;
    let cases: [(&str, Answer); 6] = [
        ("500", || answer(500, "text/html", "<h1>down</h1>")),
        ("HTML", || answer(200, "text/html", "<!doctype html>")),
        ("redirect", || redirect(302, "https://evil.example/jwks")),
        ("10 MB", || answer(200, "application/json", vec![b' '; MEGABYTES])),
        ("gzip", || answer(200, "application/json", vec![0x1f, 0x8b, 8, 0])),
        ("empty", || answer(200, "application/json", "")),
    ];
    let discovery = "/.well-known/openid-configuration";
    for (what, bad) in cases {
        let idp = Idp::new();
        let app = App::of(&idp, Idp::provider());
        app.login(&idp).await.unwrap();
        idp.answer("/jwks", move |_| bad());
        idp.answer(discovery, move |_| bad());
        app.wait(3_601);
        for _ in 0..20 {
            app.login(&idp).await.unwrap();
        }
        assert_eq!(
            (idp.count("/jwks"), idp.count(discovery)),
            (2, 2),
            "{what}: one try and a pause"
        );

        // From nothing, it is refused and nothing is kept.
        let fresh = App::of(&idp, Idp::provider());
        let mut browser = Browser::new();
        fresh.begin(&mut browser, "idp").await.unwrap_err();
        assert!(browser.cookies.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn refusal_b6_a_network_that_fails_is_retryable_and_loses_no_live_login() {
    for (kind, code) in [
        (HttpErrorKind::Timeout, "http_timeout"),
        (HttpErrorKind::TooLarge, "http_too_large"),
        (HttpErrorKind::Connect, "http_connect"),
    ] {
        let http = Http::new(move |_| Err(HttpError::new(kind, "scripted")));
        let app = App::new(http.clone(), |builder| builder.register("idp", Idp::provider()));
        let mut browser = Browser::new();
        assert_code(app.begin(&mut browser, "idp").await, code, code);
        assert_eq!((http.count(), browser.cookies.len()), (1, 0));
    }
}

#[tokio::test]
async fn refusal_b7_many_begun_logins_leave_nothing_behind_in_the_process() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut live = Browser::new();
    let url = app.begin(&mut live, "idp").await.unwrap();
    for _ in 0..2_000 {
        app.begin(&mut Browser::new(), "idp").await.unwrap();
    }
    assert_eq!(idp.http().count(), 1, "beginning asks for the metadata once and for nothing else");
    app.finish(&mut live, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

#[tokio::test]
async fn refusal_b8_expires_in_of_every_kind_loses_no_login() {
    for (written, expected) in [
        ("18446744073709551615", Some(u64::MAX)),
        ("1e400", Some(u64::MAX)),
        ("-1", Some(START)),
        ("3600", Some(START + 3600)),
        ("3600.9", Some(START + 3600)),
        (r#""3600""#, Some(START + 3600)),
        (r#""3600.0""#, Some(START + 3600)),
        (r#""soon""#, None),
        ("null", None),
        ("{}", None),
    ] {
        let idp = Idp::new();
        let app = App::of(&idp, oauth2());
        idp.answer("/token", move |_| {
            let body =
                format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{written}}}"#);
            answer(200, "application/json", body)
        });
        let (login, logs) = logs_of(app.login(&idp)).await;
        let login = login.unwrap();
        assert_eq!(login.expires_at().map(UnixTime::seconds), expected, "{written}");
        let unreadable = [r#""soon""#, "{}"].contains(&written);
        assert_eq!(logs.contains("expires_in"), unreadable, "{written}: reported");
    }
}

fn oauth2() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(Key::AccessTokenUrl, format!("{ISSUER}/token"))
}

fn oauth1() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access")
}
