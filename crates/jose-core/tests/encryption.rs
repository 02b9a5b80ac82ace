//! What is encrypted by each pair of algorithms is decrypted again, by the key that it is for.

#[path = "common/jwe.rs"]
mod common;

use common::{allow_all, decryption_key, encryption_key, private_jwks, supported_pairs};
use jose_core::jwe::{ContentEncryption, DecryptionKey, DecryptionKeySet, KeyManagement};
use jose_core::{Decrypter, EncryptionKey, Error};
use protocol_core::ClientSecret;
use serde_json::json;

#[test]
fn every_pair_of_algorithms_takes_a_text_there_and_back() {
    let mut pairs = 0;
    for (alg, enc) in supported_pairs() {
        for jwk in private_jwks(alg, enc) {
            for length in [0, 16, 5_000] {
                let text = vec![0x61; length];
                let token = encryption_key(alg, &jwk)
                    .encrypt(enc, &[("cty", "JWT".into())], &text)
                    .unwrap();
                let keys = decryption_key(&jwk).into();
                let decrypted = allow_all().decrypt(&token, &keys).unwrap();
                assert_eq!(decrypted.plaintext(), text, "{alg} {enc}");
                assert_eq!(
                    (decrypted.header().alg(), decrypted.header().cty()),
                    (alg.name(), Some("JWT"))
                );
                assert_eq!(decrypted.into_plaintext(), text);
            }
            pairs += 1;
        }
    }
    let all = KeyManagement::ALL.iter().all(|alg| alg.is_supported());
    // RSA and the secrets with each of six; each of the four agreements by four curves as well.
    assert_eq!(pairs, if all { 14 * 6 + 4 * 4 * 6 } else { 3 * 2 });
}

#[test]
fn by_default_a_public_key_is_encrypted_to() {
    for (alg, enc) in supported_pairs() {
        let jwk = &private_jwks(alg, enc)[0];
        let token = encryption_key(alg, jwk).encrypt(enc, &[], b"text").unwrap();
        let result = Decrypter::new().decrypt(&token, &decryption_key(jwk).into());
        if KeyManagement::DEFAULTS.contains(&alg) {
            assert_eq!(result.unwrap().plaintext(), b"text");
        } else {
            assert_eq!(result.unwrap_err().code(), "jwe_alg_not_allowed", "{alg}");
        }
    }
}

#[test]
fn what_this_build_lacks_is_said_and_not_tried() {
    for alg in KeyManagement::ALL.iter().filter(|alg| !alg.is_supported()) {
        let jwk = json!({"kty": "oct", "k": "AAAA"}).to_string();
        let error = EncryptionKey::from_jwk(*alg, jwk.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{alg}");
        let header = jose_core::danger::encrypt_with_header(
            ContentEncryption::A128Gcm,
            &[7; 16],
            format!(r#"{{"alg":"{alg}","enc":"A128GCM"}}"#).as_bytes(),
            b"",
            b"",
        );
        let error = allow_all().decrypt(&header.unwrap(), &DecryptionKeySet::default());
        assert!(matches!(error, Err(Error::Unsupported(_))), "{alg}");
    }
}

#[test]
fn a_token_without_a_kid_is_tried_with_each_key_that_fits() {
    let secret = |byte: u8, kid: &str| {
        let k = protocol_core::base64url::encode([byte; 16]);
        json!({"kty": "oct", "k": k, "kid": kid, "use": "enc"})
    };
    let (alg, enc) = (KeyManagement::A128GcmKw, ContentEncryption::A128Gcm);
    let key = EncryptionKey::from_jwk(
        alg,
        json!({"kty": "oct", "k": secret(3, "c")["k"]}).to_string().as_bytes(),
    )
    .unwrap();
    let others =
        [secret(1, "a"), secret(2, "b"), json!({"kty": "oct", "k": "AAAA"}), secret(3, "c")];
    let set = json!({ "keys": others }).to_string();
    let keys = DecryptionKeySet::parse(set.as_bytes()).unwrap();
    assert_eq!(keys.keys().len(), 4);
    let token = key.encrypt(enc, &[], b"text").unwrap();
    assert_eq!(allow_all().decrypt(&token, &keys).unwrap().plaintext(), b"text");

    // A name means one key; one that nobody has is no excuse to try others.
    let token = key.clone().with_kid("c").encrypt(enc, &[], b"text").unwrap();
    assert_eq!(allow_all().decrypt(&token, &keys).unwrap().plaintext(), b"text");
    let token = key.clone().with_kid("a").encrypt(enc, &[], b"text").unwrap();
    assert_eq!(allow_all().decrypt(&token, &keys).unwrap_err().code(), "decrypt_failed");
    let only_named = DecryptionKeySet::from_iter(keys.keys()[..2].iter().cloned());
    let token = key.clone().with_kid("z").encrypt(enc, &[], b"text").unwrap();
    assert_eq!(allow_all().decrypt(&token, &only_named).unwrap_err().code(), "no_matching_key");

    let many: Vec<_> = (0..9).map(|byte| secret(byte, &format!("k{byte}"))).collect();
    let many = DecryptionKeySet::parse(json!({ "keys": many }).to_string().as_bytes()).unwrap();
    let token = key.encrypt(enc, &[], b"text").unwrap();
    assert_eq!(allow_all().decrypt(&token, &many).unwrap_err().code(), "ambiguous_key");
    let most = DecryptionKeySet::from_iter(many.keys()[..8].iter().cloned());
    assert_eq!(allow_all().decrypt(&token, &most).unwrap().plaintext(), b"text");
}

#[test]
fn keys_for_signatures_may_stand_in_the_same_set() {
    let sign = json!({"kty": "OKP", "crv": "Ed25519", "x": "unread", "use": "sig"});
    let set = json!({"keys": [sign, {"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA"}]}).to_string();
    assert_eq!(DecryptionKeySet::parse(set.as_bytes()).unwrap().keys().len(), 1);
    for not_a_set in ["", "[]", "{}", r#"{"keys":{}}"#] {
        let error = DecryptionKeySet::parse(not_a_set.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "invalid_key", "{not_a_set}");
    }
}

#[test]
fn a_client_secret_becomes_a_key_of_the_length_that_is_due() {
    let secret = ClientSecret::new("a client secret of at least 32 bytes");
    let keys: DecryptionKeySet = DecryptionKey::from_client_secret(&secret).unwrap().into();
    let mut decrypted = 0;
    for (alg, enc) in supported_pairs() {
        let length = match alg {
            KeyManagement::Dir => common::content_key_len(enc),
            KeyManagement::A128Kw | KeyManagement::A128GcmKw => 16,
            KeyManagement::A192Kw | KeyManagement::A192GcmKw => 24,
            KeyManagement::A256Kw | KeyManagement::A256GcmKw => 32,
            _ => continue,
        };
        let hash = match length {
            48 => protocol_core::digest::sha384(secret.expose().as_bytes()).to_vec(),
            64 => protocol_core::digest::sha512(secret.expose().as_bytes()).to_vec(),
            _ => protocol_core::digest::sha256(secret.expose().as_bytes()).to_vec(),
        };
        let jwk = json!({"kty": "oct", "k": protocol_core::base64url::encode(&hash[..length])});
        let token = encryption_key(alg, &jwk).encrypt(enc, &[], b"text").unwrap();
        assert_eq!(allow_all().decrypt(&token, &keys).unwrap().plaintext(), b"text", "{alg} {enc}");
        decrypted += 1;
    }
    assert!(decrypted >= 6);
}

#[test]
fn what_is_printed_shows_no_key_and_no_text() {
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let jwk = json!({"kty": "oct", "k": "Y2FuYXJ5Y2FuYXJ5Y2FuYQ", "kid": "k1"});
    let (key, to) = (decryption_key(&jwk), encryption_key(alg, &jwk));
    let secret = DecryptionKey::from_client_secret(&"canary".repeat(8).into()).unwrap();
    let keys = DecryptionKeySet::from_iter([key.clone(), secret]);
    let token = to.encrypt(enc, &[], b"canary").unwrap();
    let decrypted = allow_all().decrypt(&token, &keys).unwrap();
    let shown = format!("{key:?} {to:?} {keys:?} {decrypted:?}");
    assert!(shown.contains("k1") && shown.contains("[6 bytes]"), "{shown}");
    for canary in ["canary", "Y2FuYXJ5", "99, 97"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}
