//! Whose token an API call goes with: nobody passes a token, nobody passes a request.
#![allow(missing_docs)] // A test program has no readers of its API.

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use client_registry::{BoxFuture, HttpClient, HttpError, Token};
use http::header::AUTHORIZATION;
use http::{Request, Response};
use integration_axum::{Error, Key, OAuth, OAuthLayer, Provider, Registry, Seal};
use serde_json::{Value, json};
use tower_service::Service as _;

/// An API that says who called.
struct Api;

impl HttpClient for Api {
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        let value = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap());
        let body = json!({ "authorization": value }).to_string().into_bytes();
        Box::pin(async { Ok(Response::new(body)) })
    }
}

async fn app() -> Router {
    let registry = Registry::builder()
        .http(Api)
        .register(
            "idp",
            Provider::new()
                .client_id("id")
                .client_secret("secret")
                .set(Key::AuthorizeUrl, "https://idp.example/authorize")
                .set(Key::AccessTokenUrl, "https://idp.example/token")
                .set(Key::ApiBaseUrl, "https://api.example/"),
        )
        .build()
        .unwrap();
    let client = registry.client("idp").unwrap();
    client.save_token("alice", &Token::bearer("token-of-alice")).await.unwrap();
    client.save_token("bob", &Token::bearer("token-of-bob")).await.unwrap();
    let layer = OAuthLayer::new(registry, Seal::generate()).current_user(|parts| {
        // What a session middleware would have put into the extensions.
        parts.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
    });
    Router::new().route("/me", get(me)).route("/of/{user}", get(of)).layer(layer)
}

async fn me(oauth: OAuth) -> Result<Json<Value>, Error> {
    Ok(Json(oauth.client("idp")?.get("me").await?.json().await?))
}

async fn of(oauth: OAuth, Path(user): Path<String>) -> Result<Json<Value>, Error> {
    Ok(Json(oauth.client("idp")?.for_user(user).get("me").await?.json().await?))
}

async fn ask(path: &str, user: Option<&str>) -> (u16, String) {
    let mut request = Request::get(path);
    if let Some(user) = user {
        request = request.header("x-user", user);
    }
    let answer = app().await.call(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_call_goes_with_the_token_of_the_requests_user() {
    for user in ["alice", "bob"] {
        let (status, body) = ask("/me", Some(user)).await;
        assert_eq!(
            (status, body),
            (200, format!(r#"{{"authorization":"Bearer token-of-{user}"}}"#))
        );
    }
}

#[tokio::test]
async fn a_user_that_is_named_at_the_call_weighs_more() {
    let (status, body) = ask("/of/bob", Some("alice")).await;
    assert_eq!((status, &*body), (200, r#"{"authorization":"Bearer token-of-bob"}"#));
}

#[tokio::test]
async fn nobody_and_a_user_without_a_token_need_a_login() {
    for user in [None, Some("carol")] {
        let (status, body) = ask("/me", user).await;
        assert_eq!((status, &*body), (401, "Please sign in."));
    }
}
