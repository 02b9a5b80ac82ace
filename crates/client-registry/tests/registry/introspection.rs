//! Tokens looked up at the server (RFC 7662).

use client_registry::{AccessToken, Introspection, Key, Provider, RefreshToken};
use protocol_core::base64url;
use serde_json::json;

use crate::common::{App, CLIENT, Http, ISSUER, Idp, SECRET, answer, assert_code, json_answer};

fn at(path: &str) -> String {
    format!("{ISSUER}{path}")
}

#[tokio::test]
async fn a_token_is_looked_up_where_the_metadata_or_the_key_say() {
    let by_key = Idp::provider().set(Key::IntrospectionEndpoint, at("/introspect"));
    // Nothing else of such a client needs metadata.
    let addresses = Provider::new()
        .issuer(ISSUER)
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::AuthorizeUrl, at("/authorize"))
        .set(Key::AccessTokenUrl, at("/token"));
    for (of_metadata, provider) in [(true, Idp::provider()), (true, addresses), (false, by_key)] {
        let idp = Idp::new();
        if of_metadata {
            idp.metadata(json!({"introspection_endpoint": at("/introspect")}));
        }
        idp.answer("/introspect", |seen| {
            json_answer(match seen.form("token").as_deref() {
                Some("good") => json!({"active": true, "sub": "u1", "aud": ["api"], "acr": "gold"}),
                _ => json!({"active": false, "sub": "canary"}),
            })
        });
        let app = App::of(&idp, provider);
        let client = app.registry.client("idp").unwrap();
        let known = client.introspect_token(&AccessToken::new("good")).await.unwrap();
        assert!(known.active && known.aud == ["api"]);
        assert_eq!(known.sub.as_deref(), Some("u1"));
        assert_eq!(known.get::<String>("acr").unwrap().as_deref(), Some("gold"));
        let seen = app.last_request_to("/introspect");
        assert_eq!(seen.body, "token=good&token_type_hint=access_token");
        let basic = base64url::encode_standard(format!("{CLIENT}:{SECRET}"));
        assert_eq!(seen.header("authorization"), Some(&*format!("Basic {basic}")));

        let other = client.introspect_token(&RefreshToken::new("gone")).await.unwrap();
        assert!(!other.active && other.sub.is_none());
        let asked = Introspection::access_token(&AccessToken::new("good")).param("resource", "r");
        client.introspect_token(asked.unwrap()).await.unwrap();
        let body = "token=good&token_type_hint=access_token&resource=r";
        assert_eq!(app.last_request_to("/introspect").body, body);
    }
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_error_names_the_key() {
    let idp = Idp::new();
    let client = App::of(&idp, Idp::provider()).registry.client("idp").unwrap();
    let token = AccessToken::new("canary");
    let error = assert_code(client.introspect_token(&token).await, "config", "no endpoint");
    assert!(error.to_string().contains("introspection_endpoint"), "{error}");

    let one = Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access");
    let app = App::new(Http::silent(), |builder| builder.register("one", one));
    let outcome = app.registry.client("one").unwrap().introspect_token(&token).await;
    assert_code(outcome, "config", "OAuth 1.0");
}

#[tokio::test]
async fn an_answer_that_does_not_say_whether_the_token_is_active_is_an_error() {
    let table = [
        (200, r#"{"sub":"canary"}"#, "active_missing"),
        (200, r#"{"active":"true"}"#, "type"),
        (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
        (503, "", "http_status_retryable"),
    ];
    for (status, body, code) in table {
        let idp = Idp::new();
        idp.answer("/introspect", move |_| answer(status, "application/json", body));
        let provider = Idp::provider().set(Key::IntrospectionEndpoint, at("/introspect"));
        let client = App::of(&idp, provider).registry.client("idp").unwrap();
        let outcome = client.introspect_token(&AccessToken::new("canary")).await;
        let error = assert_code(outcome, code, body);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
