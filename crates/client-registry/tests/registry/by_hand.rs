//! Logins that the application keeps by itself, ID tokens that come alone, and profiles asked for
//! another day.

use client_registry::{
    AuthorizationUrl, Callback, Error, Key, LoginOptions, Nonce, Provider, Token, providers,
};
use serde_json::json;

use crate::common::{
    App, CLIENT, Http, ISSUER, Idp, SECRET, START, answer, assert_code, json_answer,
};

const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";

async fn begin(app: &App) -> AuthorizationUrl {
    let client = app.registry.client("idp").unwrap();
    client.create_authorization_url(REDIRECT_URI, &LoginOptions::new()).await.unwrap()
}

#[tokio::test]
async fn a_login_kept_by_the_application_is_finished_without_cookies() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let client = app.registry.client("idp").unwrap();
    let begun = begin(&app).await;

    // It may be written down meanwhile.
    let kept = serde_json::to_string(&begun.pending).unwrap();
    let pending = serde_json::from_str(&kept).unwrap();
    let callback = Callback::query(&idp.approve(&begun.url));
    let login = client.fetch_access_token(&pending, callback).await.unwrap();
    assert_eq!(login.claims().unwrap().identity(), (ISSUER, "u1"));
    assert!(
        idp.http().seen()[1]
            .body
            .contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback")
    );
}

#[tokio::test]
async fn a_login_by_oauth_1_kept_by_the_application_is_finished_as_well() {
    let http = Http::new(|seen| {
        let body = match seen.address() {
            "https://h.example/request" => {
                "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true"
            }
            _ => "oauth_token=a&oauth_token_secret=b",
        };
        Ok(answer(200, "application/x-www-form-urlencoded", body))
    });
    let provider = Provider::new()
        .client_id("id")
        .client_secret("secret")
        .set(Key::RequestTokenUrl, "https://h.example/request")
        .set(Key::AuthorizeUrl, "https://h.example/authorize")
        .set(Key::AccessTokenUrl, "https://h.example/access");
    let app = App::new(http, |builder| builder.register("idp", provider));
    let client = app.registry.client("idp").unwrap();

    let pending = begin(&app).await.pending;
    let denied = client.fetch_access_token(&pending, Callback::query("denied=t")).await;
    assert_code(denied, "access_denied", "a denial");
    app.wait(1);
    let pending = begin(&app).await.pending;
    let strange = Callback::query("oauth_token=x&oauth_verifier=v");
    let refused = client.fetch_access_token(&pending, strange).await;
    assert_code(refused, "state_mismatch", "another login's");
    let callback = Callback::query("oauth_token=t&oauth_verifier=v");
    let login = client.fetch_access_token(&pending, callback).await.unwrap();
    assert!(login.token().access_token().ct_eq("a"));
}

#[tokio::test]
async fn a_login_kept_by_the_application_is_bound_like_any_other() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        builder.register("idp", Idp::provider()).register("other", Idp::provider())
    });
    let client = app.registry.client("idp").unwrap();
    let (one, two) = (begin(&app).await, begin(&app).await);
    let before = idp.count("/token");

    let crossed = Callback::query(&idp.approve(&two.url));
    let refused = client.fetch_access_token(&one.pending, crossed).await;
    assert_code(refused, "state_mismatch", "the callback of another login");
    let stateless = Callback::query("code=x");
    let refused = client.fetch_access_token(&one.pending, stateless).await;
    assert_code(refused, "state_missing", "a callback without state");
    let other = app.registry.client("other").unwrap();
    let delivered = Callback::query(&idp.approve(&one.url));
    let refused = other.fetch_access_token(&one.pending, delivered.clone()).await;
    assert_code(refused, "wrong_client", "another client's callback");
    assert_eq!(idp.count("/token"), before, "no code was sent");

    // Nothing of that took it.
    client.fetch_access_token(&one.pending, delivered.clone()).await.unwrap();
    let again = client.fetch_access_token(&one.pending, delivered).await;
    assert_code(again, "login_replayed", "a second time");
    app.wait(3601);
    let late =
        client.fetch_access_token(&two.pending, Callback::query(&idp.approve(&two.url))).await;
    assert_code(late, "login_expired", "an hour later");
}

#[tokio::test]
async fn an_id_token_that_comes_alone_is_verified_like_any_other() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        builder.register("idp", Idp::provider()).register(
            "plain",
            Provider::new().client_id(CLIENT).client_secret(SECRET).issuer(ISSUER),
        )
    });
    let client = app.registry.client("idp").unwrap();
    let signed = |changes: serde_json::Value| {
        let mut claims = json!({
            "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": START + 600, "iat": START, "nonce": "n",
        });
        crate::common::merge(&mut claims, &changes);
        idp.key().sign(None, &[], claims.to_string().as_bytes()).unwrap()
    };

    let good = signed(json!({}));
    let claims = client.parse_id_token(&good, Nonce::Expect("n")).await.unwrap();
    assert_eq!(claims.identity(), (ISSUER, "u1"));
    let without = signed(json!({ "nonce": null }));
    assert!(client.parse_id_token(&without, Nonce::NotSent).await.is_ok());

    let table = [
        (good.clone(), Nonce::Expect("m"), "nonce_mismatch"),
        (without, Nonce::Expect("n"), "nonce_missing"),
        (signed(json!({ "aud": "client-2" })), Nonce::Expect("n"), "aud_mismatch"),
        (signed(json!({ "iss": "https://evil.example" })), Nonce::Expect("n"), "iss_mismatch"),
        (signed(json!({ "exp": START - 600 })), Nonce::Expect("n"), "expired"),
        (format!("{}AAAA", &good[..good.len() - 4]), Nonce::Expect("n"), "bad_signature"),
        ("a.b".to_owned(), Nonce::NotSent, "malformed_token"),
    ];
    for (raw, nonce, code) in table {
        assert_code(client.parse_id_token(&raw, nonce).await, code, code);
    }
    let plain = app.registry.client("plain").unwrap();
    let refused = plain.parse_id_token(&good, Nonce::Expect("n")).await;
    let error = assert_code(refused, "config", "a client without the scope openid");
    assert!(error.to_string().contains("client \"plain\": ID token"), "{error}");
}

#[tokio::test]
async fn a_profile_is_asked_for_another_day_and_must_be_of_the_same_user() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let client = app.registry.client("idp").unwrap();
    app.login(&idp).await.unwrap().save_for("7").await.unwrap();
    assert_code(client.userinfo().await, "needs_login", "of nobody");
    assert_code(client.for_user("8").userinfo().await, "needs_login", "of a stranger");

    let client = client.for_user("7");
    let user = client.userinfo().await.unwrap();
    assert_eq!(user.identity(), Some((ISSUER, "u1")));
    assert_eq!(user.name(), Some("U One"));
    idp.answer("/userinfo", |_| json_answer(json!({ "sub": "u2" })));
    assert_code(client.userinfo().await, "sub_mismatch", "somebody else");

    // Without an ID token nobody says whom to ask about.
    client.save_token("7", &Token::bearer("access-code-1")).await.unwrap();
    assert_code(client.userinfo().await, "config", "a token of unknown origin");
}

#[tokio::test]
async fn a_profile_in_a_providers_own_words_is_asked_for_another_day() {
    let http = Http::new(|seen| {
        assert_eq!(seen.header("authorization"), Some("Bearer kept"));
        Ok(json_answer(match seen.address() {
            "https://api.github.com/user" => json!({ "id": 1, "login": "octocat" }),
            _ => json!([{ "email": "o@mail.example", "primary": true, "verified": true }]),
        }))
    });
    let github = providers::github().client_id(CLIENT).client_secret(SECRET);
    let app = App::new(http, |builder| builder.register("github", github));
    let client = app.registry.client("github").unwrap().for_user("7");
    client.save_token("7", &Token::bearer("kept")).await.unwrap();
    let user = client.userinfo().await.unwrap();
    assert_eq!((user.sub(), user.email().map(|email| email.verified)), ("1", Some(true)));
}

#[tokio::test]
async fn what_the_settings_ask_of_a_login_holds_for_an_id_token_that_comes_alone() {
    let idp = Idp::new();
    let provider = Idp::provider().set(Key::MaxAge, "60").set(Key::EssentialAcrValues, "gold");
    let app = App::of(&idp, provider);
    let client = app.registry.client("idp").unwrap();
    let table = [
        (json!({ "acr": "gold", "auth_time": START }), None),
        (json!({ "acr": "bronze", "auth_time": START }), Some("acr_mismatch")),
        (json!({ "auth_time": START }), Some("acr_mismatch")),
        (json!({ "acr": "gold", "auth_time": START - 600 }), Some("auth_time_too_old")),
        (json!({ "acr": "gold" }), Some("auth_time_missing")),
    ];
    for (changes, refused) in table {
        let mut claims = json!({
            "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": START + 600, "iat": START,
        });
        crate::common::merge(&mut claims, &changes);
        let raw = idp.key().sign(None, &[], claims.to_string().as_bytes()).unwrap();
        let outcome = client.parse_id_token(&raw, Nonce::NotSent).await;
        assert_eq!(outcome.as_ref().err().map(Error::code), refused, "{changes}");
    }
}

#[tokio::test]
async fn a_profile_is_asked_for_with_a_newer_token_where_the_kept_one_is_refused() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap().save_for("7").await.unwrap();
    let client = app.registry.client("idp").unwrap().for_user("7");
    idp.answer("/userinfo", |seen| match seen.header("authorization") {
        Some("Bearer newer") => json_answer(json!({ "sub": "u1" })),
        _ => answer(401, "application/json", r#"{"error":"invalid_token"}"#),
    });
    idp.answer("/token", |_| {
        json_answer(json!({ "access_token": "newer", "token_type": "Bearer", "expires_in": 3600 }))
    });
    assert_eq!(client.userinfo().await.unwrap().identity(), Some((ISSUER, "u1")));

    idp.answer("/userinfo", |_| answer(401, "application/json", r#"{"error":"invalid_token"}"#));
    idp.answer("/token", |_| answer(400, "application/json", r#"{"error":"invalid_grant"}"#));
    let error = client.userinfo().await.unwrap_err();
    assert!(error.needs_login(), "{error}");
}
