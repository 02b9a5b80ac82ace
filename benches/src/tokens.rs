//! The ID Token of a login at a usual provider.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use jose_core::{Algorithm, Jwk, JwkSet, SigningKey};
use protocol_core::base64url;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://idp.example.com";
pub const CLIENT_ID: &str = "s6BhdRkqt3";
pub const SUBJECT: &str = "248289761001";
pub const NONCE: &str = "n-0S6_WzA2MjUe8dEDNe8Zmd0b9ZkLbQ3mBFVYzZpFQ";
pub const ISSUED: u64 = 1_760_000_000;
/// The year 2100: `jsonwebtoken` reads the clock itself.
const EXPIRES: u64 = 4_102_444_800;

/// A token, and the key that verifies it.
pub struct SignedToken {
    pub token: String,
    pub jwk: Value,
}

impl SignedToken {
    /// The key in a set, made ready.
    pub fn keys(&self) -> JwkSet {
        JwkSet::from(Jwk::from_value(&self.jwk).expect("a JWK"))
    }
}

/// A token by a key that is made now.
pub fn sign(algorithm: Algorithm) -> SignedToken {
    let key = SigningKey::generate(algorithm).expect("a key").with_kid("2026-01");
    let token = key.sign(Some("JWT"), &[], claims().to_string().as_bytes()).expect("a token");
    let jwk = key.verification_key().public_only().expect("a public key");
    SignedToken { token, jwk }
}

/// The same RS256 token every time, so that its instructions can be counted.
pub fn fixed() -> SignedToken {
    let kept: Value = serde_json::from_str(include_str!("../data/rs256.json")).expect("JSON");
    let token = kept["token"].as_str().expect("a text").to_owned();
    SignedToken { token, jwk: kept["jwk"].clone() }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUBJECT, "aud": CLIENT_ID, "azp": CLIENT_ID,
        "exp": EXPIRES, "iat": ISSUED, "auth_time": ISSUED, "nonce": NONCE,
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "email": "jane.doe@example.com",
        "email_verified": true, "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe",
        "picture": "https://lh3.example.com/a/AAcHTtd6Zq=s96-c", "locale": "en",
    })
}

/// The signature alone: the parsed key, what it signed, and the signature.
pub fn bare_signature(
    algorithm: Algorithm,
    signed: &SignedToken,
) -> (ParsedPublicKey, Vec<u8>, Vec<u8>) {
    let member = |name: &str| {
        let text = signed.jwk[name].as_str().expect("a text");
        base64url::decode(text).expect("base64url")
    };
    let key = match algorithm {
        Algorithm::RS256 => PublicKeyComponents { n: member("n"), e: member("e") }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::ES256 => {
            let point = [vec![4], member("x"), member("y")].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        }
        other => panic!("{other} is not measured"),
    };
    let (message, signature) = signed.token.rsplit_once('.').expect("three parts");
    let signature = base64url::decode(signature).expect("base64url");
    (key.expect("a key"), message.as_bytes().to_vec(), signature)
}
