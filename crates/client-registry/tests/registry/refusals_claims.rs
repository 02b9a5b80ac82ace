//! REFUSALS.md, C: what ID tokens and UserInfo answers say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use client_registry::{Callback, Key};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::common::{
    App, Browser, CLIENT, ISSUER, Idp, START, answer, assert_code, json_answer, merge, params,
};

/// One login whose ID token has these claims: the code of its error, or "" where it is taken.
async fn outcome_of(app: &App, idp: &Idp, changes: Value) -> String {
    idp.claims(changes);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
    assert!(browser.cookies.is_empty(), "the record is taken");
    outcome.err().map(|error| error.code().to_owned()).unwrap_or_default()
}

/// Asserts the outcomes of a table; at its end a good token is taken again.
async fn table(app: &App, idp: &Idp, rows: &[(Value, &str)]) {
    for (changes, code) in rows {
        assert_eq!(outcome_of(app, idp, changes.clone()).await, *code, "{changes}");
    }
    assert_eq!(outcome_of(app, idp, json!({})).await, "");
    assert_eq!(idp.count("/userinfo"), 0, "nothing was asked for a token that was refused");
}

#[tokio::test]
async fn refusal_c1_claims_missing_or_of_a_wrong_type() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        for (value, expected) in [
            (Value::Null, &["missing_claim"][..]),
            (json!(""), &["claim_type", "missing_claim", "iss_mismatch", "aud_mismatch"]),
            (json!([]), &["claim_type", "missing_claim", "aud_mismatch"]),
            (json!({}), &["claim_type"]),
            (json!(true), &["claim_type"]),
            (json!("Infinity"), &["claim_type", "iss_mismatch", "aud_mismatch", ""]),
        ] {
            if claim == "sub" && value == json!("Infinity") {
                continue; // A name like any other.
            }
            let mut changes = json!({});
            changes[claim] = value.clone();
            let code = outcome_of(&app, &idp, changes).await;
            assert!(!code.is_empty() && expected.contains(&&*code), "{claim} {value}: {code}");
        }
        // null as written, and a number that no type holds.
        for written in ["null", "1e400", "Infinity"] {
            let key = idp.key();
            idp.sign(move |claims| {
                let mut claims = claims.clone();
                merge(&mut claims, &json!({claim: "CHANGE"}));
                let text = claims.to_string().replace("\"CHANGE\"", written);
                key.sign(None, &[], text.as_bytes()).unwrap()
            });
            let code = outcome_of(&app, &idp, json!({})).await;
            let expected = ["missing_claim", "claim_type", "malformed_payload"];
            assert!(expected.contains(&&*code), "{claim} {written}: {code}");
            let key = idp.key();
            idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
        }
    }
    assert_eq!(outcome_of(&app, &idp, json!({})).await, "");
}

#[tokio::test]
async fn refusal_c2_audiences_without_us() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let rows = [
        (json!({"aud": "other"}), "aud_mismatch"),
        (json!({"aud": ["other"], "azp": CLIENT}), "aud_mismatch"),
        (json!({"aud": "client-1x"}), "aud_mismatch"),
        (json!({"aud": "client-"}), "aud_mismatch"),
        (json!({"aud": "Client-1"}), "aud_mismatch"),
        (json!({"aud": [[CLIENT]]}), "claim_type"),
        (json!({"aud": [CLIENT, 1]}), "claim_type"),
    ];
    table(&app, &idp, &rows).await;
}

#[tokio::test]
async fn refusal_c3_further_audiences_only_where_they_are_allowed() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let both = json!([CLIENT, "other"]);
    let strict = [
        (json!({"aud": both}), "untrusted_aud"),
        (json!({"aud": both, "azp": CLIENT}), "untrusted_aud"),
        (json!({"aud": both, "azp": "other"}), "azp_mismatch"),
        (json!({"azp": "other"}), "azp_mismatch"),
        (json!({"azp": CLIENT}), ""),
        (json!({"aud": [CLIENT]}), ""),
    ];
    table(&app, &idp, &strict).await;
    let by_azp = App::of(&idp, Idp::provider().set(Key::OtherAudiences, "when_azp_is_us"));
    let rows = [
        (json!({"aud": both}), "azp_missing"),
        (json!({"aud": both, "azp": "other"}), "azp_mismatch"),
        (json!({"aud": both, "azp": CLIENT}), ""),
        (json!({"aud": ["other"], "azp": CLIENT}), "aud_mismatch"),
    ];
    table(&by_azp, &idp, &rows).await;
    let by_name = App::of(&idp, Idp::provider().set(Key::TrustedAudiences, "other third"));
    let rows = [
        (json!({"aud": both}), ""),
        (json!({"aud": [CLIENT, "fourth"]}), "untrusted_aud"),
        (json!({"aud": ["other"]}), "aud_mismatch"),
    ];
    table(&by_name, &idp, &rows).await;
}

#[tokio::test]
async fn refusal_c4_another_issuer_by_whatever_little() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let rows = [
        (json!({"iss": "https://idp.example/"}), "iss_mismatch"),
        (json!({"iss": "https://IDP.example"}), "iss_mismatch"),
        (json!({"iss": "https://idp.example:443"}), "iss_mismatch"),
        (json!({"iss": "http://idp.example"}), "iss_mismatch"),
        (json!({"iss": [ISSUER]}), "claim_type"),
    ];
    table(&app, &idp, &rows).await;
}

#[tokio::test]
async fn refusal_c5_times_beyond_the_skew() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let rows = [
        (json!({"exp": START - 60}), "expired"),
        (json!({"exp": START - 59}), ""),
        (json!({"exp": 0}), "expired"),
        (json!({"iat": START + 61}), "iat_in_future"),
        (json!({"iat": START + 60}), ""),
        (json!({"nbf": START + 61}), "not_yet_valid"),
        (json!({"nbf": START + 60}), ""),
    ];
    table(&app, &idp, &rows).await;
    let exact = App::of(&idp, Idp::provider().set(Key::Leeway, "0"));
    let rows = [
        (json!({"exp": START}), "expired"),
        (json!({"exp": START + 1}), ""),
        (json!({"iat": START + 1}), "iat_in_future"),
    ];
    table(&exact, &idp, &rows).await;
}

#[tokio::test]
async fn refusal_c6_a_nonce_that_is_absent_or_another() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let rows = [
        (json!({"nonce": null}), "nonce_missing"),
        (json!({"nonce": ""}), "nonce_mismatch"),
        (json!({"nonce": "another"}), "nonce_mismatch"),
        (json!({"nonce": null, "nonce_supported": false}), "nonce_missing"),
        (json!({"nonce": [1]}), "claim_type"),
    ];
    table(&app, &idp, &rows).await;
    let quirk = App::of(&idp, Idp::provider().set(Key::Quirks, "no_nonce"));
    let mut browser = Browser::new();
    let url = quirk.begin(&mut browser, "idp").await.unwrap();
    assert!(params(&url, "nonce").is_empty(), "none is sent where the provider has none");
    quirk.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

#[tokio::test]
async fn refusal_c7_hashes_that_do_not_fit() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let rows = [
        (json!({"at_hash": "AAAA"}), "at_hash_mismatch"),
        (json!({"at_hash": ""}), "at_hash_mismatch"),
        (json!({"c_hash": "AAAA"}), "c_hash_mismatch"),
        (json!({"s_hash": "AAAA"}), "s_hash_mismatch"),
        (json!({"at_hash": 1}), "claim_type"),
    ];
    table(&app, &idp, &rows).await;
}

#[tokio::test]
async fn refusal_c8_tokens_of_another_kind() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let events = json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    assert_eq!(outcome_of(&app, &idp, events).await, "typ_mismatch");
    for (typ, code) in [
        ("at+jwt", "typ_mismatch"),
        ("AT+JWT", "typ_mismatch"),
        ("logout+jwt", "typ_mismatch"),
        ("JWT", ""),
        ("jwt", ""),
    ] {
        let key = idp.key();
        idp.sign(move |claims| key.sign(Some(typ), &[], claims.to_string().as_bytes()).unwrap());
        assert_eq!(outcome_of(&app, &idp, json!({})).await, code, "{typ}");
    }
}

#[tokio::test]
async fn refusal_c9_how_and_when_the_user_authenticated() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::MaxAge, "300"));
    for (changes, code) in [
        (json!({}), "auth_time_missing"),
        (json!({"auth_time": START - 361}), "auth_time_too_old"),
        (json!({"auth_time": "recently"}), "auth_time_missing"),
        (json!({"auth_time": START - 360}), ""),
    ] {
        assert_eq!(outcome_of(&app, &idp, changes.clone()).await, code, "{changes}");
    }
    let app = App::of(&idp, Idp::provider().set(Key::EssentialAcrValues, "gold silver"));
    for (changes, code) in [
        (json!({}), "acr_mismatch"),
        (json!({"acr": "bronze"}), "acr_mismatch"),
        (json!({"acr": ""}), "acr_mismatch"),
        (json!({"acr": "Gold"}), "acr_mismatch"),
        (json!({"acr": "gold"}), ""),
    ] {
        assert_eq!(outcome_of(&app, &idp, changes.clone()).await, code, "{changes}");
    }
}

#[tokio::test]
async fn refusal_c10_an_id_token_that_is_missing_or_was_not_asked_for() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    for absent in [Value::Null, json!("")] {
        idp.token(json!({"id_token": absent}));
        assert_code(app.login(&idp).await, "id_token_missing", "openid was asked for");
    }
    idp.token(json!({"id_token": 7}));
    assert_code(app.login(&idp).await, "type", "no text");

    idp.token(json!({"id_token": "not.even.one"}));
    let plain = App::of(&idp, oauth2());
    let login = plain.login(&idp).await.unwrap();
    assert!(login.claims().is_none() && login.id_token().is_none());
    assert!(!login.extra().contains_key("id_token"), "it is not handed over by another door");
}

fn oauth2() -> client_registry::Provider {
    let provider = client_registry::Provider::new().client_id(CLIENT).client_secret("s");
    provider
        .set(Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(Key::AccessTokenUrl, format!("{ISSUER}/token"))
}

#[tokio::test]
async fn refusal_c11_userinfo_about_somebody_else() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::Userinfo, "always"));
    let login = app.login(&idp).await.unwrap();
    for (body, code) in [
        (json!({"sub": "u2", "email": "u2@mail.example"}), "sub_mismatch"),
        (json!({"sub": "U1"}), "sub_mismatch"),
        (json!({"email": "u2@mail.example"}), "missing_claim"),
        (json!({"sub": null}), "missing_claim"),
        (json!({"sub": 1}), "claim_type"),
    ] {
        let what = body.to_string();
        idp.answer("/userinfo", move |_| json_answer(body.clone()));
        assert_code(login.userinfo().await, code, &what);
    }
    idp.mend("/userinfo");
    assert_eq!(login.userinfo().await.unwrap().name(), Some("U One"));
}

#[tokio::test]
async fn refusal_c11_signed_userinfo_with_another_iss_aud_alg_or_none() {
    let idp = Idp::new();
    let provider =
        Idp::provider().set(Key::Userinfo, "always").set(Key::UserinfoSignedResponseAlg, "ES256");
    let app = App::of(&idp, provider);
    let login = app.login(&idp).await.unwrap();
    let key = idp.key();
    let signed = |changes: Value| {
        let mut claims = json!({"sub": "u1", "iss": ISSUER, "aud": CLIENT, "name": "N"});
        merge(&mut claims, &changes);
        key.sign(None, &[], claims.to_string().as_bytes()).unwrap()
    };
    let other = SigningKey::generate(Algorithm::ES384).unwrap().with_kid("k1");
    let unsigned = format!(
        "{}.{}.",
        protocol_core::base64url::encode(r#"{"alg":"none"}"#),
        protocol_core::base64url::encode(r#"{"sub":"u1"}"#)
    );
    for (body, content_type, code) in [
        (signed(json!({"iss": "https://evil.example"})), "application/jwt", "iss_mismatch"),
        (signed(json!({"aud": "other"})), "application/jwt", "aud_mismatch"),
        (signed(json!({"sub": "u2"})), "application/jwt", "sub_mismatch"),
        (signed(json!({"exp": 1})), "application/jwt", "expired"),
        (other.sign(None, &[], br#"{"sub":"u1"}"#).unwrap(), "application/jwt", "alg_not_allowed"),
        (unsigned, "application/jwt", "alg_none"),
        (r#"{"sub":"u1"}"#.to_owned(), "application/json", "content_type"),
        (signed(json!({})), "application/json", "content_type"),
    ] {
        let shown = body.clone();
        idp.answer("/userinfo", move |_| answer(200, content_type, body.clone()));
        assert_code(login.userinfo().await, code, &shown);
    }
    let good = signed(json!({}));
    idp.answer("/userinfo", move |_| answer(200, "application/jwt", good.clone()));
    assert_eq!(login.userinfo().await.unwrap().name(), Some("N"));

    // A signed answer where plain JSON was registered is refused, not trusted by its looks.
    let plain = App::of(&idp, Idp::provider().set(Key::Userinfo, "always"));
    let login = plain.login(&idp).await.unwrap();
    assert_code(login.userinfo().await, "content_type", "signed and unasked for");
}

#[tokio::test]
async fn refusal_c11_the_algorithms_of_id_tokens_and_of_userinfo_are_two_lists() {
    let idp = Idp::new();
    let provider = Idp::provider()
        .set(Key::Userinfo, "always")
        .set(Key::IdTokenSignedResponseAlg, "ES256 HS256")
        .set(Key::UserinfoSignedResponseAlg, "ES256");
    let login = App::of(&idp, provider).login(&idp).await.unwrap();
    let secret = oidc_core::jwk::SymmetricKey::from_client_secret(&crate::common::SECRET.into());
    let hmac = SigningKey::from_symmetric(Algorithm::HS256, secret.unwrap()).unwrap();
    let body = hmac.sign(None, &[], br#"{"sub":"u1"}"#).unwrap();
    idp.answer("/userinfo", move |_| answer(200, "application/jwt", body.clone()));
    assert_code(login.userinfo().await, "alg_not_allowed", "HMAC is for ID tokens here");
}

#[tokio::test]
async fn refusal_c14_urls_in_claims_are_never_fetched() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::Userinfo, "auto"));
    let urls = json!({
        "picture": "https://evil.example/p", "profile": "https://evil.example/profile",
        "website": "https://evil.example/w", "jku": "https://evil.example/jku",
        "_claim_names": {"address": "s1"},
        "_claim_sources": {"s1": {"endpoint": "https://evil.example/s", "access_token": "x"}},
    });
    idp.claims(urls);
    let login = app.login(&idp).await.unwrap();
    let user = login.userinfo().await.unwrap();
    assert_eq!(user.picture(), Some("https://evil.example/p"));
    // The scripted network panics at any other host; these are all that were asked.
    assert_eq!(idp.http().count(), 3);
}

#[tokio::test]
async fn refusal_c15_a_user_is_iss_and_sub_and_an_email_comes_with_its_flag() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut seen = Vec::new();
    for (changes, verified) in [
        (json!({"email_verified": true}), true),
        (json!({"email_verified": "true"}), true),
        (json!({"email_verified": "false"}), false),
        (json!({"email_verified": 1}), false),
        (json!({}), false),
        (json!({"email": "changed@mail.example", "email_verified": true}), true),
    ] {
        idp.claims(changes.clone());
        let user = app.login(&idp).await.unwrap().userinfo().await.unwrap();
        assert_eq!(user.email().unwrap().verified, verified, "{changes}");
        seen.push(user.identity().map(|(iss, sub)| (iss.to_owned(), sub.to_owned())));
    }
    let one = Some((ISSUER.to_owned(), "u1".to_owned()));
    assert!(seen.iter().all(|identity| *identity == one), "{seen:?}");
    idp.claims(json!({"sub": "u2"}));
    let other = app.login(&idp).await.unwrap().userinfo().await.unwrap();
    assert_eq!(other.email().unwrap().address, "u1@mail.example");
    assert_ne!(other.identity(), Some((ISSUER, "u1")), "the same address, another user");
}

#[tokio::test]
async fn userinfo_is_asked_for_when_what_was_asked_is_not_in_the_id_token() {
    let cases = [
        ("auto", "openid email", json!({}), 0),
        ("auto", "openid email", json!({"email": null}), 1),
        ("auto", "openid profile email", json!({}), 1),
        ("auto", "openid profile email", json!({"name": "In the token"}), 0),
        ("auto", "openid", json!({"email": null}), 0),
        ("never", "openid profile", json!({}), 0),
        ("always", "openid", json!({}), 1),
    ];
    for (policy, scope, changes, asked) in cases {
        let idp = Idp::new();
        idp.claims(changes.clone());
        let app = App::of(&idp, Idp::provider().set(Key::Userinfo, policy).scope(scope));
        let login = app.login(&idp).await.unwrap();
        let user = login.userinfo().await.unwrap();
        assert_eq!(idp.count("/userinfo"), asked, "{policy} {scope} {changes}");
        assert_eq!(user.identity(), Some((ISSUER, "u1")));
        if asked == 1 {
            let seen = idp.http().last();
            assert_eq!(seen.header("authorization"), Some("Bearer access-code-1"));
            assert_eq!(user.name(), Some("U One"), "completed");
        }
    }
    // What was granted counts, not what was asked for; what is signed stays.
    let idp = Idp::new();
    idp.token(json!({"scope": "openid email"}));
    let app =
        App::of(&idp, Idp::provider().set(Key::Userinfo, "auto").scope("openid profile email"));
    app.login(&idp).await.unwrap().userinfo().await.unwrap();
    assert_eq!(idp.count("/userinfo"), 0, "profile was not granted");
    let app = App::of(&idp, Idp::provider().set(Key::Userinfo, "always"));
    idp.answer("/userinfo", |_| json_answer(json!({"sub": "u1", "email": "other@mail.example"})));
    let user = app.login(&idp).await.unwrap().userinfo().await.unwrap();
    assert_eq!(user.email().unwrap().address, "u1@mail.example");
}

#[tokio::test]
async fn refusal_c13_an_own_check_runs_at_every_login() {
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Idp::provider().check({
        let asked = asked.clone();
        move |claims| {
            asked.fetch_add(1, Ordering::SeqCst);
            match claims.get::<String>("hd") {
                Ok(Some(domain)) if domain == "ours.example" => Ok(()),
                _ => Err("not one of ours".to_owned()),
            }
        }
    });
    let idp = Idp::new();
    let app = App::of(&idp, provider);
    for (login, domain) in ["ours.example", "other.example", "ours.example"].iter().enumerate() {
        idp.claims(json!({ "hd": domain }));
        let outcome = app.login(&idp).await;
        match *domain {
            "ours.example" => assert!(outcome.is_ok(), "{login}"),
            _ => assert_eq!(outcome.unwrap_err().code(), "own_check", "{login}"),
        }
        assert_eq!(asked.load(Ordering::SeqCst), login + 1);
    }
}
