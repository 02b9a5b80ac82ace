//! REFUSALS.md, A: signatures, algorithms and keys of ID tokens, at the end of a whole login.

use client_registry::{Callback, Key};
use oidc_core::jwk::{Algorithm, SigningKey, danger};
use serde_json::{Value, json};

use crate::common::{App, Browser, ISSUER, Idp, assert_code, merge, published};

/// An ID token under a header that is taken as it is, signed by `key`.
fn under(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let header = header.to_string();
    danger::sign_with_header(key, header.as_bytes(), claims.to_string().as_bytes()).unwrap()
}

fn base64(text: &str) -> String {
    protocol_core::base64url::encode(text)
}

/// A login whose ID token `sign` makes: refused with `code`, the record taken, no further request.
async fn refused(idp: &Idp, app: &App, code: &str, what: &str) {
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
    let error = assert_code(outcome, code, what);
    assert!(browser.cookies.is_empty(), "{what}: the record is taken");
    assert!(!error.to_string().contains("access-"), "{what}: {error}");
    assert_eq!(idp.count("/userinfo"), 0, "{what}");
}

/// The scripted provider with a live login in another browser, which must survive all else.
async fn with_live_login(idp: &Idp) -> (App, Browser, String) {
    let app = App::of(idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    (app, browser, url)
}

async fn live_login_completes(idp: &Idp, app: &App, mut browser: Browser, url: &str) {
    let key = idp.key();
    idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(url))).await.unwrap();
}

#[tokio::test]
async fn refusal_a1_tokens_that_are_not_signed() {
    let idp = Idp::new();
    idp.metadata(json!({"id_token_signing_alg_values_supported": ["none", "ES256"]}));
    let (app, live, url) = with_live_login(&idp).await;
    for alg in ["none", "None", "NONE", "nOnE"] {
        for signature in ["", "c2lnbmF0dXJl"] {
            idp.sign(move |claims| {
                let header = base64(&json!({"alg": alg, "kid": "k1"}).to_string());
                format!("{header}.{}.{signature}", base64(&claims.to_string()))
            });
            refused(&idp, &app, "alg_none", &format!("{alg} {signature}")).await;
        }
    }
    live_login_completes(&idp, &app, live, &url).await;
}

#[tokio::test]
async fn refusal_a2_the_clients_own_list_counts_never_the_headers_choice() {
    let idp = Idp::new();
    let (app, live, url) = with_live_login(&idp).await;
    for alg in [Algorithm::ES512, Algorithm::RS512] {
        let Ok(key) = SigningKey::generate(alg) else { continue };
        idp.jwks(json!({"keys": [published(&key), published(&idp.key())]}));
        idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
        refused(&idp, &app, "alg_not_allowed", alg.name()).await;
    }
    let key = idp.key();
    for alg in ["HS256", "HS512", "XX1", "ES256K"] {
        let key = key.clone();
        idp.sign(move |claims| under(&key, &json!({"alg": alg, "kid": "k1"}), claims));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
        let code = outcome.unwrap_err().code().to_owned();
        assert!(["alg_not_allowed", "unsupported_alg"].contains(&&*code), "{alg}: {code}");
    }
    let narrow = Idp::provider().set(Key::IdTokenSignedResponseAlg, "RS256 PS256");
    idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
    refused(&idp, &App::of(&idp, narrow), "alg_not_allowed", "ES256 where RS256 is asked").await;
    live_login_completes(&idp, &app, live, &url).await;
}

#[tokio::test]
async fn refusal_a4_a5_keys_that_are_not_for_this_algorithm_or_this_use() {
    for (change, code) in [
        (json!({"alg": "ES384"}), "key_alg_mismatch"),
        (json!({"use": "enc"}), "key_use"),
        (json!({"key_ops": ["sign"]}), "key_ops"),
        (json!({"key_ops": []}), "key_ops"),
        (json!({"crv": "P-384"}), "invalid_key"),
        (json!({"kty": "RSA"}), "invalid_key"),
        (json!({"kid": "k2"}), "no_matching_key"),
    ] {
        let idp = Idp::new();
        let mut jwk = published(&idp.key());
        merge(&mut jwk, &change);
        idp.jwks(json!({"keys": [jwk]}));
        let app = App::of(&idp, Idp::provider());
        refused(&idp, &app, code, &change.to_string()).await;
        // Newer keys are asked for only where they may help: a key of that name is missing.
        assert_eq!(idp.count("/jwks"), 1 + usize::from(code == "no_matching_key"), "{change}");
        idp.jwks(json!({"keys": [published(&idp.key())]}));
        App::of(&idp, Idp::provider()).login(&idp).await.unwrap();
    }
}

#[tokio::test]
async fn refusal_a6_keys_in_the_header_are_ignored_and_never_fetched() {
    let idp = Idp::new();
    let (app, live, url) = with_live_login(&idp).await;
    let attacker = SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1");
    let jwk = published(&attacker);
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
    ] {
        let attacker = attacker.clone();
        idp.sign(move |claims| {
            let extra = [(name, value.clone())];
            attacker.sign(None, &extra, claims.to_string().as_bytes()).unwrap()
        });
        refused(&idp, &app, "bad_signature", name).await;
    }
    // The scripted provider panics at a request to another host; what was asked was its own.
    assert!(idp.http().seen().iter().all(|seen| seen.url.starts_with(ISSUER)));
    app.wait(30);
    live_login_completes(&idp, &app, live, &url).await;
}

#[tokio::test]
async fn refusal_a14_duplicate_members_in_metadata_token_answer_claims_and_keys() {
    let idp = Idp::new();
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let metadata = "/.well-known/openid-configuration";
    idp.answer(metadata, move |_| {
        let text = json!({"issuer": ISSUER, "token_endpoint": "https://idp.example/token"});
        crate::common::answer(200, "application/json", twice(&text.to_string(), r#""issuer":"x""#))
    });
    let (app, mut browser) = (App::of(&idp, Idp::provider()), Browser::new());
    assert_code(app.begin(&mut browser, "idp").await, "duplicate_member", "metadata");
    assert!(browser.cookies.is_empty());
    idp.mend(metadata);
    app.wait(1);

    idp.answer("/token", |_| {
        let body = r#"{"access_token":"canary","access_token":"x","token_type":"bearer"}"#;
        crate::common::answer(200, "application/json", body)
    });
    let error = assert_code(app.login(&idp).await, "duplicate_member", "token answer");
    assert!(!error.to_string().contains("canary"));
    idp.mend("/token");

    for (header, claims) in [(true, false), (false, true)] {
        let key = idp.key();
        idp.sign(move |all| {
            let twice = |text: String, member, is_due| match is_due {
                true => text.replacen('{', member, 1),
                false => text,
            };
            let head = twice(r#"{"alg":"ES256","kid":"k1"}"#.into(), r#"{"kid":"k1","#, header);
            let body = twice(all.to_string(), r#"{"sub":"u2","#, claims);
            danger::sign_with_header(&key, head.as_bytes(), body.as_bytes()).unwrap()
        });
        assert_code(app.login(&idp).await, "duplicate_member", "ID token");
    }

    // In one JWK of a set: that key is skipped, the others serve.
    let key = idp.key();
    idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
    let good = published(&idp.key()).to_string();
    idp.answer("/jwks", move |_| {
        let bad = good.replacen('{', r#"{"kty":"RSA","#, 1).replace("k1", "k0");
        crate::common::answer(200, "application/json", format!(r#"{{"keys":[{bad},{good}]}}"#))
    });
    App::of(&idp, Idp::provider()).login(&idp).await.unwrap();
}
