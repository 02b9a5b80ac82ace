//! Keys and key sets: reading, choosing, signing.

mod common;

use common::{key, keys, rsa_jwk, set, supported};
use jose_core::{Algorithm, Error, Jwk, JwkSet, KeyType, SigningKey, SymmetricKey, Verifier};
use serde_json::{Value, json};

const PAYLOAD: &[u8] = br#"{"sub":"s"}"#;

fn parse(set: &Value) -> JwkSet {
    JwkSet::parse(set.to_string().as_bytes()).unwrap()
}

fn public(key: &SigningKey) -> Value {
    key.public_jwk().unwrap().public_only().unwrap()
}

fn code(token: &str, keys: &JwkSet) -> String {
    match Verifier::new().allow(supported()).verify(token, keys) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

/// Two keys of one algorithm, the first under the name `a`, the second under `b`.
fn two() -> [SigningKey; 2] {
    ["a", "b"].map(|kid| SigningKey::generate(Algorithm::ES256).unwrap().with_kid(kid))
}

#[test]
fn a_kid_means_one_key_and_is_compared_octet_by_octet() {
    let [a, b] = two();
    let both = parse(&json!({"keys": [public(&a), public(&b)]}));
    let by =
        |key: &SigningKey, kid: &str| key.clone().with_kid(kid).sign(None, &[], PAYLOAD).unwrap();
    assert_eq!(code(&by(&a, "a"), &both), "accepted");
    assert_eq!(code(&by(&b, "b"), &both), "accepted");
    assert_eq!(code(&by(&a, "b"), &both), "bad_signature");
    for kid in ["A", "a ", "", "c", "e\u{301}"] {
        assert_eq!(code(&by(&a, kid), &both), "no_matching_key", "{kid:?}");
        assert_eq!(code(&by(&a, kid), &set(&a)), "no_matching_key", "{kid:?}");
    }
}

#[test]
fn a_token_without_a_kid_may_be_of_any_key_that_fits() {
    let [a, b] = two();
    let nameless = |key: &SigningKey| {
        jose_core::danger::sign_with_header(key, br#"{"alg":"ES256"}"#, PAYLOAD).unwrap()
    };
    let both = parse(&json!({"keys": [public(&a), public(&b)]}));
    assert_eq!(code(&nameless(&a), &both), "accepted");
    assert_eq!(code(&nameless(&b), &both), "accepted");
    assert_eq!(code(&nameless(&key(Algorithm::ES256)), &both), "bad_signature");
    assert_eq!(code(&nameless(&a), &JwkSet::default()), "no_matching_key");

    let others: JwkSet = keys()
        .iter()
        .filter(|key| key.algorithm() != Algorithm::ES256)
        .map(|key| key.verification_key().clone())
        .collect();
    assert_eq!(code(&nameless(&a), &others), "no_matching_key");

    let many: JwkSet =
        (0..=JwkSet::MAX_TRIED).map(|_| key(Algorithm::ES256).verification_key().clone()).collect();
    assert_eq!(code(&nameless(&a), &many), "ambiguous_key");
}

#[test]
fn two_keys_of_one_kid_are_told_apart_by_type_or_refused() {
    let [a, b] = two();
    let b = b.with_kid("a");
    let token = a.sign(None, &[], PAYLOAD).unwrap();
    let ambiguous = parse(&json!({"keys": [public(&a), public(&b)]}));
    assert_eq!(code(&token, &ambiguous), "ambiguous_key");

    let rsa = key(Algorithm::RS256).with_kid("a");
    let told_apart = parse(&json!({"keys": [public(&rsa), public(&a)]}));
    assert_eq!(code(&token, &told_apart), "accepted");
    let the_same_twice = parse(&json!({"keys": [public(&a), public(&a)]}));
    assert_eq!(code(&token, &the_same_twice), "accepted");
}

#[test]
fn a_shared_secret_without_a_name_answers_to_every_kid() {
    let secret = SymmetricKey::new([9; 32]).unwrap();
    let signer = SigningKey::from_symmetric(Algorithm::HS256, secret.clone()).unwrap();
    let token = signer.with_kid("whatever").sign(None, &[], PAYLOAD).unwrap();
    assert_eq!(code(&token, &Jwk::from(secret.clone()).into()), "accepted");
    assert_eq!(code(&token, &Jwk::from(secret).with_kid("other").into()), "no_matching_key");
}

#[test]
fn keys_that_are_not_understood_do_no_harm_to_the_others() {
    let [good, other] = two();
    let token = good.sign(None, &[], PAYLOAD).unwrap();
    let mut private = public(&other);
    private["d"] = json!("AAAA");
    let mut off_curve = public(&other);
    off_curve["y"] = off_curve["x"].clone();
    for (index, odd) in [
        json!({"kty": "XYZ", "kid": "u"}),
        json!({"kid": "u", "n": "AQAB"}),
        json!({"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "Ed25519", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
        json!({"kty": "RSA", "e": "AQAB"}),
        json!({"kty": "RSA", "n": "!!!", "e": "AQAB"}),
        json!({"kty": "RSA", "n": 5, "e": "AQAB"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}),
        json!({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"kty": "EC", "kid": 7}),
        private,
        json!(null),
        json!([]),
        json!("key"),
    ]
    .into_iter()
    .enumerate()
    {
        let set = parse(&json!({"keys": [odd, public(&good)], "more": 1}));
        assert_eq!(set.keys().len(), 1, "{odd}");
        assert_eq!((set.skipped().len(), set.skipped()[0].index), (1, 0), "{index}");
        assert_eq!(code(&token, &set), "accepted", "{odd}");
    }
    // A backend that reads points late refuses this one at the signature.
    let set = parse(&json!({"keys": [off_curve, public(&good)]}));
    assert_eq!(code(&token, &set), "accepted");
    let meant = other.sign(None, &[], PAYLOAD).unwrap();
    assert!(["invalid_key", "bad_signature"].contains(&&*code(&meant, &set)));
}

#[test]
fn what_is_wrong_with_the_key_that_a_token_names_is_said() {
    let set = parse(&json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "RS256"}]}));
    let token = key(Algorithm::RS256).sign(None, &[], PAYLOAD).unwrap();
    assert_eq!(code(&token, &set), "weak_key");
}

#[test]
fn a_document_that_is_no_key_set_is_refused_as_a_whole() {
    for text in [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":"x"}"#,
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
        r#"{"keys":[]} x"#,
    ] {
        let error = JwkSet::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)) && error.code() == "invalid_key", "{text}");
    }
    assert!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().keys().is_empty());
}

#[test]
fn es512_misspelt_after_its_curve_is_understood() {
    if !Algorithm::ES512.is_supported() {
        return;
    }
    let key = key(Algorithm::ES512);
    let mut jwk = public(&key);
    jwk["alg"] = json!("ES521");
    let token = key.sign(None, &[], PAYLOAD).unwrap();
    assert_eq!(code(&token, &parse(&json!({"keys": [jwk]}))), "accepted");
}

#[test]
fn zeros_in_front_of_a_modulus_are_left_off() {
    let jwk = rsa_jwk();
    let n = protocol_core::base64url::decode(jwk["n"].as_str().unwrap()).unwrap();
    let padded = protocol_core::base64url::encode([&[0][..], &n].concat());
    let plain =
        Jwk::parse(json!({"kty": "RSA", "n": jwk["n"], "e": "AQAB"}).to_string().as_bytes());
    let padded = Jwk::parse(json!({"kty": "RSA", "n": padded, "e": "AQAB"}).to_string().as_bytes());
    assert_eq!(plain.unwrap().thumbprint(), padded.unwrap().thumbprint());
}

#[test]
fn what_a_backend_lacks_is_said_and_never_a_panic() {
    for algorithm in Algorithm::ALL.iter().copied().filter(|algorithm| !algorithm.is_supported()) {
        let error = SigningKey::generate(algorithm).unwrap_err();
        assert!(matches!(error, Error::Unsupported(name) if name.contains(algorithm.name())));
        let token = format!(
            "{}.e30.AAAA",
            protocol_core::base64url::encode(format!(r#"{{"alg":"{algorithm}"}}"#))
        );
        let error = Verifier::new().allow([algorithm]).verify(&token, &JwkSet::default());
        assert!(matches!(error, Err(Error::Unsupported(name)) if name == algorithm.name()));
    }
    for algorithm in supported() {
        match SigningKey::generate(algorithm) {
            Ok(key) => {
                let token = key.sign(None, &[], PAYLOAD).unwrap();
                assert_eq!(code(&token, &set(&key)), "accepted");
                assert_ne!(algorithm.key_type(), KeyType::Oct);
            }
            Err(Error::Unsupported(_)) => assert_eq!(algorithm.key_type(), KeyType::Rsa),
            Err(error) => assert!(error.code() == "config" && algorithm.is_symmetric(), "{error}"),
        }
    }
}

#[test]
fn the_header_is_in_a_fixed_order_and_its_own_members_are_not_the_callers() {
    let key = SigningKey::from_symmetric(Algorithm::HS256, SymmetricKey::new([1; 32]).unwrap())
        .unwrap()
        .with_kid("k\"1");
    let token = key.sign(Some("dpop+jwt"), &[("jwk", json!({"kty": "EC"}))], b"{}").unwrap();
    let header = protocol_core::base64url::decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(
        String::from_utf8(header).unwrap(),
        r#"{"alg":"HS256","typ":"dpop+jwt","kid":"k\"1","jwk":{"kty":"EC"}}"#
    );
    for taken in ["alg", "typ", "kid", "crit", "b64"] {
        let error = key.sign(None, &[(taken, json!(1))], b"{}").unwrap_err();
        assert_eq!(error.code(), "config", "{taken}");
    }
    assert!(key.sign(None, &[("x", json!(1)), ("x", json!(2))], b"{}").is_err());
}

#[test]
fn a_private_jwk_signs_only_what_it_is_for() {
    let jwk = rsa_jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        SigningKey::from_jwk(Algorithm::RS256, jwk.to_string().as_bytes())
    };
    for (name, value, expected) in [
        ("use", json!("enc"), "key_use"),
        ("key_ops", json!(["verify"]), "key_ops"),
        ("alg", json!("RS512"), "key_alg_mismatch"),
        ("kty", json!("EC"), "invalid_key"),
        ("d", json!("AQAB"), "invalid_key"),
        ("d", json!(null), "invalid_key"),
        ("p", json!("AQAB"), "invalid_key"),
        ("qi", json!(7), "invalid_key"),
        ("oth", json!([]), "invalid_key"),
        ("n", json!("AQAB"), "weak_key"),
    ] {
        assert_eq!(with(name, value).unwrap_err().code(), expected, "{name}");
    }
    assert!(with("key_ops", json!(["sign"])).unwrap().verification_key().key_ops().is_none());
    assert_eq!(with("kid", json!("k")).unwrap().kid(), Some("k"));
    let error = SigningKey::from_jwk(Algorithm::ES256, jwk.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.code(), "key_type_mismatch");

    let ec = key(Algorithm::ES256);
    let mut mismatched = public(&ec);
    mismatched["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    let error = SigningKey::from_jwk(Algorithm::ES256, mismatched.to_string().as_bytes());
    assert_eq!(error.unwrap_err().code(), "invalid_key");
}

#[test]
fn pem_texts_are_read_by_what_they_hold() {
    let rsa = rsa_jwk();
    for pem in
        [include_str!("data/rfc7515_a2.pkcs8.pem"), include_str!("data/rfc7515_a2.pkcs1.pem")]
    {
        let key = SigningKey::from_pem(Algorithm::RS256, pem).unwrap();
        assert_eq!((&public(&key)["n"], &public(&key)["e"]), (&rsa["n"], &rsa["e"]));
        assert_eq!(code(&key.sign(None, &[], PAYLOAD).unwrap(), &set(&key)), "accepted");
        assert!(SigningKey::from_pem(Algorithm::ES256, pem).is_err());
    }
    let ec = include_str!("data/rfc7515_a3.pkcs8.pem");
    let key = SigningKey::from_pem(Algorithm::ES256, ec).unwrap();
    assert_eq!(public(&key)["x"], "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    assert_eq!(code(&key.sign(None, &[], PAYLOAD).unwrap(), &set(&key)), "accepted");
    assert_eq!(SigningKey::from_pem(Algorithm::ES384, ec).unwrap_err().code(), "invalid_key");
    let sec1 = include_str!("data/rfc7515_a3.sec1.pem");
    let error = SigningKey::from_pem(Algorithm::ES256, sec1).unwrap_err();
    assert!(error.to_string().contains("openssl pkcs8 -topk8"), "{error}");

    let ed25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem(Algorithm::EdDSA, ed25519).unwrap();
    // RFC 8410 10.1 and 10.3: the public half of that private key.
    assert_eq!(public(&key)["x"], "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
    assert_eq!(code(&key.sign(None, &[], PAYLOAD).unwrap(), &set(&key)), "accepted");
    for other in [Algorithm::ES256, Algorithm::RS256] {
        assert_eq!(SigningKey::from_pem(other, ed25519).unwrap_err().code(), "invalid_key");
    }
    assert_eq!(SigningKey::from_pem(Algorithm::HS256, ed25519).unwrap_err().code(), "config");
}

#[test]
fn nothing_shows_a_secret() {
    let secret = SymmetricKey::new("canary-canary-canary-canary-canary").unwrap();
    let signer = SigningKey::from_symmetric(Algorithm::HS256, secret.clone()).unwrap();
    let set: JwkSet = Jwk::from(secret.clone()).into();
    assert!(set.public_only()["keys"].as_array().unwrap().is_empty());
    let shown = format!("{secret:?} {signer:?} {set:?} {:?}", signer.verification_key());
    assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");

    let jwk = rsa_jwk();
    let signer = SigningKey::from_jwk(Algorithm::RS256, jwk.to_string().as_bytes()).unwrap();
    let private = jwk["d"].as_str().unwrap();
    assert!(!public(&signer).to_string().contains(private));
    assert!(!format!("{signer:?}").contains(&private[..20]));
}
