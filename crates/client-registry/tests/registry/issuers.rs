//! Issuers over time: keys that change, documents that cannot be had, and many who ask at once.

use std::time::Duration;

use client_registry::{BoxFuture, Callback, HttpClient, HttpError, Key};
use serde_json::json;

use crate::common::{App, Browser, Http, ISSUER, Idp, answer, assert_code, published};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A network that takes its time.
struct Slow(Http);

impl HttpClient for Slow {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.0.send(request).await
        })
    }
}

fn slow(idp: &Idp) -> App {
    let http = Slow(idp.http());
    App::try_new(http, |builder| builder.register("idp", Idp::provider())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_logins_at_once_after_a_key_change_fetch_the_keys_once() {
    let idp = Idp::new();
    let app = slow(&idp);
    let mut begun = Vec::new();
    app.login(&idp).await.unwrap();
    for _ in 0..2_000 {
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        begun.push((browser, url));
    }
    assert_eq!((idp.count(DISCOVERY), idp.count("/jwks")), (1, 1));
    idp.rotate("k2");
    let logins: Vec<_> = begun
        .into_iter()
        .map(|(mut browser, url)| {
            let (app, back) = (app.clone(), idp.approve(&url));
            tokio::spawn(async move {
                app.finish(&mut browser, "idp", Callback::query(&back)).await.map(drop)
            })
        })
        .collect();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    assert_eq!(idp.count("/jwks"), 2, "one more for all of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_first_may_go_and_the_others_are_served_all_the_same() {
    let idp = Idp::new();
    let app = slow(&idp);
    let begin = || {
        let app = app.clone();
        tokio::spawn(async move { app.begin(&mut Browser::new(), "idp").await })
    };
    let first = begin();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let others: Vec<_> = (0..100).map(|_| begin()).collect();
    first.abort();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(idp.count(DISCOVERY), 1);
}

#[tokio::test]
async fn while_an_issuer_is_down_logins_of_one_that_is_known_do_not_fail_on_its_documents() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap();
    app.wait(3_600);
    for path in [DISCOVERY, "/jwks"] {
        idp.answer(path, |_| answer(503, "text/plain", "down"));
    }
    for _ in 0..60 {
        app.login(&idp).await.unwrap();
        app.wait(1);
    }
    // After 1, 2, 4, 8, 16 and 32 seconds.
    assert!(idp.count("/jwks") <= 8 && idp.count(DISCOVERY) <= 8, "{}", idp.count("/jwks"));
    for path in [DISCOVERY, "/jwks"] {
        idp.mend(path);
    }
    idp.rotate("k2");
    app.wait(64);
    app.login(&idp).await.unwrap();
}

#[tokio::test]
async fn an_application_that_starts_without_its_issuer_logs_in_a_second_after_it_is_back() {
    let idp = Idp::new();
    for path in [DISCOVERY, "/jwks"] {
        idp.answer(path, |_| answer(503, "text/plain", "down"));
    }
    let app = App::of(&idp, Idp::provider());
    for _ in 0..100 {
        for _ in 0..10 {
            let begun = app.begin(&mut Browser::new(), "idp").await;
            assert!(assert_code(begun, "http_status_retryable", "down").is_retryable());
        }
        app.wait(1);
    }
    assert_eq!(idp.count(DISCOVERY), 100, "once a second, however many ask");
    idp.mend(DISCOVERY);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();

    // The same of the keys: the login that they fail is over, the next one works.
    let back = idp.approve(&url);
    let finished = app.finish(&mut browser, "idp", Callback::query(&back)).await;
    assert!(assert_code(finished, "http_status_retryable", "keys").is_retryable());
    idp.mend("/jwks");
    app.wait(1);
    app.login(&idp).await.unwrap();
}

#[tokio::test]
async fn keys_at_an_address_by_configuration_serve_only_who_named_it() {
    let (idp, stranger) = (Idp::new(), Idp::new());
    let theirs = json!({"keys": [published(&stranger.key())]}).to_string();
    idp.answer("/theirs", move |_| answer(200, "application/json", theirs.clone()));
    let own = Idp::provider().set(Key::JwksUri, format!("{ISSUER}/theirs"));
    let app = App::new(idp.http(), |builder| {
        builder.register("first", own).register("idp", Idp::provider())
    });
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "first").await.unwrap();
    let finished = app.finish(&mut browser, "first", Callback::query(&idp.approve(&url))).await;
    assert_code(finished, "bad_signature", "keys that are not the issuer's");
    app.login(&idp).await.unwrap();
}

#[tokio::test]
async fn an_issuer_is_known_for_as_long_as_it_has_clients() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap();
    app.registry.register("second", &Idp::provider()).unwrap();
    for kept in [true, false] {
        app.registry.unregister("idp");
        if !kept {
            app.registry.unregister("second");
        }
        app.registry.register("idp", &Idp::provider()).unwrap();
        app.login(&idp).await.unwrap();
        assert_eq!(idp.count(DISCOVERY), if kept { 1 } else { 2 });
    }
}
