//! Keys for every algorithm that this build has.
#![allow(dead_code)] // Each test file uses some of them.

use jose_core::{Algorithm, Jwk, JwkSet, SigningKey, SymmetricKey};
use serde_json::Value;

/// The RSA key of RFC 7515 A.2, as not every backend generates one.
pub(crate) fn rsa_jwk() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../data/jws.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    cases.iter().find(|case| case["id"] == "rfc7515-A.2").unwrap()["key"].clone()
}

pub(crate) fn key(algorithm: Algorithm) -> SigningKey {
    let name = algorithm.name();
    if algorithm.is_symmetric() {
        let secret = SymmetricKey::new([0x5a; 64]).unwrap();
        SigningKey::from_symmetric(algorithm, secret).unwrap()
    } else if name.starts_with("RS") || name.starts_with("PS") {
        SigningKey::from_jwk(algorithm, rsa_jwk().to_string().as_bytes()).unwrap()
    } else {
        SigningKey::generate(algorithm).unwrap()
    }
    .with_kid(name)
}

pub(crate) fn supported() -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.is_supported())
}

pub(crate) fn keys() -> Vec<SigningKey> {
    supported().map(key).collect()
}

/// The set that holds this key alone.
pub(crate) fn set(key: &SigningKey) -> JwkSet {
    key.verification_key().clone().into()
}

/// The set that holds this key alone, under no name and bound to no algorithm.
pub(crate) fn unbound(key: &SigningKey) -> JwkSet {
    match key.verification_key().public_only() {
        Some(mut jwk) => {
            let members = jwk.as_object_mut().unwrap();
            for name in ["alg", "kid", "use"] {
                members.remove(name);
            }
            Jwk::from_value(&jwk).unwrap().into()
        }
        None => Jwk::from(SymmetricKey::new([0x5a; 64]).unwrap()).into(),
    }
}
