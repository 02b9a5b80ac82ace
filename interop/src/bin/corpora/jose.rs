//! What the corpora of tokens have in common: a token, a key or a set of them, what is in it.

use jose_core::jwe::{Decrypted, Decrypter, DecryptionKey, DecryptionKeySet, KeyManagement};
use jose_core::{Algorithm, Jwk, JwkSet, Reason, SigningKey, Verified, Verifier, danger};
use protocol_core::{Error, base64url};
use serde_json::Value;

use crate::case::Outcome;

pub const ALGORITHM_NOT_BUILT: &str = "an algorithm that is not built";
pub const JSON_SERIALIZATION: &str = "the JSON serialization, which these crates do not read";
/// The tests of jose-core itself run them.
pub const NO_TOKEN: &str = "a step of an algorithm, which the public API has only whole";
pub const DETACHED: &str = "a detached payload";
pub const UNENCODED: &str = "an unencoded payload (b64 false)";

/// The first part of a compact token as JSON; null where it is none.
pub fn header(token: &str) -> Value {
    let first = token.split('.').next().unwrap_or_default();
    let decoded = base64url::decode(first).ok();
    decoded.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

pub fn is_built(alg: &str) -> bool {
    Algorithm::from_name(alg).is_some_and(Algorithm::is_supported)
        || KeyManagement::from_name(alg).is_some_and(KeyManagement::is_supported)
}

/// Whether a compact token is an encrypted one, by its own header.
pub fn is_encrypted(token: &str) -> bool {
    header(token)["enc"].is_string()
}

/// The keys that a case gives its verifier: one JWK, a set, or null. They are the caller's own, so
/// each must be readable; what a provider publishes is read more leniently (`JwkSet::parse`).
pub fn keys(given: &Value) -> Result<JwkSet, Error> {
    each(given).iter().map(Jwk::from_value).collect()
}

fn each(given: &Value) -> &[Value] {
    match given {
        Value::Null => &[],
        set if set["keys"].is_array() => {
            set["keys"].as_array().map(Vec::as_slice).unwrap_or_default()
        }
        one => std::slice::from_ref(one),
    }
}

/// Verifies by algorithms that the keys name, or else by any that fits their type: never by one
/// that the token alone chose.
pub fn verify(token: &str, given: &Value) -> Result<Verified, Error> {
    let keys = keys(given)?;
    let named: Vec<_> =
        keys.keys().iter().filter_map(|key| Algorithm::from_name(key.alg()?)).collect();
    let all_named = !named.is_empty() && named.len() == keys.keys().len();
    let allowed = if all_named { named } else { Algorithm::ALL.to_vec() };
    Verifier::new().allow(allowed).verify(token, &keys)
}

/// The most that compressed content may inflate to, where a case does not say it.
pub const MAX_INFLATED: usize = 262_144;

/// Decrypts by the algorithms that the keys name, or else by any: never by one that the token alone
/// chose.
pub fn decrypt(token: &str, given: &Value) -> Result<Decrypted, Error> {
    let given = each(given);
    let named: Vec<_> = given
        .iter()
        .filter_map(|key| KeyManagement::from_name(key["alg"].as_str().unwrap_or_default()))
        .collect();
    let all_named = !named.is_empty() && named.len() == given.len();
    let allowed = if all_named { named } else { KeyManagement::ALL.to_vec() };
    let keys = given.iter().map(|key| DecryptionKey::from_jwk(key.to_string().as_bytes()));
    let keys = keys.collect::<Result<DecryptionKeySet, _>>()?;
    Decrypter::new().allow(allowed).allow_zip(MAX_INFLATED).decrypt(token, &keys)
}

/// What a token needs that is not built, by its own header and serialization.
pub fn not_built(token: &str) -> Option<&'static str> {
    let header = header(token);
    let alg = header["alg"].as_str().unwrap_or_default();
    if header["b64"] == false {
        Some(UNENCODED)
    } else if !alg.eq_ignore_ascii_case("none") && !is_built(alg) {
        Some(ALGORITHM_NOT_BUILT)
    } else {
        None
    }
}

/// An unsecured token is refused, and only a call with `danger` in its name reads it.
pub fn only_danger_reads(token: &str, payload: &[u8]) -> Outcome {
    match Verifier::new().allow(Algorithm::ALL.to_vec()).verify(token, &JwkSet::default()) {
        Err(Error::Unverified(Reason::AlgNone)) => {}
        Err(other) => return Outcome::refused(&other),
        Ok(_) => return Outcome::taken("accept as verified"),
    }
    match danger::decode_unverified(token) {
        Ok(read) if read.payload == payload => Outcome::taken("accept"),
        Ok(_) => Outcome::taken("accept with another payload"),
        Err(error) => Outcome::refused(&error),
    }
}

/// Signs the same header and payload again where the algorithm has one signature for them and the
/// private key is at hand: `Some(false)` if another token comes out.
pub fn signs_the_same(token: &str, payload: &[u8], key: &Value) -> Option<bool> {
    let alg = header(token)["alg"].as_str().and_then(Algorithm::from_name)?;
    let randomized = alg.name().starts_with("PS") || alg.name().starts_with("ES");
    let private = key["d"].is_string() || key["k"].is_string();
    if randomized || !private || !alg.is_supported() {
        return None;
    }
    let header = base64url::decode(token.split('.').next()?).ok()?;
    let signing = SigningKey::from_jwk(alg, key.to_string().as_bytes()).ok()?;
    Some(danger::sign_with_header(&signing, &header, payload).ok()? == token)
}
