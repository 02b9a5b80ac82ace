//! Encrypted tokens (OIDC Core §10.2, §16.14): what is inside is verified as if it had come alone.

mod common;

use common::{
    CLIENT, ISSUER, NONCE, NOW, answer, claims, claims_with, key, keys, response, sign, sign_under,
    verifier,
};
use oidc_core::jwk::jwe::{
    ContentEncryption, Decrypter, DecryptionKey, DecryptionKeySet, EncryptionKey, KeyManagement,
};
use oidc_core::{
    AccessToken, ClientSecret, Endpoint, Error, IdTokenVerifier, Nonce, signed_userinfo,
};
use serde_json::{Value, json};

const ALG: KeyManagement = KeyManagement::A256GcmKw;
const ENC: ContentEncryption = ContentEncryption::A256Gcm;

fn jwk() -> Value {
    json!({"kty": "oct", "kid": "e1", "k": "A".repeat(43)})
}

fn encrypted(content: &[u8]) -> String {
    let to = EncryptionKey::from_jwk(ALG, jwk().to_string().as_bytes()).unwrap();
    to.encrypt(ENC, &[("cty", "JWT".into())], content).unwrap()
}

/// The verifier of a client that has the key.
fn decrypting() -> IdTokenVerifier {
    let keys =
        DecryptionKeySet::from(DecryptionKey::from_jwk(jwk().to_string().as_bytes()).unwrap());
    verifier().decrypt(Decrypter::new().allow([ALG]), keys)
}

fn outcome(verifier: &IdTokenVerifier, token: &str) -> String {
    match verifier.verify(token, &keys(), Nonce::Expect(NONCE), NOW) {
        Ok(claims) => claims.sub().to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[test]
fn an_encrypted_id_token_is_verified_and_handed_back_as_it_was_signed() {
    let signed = sign(&claims());
    let token = encrypted(signed.as_bytes());
    assert_eq!(outcome(&decrypting(), &token), "u1");
    assert_eq!(decrypting().signed(&token).unwrap().as_str(), signed);
    assert_eq!(decrypting().signed(&signed).unwrap().as_str(), signed);

    let expired = encrypted(sign(&claims_with(json!({"exp": NOW.seconds() - 100}))).as_bytes());
    assert_eq!(outcome(&decrypting(), &expired), "expired");
}

#[test]
fn without_keys_five_parts_are_refused() {
    let token = encrypted(sign(&claims()).as_bytes());
    assert_eq!(outcome(&verifier(), &token), "malformed_token");
    assert_eq!(outcome(&verifier().require_encrypted(), &token), "malformed_token");
}

#[test]
fn where_encryption_is_due_a_token_that_is_only_signed_is_refused() {
    let strict = decrypting().require_encrypted();
    assert_eq!(outcome(&strict, &encrypted(sign(&claims()).as_bytes())), "u1");
    assert_eq!(outcome(&strict, &sign(&claims())), "not_encrypted");
    assert_eq!(outcome(&decrypting(), &sign(&claims())), "u1");
    for shape in ["", "e30", "e30.e30", "e30.e30.e30.e30", "e30.e30.e30.e30.e30.e30"] {
        assert_eq!(outcome(&strict, shape), "malformed_token", "{shape}");
    }
}

#[test]
fn refusal_a16_what_is_inside_and_not_signed() {
    let signed = sign(&claims());
    let [header, payload, _] =
        <[&str; 3]>::try_from(signed.split('.').collect::<Vec<_>>()).unwrap();
    let unsigned = sign_under(r#"{"alg":"none"}"#, claims().to_string().as_bytes());
    let bare = claims().to_string();
    for (what, content, code) in [
        ("claims", bare.clone(), "malformed_token"),
        ("claims with dots in them", bare.replace("u1", "u.1.x"), "malformed_token"),
        ("nothing", String::new(), "malformed_token"),
        ("alg none", unsigned, "alg_none"),
        ("no signature", format!("{header}.{payload}."), "bad_signature"),
        ("no signature part", format!("{header}.{payload}"), "malformed_token"),
        ("encrypted twice", encrypted(signed.as_bytes()), "malformed_token"),
        ("a space before", format!(" {signed}"), "non_canonical_base64"),
        ("a line behind", format!("{signed}\n"), "non_canonical_base64"),
    ] {
        assert_eq!(outcome(&decrypting(), &encrypted(content.as_bytes())), code, "{what}");
    }
    assert_eq!(outcome(&decrypting(), &encrypted(&[0xff, b'.', 0xfe, b'.'])), "malformed_token");
}

#[test]
fn refusal_b1_the_limit_holds_for_what_is_encrypted_and_for_what_is_inside() {
    let token = encrypted(sign(&claims()).as_bytes());
    for most in [token.len() - 1, 100] {
        let limited = decrypting().max_token_bytes(most);
        assert_eq!(outcome(&limited, &token), "token_too_large");
        let before = verifier().max_token_bytes(most);
        let keys = DecryptionKey::from_jwk(jwk().to_string().as_bytes()).unwrap().into();
        let before = before.decrypt(Decrypter::new().allow([ALG]), keys);
        assert_eq!(outcome(&before, &token), "token_too_large");
    }
    assert_eq!(outcome(&decrypting().max_token_bytes(token.len()), &token), "u1");
    let huge = encrypted(&vec![b'x'; IdTokenVerifier::DEFAULT_MAX_TOKEN_BYTES]);
    assert_eq!(outcome(&decrypting(), &huge), "token_too_large");
}

#[test]
fn the_clients_secret_decrypts_where_it_is_given() {
    let secret = ClientSecret::new("a client secret of at least 32 bytes");
    let digest = oidc_core::jwk::Hash::Sha256.digest(secret.expose().as_bytes());
    let k = protocol_core::base64url::encode(digest);
    let jwk = json!({"kty": "oct", "k": k}).to_string();
    let to = EncryptionKey::from_jwk(KeyManagement::Dir, jwk.as_bytes()).unwrap();
    let token = to.encrypt(ENC, &[], sign(&claims()).as_bytes()).unwrap();
    let keys: DecryptionKeySet = DecryptionKey::from_client_secret(&secret).unwrap().into();
    let asked = verifier().decrypt(Decrypter::new().allow([KeyManagement::Dir]), keys.clone());
    assert_eq!(outcome(&asked, &token), "u1");
    let by_default = verifier().decrypt(Decrypter::new(), keys);
    assert_eq!(outcome(&by_default, &token), "jwe_alg_not_allowed");
    let error = DecryptionKey::from_client_secret(&ClientSecret::new("s".repeat(31)));
    assert_eq!(error.unwrap_err().code(), "weak_key");
}

#[test]
fn logout_tokens_and_signed_userinfo_may_be_encrypted_too() {
    let now = NOW.seconds();
    let logout = json!({"iss": ISSUER, "aud": CLIENT, "sub": "u1", "jti": "j1", "iat": now,
        "exp": now + 60, "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    let signed = key().sign(Some("logout+jwt"), &[], logout.to_string().as_bytes()).unwrap();
    let token =
        decrypting().verify_logout_token(&encrypted(signed.as_bytes()), &keys(), NOW).unwrap();
    assert_eq!(token.sub(), Some("u1"));

    let told = |content: &str| -> Result<String, Error> {
        let endpoint = Endpoint::parse("userinfo", "https://idp.example/userinfo").unwrap();
        let flow =
            signed_userinfo(&endpoint, &AccessToken::new("a"), "u1", &decrypting(), keys().into())?;
        let body = encrypted(content.as_bytes());
        let response = response(200, &[("content-type", "application/jwt")], body);
        answer(flow, response).map(|user| user.sub().to_owned())
    };
    assert_eq!(told(&sign(&json!({"sub": "u1"}))).unwrap(), "u1");
    assert_eq!(told(r#"{"sub": "u1"}"#).unwrap_err().code(), "malformed_token");
}

#[test]
fn a_verifier_shows_no_key() {
    let shown = format!("{:?}", decrypting());
    assert!(shown.contains("e1") && !shown.contains("AAAA"), "{shown}");
}
