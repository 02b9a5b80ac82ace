//! REFUSALS A14, B6, C11, C14, E1, E3: documents of a provider: metadata, keys, UserInfo.
#![allow(clippy::needless_pass_by_value)] // `json!(..)` reads best as a value.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{CLIENT, ISSUER, NOW, answer, bad_answers, bad_bodies, key, keys, ok, other_key};
use common::{published, request_of, response, verifier};
use http::{Method, Response};
use oidc_core::jwk::{SigningKey, danger};
use oidc_core::keys::{KeyCache, Next};
use oidc_core::{AccessToken, Algorithm, Endpoint, Error, IssuerRule, Reason, UserInfo};
use oidc_core::{discover, discover_at, fetch_keys, signed_userinfo, userinfo};
use serde_json::{Value, json};

fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse("endpoint", text).unwrap()
}

fn token() -> AccessToken {
    AccessToken::new("canary-token")
}

fn ask(response: Response<Vec<u8>>) -> Result<UserInfo, Error> {
    answer(userinfo(&endpoint("https://idp.example/userinfo"), &token(), "u1").unwrap(), response)
}

fn ask_signed(body: String) -> Result<UserInfo, Error> {
    let endpoint = endpoint("https://idp.example/userinfo");
    let flow = signed_userinfo(&endpoint, &token(), "u1", &verifier(), Arc::new(keys()));
    answer(
        flow.unwrap(),
        response(200, &[("content-type", "application/jwt; charset=utf-8")], body),
    )
}

fn metadata(changes: Value) -> String {
    let mut document = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.example/authorize",
        "token_endpoint": "https://idp.example/token",
        "jwks_uri": "https://idp.example/keys",
        "userinfo_endpoint": "https://idp.example/userinfo",
        "claims_parameter_supported": true,
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document.to_string()
}

#[test]
fn metadata_come_with_their_lifetime() {
    let request = request_of(discover("https://idp.example/tenant/").unwrap());
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), "https://idp.example/tenant/.well-known/openid-configuration");

    let headers = [("cache-control", "max-age=600"), ("content-type", "text/plain")];
    let fetched =
        answer(discover(ISSUER).unwrap(), response(200, &headers, metadata(json!({})))).unwrap();
    assert_eq!(fetched.max_age, Some(Duration::from_secs(600)));
    assert_eq!(fetched.value.issuer(), ISSUER);
    let token_endpoint = fetched.value.server.token_endpoint.unwrap();
    assert_eq!(token_endpoint.as_str(), "https://idp.example/token");
    assert!(fetched.value.claims_parameter_supported);
    assert!(!fetched.value.backchannel_logout_supported);
}

#[test]
fn refusal_e3_metadata_of_another_issuer_or_with_odd_endpoints() {
    let ask = |changes: Value| answer(discover(ISSUER).unwrap(), ok(metadata(changes)));
    for issuer in [
        "https://evil.example",
        "https://idp.example/",
        "https://IDP.example",
        "https://idp.example:443",
        "http://idp.example",
    ] {
        assert_eq!(ask(json!({"issuer": issuer})).unwrap_err().code(), "iss_mismatch", "{issuer}");
    }
    for issuer in [json!(null), json!(""), json!(7), json!([ISSUER])] {
        let error = ask(json!({"issuer": issuer})).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{issuer}: {error}");
    }
    for name in ["token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"] {
        for value in [
            json!(7),
            json!(["https://idp.example/x"]),
            json!("http://idp.example/x"),
            json!("https://u:p@idp.example/"),
            json!("ftp://idp.example/"),
            json!("/relative"),
            json!(""),
        ] {
            let error = ask(json!({name: value})).unwrap_err();
            assert!(matches!(error, Error::Protocol(_)), "{name} {value}: {error}");
        }
    }
    for (name, value) in [
        ("claims_parameter_supported", json!("yes")),
        ("acr_values_supported", json!([1])),
        ("claims_supported", json!("sub")),
    ] {
        assert_eq!(ask(json!({name: value})).unwrap_err().code(), "type", "{name}");
    }
    let settings = json!({
        "proxy": "http://evil.example", "verify": false, "timeout": 0, "headers": {"x": "y"},
        "client_secret": "s", "token_endpoint_auth_method": "none",
    });
    assert!(ask(settings).is_ok(), "members that are not ours are ignored");
}

#[test]
fn an_issuer_is_taken_from_a_document_only_at_its_own_address() {
    let own = endpoint("https://idp.example/.well-known/openid-configuration");
    let fetched = answer(discover_at(&own, None), ok(metadata(json!({})))).unwrap();
    assert_eq!(fetched.value.issuer(), ISSUER);
    let oauth = endpoint("https://idp.example/.well-known/oauth-authorization-server");
    assert!(answer(discover_at(&oauth, None), ok(metadata(json!({})))).is_ok());

    for elsewhere in [
        "https://evil.example/.well-known/openid-configuration",
        "https://idp.example/tenant/.well-known/openid-configuration",
        "https://idp.example/.well-known/openid-configuration?x=1",
        "https://idp.example/metadata.json",
    ] {
        let outcome = answer(discover_at(&endpoint(elsewhere), None), ok(metadata(json!({}))));
        assert_eq!(outcome.unwrap_err().code(), "iss_mismatch", "{elsewhere}");
    }

    let elsewhere = endpoint("https://mirror.example/metadata.json");
    let named = IssuerRule::exact(ISSUER);
    assert!(answer(discover_at(&elsewhere, Some(&named)), ok(metadata(json!({})))).is_ok());

    let text = "https://login.example/{tenantid}/v2.0";
    let template = IssuerRule::template(text, "{tenantid}", "tid").unwrap();
    let common = endpoint("https://login.example/common/v2.0/.well-known/openid-configuration");
    let templated = ok(metadata(json!({"issuer": text})));
    assert!(answer(discover_at(&common, Some(&template)), templated).is_ok());
    let other = ok(metadata(json!({"issuer": "https://login.example/t-1/v2.0"})));
    let outcome = answer(discover_at(&common, Some(&template)), other);
    assert_eq!(outcome.unwrap_err().code(), "iss_mismatch");
}

#[test]
fn refusal_a14_duplicate_members_in_metadata() {
    let twice = metadata(json!({})).replacen('{', r#"{"issuer":"https://idp.example","#, 1);
    let error = answer(discover(ISSUER).unwrap(), ok(twice)).unwrap_err();
    assert_eq!(error.code(), "duplicate_member");
}

#[test]
fn refusal_b6_documents_that_are_none_leave_the_old_set_in_use() {
    let jwks_uri = endpoint("https://idp.example/keys");
    let mut cache = KeyCache::new();
    let old = cache.fetched(keys(), Some(Duration::from_secs(60)), NOW);
    let late = oidc_core::UnixTime::from_seconds(NOW.seconds() + 61);

    let huge =
        || format!(r#"{{"issuer":"{ISSUER}","keys":[],"x":"{}"}}"#, "canary".repeat(200_000));
    let mut answers = bad_answers();
    answers.extend(bad_bodies().into_iter().map(|body| (ok(body), "")));
    answers.push((ok(huge()), ""));
    answers.push((ok(r#"{"keys":{"k1":{}}}"#), ""));
    answers.push((ok(r#"{"keys":"x"}"#), ""));
    answers.push((ok("{}"), ""));
    for (answered, expected) in answers {
        let again = Response::builder().status(answered.status()).body(answered.body().clone());
        for error in [
            answer(fetch_keys(&jwks_uri), answered).unwrap_err(),
            answer(discover(ISSUER).unwrap(), again.unwrap()).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Protocol(_)), "{error}");
            assert!(expected.is_empty() || error.code() == expected, "{error}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        cache.failed(late);
        let Next::Use(used) = cache.next(late) else { panic!("the old set stays in use") };
        assert!(Arc::ptr_eq(&used, &old));
    }
}

#[test]
fn keys_come_with_their_lifetime_and_without_those_that_are_not_understood() {
    let jwks_uri = endpoint("https://idp.example/keys?v=1");
    let request = request_of(fetch_keys(&jwks_uri));
    assert_eq!((request.method(), request.uri().query()), (&Method::GET, Some("v=1")));

    let odd = json!({"keys": [{"kty": "XYZ"}, {"kty": "RSA"}, published(key())]}).to_string();
    let headers = [("cache-control", "public, max-age=20000"), ("age", "5000")];
    let fetched = answer(fetch_keys(&jwks_uri), response(200, &headers, odd)).unwrap();
    assert_eq!((fetched.value.keys().len(), fetched.value.skipped().len()), (1, 2));
    assert_eq!(fetched.max_age, Some(Duration::from_secs(15_000)));
}

#[test]
fn userinfo_is_asked_with_a_bearer_token_that_is_marked_sensitive() {
    let request =
        request_of(userinfo(&endpoint("https://idp.example/me"), &token(), "u1").unwrap());
    assert_eq!(request.method(), Method::GET);
    let header = &request.headers()["authorization"];
    assert_eq!(header.to_str().unwrap(), "Bearer canary-token");
    assert!(header.is_sensitive() && request.uri().query().is_none());

    let user = ask(ok(r#"{"sub": "u1", "name": "Jane", "email_verified": "true"}"#)).unwrap();
    assert_eq!((user.sub(), user.name()), ("u1", Some("Jane")));

    let broken = userinfo(&endpoint("https://idp.example/me"), &AccessToken::new("a\nb"), "u1");
    let error = broken.err().unwrap();
    assert!(error.code() == "config" && !error.to_string().contains("a\nb"));
}

#[test]
fn refusal_c11_userinfo_about_another_subject() {
    for (body, expected) in [
        (r#"{"sub": "u2"}"#, "sub_mismatch"),
        (r#"{"sub": "U1"}"#, "sub_mismatch"),
        (r#"{"sub": "u1 "}"#, "sub_mismatch"),
        (r#"{}"#, "missing_claim"),
        (r#"{"sub": null}"#, "missing_claim"),
        (r#"{"sub": ""}"#, "claim_type"),
        (r#"{"sub": 1}"#, "claim_type"),
        (r#"{"sub": ["u1"]}"#, "claim_type"),
        (r#"{"sub": "u1", "sub": "u1"}"#, "duplicate_member"),
    ] {
        assert_eq!(ask(ok(body)).unwrap_err().code(), expected, "{body}");
    }
}

#[test]
fn refusal_c11_a_signed_answer_that_does_not_hold() {
    let good = json!({"iss": ISSUER, "aud": CLIENT, "sub": "u1", "name": "Jane"});
    let sign = |key: &SigningKey, claims: &Value| {
        key.sign(None, &[], claims.to_string().as_bytes()).unwrap()
    };
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        sign(key(), &claims)
    };
    assert_eq!(ask_signed(sign(key(), &good)).unwrap().name(), Some("Jane"));
    assert!(ask_signed(sign(key(), &json!({"sub": "u1"}))).is_ok(), "iss and aud are optional");

    let es384 = SigningKey::generate(Algorithm::ES384).unwrap().with_kid("k1");
    let none = danger::sign_with_header(key(), br#"{"alg":"none"}"#, good.to_string().as_bytes());
    let at_jwt = key().sign(Some("at+jwt"), &[], good.to_string().as_bytes()).unwrap();
    let table = [
        (with("iss", json!("https://evil.example")), "iss_mismatch"),
        (with("iss", json!("https://idp.example/")), "iss_mismatch"),
        (with("iss", json!([ISSUER])), "claim_type"),
        (with("aud", json!("client-2")), "aud_mismatch"),
        (with("aud", json!([])), "aud_mismatch"),
        (with("aud", json!([CLIENT, "x"])), "untrusted_aud"),
        (with("exp", json!(1)), "expired"),
        (with("sub", json!("u2")), "sub_mismatch"),
        (sign(other_key(), &good), "bad_signature"),
        (sign(&es384, &good), "key_type_mismatch"),
        (none.unwrap(), "alg_none"),
        (at_jwt, "typ_mismatch"),
        (r#"{"sub":"u1"}"#.to_owned(), "malformed_token"),
    ];
    for (body, expected) in table {
        assert_eq!(ask_signed(body).unwrap_err().code(), expected);
    }

    // Neither form passes for the other.
    let jwt = response(200, &[("content-type", "application/jwt")], sign(key(), &good));
    assert_eq!(ask(jwt).unwrap_err().code(), "content_type");
    let endpoint = endpoint("https://idp.example/userinfo");
    let flow = signed_userinfo(&endpoint, &token(), "u1", &verifier(), Arc::new(keys())).unwrap();
    assert_eq!(answer(flow, ok(good.to_string())).unwrap_err().code(), "content_type");
}

#[test]
fn refusal_e1_redirects_and_other_statuses_from_userinfo() {
    for (answered, expected) in bad_answers() {
        let error = ask(answered).unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    for body in bad_bodies() {
        let error = ask(ok(body)).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn a_refused_access_token_is_a_rejection() {
    let challenge = r#"Bearer realm="x", error="invalid_token", error_description="expired""#;
    let insufficient = r#"DPoP algs="ES256", Bearer error="insufficient_scope""#;
    let table = [
        (response(401, &[("www-authenticate", challenge)], ""), "invalid_token", Some("expired")),
        (response(403, &[("www-authenticate", insufficient)], ""), "insufficient_scope", None),
        (response(401, &[], r#"{"error": "token_revoked"}"#), "token_revoked", None),
        (response(401, &[("www-authenticate", "Bearer")], "<html>"), "invalid_token", None),
        (response(401, &[("www-authenticate", "\"")], ""), "invalid_token", None),
    ];
    for (answered, expected, description) in table {
        let status = answered.status().as_u16();
        let Err(Error::Rejected(rejection)) = ask(answered) else { panic!("{expected}") };
        assert_eq!((&*rejection.code, rejection.status), (expected, Some(status)));
        assert_eq!(rejection.description.as_deref(), description);
    }
    assert!(matches!(ask(response(403, &[], "")).unwrap_err(), Error::Protocol(_)));
}

#[test]
fn refusal_c14_distributed_claims_and_pictures_stay_text() {
    let body = json!({
        "sub": "u1", "picture": "http://169.254.169.254/", "profile": "file:///etc/passwd",
        "_claim_names": {"credit": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://evil.example/", "access_token": "t"}},
    });
    // One request, one answer: the flow is over, and nothing else was asked for.
    let user = ask(ok(body.to_string())).unwrap();
    assert_eq!(user.picture(), Some("http://169.254.169.254/"));
    assert_eq!(user.get::<Value>("credit").unwrap(), None);
    let header = format!(r#"{{"alg":"ES256","kid":"k1","jku":"{}"}}"#, "https://evil.example/");
    let token = danger::sign_with_header(other_key(), header.as_bytes(), b"{}").unwrap();
    let outcome = verifier().verify(&token, &keys(), oidc_core::Nonce::NotSent, NOW);
    assert!(matches!(outcome.unwrap_err(), Error::Unverified(Reason::BadSignature)));
}
