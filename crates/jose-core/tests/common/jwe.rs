//! Private keys for every algorithm of key management that this build has.
#![allow(dead_code)] // Each test file uses some of them.

use jose_core::jwe::{ContentEncryption, DecryptionKey, KeyManagement};
use jose_core::{Decrypter, EncryptionKey};
use protocol_core::base64url;
use serde_json::{Value, json};

/// Allows everything but compressed content.
pub(crate) fn allow_all() -> Decrypter {
    Decrypter::new().allow(KeyManagement::ALL.iter().copied())
}

pub(crate) fn supported_pairs() -> impl Iterator<Item = (KeyManagement, ContentEncryption)> {
    let encs = || ContentEncryption::ALL.iter().copied().filter(|enc| enc.is_supported());
    let algs = KeyManagement::ALL.iter().copied().filter(|alg| alg.is_supported());
    algs.flat_map(move |alg| encs().map(move |enc| (alg, enc)))
}

/// A private key of each kind that the pair can be used with.
pub(crate) fn private_jwks(alg: KeyManagement, enc: ContentEncryption) -> Vec<Value> {
    let secret = |length| json!({"kty": "oct", "k": base64url::encode(vec![0x5a; length])});
    let name = alg.name();
    if name.starts_with("RSA") {
        vec![rsa()]
    } else if name.starts_with("ECDH") {
        let keys: Value =
            serde_json::from_str(include_str!("../data/agreement_keys.json")).unwrap();
        keys["keys"].as_array().unwrap().clone()
    } else if name.starts_with("PBES2") {
        vec![secret(9)]
    } else if alg == KeyManagement::Dir {
        vec![secret(content_key_len(enc))]
    } else {
        vec![secret(name[1..4].parse::<usize>().unwrap() / 8)]
    }
}

pub(crate) fn content_key_len(enc: ContentEncryption) -> usize {
    match enc.name() {
        "A128GCM" => 16,
        "A192GCM" => 24,
        "A256GCM" | "A128CBC-HS256" => 32,
        "A192CBC-HS384" => 48,
        _ => 64,
    }
}

pub(crate) fn decryption_key(jwk: &Value) -> DecryptionKey {
    DecryptionKey::from_jwk(jwk.to_string().as_bytes()).unwrap()
}

pub(crate) fn encryption_key(alg: KeyManagement, jwk: &Value) -> EncryptionKey {
    EncryptionKey::from_jwk(alg, jwk.to_string().as_bytes()).unwrap()
}

/// The RSA key of RFC 7516 A.1.
pub(crate) fn rsa() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../data/jwe.json")).unwrap();
    vectors["cases"][0]["key"].clone()
}
