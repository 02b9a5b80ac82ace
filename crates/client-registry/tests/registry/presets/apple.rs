//! Apple: a client secret made of a key, an answer by POST, a name that comes once.

use client_registry::{Key, Registry, providers};
use oidc_core::jwk::{Algorithm, JwkSet, SigningKey};
use oidc_core::jwt;
use serde_json::{Value, json};

use super::case::{Case, asks_with_pkce, assert_user, sample, token, trades};
use crate::common::{App, Http, START, assert_code, json_answer, param, published};

const APPLE: &str = "https://appleid.apple.com/.well-known/openid-configuration";

fn apple_metadata() -> Value {
    json!({
        "issuer": "https://appleid.apple.com",
        "authorization_endpoint": "https://appleid.apple.com/auth/authorize",
        "token_endpoint": "https://appleid.apple.com/auth/token",
        "revocation_endpoint": "https://appleid.apple.com/auth/revoke",
        "jwks_uri": "https://appleid.apple.com/auth/keys",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "name"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    })
}

/// A key of a team of Apple's, as its `.p8` file has it; made for these tests.
const P8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo4yRijozoqHbLKUK
AczMpjZsLVbEgwS9AOsU4wWHlTyhRANCAAQQhi3w4eSPy8/306gfNStOHVMMIBsD
Eb7AgksPt9GEIxawfpXOaKuZkDYNYVNAa9KsfQr9TENu9crl69OluquI
-----END PRIVATE KEY-----
";

/// Whether the text is a client secret of Apple's, and until when.
fn secret_of(form: &str) -> u64 {
    let raw = param(&format!("https://x.example/?{form}"), "client_secret");
    let key = SigningKey::from_pem(Algorithm::ES256, P8).unwrap().with_kid("ABC123DEFG");
    let keys = JwkSet::from(key.verification_key().clone());
    let verified = oidc_core::jwk::Verifier::new().allow([Algorithm::ES256]);
    let verified = verified.verify(&raw, &keys).unwrap();
    assert_eq!(verified.header().kid(), Some("ABC123DEFG"));
    let claims: jwt::Claims = verified.claims().unwrap();
    assert_eq!((claims.iss(), claims.sub()), (Some("DEF123GHIJ"), Some("com.example.app")));
    assert_eq!(claims.aud(), ["https://appleid.apple.com"]);
    let (issued, expires) = (claims.iat().unwrap(), claims.exp().unwrap());
    assert!(expires.seconds() - issued.seconds() <= 15_777_000, "Apple's limit");
    expires.seconds()
}

#[tokio::test]
async fn apple() {
    // https://developer.apple.com/documentation/signinwithapplejs/authorizationi/id_token, an undated
    // copy, in part, and the claims that Auth.js knows of it (authjs.dev/reference/core/providers_apple:
    // `email_verified` is a text or a truth value); the values are ours.
    let mut claims = sample!("apple");
    claims["iss"] = "https://appleid.apple.com".into();
    let user = "&user=%7B%22name%22%3A%7B%22firstName%22%3A%22Ada%22%2C%22lastName%22%3A%22Byron\
        %22%7D%2C%22email%22%3A%22ada%40mail.example%22%7D";
    let credentials = [
        ("CLIENT_ID", "id"),
        ("TEAM_ID", "DEF123GHIJ"),
        ("KEY_ID", "ABC123DEFG"),
        ("PRIVATE_KEY", P8),
    ];
    let done = Case {
        answers: vec![
            (APPLE, apple_metadata()),
            ("https://appleid.apple.com/auth/token", token(&json!({"refresh_token": "r"}))),
        ],
        claims,
        jwks_uri: "https://appleid.apple.com/auth/keys",
        ..Case::of("apple")
    }
    .log_in_with(&credentials, user)
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://appleid.apple.com/auth/authorize",
                "apple",
                "openid+name+email",
                "&response_mode=form_post&nonce={nonce}"
            ),
            "GET https://appleid.apple.com/.well-known/openid-configuration",
            concat!(
                "POST https://appleid.apple.com/auth/token ",
                trades!(
                    "apple",
                    "&code_verifier={code_verifier}&client_id=id&client_secret={client_secret}"
                )
            ),
            "GET https://appleid.apple.com/auth/keys",
        ]
    );
    let expected = json!({
        "sub": "001999.4bb1e3f0a2d94a30a7c53f3d9a1b2c3d.1234", "name": null,
        "preferred_username": null, "email": "dpdcnf87nu@privaterelay.appleid.com",
        "email_verified": true, "picture": null, "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("apple"));
    let once = r#"{"name":{"firstName":"Ada","lastName":"Byron"},"email":"ada@mail.example"}"#;
    assert_eq!(done.login.unverified_extra(), [("user".to_owned(), once.to_owned())]);
}

#[tokio::test]
async fn apples_client_secret_is_made_of_the_key_and_anew_before_it_expires() {
    let http = Http::new(|seen| {
        Ok(match &*seen.url {
            APPLE => json_answer(apple_metadata()),
            _ => json_answer(json!({"access_token": "t", "token_type": "bearer", "expires_in": 1})),
        })
    });
    for key in [P8.to_owned(), P8.replace('\n', "\\n")] {
        let provider = providers::apple()
            .client_id("com.example.app")
            .set(Key::TeamId, "DEF123GHIJ")
            .set(Key::KeyId, "ABC123DEFG")
            .set(Key::PrivateKey, key);
        let app = App::new(http.clone(), |b| b.register("apple", provider));
        let client = app.registry.client("apple").unwrap();
        let mut bodies = Vec::new();
        for _ in 0..4 {
            client.fetch_service_token().await.unwrap();
            bodies.push(http.last().body);
            app.wait(1500);
        }
        let expires: Vec<_> = bodies.iter().map(|body| secret_of(body)).collect();
        assert_eq!(expires, [START + 3600, START + 3600, START + 6600, START + 6600]);
        assert_eq!(bodies[0], bodies[1], "it is used while it is good");
    }
}

#[test]
fn apple_is_refused_without_what_its_secret_is_made_of() {
    let whole = || {
        providers::apple()
            .client_id("id")
            .set(Key::TeamId, "T")
            .set(Key::KeyId, "K")
            .set(Key::PrivateKey, P8)
    };
    let build =
        |provider| Registry::builder().register("apple", provider).http(Http::silent()).build();
    assert!(build(whole()).is_ok());
    let made_elsewhere = providers::apple().client_id("id").client_secret("a.b.c");
    assert!(build(made_elsewhere).is_ok());
    let rsa = SigningKey::generate(Algorithm::RS256).unwrap();
    for (provider, told) in [
        (providers::apple().client_id("id"), "team_id"),
        (whole().set(Key::TeamId, ""), "team_id"),
        (whole().set(Key::KeyId, ""), "key_id"),
        (whole().set(Key::PrivateKey, ""), "private_key"),
        (whole().set(Key::PrivateKey, "canary"), "private_key"),
        (whole().set(Key::PrivateKey, P8.replace("MIGH", "canary")), "private_key"),
        (whole().set(Key::PrivateKey, published(&rsa).to_string()), "private_key"),
        (whole().client_secret("canary"), "either"),
    ] {
        let error = assert_code(build(provider), "config", told).to_string();
        assert!(error.contains("client \"apple\"") && error.contains(told), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}
