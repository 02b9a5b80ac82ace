//! REFUSALS C: what the claims of an ID Token must say.
#![allow(clippy::needless_pass_by_value)] // `json!(..)` reads best as a value.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{CLIENT, ISSUER, NONCE, NOW, claims, claims_with, key, key_set, keys, published};
use common::{sign, sign_under, verifier};
use oidc_core::jwk::{SigningKey, SymmetricKey};
use oidc_core::{AccessToken, Algorithm, Claims, ClientSecret, Error, Expected, IdTokenVerifier};
use oidc_core::{Nonce, Original};
use serde_json::{Value, json};

/// Verifies claims that a good provider signed.
fn verify(claims: &Value) -> Result<Claims, Error> {
    verifier().verify(&sign(claims), &keys(), Nonce::Expect(NONCE), NOW)
}

fn code(changes: Value) -> String {
    code_by(&verifier(), changes)
}

/// "ok", or the code of the error.
fn code_by(verifier: &IdTokenVerifier, changes: Value) -> String {
    let token = sign(&claims_with(changes));
    outcome(verifier.verify(&token, &keys(), Nonce::Expect(NONCE), NOW))
}

fn code_with(changes: Value, expected: &Expected<'_>) -> String {
    let token = sign(&claims_with(changes));
    outcome(verifier().verify_with(&token, &keys(), expected, NOW))
}

fn outcome(outcome: Result<Claims, Error>) -> String {
    outcome.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned())
}

#[test]
fn refusal_c1_required_claims_missing_or_of_another_type() {
    let wrong = [json!(null), json!(""), json!([]), json!({}), json!(true), json!([["x"]])];
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        assert_eq!(code(json!({name: null})), "missing_claim", "{name}");
        for value in &wrong {
            let mut claims = claims();
            claims[name] = value.clone();
            let code = verify(&claims).unwrap_err().code().to_owned();
            let expected = match (name, value) {
                ("aud", Value::String(_)) => "aud_mismatch",
                ("aud", Value::Array(list)) if list.is_empty() => "aud_mismatch",
                _ => "claim_type",
            };
            assert_eq!(code, expected, "{name} {value}");
        }
    }
    for name in ["iss", "sub"] {
        assert_eq!(code(json!({name: 7})), "claim_type", "{name}");
    }
    for name in ["exp", "iat"] {
        assert_eq!(code(json!({name: "1700000300"})), "claim_type", "{name}");
        for infinite in ["Infinity", "1e400", "NaN", "-Infinity"] {
            let text = claims_with(json!({name: 1234567})).to_string().replace("1234567", infinite);
            let token = key().sign(None, &[], text.as_bytes()).unwrap();
            let outcome = verifier().verify(&token, &keys(), Nonce::Expect(NONCE), NOW);
            assert_eq!(outcome.unwrap_err().code(), "malformed_payload", "{name} {infinite}");
        }
    }
}

#[test]
fn refusal_c2_an_audience_without_this_client() {
    for aud in [
        json!("client-2"),
        json!(["client-2", "client-3"]),
        json!([]),
        json!(""),
        json!([""]),
        json!("client-11"),
        json!("client-"),
        json!("Client-1"),
        json!("client-1 "),
        json!("client-1 client-2"),
    ] {
        let code = code(json!({"aud": aud, "azp": CLIENT}));
        assert_eq!(code, "aud_mismatch", "{aud}, even where azp names us");
    }
    for aud in [json!([[CLIENT]]), json!({CLIENT: true}), json!([CLIENT, 1])] {
        assert_eq!(code(json!({"aud": aud})), "claim_type", "{aud}");
    }
    let nobody = IdTokenVerifier::new(ISSUER, "");
    assert_eq!(code_by(&nobody, json!({"aud": ""})), "aud_mismatch", "a client without a name");
    assert_eq!(code(json!({"aud": [CLIENT]})), "ok");
}

#[test]
fn refusal_c3_further_audiences() {
    let aud = json!([CLIENT, "project"]);
    let strict = verifier();
    let by_name = verifier().trust_audiences(["project"]);
    let by_azp = verifier().other_audiences_when_azp_is_us();
    let table = [
        (&strict, json!({"aud": aud}), "untrusted_aud"),
        (&strict, json!({"aud": aud, "azp": CLIENT}), "untrusted_aud"),
        (&strict, json!({"aud": aud, "azp": "project"}), "azp_mismatch"),
        (&strict, json!({"azp": "project"}), "azp_mismatch"),
        (&strict, json!({"azp": ["client-1"]}), "claim_type"),
        (&strict, json!({"azp": CLIENT}), "ok"),
        (&by_name, json!({"aud": aud}), "ok"),
        (&by_name, json!({"aud": aud, "azp": CLIENT}), "ok"),
        (&by_name, json!({"aud": aud, "azp": "project"}), "azp_mismatch"),
        (&by_name, json!({"aud": [CLIENT, "project", "other"]}), "untrusted_aud"),
        (&by_name, json!({"aud": ["project"]}), "aud_mismatch"),
        (&by_azp, json!({"aud": aud, "azp": CLIENT}), "ok"),
        (&by_azp, json!({"aud": aud}), "azp_missing"),
        (&by_azp, json!({"aud": aud, "azp": "project"}), "azp_mismatch"),
        (&by_azp, json!({"aud": ["project"], "azp": CLIENT}), "aud_mismatch"),
    ];
    for (verifier, changes, expected) in table {
        assert_eq!(code_by(verifier, changes.clone()), expected, "{changes}");
    }
}

#[test]
fn refusal_c4_an_issuer_in_another_spelling() {
    for iss in [
        "https://idp.example/",
        "https://IDP.example",
        "HTTPS://idp.example",
        "https://idp.example:443",
        "http://idp.example",
        "https://idp.example.evil.example",
        "https://idp.exampl",
        "https://idp.example#",
    ] {
        assert_eq!(code(json!({"iss": iss})), "iss_mismatch", "{iss}");
    }
    assert_eq!(code(json!({"iss": [ISSUER]})), "claim_type");
}

#[test]
fn refusal_c5_times_out_of_bounds() {
    let now = NOW.seconds();
    let aged = verifier().max_token_age(Duration::from_secs(600));
    let ahead = verifier().max_future(Duration::from_secs(10));
    let table = [
        (verifier(), json!({"exp": now - 59}), "ok"),
        (verifier(), json!({"exp": now - 60}), "expired"),
        (verifier(), json!({"exp": now - 60 - 86_400}), "expired"),
        (verifier(), json!({"exp": 0}), "expired"),
        (verifier(), json!({"exp": -1}), "expired"),
        (verifier(), json!({"iat": now + 60}), "ok"),
        (verifier(), json!({"iat": now + 61}), "iat_in_future"),
        (verifier(), json!({"iat": u64::MAX}), "iat_in_future"),
        (verifier(), json!({"nbf": now + 60}), "ok"),
        (verifier(), json!({"nbf": now + 61}), "not_yet_valid"),
        (verifier(), json!({"nbf": "soon"}), "claim_type"),
        (verifier().leeway(Duration::ZERO), json!({"exp": now}), "expired"),
        (verifier().leeway(Duration::ZERO), json!({"exp": now as f64 + 0.5}), "ok"),
        (verifier().leeway(Duration::MAX), json!({"exp": 0}), "ok"),
        (ahead.clone(), json!({"iat": now + 10}), "ok"),
        (ahead, json!({"iat": now + 11}), "iat_in_future"),
        (aged.clone(), json!({"iat": now - 660}), "ok"),
        (aged.clone(), json!({"iat": now - 661}), "iat_too_old"),
        (aged, json!({"iat": 0}), "iat_too_old"),
    ];
    for (verifier, changes, expected) in table {
        assert_eq!(code_by(&verifier, changes.clone()), expected, "{changes}");
    }
    assert_eq!(IdTokenVerifier::DEFAULT_LEEWAY.as_secs(), 60);
}

#[test]
fn refusal_c6_a_nonce_that_is_not_the_logins() {
    let mut null = claims();
    null["nonce"] = Value::Null;
    assert_eq!(verify(&null).unwrap_err().code(), "nonce_missing", "switched off by the token");
    let table = [
        (json!({"nonce": null}), "nonce_missing"),
        (json!({"nonce": "other"}), "nonce_mismatch"),
        (json!({"nonce": ""}), "nonce_mismatch"),
        (json!({"nonce": NONCE.to_lowercase()}), "nonce_mismatch"),
        (json!({"nonce": format!("{NONCE}x")}), "nonce_mismatch"),
        (json!({"nonce": [NONCE]}), "claim_type"),
        (json!({"nonce": false}), "claim_type"),
    ];
    for (changes, expected) in table {
        for login in [Expected::code(Nonce::Expect(NONCE)), Expected::implicit(NONCE)] {
            assert_eq!(code_with(changes.clone(), &login), expected, "{changes}");
        }
    }
    // An empty nonce that was kept by mistake matches nothing.
    let empty = Expected::code(Nonce::Expect(""));
    assert_eq!(code_with(json!({"nonce": ""}), &empty), "nonce_mismatch");
    assert_eq!(code_with(json!({"nonce": null}), &Expected::code(Nonce::NotSent)), "ok");
}

#[test]
fn refusal_c7_hashes_that_do_not_belong_for_every_algorithm() {
    let secret = "a client secret that is long enough for HS512, sixty-four octets.";
    let token = AccessToken::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    let (code, state) =
        ("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk", "af0ifjsldkj");
    let hash = |alg: Algorithm, text: &str| {
        let digest = alg.hash().digest(text.as_bytes());
        protocol_core::base64url::encode(&digest[..digest.len() / 2])
    };
    let mut covered = 0;
    for alg in Algorithm::ALL.iter().copied().filter(|alg| alg.is_supported()) {
        let key = match alg.is_symmetric() {
            true => SigningKey::from_symmetric(alg, SymmetricKey::new(secret).unwrap()),
            false => SigningKey::generate(alg),
        };
        let Ok(key) = key else { continue };
        covered += 1;
        let (verifier, keys) = match alg.is_symmetric() {
            true => {
                let secret = ClientSecret::new(secret);
                (verifier().allow_hmac([alg], &secret).unwrap(), keys())
            }
            false => (verifier().allow([alg]), key_set(&[published(&key)])),
        };
        let hybrid = Expected::hybrid(NONCE, code).access_token(&token).state(state);
        let implicit = Expected::implicit(NONCE).access_token(&token);
        let exchanged =
            Expected::code(Nonce::Expect(NONCE)).access_token(&token).exchanged_code(code);
        let right = |name: &str| match name {
            "at_hash" => hash(alg, token.expose()),
            "c_hash" => hash(alg, code),
            _ => hash(alg, state),
        };
        let all = || json!({"at_hash": right("at_hash"), "c_hash": right("c_hash"), "s_hash": right("s_hash")});
        let check = |changes: Value, expected: &Expected<'_>| {
            let raw = key.sign(None, &[], claims_with(changes).to_string().as_bytes()).unwrap();
            outcome(verifier.verify_with(&raw, &keys, expected, NOW))
        };
        for expected in [&hybrid, &implicit, &exchanged] {
            assert_eq!(check(all(), expected), "ok", "{alg} {expected:?}");
        }
        for (name, mismatch, missing) in [
            ("at_hash", "at_hash_mismatch", "at_hash_missing"),
            ("c_hash", "c_hash_mismatch", "c_hash_missing"),
            ("s_hash", "s_hash_mismatch", "ok"),
        ] {
            let full =
                protocol_core::base64url::encode(alg.hash().digest(token.expose().as_bytes()));
            for wrong in [hash(alg, "another"), full, String::new(), format!("{}=", right(name))] {
                let mut changes = all();
                changes[name] = json!(wrong);
                assert_eq!(check(changes, &hybrid), mismatch, "{alg} {name}");
            }
            let mut changes = all();
            changes[name] = Value::Null;
            assert_eq!(check(changes, &hybrid), missing, "{alg} {name}");
        }
        assert_eq!(check(json!({}), &implicit), "at_hash_missing", "{alg}");
        assert_eq!(check(json!({}), &exchanged), "ok", "the token endpoint may leave them out");
    }
    assert!(covered >= 7, "{covered} algorithms");
    assert_eq!(code_with(json!({"at_hash": 5}), &Expected::implicit(NONCE)), "claim_type");
}

#[test]
fn refusal_c8_tokens_of_another_kind() {
    let payload = claims().to_string();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt"]
    {
        let header = format!(r#"{{"alg":"ES256","kid":"k1","typ":"{typ}"}}"#);
        let token = sign_under(&header, payload.as_bytes());
        let outcome = verifier().verify(&token, &keys(), Nonce::Expect(NONCE), NOW);
        assert_eq!(outcome.unwrap_err().code(), "typ_mismatch", "{typ}");
    }
    for typ in ["JWT", "jwt", "application/jwt"] {
        let header = format!(r#"{{"alg":"ES256","kid":"k1","typ":"{typ}"}}"#);
        let token = sign_under(&header, payload.as_bytes());
        assert!(verifier().verify(&token, &keys(), Nonce::Expect(NONCE), NOW).is_ok(), "{typ}");
    }
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for events in [json!({event: {}}), json!({}), json!("x")] {
        assert_eq!(code(json!({"events": events})), "typ_mismatch");
    }
}

#[test]
fn refusal_c9_an_authentication_that_is_not_what_was_asked() {
    let now = NOW.seconds();
    let max_age =
        |seconds| Expected::code(Nonce::Expect(NONCE)).max_age(Duration::from_secs(seconds));
    let table = [
        (300, json!({}), "auth_time_missing"),
        (0, json!({}), "auth_time_missing"),
        (300, json!({"auth_time": now - 360}), "ok"),
        (300, json!({"auth_time": now - 361}), "auth_time_too_old"),
        (0, json!({"auth_time": now - 61}), "auth_time_too_old"),
        (300, json!({"auth_time": 0}), "auth_time_too_old"),
        (300, json!({"auth_time": now + 61}), "claim_type"),
        (300, json!({"auth_time": "now"}), "auth_time_missing"),
        (u64::MAX, json!({"auth_time": 0}), "ok"),
    ];
    for (seconds, changes, expected) in table {
        assert_eq!(code_with(changes.clone(), &max_age(seconds)), expected, "{seconds} {changes}");
    }

    let gold = ["gold".to_owned(), "platinum".to_owned()];
    let essential = Expected::code(Nonce::Expect(NONCE)).acr(&gold);
    let table = [
        (json!({}), "acr_mismatch"),
        (json!({"acr": "silver"}), "acr_mismatch"),
        (json!({"acr": "gold platinum"}), "acr_mismatch"),
        (json!({"acr": ["gold"]}), "acr_mismatch"),
        (json!({"acr": "platinum"}), "ok"),
    ];
    for (changes, expected) in table {
        assert_eq!(code_with(changes.clone(), &essential), expected, "{changes}");
    }
    assert_eq!(code(json!({"acr": "0"})), "ok", "a wish is no demand");
    assert_eq!(code(json!({"acr": 0, "auth_time": "now"})), "ok", "nobody asked");
}

#[test]
fn refusal_c12_a_refreshed_id_token_of_someone_else() {
    let original = Original {
        iss: ISSUER.to_owned(),
        sub: "u1".to_owned(),
        aud: vec![CLIENT.to_owned()],
        auth_time: Some(NOW),
        nonce: Some(NONCE.to_owned()),
    };
    let refresh = Expected::refresh(&original);
    let table = [
        (json!({}), "ok"),
        (json!({"nonce": null}), "ok"),
        (json!({"auth_time": NOW}), "ok"),
        (json!({"nonce": "other"}), "nonce_mismatch"),
        (json!({"sub": "u2"}), "sub_mismatch"),
        (json!({"iss": "https://other.example"}), "iss_mismatch"),
        (json!({"aud": "client-2"}), "aud_mismatch"),
        (json!({"auth_time": NOW.seconds() - 1}), "auth_time_mismatch"),
    ];
    for (changes, expected) in table {
        assert_eq!(code_with(changes.clone(), &refresh), expected, "{changes}");
    }

    let without_nonce = Original { nonce: None, ..original.clone() };
    assert_eq!(code_with(json!({}), &Expected::refresh(&without_nonce)), "nonce_mismatch");

    // What was kept decides, also where the client's settings have changed in between.
    let moved = Original { iss: "https://old.example".to_owned(), ..original.clone() };
    assert_eq!(code_with(json!({}), &Expected::refresh(&moved)), "iss_mismatch");
    let wider = Original { aud: vec![CLIENT.into(), "project".into()], ..original };
    assert_eq!(code_with(json!({}), &Expected::refresh(&wider)), "aud_mismatch");
}

#[test]
fn another_user_than_the_expected_one_is_refused() {
    let login = Expected::code(Nonce::Expect(NONCE));
    assert_eq!(code_with(json!({}), &login.for_sub("u1")), "ok");
    assert_eq!(code_with(json!({}), &login.for_sub("u2")), "sub_mismatch");
}

#[test]
fn refusal_c13_an_own_check_runs_every_time() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let picky = verifier().check(move |claims| {
        counter.fetch_add(1, Ordering::SeqCst);
        match claims.get::<String>("hd") {
            Ok(Some(domain)) if domain == "example.com" => Ok(()),
            _ => Err("not of this house".to_owned()),
        }
    });
    let copy = picky.clone();
    for (n, verifier) in [&picky, &picky, &copy, &picky].into_iter().enumerate() {
        assert_eq!(code_by(verifier, json!({"hd": "example.com"})), "ok");
        assert_eq!(code_by(verifier, json!({"hd": "evil.example"})), "own_check");
        assert_eq!(runs.load(Ordering::SeqCst), 2 * (n + 1));
    }
    assert_eq!(code_by(&picky, json!({"iss": "https://evil.example"})), "iss_mismatch");
    assert_eq!(runs.load(Ordering::SeqCst), 8, "it sees only tokens that hold otherwise");
}

#[test]
fn refusal_c15_one_email_at_two_issuers_is_two_users() {
    let email = json!({"email": "jane@example.com", "email_verified": true});
    let here = verify(&claims_with(email.clone())).unwrap();
    let mut elsewhere = claims_with(email);
    elsewhere["iss"] = json!("https://other.example");
    let other = IdTokenVerifier::new("https://other.example", CLIENT)
        .verify(&sign(&elsewhere), &keys(), Nonce::Expect(NONCE), NOW)
        .unwrap();
    assert_eq!(here.email(), other.email());
    assert_ne!(here.identity(), other.identity());
    assert!(here.email().unwrap().verified);
    let unverified = verify(&claims_with(json!({"email": "jane@example.com"}))).unwrap();
    assert!(!unverified.email().unwrap().verified);
}

#[test]
fn odd_profile_claims_fail_no_login() {
    let odd = json!({
        "email": 7, "email_verified": "true", "updated_at": "2023-11-14T22:13:20Z", "locale": {},
        "name": [], "amr": "pwd", "sid": 9, "address": "x", "birthdate": false,
    });
    let claims = verify(&claims_with(odd)).unwrap();
    assert_eq!((claims.email(), claims.name(), claims.sid()), (None, None, None));
    assert_eq!(claims.user_info().updated_at(), Some(NOW));
    assert_eq!(claims.amr(), ["pwd"]);
}

#[test]
fn a_templated_issuer_takes_its_tenants() {
    let text = "https://login.example/{tenantid}/v2.0";
    let rule = oidc_core::IssuerRule::template(text, "{tenantid}", "tid").unwrap();
    let verifier = IdTokenVerifier::new(rule, CLIENT);
    let iss = "https://login.example/t-1/v2.0";
    assert_eq!(code_by(&verifier, json!({"iss": iss, "tid": "t-1"})), "ok");
    assert_eq!(code_by(&verifier, json!({"iss": iss, "tid": "t-2"})), "iss_mismatch");
    assert_eq!(code_by(&verifier, json!({"iss": iss})), "iss_mismatch");
}
