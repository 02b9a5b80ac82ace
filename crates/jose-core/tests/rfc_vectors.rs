//! The examples of RFC 7515, 7516, 7517, 7519, 7638, 7797 and 8037.

use jose_core::jwe::{Decrypter, DecryptionKey, DecryptionKeySet, KeyManagement};
use jose_core::{Algorithm, Error, Jwk, JwkSet, SigningKey, Verifier, danger};
use protocol_core::base64url::decode;
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(text).unwrap();
    vectors["cases"].as_array().unwrap().clone()
}

fn jwk(value: &Value) -> Jwk {
    Jwk::parse(value.to_string().as_bytes()).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new().allow(Algorithm::ALL.iter().copied())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_signed_tokens_verify_and_their_keys_sign_alike() {
    let mut verified = 0;
    for case in cases(include_str!("data/jws.json")) {
        let id = text(&case["id"]);
        let Some(token) = case["compact"].as_str() else {
            let error = verifier().verify(&case["json"].to_string(), &JwkSet::default());
            assert_eq!(error.unwrap_err().code(), "malformed_token", "{id}");
            continue;
        };
        if case["key"].is_null() {
            let expected = if id == "rfc7515-E" { "crit_unsupported" } else { "alg_none" };
            let error = verifier().verify(token, &JwkSet::default()).unwrap_err();
            assert_eq!(error.code(), expected, "{id}");
            continue;
        }
        // The kids of these keys are not in the tokens' headers: they are found without one.
        let result = verifier().verify(token, &jwk(&case["key"]).into());
        if id == "rfc7797-4.2" {
            assert_eq!(result.unwrap_err().code(), "b64_unsupported");
            continue;
        }
        let header = danger::decode_unverified(token).unwrap().header;
        let algorithm = Algorithm::from_name(header.alg()).unwrap();
        if !algorithm.is_supported() {
            assert!(matches!(result, Err(Error::Unsupported(_))), "{id}");
            continue;
        }
        let payload = decode(text(&case["payload_b64u"])).unwrap();
        assert_eq!(result.unwrap().payload(), payload, "{id}");
        verified += 1;

        let key = SigningKey::from_jwk(algorithm, case["key"].to_string().as_bytes()).unwrap();
        let header = decode(token.split('.').next().unwrap()).unwrap();
        let again = danger::sign_with_header(&key, &header, &payload).unwrap();
        let is_deterministic = !matches!(algorithm, Algorithm::ES256 | Algorithm::ES512);
        assert_eq!(again == token, is_deterministic, "{id}");
        assert!(verifier().verify(&again, &jwk(&case["key"]).into()).is_ok(), "{id}");
    }
    assert_eq!(verified, if Algorithm::ES512.is_supported() { 6 } else { 5 });
}

#[test]
fn the_encrypted_tokens_are_decrypted() {
    let decrypter = Decrypter::new().allow(KeyManagement::ALL.iter().copied());
    let mut decrypted = 0;
    for case in cases(include_str!("data/jwe.json")) {
        let id = text(&case["id"]);
        let Some(token) = case["compact"].as_str() else {
            let error = decrypter.decrypt(&case["json"].to_string(), &DecryptionKeySet::default());
            assert_eq!(error.unwrap_err().code(), "malformed_token", "{id}");
            continue;
        };
        let name = text(&case["header"]["alg"]);
        let key = DecryptionKey::from_jwk(case["key"].to_string().as_bytes());
        let result = key.and_then(|key| decrypter.decrypt(token, &key.into()));
        match KeyManagement::from_name(name) {
            None if KeyManagement::RsaOaep.is_supported() => {
                assert_eq!((result.unwrap_err().code(), name), ("jwe_alg_not_allowed", "RSA1_5"));
            }
            None => assert!(matches!(result, Err(Error::Unsupported(_))), "{id}"),
            Some(algorithm) if !algorithm.is_supported() => {
                assert!(matches!(result, Err(Error::Unsupported(_))), "{id}");
            }
            Some(_) => {
                let result = result.unwrap();
                assert_eq!(result.plaintext(), decode(text(&case["plaintext_b64u"])).unwrap());
                assert_eq!(result.header().member("enc"), Some(&case["header"]["enc"]));
                decrypted += 1;
            }
        }
    }
    assert_eq!(decrypted, if KeyManagement::RsaOaep.is_supported() { 2 } else { 0 });
}

#[test]
fn the_key_sets_are_read_and_secrets_in_them_left_out() {
    let cases = cases(include_str!("data/jwk.json"));
    let set = |index: usize| JwkSet::parse(cases[index]["jwks"].to_string().as_bytes()).unwrap();

    let public = set(0);
    assert_eq!(public.keys().len(), 2);
    assert_eq!(public.keys()[0].key_use(), Some("enc"));
    assert_eq!(public.keys()[1].kid(), Some("2011-04-29"));
    for index in [1, 2] {
        let skipped = set(index).skipped().len();
        assert_eq!((set(index).keys().len(), skipped), (0, 2), "published secrets");
    }

    for key in cases[1]["jwks"]["keys"].as_array().unwrap() {
        let parsed = jwk(key);
        assert!(parsed.public_only().unwrap().get("d").is_none());
    }
    let symmetric = cases[2]["jwks"]["keys"].as_array().unwrap();
    assert_eq!(jwk(&symmetric[1]).key_type().name(), "oct");
    assert!(jwk(&symmetric[0]).public_only().is_none());
    assert_eq!(jwk(&cases[3]["jwk"]).kid(), Some("1b94c"));
}

#[test]
fn the_thumbprints_are_those_of_the_rfcs() {
    for case in cases(include_str!("data/thumbprint.json")) {
        assert_eq!(jwk(&case["jwk"]).thumbprint(), text(&case["sha256"]), "{}", case["id"]);
    }
}

#[test]
fn the_claims_are_those_of_the_rfc_and_encrypted_tokens_are_refused() {
    for case in cases(include_str!("data/jwt.json")) {
        let id = text(&case["id"]);
        let token = text(&case["compact"]);
        match id {
            "rfc7519-3.1" => {
                let keys = jwk(&case["key"]).into();
                let claims = verifier().verify(token, &keys).unwrap().claims().unwrap();
                assert_eq!(Value::Object(claims.into_map()), case["claims"]);
            }
            "rfc7519-6.1" => {
                let error = verifier().verify(token, &JwkSet::default()).unwrap_err();
                assert_eq!(error.code(), "alg_none");
            }
            _ => {
                let error = verifier().verify(token, &JwkSet::default()).unwrap_err();
                assert_eq!(error.code(), "malformed_token", "{id}");
            }
        }
    }
}
