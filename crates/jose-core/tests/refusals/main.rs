//! What must be refused, and how: one table a class, over every algorithm that this build has.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/jwe.rs"]
mod jwe;

mod algorithms;
mod encryption;
mod exhaustion;
mod form;
mod strength;

use common::{key, keys, rsa_jwk, set, supported, unbound};
use jose_core::{
    Algorithm, Claims, Error, Jwk, JwkSet, SigningKey, SymmetricKey, Verifier, danger,
};
use protocol_core::base64url::{decode, encode, encode_standard};
use serde_json::{Value, json};

const PAYLOAD: &[u8] = br#"{"iss":"https://idp.example","sub":"s"}"#;

/// Allows everything, so that nothing is refused for its algorithm alone.
fn verifier() -> Verifier {
    Verifier::new().allow(Algorithm::ALL.iter().copied())
}

fn code(token: &str, keys: &JwkSet) -> String {
    match verifier().verify(token, keys) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

fn signed(key: &SigningKey, header: &str) -> String {
    danger::sign_with_header(key, header.as_bytes(), PAYLOAD).unwrap()
}

/// A header of the key's algorithm and name, with more members behind.
fn header(key: &SigningKey, more: &str) -> String {
    let name = key.algorithm().name();
    format!(r#"{{"alg":"{name}","kid":"{name}"{more}}}"#)
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn joined(parts: [&str; 3]) -> String {
    parts.join(".")
}

#[test]
fn what_follows_would_be_accepted_but_for_its_fault() {
    for key in keys() {
        assert_eq!(code(&signed(&key, &header(&key, "")), &set(&key)), "accepted", "{key:?}");
        assert_eq!(code(&signed(&key, &header(&key, "")), &unbound_named(&key)), "accepted");
    }
}

/// The set that holds this key alone, bound to no algorithm.
fn unbound_named(key: &SigningKey) -> JwkSet {
    let jwk = unbound(key).keys()[0].clone();
    jwk.with_kid(key.algorithm().name()).into()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
