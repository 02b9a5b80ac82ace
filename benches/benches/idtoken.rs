//! ID Tokens (OIDC Core §3.1.3.7), against `jsonwebtoken`, `openidconnect` and the bare signature.
//!
//! From the text of a token to its claims, with the keys parsed before.

use std::hint::black_box;
use std::str::FromStr;

use benches::tokens::{CLIENT_ID, ISSUED, ISSUER, NONCE, SUBJECT, bare_signature, sign};
use benches::{FLOOR, OURS, Table};
use jose_core::{Algorithm, UnixTime};
use jsonwebtoken::{DecodingKey, Validation};
use oidc_core::{IdTokenVerifier, Nonce};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{ClientId, IssuerUrl};
use serde::Deserialize;
use serde_json::json;

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
    let signed = sign(algorithm);
    let (token, jwk, keys) = (&signed.token, &signed.jwk, signed.keys());
    let ours = IdTokenVerifier::new(ISSUER, CLIENT_ID).allow([algorithm]);
    let now = UnixTime::from_seconds(ISSUED + 10);

    let (floor, message, signature) = bare_signature(algorithm, &signed);

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
                    let claims = ours.verify(black_box(token), &keys, nonce, now).expect("valid");
                    assert_eq!(black_box(claims).sub(), SUBJECT);
                }),
            ),
            (FLOOR, Box::new(|| floor.verify_sig(black_box(&message), &signature).expect("valid"))),
            (
                "jsonwebtoken",
                Box::new(|| {
                    let token = black_box(token);
                    let claims = jsonwebtoken::decode::<Claims>(token, &decoding_key, &validation);
                    let claims = black_box(claims.expect("valid").claims);
                    assert!(claims.sub == SUBJECT && claims.nonce == NONCE);
                }),
            ),
            (
                "openidconnect",
                Box::new(|| {
                    let token = CoreIdToken::from_str(black_box(token)).expect("a token");
                    let claims = token.claims(&theirs, &nonce).expect("valid");
                    assert_eq!(black_box(claims).subject().as_str(), SUBJECT);
                }),
            ),
        ],
    );
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
