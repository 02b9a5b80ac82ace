//! Logins of devices without a browser (RFC 8628).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client_registry::{Clock, Error, Key, LoginOptions, Provider, UnixTime};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::common::{
    App, CLIENT, ISSUER, Idp, SECRET, START, Seen, answer, json_answer, merge, published,
};

fn at(path: &str) -> String {
    format!("{ISSUER}{path}")
}

/// A provider of devices: its token endpoint answers from a script, then that it is pending.
fn provider_of_devices(script: impl IntoIterator<Item = (u16, Value)>) -> Idp {
    let idp = Idp::new();
    idp.metadata(json!({"device_authorization_endpoint": at("/device")}));
    idp.answer("/device", |_| {
        json_answer(json!({
            "device_code": "canary-device", "user_code": "WDJB-MJHT",
            "verification_uri": at("/activate"), "expires_in": 600, "interval": 5,
        }))
    });
    let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
    idp.answer("/token", move |_| {
        let next = script.lock().unwrap().pop_front();
        let (status, body) = next.unwrap_or_else(|| error("authorization_pending"));
        answer(status, "application/json", body.to_string())
    });
    idp
}

fn error(code: &str) -> (u16, Value) {
    (400, json!({"error": code}))
}

/// A token answer, its ID token of these claims.
fn token(key: &SigningKey, changes: Value) -> (u16, Value) {
    let mut claims = json!({
        "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": START + 100_000, "iat": START,
        "email": "u1@mail.example",
    });
    merge(&mut claims, &changes);
    let id_token = key.sign(None, &[], claims.to_string().as_bytes()).unwrap();
    let token = json!({
        "access_token": "a1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r1",
        "id_token": id_token,
    });
    (200, token)
}

/// The application at tokio's clock, which a paused runtime moves to the end of each sleep.
fn app(idp: &Idp, provider: Provider) -> App {
    let began = Instant::now();
    let clock = move || UnixTime::from_seconds(START).after(began.elapsed());
    App::new(idp.http(), |builder| builder.clock(Clock::from_fn(clock)).register("idp", provider))
}

fn polls(idp: &Idp) -> Vec<Seen> {
    let seen = idp.http().seen();
    seen.into_iter().filter(|seen| seen.address() == at("/token")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_device_logs_in_and_its_token_serves_calls() {
    let key = Idp::new().key();
    let script = [error("authorization_pending"), error("slow_down"), token(&key, json!({}))];
    let idp = provider_of_devices(script);
    idp.jwks(json!({"keys": [published(&key)]}));
    idp.answer("/api/me", |seen| json_answer(json!(seen.header("authorization"))));
    let provider = Idp::provider()
        .set(Key::ApiBaseUrl, at("/api"))
        .set(Key::AccessTokenParams, "x=1")
        .set(Key::AuthorizeParams, "of_browsers=1");
    let app = app(&idp, provider);
    let client = app.registry.client("idp").unwrap();
    let options = LoginOptions::new().param("resource", "r").app_data("d").unwrap();
    let mut device = client.device_authorization_with(&options).await.unwrap();
    assert_eq!(app.last_request().body, "scope=openid+email&resource=r");
    assert!(app.last_request().header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(device.user_code, "WDJB-MJHT");
    assert_eq!(device.verification_uri.as_str(), at("/activate"));
    assert!(!format!("{device:?}").contains("canary"));

    let began = Instant::now();
    let login = device.poll().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 5 + 5 + 10);
    let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
        &device_code=canary-device&x=1";
    assert!(polls(&idp).len() == 3 && polls(&idp).iter().all(|poll| poll.body == form));
    assert_eq!(login.claims().unwrap().sub(), "u1");
    assert_eq!(login.userinfo().await.unwrap().sub(), "u1");
    assert_eq!((login.scope(), login.app_data()), (Some("openid email"), Some("d")));
    assert!(login.checks().iter().any(|check| check.what == "signature"));

    login.save_for("me").await.unwrap();
    let answer = client.for_user("me").get("me").await.unwrap().json::<String>().await.unwrap();
    assert_eq!(answer, "Bearer a1");
    assert_eq!(device.poll().await.unwrap_err().code(), "config", "it is over");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_that_does_not_hold_ends_the_login() {
    let key = Idp::new().key();
    let stranger = SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1");
    let mut none = token(&key, json!({}));
    none.1.as_object_mut().unwrap().remove("id_token");
    let table = [
        (none, "id_token_missing"),
        (token(&stranger, json!({})), "bad_signature"),
        (token(&key, json!({"aud": "another"})), "aud_mismatch"),
        (token(&key, json!({"iss": "https://evil.example"})), "iss_mismatch"),
        (token(&key, json!({"exp": START - 100})), "expired"),
        (token(&key, json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})), "at_hash_mismatch"),
        (token(&key, json!({"auth_time": START - 3_600})), "auth_time_too_old"),
    ];
    for (answer, code) in table {
        let idp = provider_of_devices([answer]);
        idp.jwks(json!({"keys": [published(&key)]}));
        let app = app(&idp, Idp::provider().set(Key::MaxAge, "60"));
        let client = app.registry.client("idp").unwrap();
        let mut device = client.device_authorization().await.unwrap();
        assert!(app.last_request().body.contains("max_age=60"));
        let refused = device.poll().await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_and_a_code_that_nobody_enters_expires() {
    let told = async |script: Vec<(u16, Value)>| -> Error {
        let idp = provider_of_devices(script);
        let app = app(&idp, Idp::provider());
        let client = app.registry.client("idp").unwrap();
        client.device_authorization().await.unwrap().poll().await.unwrap_err()
    };
    for code in ["access_denied", "expired_token", "invalid_grant"] {
        let error = told(vec![error("authorization_pending"), error(code)]).await;
        assert!(matches!(error, Error::Rejected(_)) && error.code() == code, "{error}");
    }
    let began = Instant::now();
    assert_eq!(told(Vec::new()).await.code(), "expired_token");
    assert_eq!(began.elapsed().as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn polling_that_is_dropped_asks_no_more_and_can_go_on() {
    let idp = provider_of_devices([error("slow_down")]);
    let app = app(&idp, Idp::provider());
    let client = app.registry.client("idp").unwrap();
    let mut device = client.device_authorization().await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_secs(17), device.poll()).await;
    assert!(dropped.is_err());
    assert_eq!(polls(&idp).len(), 2);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(polls(&idp).len(), 2, "nobody asks on");
    let dropped = tokio::time::timeout(Duration::from_secs(25), device.poll()).await;
    assert!(dropped.is_err());
    assert_eq!(polls(&idp).len(), 5, "at once, for it is due, then each 10 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_devices_alone_needs_two_addresses() {
    let idp = provider_of_devices([token(&Idp::new().key(), json!({"sub": "unverified"}))]);
    let provider = Provider::new()
        .client_id(CLIENT)
        .scope("read")
        .set(Key::TokenEndpointAuthMethod, "none")
        .set(Key::DeviceAuthorizationEndpoint, at("/device"))
        .set(Key::AccessTokenUrl, at("/token"));
    let app = app(&idp, provider);
    let client = app.registry.client("idp").unwrap();
    let mut device = client.device_authorization().await.unwrap();
    assert_eq!(app.last_request().body, format!("scope=read&client_id={CLIENT}"));
    let login = device.poll().await.unwrap();
    assert!(login.claims().is_none(), "an ID token that was not asked for is nothing");
    let options = LoginOptions::new();
    let redirect = client.create_authorization_url("https://app.example/x", &options);
    assert_eq!(redirect.await.unwrap_err().code(), "missing_member");
}

#[tokio::test]
async fn where_no_device_can_begin_the_error_names_the_key() {
    let idp = Idp::new();
    let client = App::of(&idp, Idp::provider()).registry.client("idp").unwrap();
    let error = client.device_authorization().await.unwrap_err();
    assert_eq!(error.code(), "config");
    assert!(error.to_string().contains("device_authorization_endpoint"), "{error}");

    idp.metadata(json!({"device_authorization_endpoint": at("/device")}));
    idp.answer("/device", |_| {
        json_answer(json!({
            "device_code": "d", "user_code": "u", "verification_uri": "http://evil.example/",
            "expires_in": 600,
        }))
    });
    let client = App::of(&idp, Idp::provider()).registry.client("idp").unwrap();
    assert_eq!(client.device_authorization().await.unwrap_err().code(), "endpoint");
    let openid = LoginOptions::new().scope("read").max_age(5);
    let error = client.device_authorization_with(&openid).await.unwrap_err();
    assert_eq!(error.code(), "config", "nothing shows the time: {error}");

    let one = Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access");
    let client = App::of(&idp, one).registry.client("idp").unwrap();
    assert_eq!(client.device_authorization().await.unwrap_err().code(), "config");
}

#[tokio::test(start_paused = true)]
async fn what_was_granted_outlives_keys_that_are_out_of_reach() {
    let key = Idp::new().key();
    let idp = provider_of_devices([token(&key, json!({}))]);
    idp.answer("/jwks", |_| answer(503, "text/plain", "busy"));
    let app = app(&idp, Idp::provider());
    let mut device = app.registry.client("idp").unwrap().device_authorization().await.unwrap();
    let error = device.poll().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    idp.answer("/jwks", move |_| json_answer(json!({"keys": [published(&key)]})));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(device.poll().await.unwrap().claims().unwrap().sub(), "u1");
    assert_eq!(polls(&idp).len(), 1, "the code is of use once");
}

#[tokio::test(start_paused = true)]
async fn polling_under_a_countdown_keeps_its_pace() {
    let key = Idp::new().key();
    let idp = provider_of_devices([error("authorization_pending"), token(&key, json!({}))]);
    idp.jwks(json!({"keys": [published(&key)]}));
    let app = app(&idp, Idp::provider());
    let mut device = app.registry.client("idp").unwrap().device_authorization().await.unwrap();
    let began = Instant::now();
    let login = loop {
        // The display is drawn anew each second.
        if let Ok(done) = tokio::time::timeout(Duration::from_secs(1), device.poll()).await {
            break done.unwrap();
        }
    };
    assert_eq!(login.claims().unwrap().sub(), "u1");
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_device_asks_for_nothing_that_would_not_be_checked() {
    let idp = provider_of_devices([]);
    let app = app(&idp, Idp::provider());
    let client = app.registry.client("idp").unwrap();
    for (name, value) in [("max_age", "60"), ("nonce", "n")] {
        let options = LoginOptions::new().param(name, value);
        let refused = client.device_authorization_with(&options).await.unwrap_err();
        assert!(refused.code() == "config" && refused.to_string().contains(name), "{refused}");
        let refused = client.create_authorization_url("https://app.example/", &options).await;
        assert_eq!(refused.unwrap_err().code(), "config", "{name}");
    }
    assert_eq!(idp.count("/device"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_of_devices_whose_settings_are_complete_discovers_nothing() {
    let key = Idp::new().key();
    let idp = provider_of_devices([token(&key, json!({}))]);
    idp.jwks(json!({"keys": [published(&key)]}));
    idp.answer("/.well-known/openid-configuration", |_| answer(404, "text/plain", ""));
    let provider = Idp::provider()
        .set(Key::DeviceAuthorizationEndpoint, at("/device"))
        .set(Key::AccessTokenUrl, at("/token"))
        .set(Key::JwksUri, at("/jwks"))
        .set(Key::Quirks, "comma_scopes");
    let app = app(&idp, provider);
    let mut device = app.registry.client("idp").unwrap().device_authorization().await.unwrap();
    assert_eq!(app.last_request().body, "scope=openid%2Cemail");
    assert_eq!(device.poll().await.unwrap().claims().unwrap().sub(), "u1");
}
