//! Logouts that the provider tells of: back-channel and front-channel.

use std::sync::atomic::Ordering;

use client_registry::{Callback, Key, LogoutAnswer, Session};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::common::{App, Browser, CLIENT, ISSUER, Idp, START, answer, assert_code, merge, param};
use crate::sign_in::{Flaky, sign_in, signed_in};

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "u1", "sid": "s1", "aud": CLIENT, "iat": START, "exp": START + 100_000,
        "jti": protocol_core::random::token(), "events": {EVENT: {}},
    });
    merge(&mut claims, &changes);
    claims
}

fn token_of(key: &SigningKey, claims: &Value) -> String {
    key.sign(Some("logout+jwt"), &[], claims.to_string().as_bytes()).unwrap()
}

/// The provider tells, by no browser.
async fn tell(app: &App, raw: &str) -> LogoutAnswer {
    let session = Session::new(&app.registry, &app.seal, [""; 0]);
    let body = format!("logout_token={raw}");
    let answer = session.back_channel_logout("idp", FORM, body.as_bytes()).await;
    assert!(session.set_cookies().is_empty());
    answer
}

async fn tell_with(app: &App, idp: &Idp, changes: Value) -> LogoutAnswer {
    tell(app, &token_of(&idp.key(), &claims(changes))).await
}

/// "" where it is taken, else the code of the error.
fn outcome(answer: &LogoutAnswer) -> String {
    assert_eq!(answer.status(), if answer.outcome().is_ok() { 200 } else { 400 });
    assert!(answer.headers().contains(&("cache-control", "no-store")));
    answer.outcome().err().map(|error| error.code().to_owned()).unwrap_or_default()
}

async fn is_signed_in(app: &App, browser: &Browser) -> bool {
    signed_in(app, &mut browser.clone()).await.is_some()
}

async fn has_token(app: &App, sub: &str) -> bool {
    app.registry.client("idp").unwrap().fetch_token(&format!("{ISSUER} {sub}")).await.is_ok()
}

async fn frame(app: &App, query: &str) -> LogoutAnswer {
    let session = Session::new(&app.registry, &app.seal, [""; 0]);
    session.front_channel_logout("idp", query).await
}

/// A browser that is signed in by a session of the provider.
async fn with_session(app: &App, idp: &Idp, sub: &str, sid: Option<&str>) -> Browser {
    let mut browser = Browser::new();
    idp.claims(json!({"sub": sub, "sid": sid}));
    sign_in(app, idp, &mut browser).await;
    browser
}

#[tokio::test]
async fn a_session_is_ended_by_its_sid_and_no_other() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let one = with_session(&app, &idp, "u1", Some("s1")).await;
    let two = with_session(&app, &idp, "u1", Some("s2")).await;
    let other = with_session(&app, &idp, "u2", Some("s3")).await;
    let answer = tell_with(&app, &idp, json!({"sid": "s2"})).await;
    assert_eq!((outcome(&answer), answer.body()), (String::new(), ""));
    let ended = answer.outcome().unwrap();
    assert_eq!((&*ended.iss, ended.sub.as_deref()), (ISSUER, Some("u1")));
    assert_eq!(ended.sid.as_deref(), Some("s2"));
    assert!(is_signed_in(&app, &one).await && is_signed_in(&app, &other).await);
    assert!(!is_signed_in(&app, &two).await);
    assert!(!has_token(&app, "u1").await, "the token of that session");
    assert!(has_token(&app, "u2").await);
}

#[tokio::test]
async fn a_token_of_a_later_session_stays_when_an_earlier_one_ends() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let one = with_session(&app, &idp, "u1", Some("s1")).await;
    let two = with_session(&app, &idp, "u1", Some("s2")).await;
    assert_eq!(outcome(&tell_with(&app, &idp, json!({"sid": "s1"})).await), "");
    assert!(!is_signed_in(&app, &one).await);
    assert!(is_signed_in(&app, &two).await && has_token(&app, "u1").await);
}

#[tokio::test]
async fn a_logout_that_names_the_session_alone_drops_the_token_of_its_user() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let browser = with_session(&app, &idp, "u1", Some("s1")).await;
    let answer = tell_with(&app, &idp, json!({"sub": null})).await;
    assert_eq!(answer.outcome().unwrap().sub.as_deref(), Some("u1"), "from what was signed in");
    assert!(!is_signed_in(&app, &browser).await && !has_token(&app, "u1").await);
}

#[tokio::test]
async fn a_logout_that_names_the_user_alone_ends_all_of_the_users_sessions() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let one = with_session(&app, &idp, "u1", Some("s1")).await;
    let two = with_session(&app, &idp, "u1", None).await;
    let other = with_session(&app, &idp, "u2", Some("s3")).await;
    app.wait(5);
    assert_eq!(outcome(&tell_with(&app, &idp, json!({"sid": null})).await), "");
    assert!(!is_signed_in(&app, &one).await && !is_signed_in(&app, &two).await);
    assert!(is_signed_in(&app, &other).await && !has_token(&app, "u1").await);
    app.wait(1);
    let anew = with_session(&app, &idp, "u1", Some("s4")).await;
    assert!(is_signed_in(&app, &anew).await, "a later login is another session");
}

#[tokio::test]
async fn a_token_for_use_without_the_user_outlives_the_session() {
    let idp = Idp::new();
    idp.token(json!({"scope": "openid offline_access"}));
    let app = App::of(&idp, Idp::provider());
    let browser = with_session(&app, &idp, "u1", Some("s1")).await;
    assert_eq!(outcome(&tell_with(&app, &idp, json!({})).await), "");
    assert!(!is_signed_in(&app, &browser).await && has_token(&app, "u1").await);
}

#[tokio::test]
async fn applications_with_sessions_of_their_own_ask_what_has_ended() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let now = client_registry::UnixTime::from_seconds(START);
    let ended = async |sub, sid| app.registry.session_ended(ISSUER, sub, sid, now).await.unwrap();
    assert!(!ended("u1", Some("s1")).await);
    tell_with(&app, &idp, json!({})).await;
    assert!(ended("u1", Some("s1")).await);
    assert!(!ended("u1", Some("s2")).await && !ended("u1", None).await);
    tell_with(&app, &idp, json!({"sid": null})).await;
    assert!(ended("u1", Some("s2")).await && ended("u1", None).await && !ended("u2", None).await);
    let later = client_registry::UnixTime::from_seconds(START + 1);
    assert!(!app.registry.session_ended(ISSUER, "u1", Some("s2"), later).await.unwrap());
    let elsewhere = app.registry.session_ended("https://other.example", "u1", Some("s1"), now);
    assert!(!elsewhere.await.unwrap(), "another issuer's session of that name");
}

#[tokio::test]
async fn a_login_that_was_under_way_when_its_session_ended_signs_nobody_in() {
    let idp = Idp::new();
    idp.claims(json!({"sid": "s1"}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let session = app.session(&browser);
    let callback = client_registry::Callback::query(&idp.approve(&url));
    let login = session.client("idp").unwrap().authorize_access_token(callback).await.unwrap();
    assert_eq!(outcome(&tell_with(&app, &idp, json!({})).await), "");
    assert_code(session.sign_in(&login).await, "needs_login", "the session is over");
    assert!(session.signed_in().await.unwrap().is_none() && !has_token(&app, "u1").await);
}

#[tokio::test]
async fn refusal_c8_an_id_token_or_another_token_as_logout_token() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let browser = with_session(&app, &idp, "u1", Some("s1")).await;
    let kept = app.registry.client("idp").unwrap().fetch_token(&format!("{ISSUER} u1")).await;
    let id_token = kept.unwrap().id_token().unwrap().expose().to_owned();
    assert_eq!(outcome(&tell(&app, &id_token).await), "typ_mismatch", "a real ID token");
    for (changes, code) in [
        (json!({"events": null}), "typ_mismatch"),
        (json!({"events": {}}), "typ_mismatch"),
        (json!({"events": EVENT}), "claim_type"),
        (json!({"nonce": "n"}), "typ_mismatch"),
        (json!({"sub": null, "sid": null}), "missing_claim"),
        (json!({"jti": null}), "missing_claim"),
        (json!({"iat": null}), "missing_claim"),
        (json!({"exp": null}), "missing_claim"),
        (json!({"exp": START - 60}), "expired"),
        (json!({"iat": START + 61}), "iat_in_future"),
        (json!({"aud": "other"}), "aud_mismatch"),
        (json!({"iss": "https://evil.example"}), "iss_mismatch"),
    ] {
        let answer = tell_with(&app, &idp, changes.clone()).await;
        assert_eq!(outcome(&answer), code, "{changes}");
        assert_eq!(answer.body(), r#"{"error":"invalid_request"}"#);
    }
    for typ in ["at+jwt", "secevent+jwt"] {
        let raw = idp.key().sign(Some(typ), &[], claims(json!({})).to_string().as_bytes());
        assert_eq!(outcome(&tell(&app, &raw.unwrap()).await), "typ_mismatch", "{typ}");
    }
    let unsigned = {
        use protocol_core::base64url::encode;
        let header = encode(r#"{"alg":"none","typ":"logout+jwt"}"#);
        format!("{header}.{}.", encode(claims(json!({})).to_string()))
    };
    assert_eq!(outcome(&tell(&app, &unsigned).await), "alg_none");
    let stranger = SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1");
    let forged = token_of(&stranger, &claims(json!({})));
    assert_eq!(outcome(&tell(&app, &forged).await), "bad_signature");
    assert!(is_signed_in(&app, &browser).await && has_token(&app, "u1").await);
    assert_eq!(outcome(&tell_with(&app, &idp, json!({})).await), "");
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn bodies_that_hold_no_logout_token_are_refused() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let raw = token_of(&idp.key(), &claims(json!({})));
    let session = Session::new(&app.registry, &app.seal, [""; 0]);
    let huge = "x".repeat(70_000);
    for (name, content_type, body, code) in [
        ("idp", None, format!("logout_token={raw}"), "malformed_logout"),
        ("idp", Some("text/plain"), format!("logout_token={raw}"), "malformed_logout"),
        ("idp", FORM, String::new(), "malformed_logout"),
        ("idp", FORM, format!("logout_token={raw}&logout_token={raw}"), "duplicate_param"),
        ("idp", FORM, format!("logout_token={huge}"), "malformed_logout"),
        ("nobody", FORM, format!("logout_token={raw}"), "unknown_client"),
    ] {
        let answer = session.back_channel_logout(name, content_type, body.as_bytes()).await;
        assert_eq!(outcome(&answer), code, "{body:.40}");
    }
    assert_eq!(idp.http().count(), 0, "nothing was asked of anybody");
}

#[tokio::test]
async fn a_logout_token_is_taken_once_and_again_only_if_it_could_not_be_acted_on() {
    let idp = Idp::new();
    let cache = Flaky::default();
    let app = App::new(idp.http(), |b| b.cache(cache.clone()).register("idp", Idp::provider()));
    let browser = with_session(&app, &idp, "u1", None).await;
    let raw = token_of(&idp.key(), &claims(json!({"sid": null})));
    cache.away.store(true, Ordering::SeqCst);
    let answer = tell(&app, &raw).await;
    assert_eq!((outcome(&answer), answer.body()), ("state".into(), r#"{"error":"server_error"}"#));
    cache.away.store(false, Ordering::SeqCst);
    assert!(is_signed_in(&app, &browser).await);
    assert_eq!(outcome(&tell(&app, &raw).await), "", "the provider tells again");
    assert!(!is_signed_in(&app, &browser).await);

    app.wait(1);
    let anew = with_session(&app, &idp, "u1", None).await;
    app.wait(1);
    assert_eq!(outcome(&tell(&app, &raw).await), "logout_replayed");
    assert!(is_signed_in(&app, &anew).await, "a replay ends no later session");
}

#[tokio::test]
async fn refusal_b5_invented_keys_of_logout_tokens_lead_to_one_fetch() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    with_session(&app, &idp, "u1", Some("s1")).await;
    let before = idp.count("/jwks");
    for n in 0..50 {
        let key = SigningKey::generate(Algorithm::ES256).unwrap().with_kid(format!("k-{n}"));
        let answer = tell(&app, &token_of(&key, &claims(json!({})))).await;
        assert_eq!(outcome(&answer), "no_matching_key");
    }
    assert_eq!(idp.count("/jwks"), before + 1);
    app.wait(30);
    idp.rotate("k2");
    assert_eq!(outcome(&tell_with(&app, &idp, json!({})).await), "", "signed by a new key");
}

#[tokio::test]
async fn a_frame_of_the_provider_ends_the_session_that_it_names() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let one = with_session(&app, &idp, "u1", Some("s1")).await;
    let other = with_session(&app, &idp, "u2", Some("s2")).await;
    let table = [
        (String::new(), "malformed_logout"),
        ("sid=s1".to_owned(), "malformed_logout"),
        (format!("iss={ISSUER}"), "malformed_logout"),
        ("iss=https://evil.example&sid=s1".to_owned(), "iss_mismatch"),
        (format!("iss={ISSUER}/&sid=s1"), "iss_mismatch"),
        (format!("iss={ISSUER}&sid=s1&sid=s2"), "duplicate_param"),
    ];
    for (query, code) in table {
        assert_eq!(outcome(&frame(&app, &query).await), code, "{query}");
    }
    assert_eq!(outcome(&frame(&app, &format!("iss={ISSUER}&sid=S1")).await), "", "nobody's");
    assert!(is_signed_in(&app, &one).await && has_token(&app, "u1").await);

    let answer = frame(&app, &format!("iss={ISSUER}&sid=s1")).await;
    assert_eq!(answer.outcome().unwrap().sub.as_deref(), Some("u1"));
    assert!(answer.headers().contains(&("content-type", "text/html; charset=utf-8")));
    assert!(!is_signed_in(&app, &one).await && !has_token(&app, "u1").await);
    assert!(is_signed_in(&app, &other).await && has_token(&app, "u2").await);
}

#[tokio::test]
async fn a_frame_names_the_issuer_of_the_users_own_tenant() {
    let idp = Idp::new();
    let template = format!("{ISSUER}/{{tenantid}}");
    idp.metadata(json!({
        "issuer": template, "authorization_response_iss_parameter_supported": null,
    }));
    let well_known = format!("{ISSUER}/.well-known/openid-configuration");
    let provider = || Idp::provider().issuer(&template).set(Key::ServerMetadataUrl, &well_known);
    let iss = |tenant: &str| format!("{ISSUER}/{tenant}");
    let told = |iss: &str| format!("iss={iss}&sid=s1");
    for (provider, other) in
        [(provider(), ""), (provider().set(Key::AllowedTenants, "t-1"), "iss_mismatch")]
    {
        let app = App::of(&idp, provider);
        let mut browser = Browser::new();
        idp.claims(json!({"iss": iss("t-1"), "tid": "t-1", "sid": "s1"}));
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let session = app.session(&browser);
        let callback = format!("code={}&state={}", idp.code(&url), param(&url, "state"));
        let client = session.client("idp").unwrap();
        let login = client.authorize_access_token(Callback::query(&callback)).await.unwrap();
        session.sign_in(&login).await.unwrap();
        browser.take(&session.set_cookies());

        assert_eq!(outcome(&frame(&app, &told(&template)).await), "iss_mismatch");
        assert_eq!(outcome(&frame(&app, &told(ISSUER)).await), "iss_mismatch");
        assert_eq!(outcome(&frame(&app, &told(&iss("t-2"))).await), other);
        assert!(is_signed_in(&app, &browser).await, "another tenant's session of that name");
        let answer = frame(&app, &told(&iss("t-1"))).await;
        let ended = answer.outcome().unwrap();
        assert_eq!((&ended.iss, ended.sub.as_deref()), (&iss("t-1"), Some("u1")));
        assert!(!is_signed_in(&app, &browser).await);
    }
}

#[tokio::test]
async fn refusal_b7_a_flood_of_frames_fills_no_cache() {
    let idp = Idp::new();
    let cache = client_registry::MemoryCache::new();
    let app = App::new(idp.http(), |b| b.cache(cache.clone()).register("idp", Idp::provider()));
    for n in 0..1000 {
        assert_eq!(outcome(&frame(&app, &format!("iss={ISSUER}&sid=s-{n}")).await), "");
    }
    assert!(cache.is_empty(), "{}", cache.len());
}

#[tokio::test]
async fn only_openid_connect_knows_logouts_of_the_provider() {
    let idp = Idp::new();
    let plain = client_registry::Provider::new()
        .client_id(CLIENT)
        .client_secret("s")
        .set(client_registry::Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(client_registry::Key::AccessTokenUrl, format!("{ISSUER}/token"));
    let app = App::of(&idp, plain);
    assert_eq!(outcome(&tell_with(&app, &idp, json!({})).await), "config");
    assert_eq!(outcome(&frame(&app, &format!("iss={ISSUER}&sid=s1")).await), "config");
}

#[tokio::test]
async fn a_provider_whose_keys_are_out_of_reach_is_told_that_it_is_not_its_fault() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    idp.answer("/jwks", |_| answer(503, "text/plain", "away"));
    let told = tell_with(&app, &idp, json!({})).await;
    assert_eq!(told.body(), r#"{"error":"server_error"}"#);
    assert_code(told.outcome().map_err(Clone::clone), "http_status_retryable", "keys");
}

#[tokio::test]
async fn refusal_e10_debug_of_answers_holds_no_user_and_no_session() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let told = tell_with(&app, &idp, json!({"sub": "canary", "sid": "canary"})).await;
    let shown = format!("{told:?}");
    assert!(shown.contains(ISSUER) && !shown.contains("canary"), "{shown}");
}
