//! Clients with a certificate (RFC 8705). That it is shown is the HTTP client's: see the tests of
//! `integration-reqwest`.

use std::sync::{Arc, Mutex};

use client_registry::{AccessToken, Builder, HttpClient, Key, Provider};
use serde_json::json;

use crate::common::{App, CLIENT, Http, ISSUER, Idp, answer, assert_code, json_answer};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIcert\n-----END CERTIFICATE-----\n";
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIcanary\n-----END PRIVATE KEY-----";

fn at(path: &str) -> String {
    format!("{ISSUER}{path}")
}

fn provider() -> Provider {
    Idp::provider()
        .client_secret("")
        .set(Key::Certificate, CERTIFICATE)
        .set(Key::PrivateKey, PRIVATE_KEY)
}

/// A provider with an alias for each endpoint: only there it answers.
fn provider_with_aliases() -> Idp {
    let idp = Idp::new();
    idp.metadata(json!({
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "device_authorization_endpoint": at("/device"),
        "pushed_authorization_request_endpoint": at("/par"),
        "mtls_endpoint_aliases": {
            "token_endpoint": at("/mtls/token"),
            "userinfo_endpoint": at("/mtls/userinfo"),
            "revocation_endpoint": at("/mtls/revoke"),
            "introspection_endpoint": at("/mtls/introspect"),
            "device_authorization_endpoint": at("/mtls/device"),
            "pushed_authorization_request_endpoint": at("/mtls/par"),
        },
    }));
    let token = json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "r"});
    idp.answer("/mtls/token", move |_| json_answer(token.clone()));
    idp.answer("/mtls/revoke", |_| json_answer(json!({})));
    idp.answer("/mtls/introspect", |_| json_answer(json!({"active": true})));
    idp.answer("/mtls/device", |_| {
        json_answer(json!({
            "device_code": "d", "user_code": "u", "verification_uri": at("/activate"),
            "expires_in": 600,
        }))
    });
    idp.answer("/mtls/par", |_| answer(201, "application/json", r#"{"request_uri":"urn:x:1"}"#));
    idp
}

/// Keeps what is asked for, and answers by `http`.
fn noting(builder: Builder, http: Http, identities: &Arc<Mutex<Vec<String>>>) -> Builder {
    let identities = identities.clone();
    builder.http_for(move |transport| {
        assert!(!format!("{transport:?}").contains("canary"));
        assert!(transport.proxy.is_none());
        identities.lock().unwrap().push(transport.identity.as_ref().unwrap().expose().to_owned());
        Ok(Arc::new(http.clone()) as Arc<dyn HttpClient>)
    })
}

#[tokio::test]
async fn a_client_with_a_certificate_names_itself_and_goes_to_the_aliases() {
    let methods = [None, Some("tls_client_auth"), Some("self_signed_tls_client_auth")];
    for method in methods {
        let idp = provider_with_aliases();
        idp.answer("/api/me", |_| json_answer(json!("me")));
        let mut provider = provider()
            .set(Key::RequirePushedAuthorizationRequests, "true")
            .set(Key::ApiBaseUrl, at("/api"));
        if let Some(method) = method {
            provider = provider.set(Key::TokenEndpointAuthMethod, method);
        }
        let identities = Arc::default();
        // All goes by the HTTP client that has the certificate, and nothing by the common one.
        let app = App::new(Http::silent(), |builder| {
            noting(builder, idp.http(), &identities)
                .register("idp", provider.clone())
                .register("same", provider)
        });
        let client = app.registry.client("idp").unwrap();
        let options = client_registry::LoginOptions::new();
        client.create_authorization_url("https://app.example/cb", &options).await.unwrap();
        let token = client.fetch_service_token().await.unwrap();
        client.introspect_token(&AccessToken::new("t")).await.unwrap();
        client.device_authorization().await.unwrap();
        client.get("me").token(&token).await.unwrap();
        client.save_token("u", &token).await.unwrap();
        client.revoke_token("u").await.unwrap();

        for path in ["token", "introspect", "device", "par"] {
            let seen = idp.http().seen();
            let sent = seen.iter().find(|seen| seen.address() == at(&format!("/mtls/{path}")));
            let sent = sent.unwrap_or_else(|| panic!("{method:?} {path}"));
            assert_eq!(sent.form("client_id").as_deref(), Some(CLIENT), "{path}");
            assert!(sent.header("authorization").is_none() && !sent.body.contains("secret"));
            assert!(!sent.body.contains("client_assertion"), "{path}");
            assert_eq!(idp.count(&format!("/{path}")), 0);
        }
        assert_eq!((idp.count("/mtls/revoke"), idp.count("/revoke")), (2, 0));
        assert_eq!(idp.count("/api/me"), 1);
        let identity = format!("{CERTIFICATE}{PRIVATE_KEY}\n");
        assert_eq!(*identities.lock().unwrap(), [identity], "one for both clients");
    }
}

#[tokio::test]
async fn others_do_not_go_to_the_aliases_and_settings_are_before_them() {
    let idp = provider_with_aliases();
    idp.answer("/introspect", |_| json_answer(json!({"active": false})));
    let client = App::of(&idp, Idp::provider()).registry.client("idp").unwrap();
    client.introspect_token(&AccessToken::new("t")).await.unwrap();
    assert_eq!((idp.count("/introspect"), idp.count("/mtls/introspect")), (1, 0));

    let set = provider().set(Key::IntrospectionEndpoint, at("/introspect"));
    let app = App::new(Http::silent(), |builder| {
        noting(builder, idp.http(), &Arc::default()).register("idp", set)
    });
    let client = app.registry.client("idp").unwrap();
    client.introspect_token(&AccessToken::new("t")).await.unwrap();
    assert_eq!((idp.count("/introspect"), idp.count("/mtls/introspect")), (2, 0));
}

#[tokio::test]
async fn a_certificate_beside_a_secret_or_a_signature_is_the_connections_alone() {
    for (method, sends) in [("client_secret_post", "client_secret"), ("none", "client_id")] {
        let idp = provider_with_aliases();
        let provider = provider()
            .client_secret("a secret")
            .set(Key::TokenEndpointAuthMethod, method)
            .set(Key::Certificate, CERTIFICATE.replace('\n', "\\n"))
            .set(Key::PrivateKey, PRIVATE_KEY.replace('\n', "\\n"));
        let identities = Arc::default();
        let app = App::new(Http::silent(), |builder| {
            noting(builder, idp.http(), &identities).register("idp", provider)
        });
        app.registry.client("idp").unwrap().fetch_service_token().await.unwrap();
        let sent = idp.http().last();
        assert_eq!(sent.address(), at("/mtls/token"));
        assert!(sent.form(sends).is_some(), "{method}");
        let whole = format!("{CERTIFICATE}{PRIVATE_KEY}\n");
        assert_eq!(*identities.lock().unwrap(), [whole], "one line is as good");
    }
}

#[test]
fn certificates_that_cannot_work_are_refused_and_keys_not_shown() {
    let tls = || Idp::provider().set(Key::TokenEndpointAuthMethod, "tls_client_auth");
    let jwk = r#"{"kty":"EC","d":"canary"}"#;
    let table = [
        (provider().set(Key::PrivateKey, ""), "private_key"),
        (provider().set(Key::PrivateKey, jwk), "private_key"),
        (provider().set(Key::PrivateKey, "canary"), "private_key"),
        (provider().set(Key::Certificate, "canary"), "certificate"),
        // Swapped by mistake.
        (provider().set(Key::Certificate, PRIVATE_KEY), "certificate"),
        (provider().set(Key::Certificate, "").set(Key::PrivateKey, "canary"), "private_key"),
        (provider().set(Key::KeyId, "k1"), "key_id"),
        (tls(), "certificate"),
        (tls().set(Key::PrivateKey, PRIVATE_KEY), "certificate"),
    ];
    for (provider, key) in table {
        let built = App::try_new(Http::silent(), |builder| {
            noting(builder, Http::silent(), &Arc::default()).register("idp", provider)
        });
        let error = assert_code(built, "config", key).to_string();
        assert!(error.contains(&format!("client \"idp\": {key}")), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider()));
    let error = assert_code(built, "config", "no way to make an HTTP client of it").to_string();
    assert!(error.contains("client \"idp\": certificate") && error.contains("http_for"), "{error}");
    assert!(!error.contains("canary"), "{error}");
}
