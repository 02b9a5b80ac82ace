//! Encrypted ID tokens (OIDC Core §10.2): what `decryption_keys` does.

use client_registry::{Callback, Error, Key, Provider};
use oidc_core::jwk::jwe::{ContentEncryption, EncryptionKey, KeyManagement};
use serde_json::{Value, json};

use crate::common::{App, Browser, Http, Idp, START, answer, assert_code, param};

/// Opens nothing: the recipient's key of RFC 7518, Appendix C.
fn ec() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "kid": "e1", "use": "enc",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
    })
}

/// A shared secret, which names its algorithm.
fn oct() -> Value {
    json!({"kty": "oct", "kid": "o1", "alg": "A256GCMKW", "k": "A".repeat(43)})
}

fn client(keys: &[Value]) -> Provider {
    Idp::provider().set(Key::DecryptionKeys, json!({ "keys": keys }).to_string())
}

fn encrypted(alg: KeyManagement, jwk: &Value, content: &str) -> String {
    let key = EncryptionKey::from_jwk(alg, jwk.to_string().as_bytes()).unwrap();
    let cty = [("cty", "JWT".into())];
    key.encrypt(ContentEncryption::A128CbcHs256, &cty, content.as_bytes()).unwrap()
}

/// Has the provider encrypt what it signs.
fn encrypt(idp: &Idp, alg: KeyManagement, jwk: Value) {
    let key = idp.key();
    idp.sign(move |claims| {
        let signed = key.sign(None, &[], claims.to_string().as_bytes()).unwrap();
        encrypted(alg, &jwk, &signed)
    });
}

#[tokio::test]
async fn an_encrypted_id_token_logs_in_and_is_kept_as_it_was_signed() {
    for (alg, jwk) in [
        (KeyManagement::EcdhEs, ec()),
        (KeyManagement::EcdhEsA256Kw, ec()),
        (KeyManagement::A256GcmKw, oct()),
    ] {
        let idp = Idp::new();
        encrypt(&idp, alg, jwk);
        let app = App::of(&idp, client(&[ec(), oct()]));
        let login = app.login(&idp).await.unwrap();
        assert_eq!(login.claims().unwrap().sub(), "u1", "{alg}");
        let kept = login.token().id_token().unwrap().expose();
        assert_eq!(kept.split('.').count(), 3, "{alg}: the hint of a logout is a signed token");

        // One that is signed alone is as good.
        let key = idp.key();
        idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
        assert_eq!(app.login(&idp).await.unwrap().claims().unwrap().sub(), "u1");
    }
}

#[tokio::test]
async fn a_client_registered_for_encryption_takes_that_alone() {
    let idp = Idp::new();
    let provider = client(&[ec(), oct()]).set(Key::IdTokenEncryptedResponseAlg, "ECDH-ES+A256KW");
    let app = App::of(&idp, provider);
    refused(&idp, &app, "not_encrypted", "signed alone").await;
    encrypt(&idp, KeyManagement::EcdhEs, ec());
    refused(&idp, &app, "jwe_alg_not_allowed", "by another algorithm").await;
    encrypt(&idp, KeyManagement::EcdhEsA256Kw, ec());
    let login = app.login(&idp).await.unwrap();
    assert_eq!(login.claims().unwrap().sub(), "u1");

    for (provider, why) in [
        (Idp::provider().set(Key::IdTokenEncryptedResponseAlg, "ECDH-ES"), "decryption_keys"),
        (client(&[ec()]).set(Key::IdTokenEncryptedResponseAlg, "RSA1_5"), "not RSA1_5"),
        (client(&[ec()]).set(Key::IdTokenEncryptedResponseAlg, "A128GCM"), "algorithm of JWE"),
    ] {
        let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider));
        let error = built.err().expect("a mistake");
        assert!(error.code() == "config" && error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_names_the_contents_algorithm_is_one_of_dir() {
    let idp = Idp::new();
    let key = json!({"kty": "oct", "kid": "d1", "alg": "A128CBC-HS256", "k": "A".repeat(43)});
    encrypt(&idp, KeyManagement::Dir, key.clone());
    let app = App::of(&idp, client(&[key]));
    assert_eq!(app.login(&idp).await.unwrap().claims().unwrap().sub(), "u1");
}

#[tokio::test]
async fn what_our_own_keys_do_not_decrypt_draws_on_no_budget_of_the_issuers_keys() {
    let idp = Idp::new();
    let signer = idp.key();
    idp.answer("/userinfo", move |_| {
        let mut unknown = ec();
        unknown["kid"] = "e2".into();
        let signed = signer.sign(None, &[], br#"{"sub": "u1"}"#).unwrap();
        answer(200, "application/jwt", encrypted(KeyManagement::EcdhEs, &unknown, &signed))
    });
    let provider =
        client(&[ec()]).set(Key::Userinfo, "always").set(Key::UserinfoSignedResponseAlg, "ES256");
    let app = App::of(&idp, provider);
    let login = app.login(&idp).await.unwrap();
    assert_code(login.userinfo().await, "no_matching_key", "another kid");
    assert_eq!((idp.count("/jwks"), idp.count("/userinfo")), (1, 1));
}

#[tokio::test]
async fn a_logout_hands_the_signed_token_back() {
    let idp = Idp::new();
    idp.metadata(json!({"end_session_endpoint": "https://idp.example/logout"}));
    encrypt(&idp, KeyManagement::EcdhEs, ec());
    let app = App::of(&idp, client(&[ec()]));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let session = app.session(&browser);
    let client = session.client("idp").unwrap();
    let login = client.authorize_access_token(Callback::query(&idp.approve(&url))).await.unwrap();
    let gone = client.logout_redirect("https://app.example/bye").await.unwrap();
    let hint = param(gone.location(), "id_token_hint");
    assert_eq!(hint, login.token().id_token().unwrap().expose());
}

#[tokio::test]
async fn a_refreshed_id_token_and_signed_userinfo_may_be_encrypted() {
    let idp = Idp::new();
    encrypt(&idp, KeyManagement::EcdhEs, ec());
    let key = idp.key();
    idp.answer("/userinfo", move |_| {
        let signed = key.sign(None, &[], br#"{"sub": "u1", "name": "U One"}"#).unwrap();
        answer(200, "application/jwt", encrypted(KeyManagement::EcdhEs, &ec(), &signed))
    });
    let provider =
        client(&[ec()]).set(Key::Userinfo, "always").set(Key::UserinfoSignedResponseAlg, "ES256");
    let app = App::of(&idp, provider);
    let login = app.login(&idp).await.unwrap();
    assert_eq!(login.userinfo().await.unwrap().name(), Some("U One"));

    let client = app.registry.client("idp").unwrap();
    client.save_token("u", login.token()).await.unwrap();
    let before = login.token().id_token().unwrap().clone();
    let key = idp.key();
    idp.answer("/token", move |_| {
        let claims = json!({"iss": "https://idp.example", "sub": "u1", "aud": "client-1",
            "exp": START + 200_000, "iat": START + 3_000});
        let signed = key.sign(None, &[], claims.to_string().as_bytes()).unwrap();
        let id_token = encrypted(KeyManagement::EcdhEs, &ec(), &signed);
        let token = json!({"access_token": "a2", "token_type": "Bearer", "id_token": id_token});
        answer(200, "application/json", token.to_string())
    });
    app.wait(3_600);
    let renewed = client.fetch_token("u").await.unwrap();
    let renewed = renewed.id_token().unwrap();
    assert!(!renewed.ct_eq(before.expose()) && renewed.expose().split('.').count() == 3);
}

async fn refused(idp: &Idp, app: &App, code: &str, what: &str) {
    let error = assert_code(app.login(idp).await, code, what);
    assert!(!error.to_string().contains("eyJ"), "{what}: {error}");
}

#[tokio::test]
async fn refusal_a12_an_encrypted_token_where_no_keys_are_set() {
    let idp = Idp::new();
    encrypt(&idp, KeyManagement::EcdhEs, ec());
    refused(&idp, &App::of(&idp, Idp::provider()), "malformed_token", "five parts").await;
}

#[tokio::test]
async fn refusal_a15_id_tokens_that_do_not_decrypt() {
    let idp = Idp::new();
    let app = App::of(&idp, client(&[ec(), oct()]));
    let mut others = oct();
    others["k"] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE".into();
    encrypt(&idp, KeyManagement::A256GcmKw, others);
    refused(&idp, &app, "decrypt_failed", "another secret").await;
    let mut unknown = ec();
    unknown["kid"] = "e2".into();
    encrypt(&idp, KeyManagement::EcdhEs, unknown);
    refused(&idp, &app, "no_matching_key", "another kid").await;
    let unnamed = json!({"kty": "oct", "kid": "o1", "k": "A".repeat(43)});
    encrypt(&idp, KeyManagement::A256Kw, unnamed);
    refused(&idp, &app, "jwe_alg_not_allowed", "an algorithm that no key names").await;
    encrypt(&idp, KeyManagement::EcdhEs, ec());
    app.login(&idp).await.unwrap();
}

#[tokio::test]
async fn refusal_a16_claims_that_are_encrypted_and_not_signed() {
    let idp = Idp::new();
    let app = App::of(&idp, client(&[ec()]));
    idp.sign(|claims| encrypted(KeyManagement::EcdhEs, &ec(), &claims.to_string()));
    refused(&idp, &app, "malformed_token", "bare claims").await;
    idp.sign(|claims| {
        let [header, claims] = [r#"{"alg":"none"}"#.to_owned(), claims.to_string()]
            .map(protocol_core::base64url::encode);
        encrypted(KeyManagement::EcdhEs, &ec(), &format!("{header}.{claims}."))
    });
    refused(&idp, &app, "alg_none", "alg none").await;
    let key = idp.key();
    idp.sign(move |claims| {
        let signed = key.sign(None, &[], claims.to_string().as_bytes()).unwrap();
        let once = encrypted(KeyManagement::EcdhEs, &ec(), &signed);
        encrypted(KeyManagement::EcdhEs, &ec(), &once)
    });
    refused(&idp, &app, "malformed_token", "encrypted twice").await;
}

#[test]
fn a_mistake_in_the_keys_is_found_at_registration_and_shows_none_of_them() {
    let canary = "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E";
    let mut of_two_halves = ec();
    of_two_halves["d"] = canary.into();
    for (keys, why) in [
        (canary.to_owned(), "not JSON"),
        (format!("[{canary:?}]"), "an object"),
        (json!({"k": canary}).to_string(), "no member `keys`"),
        (json!({"keys": []}).to_string(), "none to decrypt with"),
        (
            json!({"keys": [{"kty": "oct", "k": canary, "use": "sig"}]}).to_string(),
            "none to decrypt",
        ),
        (json!({"keys": [{"kty": "oct", "k": canary, "alg": 7}]}).to_string(), "are texts"),
        (json!({"keys": [{"kty": canary, "k": canary}]}).to_string(), "kty is not known"),
        (json!({"keys": [of_two_halves]}).to_string(), "do not belong together"),
    ] {
        let provider = Idp::provider().set(Key::DecryptionKeys, keys);
        let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider));
        let Err(error @ Error::Config { .. }) = built else { panic!("{why}: taken") };
        let text = format!("{error} {error:?}");
        assert!(text.contains("client \"idp\": decryption_keys"), "{text}");
        assert!(!text.contains("Y2Fu") && !text.contains("VEmD"), "{text}");
    }
}
