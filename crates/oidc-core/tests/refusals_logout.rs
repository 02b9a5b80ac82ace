//! REFUSALS C8, logout tokens (Back-Channel Logout §2.6), and what holds for them as for ID Tokens.
#![allow(clippy::needless_pass_by_value)] // `json!(..)` reads best as a value.

mod common;

use common::{CLIENT, ISSUER, NOW, key, keys, merged, other_key, sign_under, verifier};
use oidc_core::jwk::{SigningKey, SymmetricKey};
use oidc_core::{Algorithm, ClientSecret, Error, IdTokenVerifier, LogoutToken};
use protocol_core::base64url;
use serde_json::{Value, json};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Claims of a logout token that holds.
fn claims() -> Value {
    let now = NOW.seconds();
    json!({
        "iss": ISSUER, "sub": "u1", "sid": "s1", "aud": CLIENT, "exp": now + 120, "iat": now,
        "jti": "j1", "events": {EVENT: {}},
    })
}

fn signed(typ: Option<&str>, changes: Value) -> String {
    let claims = merged(claims(), changes);
    key().sign(typ, &[], claims.to_string().as_bytes()).unwrap()
}

fn verify(raw: &str) -> Result<LogoutToken, Error> {
    verifier().verify_logout_token(raw, &keys(), NOW)
}

/// "ok", or the code of the error.
fn outcome(raw: &str) -> String {
    verify(raw).map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned())
}

fn code(changes: Value) -> String {
    outcome(&signed(Some("logout+jwt"), changes))
}

#[test]
fn refusal_c8_an_id_token_or_another_token_as_logout_token() {
    let id_token = common::claims();
    for typ in [None, Some("JWT"), Some("logout+jwt")] {
        let raw = key().sign(typ, &[], id_token.to_string().as_bytes()).unwrap();
        assert_eq!(outcome(&raw), "typ_mismatch", "an ID Token of typ {typ:?}");
    }
    let mut with_jti = common::claims_with(json!({"nonce": null, "jti": "j1", "sid": "s1"}));
    assert_eq!(outcome(&common::sign(&with_jti)), "typ_mismatch", "one without a nonce");
    with_jti["events"] = json!({EVENT: {}});
    assert_eq!(
        outcome(&common::sign(&with_jti)),
        "ok",
        "it is the events that make the difference"
    );

    let table = [
        (json!({"nonce": "n"}), "typ_mismatch"),
        (json!({"nonce": ""}), "typ_mismatch"),
        (json!({"nonce": {}}), "typ_mismatch"),
        (json!({"events": null}), "typ_mismatch"),
        (json!({"events": {}}), "typ_mismatch"),
        (json!({"events": {"http://schemas.openid.net/event/other": {}}}), "typ_mismatch"),
        (
            json!({"events": {"HTTP://schemas.openid.net/event/backchannel-logout": {}}}),
            "typ_mismatch",
        ),
        (json!({"events": [EVENT]}), "claim_type"),
        (json!({"events": EVENT}), "claim_type"),
        (json!({"events": {EVENT: true}}), "claim_type"),
        (json!({"events": {EVENT: []}}), "claim_type"),
        (json!({"events": {EVENT: {"reason": "x"}}}), "ok"),
        (json!({"events": {EVENT: {}, "http://schemas.openid.net/event/other": {}}}), "ok"),
    ];
    for (changes, expected) in table {
        assert_eq!(code(changes.clone()), expected, "{changes}");
    }
    for (typ, expected) in [
        ("at+jwt", "typ_mismatch"),
        ("secevent+jwt", "typ_mismatch"),
        ("application/at+jwt", "typ_mismatch"),
        ("logout", "typ_mismatch"),
        ("xlogout+jwt", "typ_mismatch"),
        ("", "typ_mismatch"),
        ("logout+jwt", "ok"),
        ("LOGOUT+JWT", "ok"),
        ("application/logout+jwt", "ok"),
        ("JWT", "ok"),
        ("jwt", "ok"),
    ] {
        assert_eq!(outcome(&signed(Some(typ), json!({}))), expected, "{typ:?}");
    }
    assert_eq!(outcome(&signed(None, json!({}))), "ok", "typ is but recommended (§2.4)");
}

#[test]
fn refusal_c1_claims_of_a_logout_token_missing_or_of_another_type() {
    for name in ["iss", "aud", "exp", "iat", "jti"] {
        assert_eq!(code(json!({name: null})), "missing_claim", "{name}");
    }
    let both = json!({"sub": null, "sid": null});
    assert_eq!(code(both), "missing_claim", "neither sub nor sid");
    assert_eq!(code(json!({"sub": null})), "ok");
    assert_eq!(code(json!({"sid": null})), "ok");
    for name in ["iss", "sub", "sid", "jti"] {
        for value in [json!(""), json!([]), json!(7), json!({}), json!(true), json!(["x"])] {
            assert_eq!(code(json!({name: value})), "claim_type", "{name} {value}");
        }
    }
    for name in ["exp", "iat", "nbf"] {
        assert_eq!(code(json!({name: "1700000300"})), "claim_type", "{name}");
    }
    for written in [
        claims().to_string().replace("\"sid\":\"s1\"", "\"sid\":null"),
        claims().to_string().replace("\"jti\":\"j1\"", "\"jti\":null"),
    ] {
        let raw = key().sign(Some("logout+jwt"), &[], written.as_bytes()).unwrap();
        assert_eq!(outcome(&raw), "claim_type", "{written}");
    }
}

#[test]
fn refusals_c2_to_c5_another_audience_issuer_or_time() {
    let now = NOW.seconds();
    let table = [
        (json!({"aud": "client-2"}), "aud_mismatch"),
        (json!({"aud": []}), "aud_mismatch"),
        (json!({"aud": "Client-1"}), "aud_mismatch"),
        (json!({"aud": [[CLIENT]]}), "claim_type"),
        (json!({"aud": "client-2", "azp": CLIENT}), "aud_mismatch"),
        (json!({"aud": [CLIENT, "other"]}), "untrusted_aud"),
        (json!({"aud": [CLIENT]}), "ok"),
        (json!({"iss": "https://idp.example/"}), "iss_mismatch"),
        (json!({"iss": "https://IDP.example"}), "iss_mismatch"),
        (json!({"iss": "https://evil.example"}), "iss_mismatch"),
        (json!({"exp": now - 60}), "expired"),
        (json!({"exp": now - 59}), "ok"),
        (json!({"iat": now + 61}), "iat_in_future"),
        (json!({"nbf": now + 61}), "not_yet_valid"),
    ];
    for (changes, expected) in table {
        assert_eq!(code(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn refusals_a_logout_tokens_that_our_provider_did_not_sign() {
    let claims = claims().to_string();
    let by = |key: &SigningKey| key.sign(Some("logout+jwt"), &[], claims.as_bytes()).unwrap();
    let es384 = SigningKey::generate(Algorithm::ES384).unwrap().with_kid("k1");
    let secret = ClientSecret::new("a secret of thirty-two bytes, at least");
    let shared = SymmetricKey::from_client_secret(&secret).unwrap();
    let hmac = SigningKey::from_symmetric(Algorithm::HS256, shared).unwrap();
    let unsigned = |alg: &str| {
        let header = format!(r#"{{"alg":"{alg}","typ":"logout+jwt"}}"#);
        format!("{}.{}.", base64url::encode(header), base64url::encode(&claims))
    };
    let crit = r#"{"alg":"ES256","kid":"k1","typ":"logout+jwt","crit":["exp"],"exp":1}"#;
    let table = [
        (unsigned("none"), "alg_none"),
        (unsigned("None"), "alg_none"),
        (by(other_key()), "bad_signature"),
        (by(&es384), "key_type_mismatch"),
        (by(&hmac), "alg_not_allowed"),
        (sign_under(crit, claims.as_bytes()), "crit_unsupported"),
        ("a.b".to_owned(), "malformed_token"),
        (String::new(), "malformed_token"),
    ];
    for (raw, expected) in table {
        assert_eq!(outcome(&raw), expected, "{raw:.40}");
    }
    let by_secret = IdTokenVerifier::new(ISSUER, CLIENT).allow_hmac([Algorithm::HS256], &secret);
    let by_secret = by_secret.unwrap();
    assert!(by_secret.verify_logout_token(&by(&hmac), &keys(), NOW).is_ok(), "asked for by name");
}

#[test]
fn a_logout_token_says_whom_and_once() {
    let token = verify(&signed(Some("logout+jwt"), json!({"sub": null}))).unwrap();
    assert_eq!((token.iss(), token.sub(), token.sid()), (ISSUER, None, Some("s1")));
    assert_eq!(token.iat(), NOW);
    assert_eq!(token.replay_key().until.seconds(), NOW.seconds() + 180, "exp and the leeway");

    let value = |changes| verify(&signed(None, changes)).unwrap().replay_key().value.clone();
    let one = value(json!({}));
    assert_eq!(value(json!({"exp": NOW.seconds() + 300, "sid": "s2"})), one, "the jti names it");
    assert_ne!(value(json!({"jti": "j2"})), one);
    assert_eq!(value(json!({"jti": "x".repeat(10_000)})).len(), one.len());

    let shown = format!("{:?}", verify(&signed(None, json!({"sub": "canary", "sid": "canary"}))));
    assert!(shown.contains(ISSUER) && !shown.contains("canary"), "{shown}");
}

#[test]
fn checks_of_id_tokens_claims_are_not_run_on_logout_tokens() {
    let picky = verifier().check(|_| Err("no ID Token is good enough".to_owned()));
    assert!(picky.verify_logout_token(&signed(None, json!({})), &keys(), NOW).is_ok());
}
