//! ID Tokens (OIDC Core §3.1.3.7), against `jsonwebtoken`, `openidconnect` and the bare signature.
//!
//! From the text of a token to its claims, with the keys parsed before.

use std::hint::black_box;
use std::str::FromStr;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use benches::{FLOOR, OURS, Table};
use jose_core::{Algorithm, Jwk, JwkSet, SigningKey, UnixTime};
use jsonwebtoken::{DecodingKey, Validation};
use oidc_core::{IdTokenVerifier, Nonce};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{ClientId, IssuerUrl};
use protocol_core::base64url;
use serde::Deserialize;
use serde_json::{Value, json};

const ISSUER: &str = "https://idp.example.com";
const CLIENT_ID: &str = "s6BhdRkqt3";
const SUBJECT: &str = "248289761001";
const NONCE: &str = "n-0S6_WzA2MjUe8dEDNe8Zmd0b9ZkLbQ3mBFVYzZpFQ";
const ISSUED: u64 = 1_760_000_000;
/// The year 2100: `jsonwebtoken` reads the clock itself.
const EXPIRES: u64 = 4_102_444_800;

fn main() {
    let mut table = Table::from_args("idtoken");
    let rs256 = (
        Algorithm::RS256,
        jsonwebtoken::Algorithm::RS256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    );
    let es256 = (
        Algorithm::ES256,
        jsonwebtoken::Algorithm::ES256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    );
    for algorithms in [rs256, es256] {
        verify(&mut table, algorithms);
    }
    table.finish();
}

fn verify(
    table: &mut Table,
    (algorithm, jsonwebtoken, openidconnect): (
        Algorithm,
        jsonwebtoken::Algorithm,
        CoreJwsSigningAlgorithm,
    ),
) {
    let key = SigningKey::generate(algorithm).expect("a key").with_kid("2026-01");
    let token = key.sign(Some("JWT"), &[], claims().to_string().as_bytes()).expect("a token");
    let jwk = key.verification_key().public_only().expect("a public key");

    let keys = JwkSet::from(Jwk::from_value(&jwk).expect("a JWK"));
    let ours = IdTokenVerifier::new(ISSUER, CLIENT_ID).allow([algorithm]);
    let now = UnixTime::from_seconds(ISSUED + 10);

    let (floor, message, signature) = bare(algorithm, &jwk, &token);

    let decoding_key = serde_json::from_value(jwk.clone()).expect("a JWK");
    let decoding_key = DecodingKey::from_jwk(&decoding_key).expect("a key");
    let mut validation = Validation::new(jsonwebtoken);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[CLIENT_ID]);

    let set: CoreJsonWebKeySet = serde_json::from_value(json!({"keys": [jwk]})).expect("a JWK Set");
    let issuer = IssuerUrl::new(ISSUER.to_owned()).expect("a URL");
    let theirs =
        CoreIdTokenVerifier::new_public_client(ClientId::new(CLIENT_ID.into()), issuer, set)
            .set_allowed_algs([openidconnect]);
    let nonce = openidconnect::Nonce::new(NONCE.to_owned());

    table.row(
        &format!("{algorithm} verify"),
        vec![
            (
                OURS,
                Box::new(|| {
                    let nonce = Nonce::Expect(NONCE);
                    let claims = ours.verify(black_box(&token), &keys, nonce, now).expect("valid");
                    assert_eq!(black_box(claims).sub(), SUBJECT);
                }),
            ),
            (FLOOR, Box::new(|| floor.verify_sig(black_box(&message), &signature).expect("valid"))),
            (
                "jsonwebtoken",
                Box::new(|| {
                    let token = black_box(&token);
                    let claims = jsonwebtoken::decode::<Claims>(token, &decoding_key, &validation);
                    let claims = black_box(claims.expect("valid").claims);
                    assert!(claims.sub == SUBJECT && claims.nonce == NONCE);
                }),
            ),
            (
                "openidconnect",
                Box::new(|| {
                    let token = CoreIdToken::from_str(black_box(&token)).expect("a token");
                    let claims = token.claims(&theirs, &nonce).expect("valid");
                    assert_eq!(black_box(claims).subject().as_str(), SUBJECT);
                }),
            ),
        ],
    );
}

/// The claims of a login at a usual provider.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUBJECT, "aud": CLIENT_ID, "azp": CLIENT_ID,
        "exp": EXPIRES, "iat": ISSUED, "auth_time": ISSUED, "nonce": NONCE,
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "email": "jane.doe@example.com",
        "email_verified": true, "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe",
        "picture": "https://lh3.example.com/a/AAcHTtd6Zq=s96-c", "locale": "en",
    })
}

/// What a user of `jsonwebtoken` writes to get the same claims.
#[derive(Deserialize)]
#[allow(dead_code, reason = "they are read, as by ours, whether used or not")]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    auth_time: Option<i64>,
    nonce: String,
    at_hash: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    picture: Option<String>,
    locale: Option<String>,
}

/// The signature alone: the key, what it signed, and the signature.
fn bare(algorithm: Algorithm, jwk: &Value, token: &str) -> (ParsedPublicKey, Vec<u8>, Vec<u8>) {
    let member = |name: &str| {
        let text = jwk[name].as_str().expect("a text");
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
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    let signature = base64url::decode(signature).expect("base64url");
    (key.expect("a key"), message.as_bytes().to_vec(), signature)
}
