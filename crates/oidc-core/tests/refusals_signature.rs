//! REFUSALS A and B as an ID Token meets them: signatures, algorithms, keys, form, size.

mod common;

use std::time::{Duration, Instant};

use common::{
    NONCE, NOW, claims, key, key_set, keys, other_key, published, sign, sign_under, verifier,
};
use oidc_core::jwk::{SigningKey, SymmetricKey, danger};
use oidc_core::keys::{KeyCache, Missed};
use oidc_core::{
    Algorithm, Claims, ClientSecret, Error, JwkSet, Nonce, ProviderMetadata, Reason, UnixTime,
};
use serde_json::{Value, json};

fn verify(token: &str, keys: &JwkSet) -> Result<Claims, Error> {
    verifier().verify(token, keys, Nonce::Expect(NONCE), NOW)
}

fn code(token: &str, keys: &JwkSet) -> String {
    verify(token, keys).unwrap_err().code().to_owned()
}

/// A token's parts.
fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[test]
fn a_good_token_is_taken() {
    assert_eq!(verify(&sign(&claims()), &keys()).unwrap().sub(), "u1");
}

#[test]
fn refusal_a1_an_unsigned_token() {
    let document = br#"{"issuer": "https://idp.example",
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"]}"#;
    let advertised = ProviderMetadata::parse(document).unwrap().id_token_algorithms();
    assert_eq!(advertised, [Algorithm::HS256, Algorithm::ES256], "none is no algorithm");

    for name in ["none", "None", "NONE", "nOnE"] {
        let signed = sign_under(&format!(r#"{{"alg":"{name}"}}"#), claims().to_string().as_bytes());
        let [header, payload, signature] = parts(&signed);
        for token in [format!("{header}.{payload}."), format!("{header}.{payload}.{signature}")] {
            assert_eq!(code(&token, &keys()), "alg_none", "{name}");
            let by_advertised = verifier().allow(advertised.clone());
            let outcome = by_advertised.verify(&token, &keys(), Nonce::Expect(NONCE), NOW);
            assert_eq!(outcome.unwrap_err().code(), "alg_none", "{name}");
        }
        assert_eq!(code(&format!("{header}.{payload}"), &keys()), "malformed_token", "{name}");
    }
}

#[test]
fn refusal_a2_an_algorithm_that_the_client_did_not_choose() {
    let defaults =
        [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
    assert_eq!(Algorithm::DEFAULTS, defaults);
    for alg in Algorithm::ALL.iter().filter(|alg| !defaults.contains(alg) && !alg.is_symmetric()) {
        let Ok(key) = SigningKey::generate(*alg) else { continue };
        let token = key.sign(None, &[], claims().to_string().as_bytes()).unwrap();
        let keys = key_set(&[published(&key)]);
        assert_eq!(code(&token, &keys), "alg_not_allowed", "{alg}");
        let chosen = verifier().allow([*alg]);
        assert!(chosen.verify(&token, &keys, Nonce::Expect(NONCE), NOW).is_ok(), "{alg}");
    }
    let none_left = verifier().allow([]);
    let outcome = none_left.verify(&sign(&claims()), &keys(), Nonce::Expect(NONCE), NOW);
    assert_eq!(outcome.unwrap_err().code(), "alg_not_allowed");
}

#[test]
fn refusal_a3_a_public_key_taken_for_a_shared_secret() {
    let secret = ClientSecret::new("a client secret of more than 32 octets");
    let jwk = published(key());
    let text = jwk.to_string();
    let spellings = [text.as_bytes(), b"k1", jwk["x"].as_str().unwrap().as_bytes()];
    for spelling in spellings {
        let key = danger::short_symmetric_key(spelling).unwrap();
        let forger = SymmetricKeySigner(key).signing_key();
        let token = forger.sign(None, &[], claims().to_string().as_bytes()).unwrap();
        assert_eq!(code(&token, &keys()), "alg_not_allowed");
        let both = verifier().allow_hmac([Algorithm::HS256], &secret).unwrap();
        let outcome = both.verify(&token, &keys(), Nonce::Expect(NONCE), NOW);
        assert_eq!(outcome.unwrap_err().code(), "bad_signature");
    }
    let shared =
        json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"});
    let keys = key_set(&[shared.clone(), published(key())]);
    let forger = SigningKey::from_jwk(Algorithm::HS256, shared.to_string().as_bytes()).unwrap();
    let token = forger.sign(None, &[], claims().to_string().as_bytes()).unwrap();
    assert_eq!(code(&token, &keys), "alg_not_allowed", "a published secret proves nothing");
    // `allow` alone opens no door either: the key of HMAC is the client's secret.
    let outcome = verifier().allow([Algorithm::HS256]).verify(&token, &keys, Nonce::NotSent, NOW);
    assert_eq!(outcome.unwrap_err().code(), "alg_not_allowed");
}

struct SymmetricKeySigner(SymmetricKey);

impl SymmetricKeySigner {
    fn signing_key(self) -> SigningKey {
        SigningKey::from_symmetric(Algorithm::HS256, self.0).unwrap()
    }
}

#[test]
fn refusal_a4_an_algorithm_that_is_not_the_keys() {
    let with = |name: &str, value: Value| {
        let mut jwk = published(key());
        jwk[name] = value;
        key_set(&[jwk])
    };
    let token = sign(&claims());
    assert_eq!(code(&token, &with("alg", "ES384".into())), "key_alg_mismatch");
    assert_eq!(code(&token, &with("alg", "RSA-OAEP".into())), "key_alg_mismatch");
    assert!(verify(&token, &with("alg", "ES256".into())).is_ok());

    let outside = verifier().allow([Algorithm::RS256]).verify(&token, &keys(), Nonce::NotSent, NOW);
    assert_eq!(outside.unwrap_err().code(), "alg_not_allowed", "a JWK without alg allows nothing");

    for (alg, name) in [(Algorithm::ES384, "curve"), (Algorithm::EdDSA, "type")] {
        let other = SigningKey::generate(alg).unwrap().with_kid("k1");
        let keys = key_set(&[published(&other)]);
        assert_eq!(code(&token, &keys), "key_type_mismatch", "another {name}");
    }
}

#[test]
fn refusal_a5_a_key_for_another_use() {
    let token = sign(&claims());
    for (name, value, expected) in [
        ("use", json!("enc"), "key_use"),
        ("key_ops", json!(["encrypt"]), "key_ops"),
        ("key_ops", json!([]), "key_ops"),
    ] {
        let mut jwk = published(key());
        jwk[name] = value;
        assert_eq!(code(&token, &key_set(&[jwk])), expected);
    }
}

#[test]
fn refusal_a6_keys_that_the_token_brings_along() {
    let mut attackers = published(other_key());
    attackers["kid"] = json!("evil");
    let headers = [
        json!({"jwk": attackers}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"x5u": "https://evil.example/cert"}),
        json!({"x5c": ["MIIBszCCAVmgAwIBAgIUQ2FuYXJ5"]}),
    ];
    for extra in headers {
        for (kid, expected) in [("k1", "bad_signature"), ("evil", "no_matching_key")] {
            let mut header = extra.clone();
            header["alg"] = json!("ES256");
            header["kid"] = json!(kid);
            let payload = claims().to_string();
            let text = header.to_string();
            let forged =
                danger::sign_with_header(other_key(), text.as_bytes(), payload.as_bytes()).unwrap();
            assert_eq!(code(&forged, &keys()), expected, "{text}");
            if kid == "k1" {
                assert!(verify(&sign_under(&text, payload.as_bytes()), &keys()).is_ok(), "ignored");
            }
        }
    }
}

#[test]
fn refusal_a7_a_short_or_empty_client_secret() {
    let table = [
        ("", Algorithm::HS256),
        ("short", Algorithm::HS256),
        ("31 octets are one octet too few", Algorithm::HS256),
        ("forty octets are not enough for SHA-384..", Algorithm::HS384),
        ("forty octets are not enough for SHA-512..", Algorithm::HS512),
    ];
    for (secret, alg) in table {
        let error = verifier().allow_hmac([alg], &ClientSecret::new(secret)).unwrap_err();
        assert_eq!(error.code(), "weak_key", "{alg}");
    }
    let empty = ClientSecret::new("");
    let error = verifier().danger_allow_hmac_with_short_secret([Algorithm::HS256], &empty);
    assert_eq!(error.unwrap_err().code(), "weak_key");

    let secret = ClientSecret::new("short");
    let short =
        verifier().danger_allow_hmac_with_short_secret([Algorithm::HS256], &secret).unwrap();
    let key = SymmetricKeySigner(danger::short_symmetric_key("short").unwrap()).signing_key();
    let token = key.with_kid("any").sign(None, &[], claims().to_string().as_bytes()).unwrap();
    assert!(short.verify(&token, &keys(), Nonce::Expect(NONCE), NOW).is_ok());
    let outcome = short.allow([]).max_token_bytes(10).verify(&token, &keys(), Nonce::NotSent, NOW);
    assert_eq!(outcome.unwrap_err().code(), "token_too_large", "whatever the key");
}

#[test]
fn refusal_a11_an_unencoded_payload() {
    let payload = claims().to_string();
    for header in [
        r#"{"alg":"ES256","kid":"k1","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"ES256","kid":"k1","b64":false}"#,
    ] {
        assert_eq!(code(&sign_under(header, payload.as_bytes()), &keys()), "b64_unsupported");
    }
}

#[test]
fn refusal_a12_other_serialisations_and_numbers_of_parts() {
    let token = sign(&claims());
    let [header, payload, signature] = parts(&token);
    let flattened = json!({"protected": header, "payload": payload, "signature": signature});
    let general =
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]});
    let tokens = [
        flattened.to_string(),
        general.to_string(),
        json!({"payload": payload, "signatures": []}).to_string(),
        format!(" {flattened}"),
        format!("{token}."),
        format!("{token}.{payload}"),
        format!("{token}.{payload}.{signature}"),
        format!("{token}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}"),
        header.clone(),
        String::new(),
        "..".to_owned(),
        format!("Bearer {token}."),
    ];
    for token in tokens {
        assert_eq!(code(&token, &keys()), "malformed_token", "{token}");
    }
}

#[test]
fn refusal_a13_base64url_in_another_spelling() {
    let [header, payload, signature] = parts(&sign(&claims()));
    // The last character of 64 bytes in base64url carries four bits that must be zero.
    let trailing =
        format!("{}{}", &signature[..85], if signature.ends_with('A') { 'B' } else { 'R' });
    let signatures = [
        format!("{signature}=="),
        format!("{signature}="),
        format!("{}+{}", &signature[..10], &signature[11..]),
        format!("{}/{}", &signature[..10], &signature[11..]),
        format!("{} {}", &signature[..10], &signature[10..]),
        format!("{}\n{}", &signature[..10], &signature[10..]),
        format!("{signature}\n"),
        trailing,
    ];
    for signature in signatures {
        let token = format!("{header}.{payload}.{signature}");
        assert_eq!(code(&token, &keys()), "non_canonical_base64", "{signature:?}");
    }
    for payload in [format!("{payload}="), format!("{payload} "), format!("\n{payload}")] {
        let token = format!("{header}.{payload}.{signature}");
        assert_eq!(code(&token, &keys()), "non_canonical_base64", "{payload:?}");
    }
}

#[test]
fn refusal_a14_duplicate_members() {
    let payload = claims().to_string();
    let header = r#"{"alg":"none","alg":"ES256","kid":"k1"}"#;
    assert_eq!(code(&sign_under(header, payload.as_bytes()), &keys()), "duplicate_member");

    for addition in [r#","sub":"u2"}"#, r#","\u0073ub":"u2"}"#, r#","x":{"a":1,"a":2}}"#] {
        let payload = format!("{}{addition}", payload.strip_suffix('}').unwrap());
        let token = key().sign(None, &[], payload.as_bytes()).unwrap();
        assert_eq!(code(&token, &keys()), "duplicate_member", "{addition}");
    }

    let good = published(key()).to_string();
    let twice = good.replacen('{', r#"{"kid":"k1","#, 1);
    let mixed = JwkSet::parse(format!(r#"{{"keys":[{twice},{good}]}}"#).as_bytes()).unwrap();
    assert_eq!((mixed.keys().len(), mixed.skipped().len()), (1, 1), "that key alone is skipped");
    assert!(verify(&sign(&claims()), &mixed).is_ok());
}

#[test]
fn refusal_b1_huge_tokens_are_refused_unread() {
    let dots = ".".repeat(1_000_000);
    let ten_megabytes = format!("{}.e30.AA", "A".repeat(10_000_000));
    let big_header = format!(r#"{{"alg":"ES256","x":"{}"}}"#, "canary".repeat(17_000));
    let big_header = sign_under(&big_header, b"{}");
    let table = [
        (dots, "token_too_large"),
        (ten_megabytes, "token_too_large"),
        (big_header.clone(), "token_too_large"),
        (big_header[big_header.len() - 120_000..].to_owned(), "malformed_header"),
        (".".repeat(1000), "malformed_token"),
    ];
    for (token, expected) in table {
        let began = Instant::now();
        let error = verify(&token, &keys()).unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(began.elapsed() < Duration::from_millis(200));
        assert!(error.to_string().len() < 200, "the error holds none of the token");
    }
    assert_eq!(oidc_core::IdTokenVerifier::DEFAULT_MAX_TOKEN_BYTES, 131_072);
}

#[test]
fn refusal_b4_payloads_that_are_no_object() {
    let payloads: Vec<Vec<u8>> = vec![
        "[".repeat(50_000).into_bytes(),
        format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000)).into_bytes(),
        b"{\"iss\":\"\xff\"}".to_vec(),
        b"{\"iss\":\"\0\"}".to_vec(),
        b"{}\0".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"7".to_vec(),
        b"".to_vec(),
        sign(&claims()).into_bytes(),
    ];
    for payload in payloads {
        let token = key().sign(None, &[], &payload).unwrap();
        assert_eq!(code(&token, &keys()), "malformed_payload");
    }
    let deep = sign_under(&format!(r#"{{"alg":{}"#, "[".repeat(10_000)), b"{}");
    assert_eq!(code(&deep, &keys()), "malformed_header");
}

#[test]
fn refusal_b5_unknown_kids_and_bad_signatures_fetch_once_in_30_seconds() {
    let payload = claims().to_string();
    let forged = other_key().sign(None, &[], payload.as_bytes()).unwrap();
    let mut cache = KeyCache::new();
    let mut current = cache.fetched(keys(), None, NOW);
    assert!(verify(&sign(&claims()), &current).is_ok());

    let mut fetches = Vec::new();
    for n in 0..2000_u64 {
        let now = UnixTime::from_seconds(NOW.seconds() + n / 20);
        let token = if n % 2 == 0 {
            let key = other_key().clone().with_kid(format!("unknown-{n}"));
            key.sign(None, &[], payload.as_bytes()).unwrap()
        } else {
            forged.clone()
        };
        let error = verify(&token, &current).unwrap_err();
        let reason = Error::code(&error);
        assert!(matches!(reason, "no_matching_key" | "bad_signature"), "{reason}");
        if matches!(cache.missed(&current, now), Missed::Fetch) {
            fetches.push(n / 20);
            current = cache.fetched(keys(), None, now);
        }
    }
    assert_eq!(fetches, [0, 30, 60, 90]);
}

#[test]
fn an_error_of_a_token_holds_nothing_of_it() {
    let token = sign(&common::claims_with(json!({"sub": "canary", "email": "canary@x.example"})));
    let outcome = verifier().verify(&token, &keys(), Nonce::Expect("canary"), NOW);
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Unverified(Reason::NonceMismatch)));
    for shown in [format!("{error} {error:?}"), format!("{:?}", verifier())] {
        assert!(!shown.contains("canary") && !shown.contains("eyJ"), "{shown}");
    }
}
