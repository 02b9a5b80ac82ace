//! Which calls carry the token, and where.

use client_registry::{Key, Provider, Token};
use oauth1_core::{Secrets, Verifier};

use crate::api::{Api, CANARY, NOW, chunks, oauth1, oauth2, registry, written};

#[tokio::test]
async fn the_token_goes_to_the_api_alone() {
    let api = Api::default();
    let settings = [
        (Key::ApiHosts, "upload.example files.example:8443"),
        (Key::UserinfoEndpoint, "https://profile.example/me"),
    ];
    let table = [
        ("items", true),
        ("/items", true),
        ("https://api.example/else", true),
        ("https://upload.example/items", true),
        ("https://files.example:8443/", true),
        ("https://profile.example/me", true),
        ("https://evil.example/", false),
        ("//evil.example/", false),
        ("\\\\evil.example/", false),
        ("https://api.example:8443/", false),
        ("https://files.example/", false),
        ("https://sub.upload.example/", false),
        ("https://upload.example.evil.example/", false),
        ("http://127.0.0.1/", false),
    ];
    for (client, token) in [oauth2(&api, &settings), oauth1(&api, &settings)] {
        for (url, goes) in table {
            client.get(url).token(&token).await.unwrap();
            let request = api.requests().pop().unwrap();
            assert_eq!(written(&request).contains(CANARY), goes, "{url}: {request:?}");
            client.get(url).token(&token).withhold_token().await.unwrap();
            let request = api.requests().pop().unwrap();
            assert!(!request.headers().contains_key("authorization"), "{url}");
        }
    }
}

#[tokio::test]
async fn a_call_of_strangers_needs_no_token_and_one_of_the_api_does() {
    let api = Api::default();
    let (client, _) = oauth2(&api, &[]);
    assert_eq!(client.get("https://news.example/").await.unwrap().status(), 200);
    assert_eq!(client.get("items").withhold_token().await.unwrap().status(), 200);
    assert_eq!(api.requests().len(), 2);
    assert!(client.get("items").await.unwrap_err().needs_login());
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn addresses_beyond_https_and_loopback_are_not_called() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    for url in ["http://api.example/", "http://localhost@evil.example/", "ftp://x/", "https://"] {
        let error = client.get(url).token(&token).await.unwrap_err();
        assert_eq!(error.code(), "config", "{url}: {error}");
    }
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn the_token_goes_where_the_settings_say() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    client.post("items").form([("a", "1")]).token(&token).await.unwrap();
    let request = api.requests().pop().unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer canary-token");
    assert_eq!((request.uri().query(), &request.body()[..]), (None, &b"a=1"[..]));

    let (client, token) = oauth2(&api, &[(Key::TokenPlacement, "body")]);
    client.post("items").form([("a", "1")]).token(&token).await.unwrap();
    let request = api.requests().pop().unwrap();
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(request.body(), b"a=1&access_token=canary-token");
    for call in [client.get("items"), client.post("items"), client.post("items").json(&1)] {
        let error = call.token(&token).await.unwrap_err();
        assert!(error.to_string().contains("token_placement"), "{error}");
    }
    assert_eq!(api.requests().len(), 0);

    let (client, token) = oauth2(&api, &[(Key::TokenPlacement, "danger_query")]);
    let answer = client.get("items").query([("a", "1")]).token(&token).await.unwrap();
    assert_eq!(answer.url().as_str(), "https://api.example/v1/items?a=1");
    let request = api.requests().pop().unwrap();
    assert_eq!(request.uri().query(), Some("a=1&access_token=canary-token"));
    assert!(!request.headers().contains_key("authorization"));
}

#[tokio::test]
async fn oauth_1_signs_forms_and_lets_other_bodies_be() {
    let api = Api::default();
    for place in ["header", "query", "body"] {
        let (client, token) = oauth1(&api, &[(Key::SignatureType, place)]);
        let call = client.post("items").query([("q", "a b+c")]).form([("f", "x&y"), ("f", "")]);
        call.token(&token).await.unwrap();
        let request = api.requests().pop().unwrap();
        let secrets = Secrets::of_client("canary-consumer").with_token("canary-secret");
        let verified =
            Verifier::new().verify_request(&request, NOW, |_| Ok(Some(secrets)), |_| true);
        let verified = verified.unwrap();
        let parameters: Vec<_> = verified.parameters().iter().map(|(n, v)| (&**n, &**v)).collect();
        for pair in [("q", "a b+c"), ("f", "x&y"), ("f", "")] {
            assert!(parameters.contains(&pair), "{place}: {pair:?} in {parameters:?}");
        }
    }
    let (client, token) = oauth1(&api, &[]);
    client.post("items").json(&[1, 2]).token(&token).await.unwrap();
    let request = api.requests().pop().unwrap();
    assert_eq!(request.body(), b"[1,2]");
    assert!(written(&request).contains("oauth_signature"));
}

#[tokio::test]
async fn a_token_of_the_other_protocol_is_refused_before_anything_is_sent() {
    let api = Api::default();
    let (two, _) = oauth2(&api, &[]);
    let (one, _) = oauth1(&api, &[]);
    assert_eq!(two.get("x").token(&Token::oauth1("t", "s")).await.unwrap_err().code(), "config");
    assert_eq!(one.get("x").token(&Token::bearer("t")).await.unwrap_err().code(), "config");
    assert_eq!(api.requests().len(), 0);
}

#[test]
fn a_mistake_in_the_settings_names_the_key() {
    let table = [
        (Key::ApiHosts, "https://upload.example", "host:port"),
        (Key::ApiHosts, "*.example", "host:port"),
        (Key::TokenPlacement, "query", "danger_query"),
        (Key::TokenPlacement, "uri", "header, body"),
    ];
    for (key, value, says) in table {
        let provider = Provider::new()
            .set(Key::AuthorizeUrl, "https://idp.example/authorize")
            .set(Key::AccessTokenUrl, "https://idp.example/token");
        let error = registry(Api::default(), provider, &[(key, value)]).unwrap_err().to_string();
        assert!(error.contains(key.name()) && error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_kept_token_that_the_api_refuses_is_refreshed_and_the_call_made_once_more() {
    let api = Api::default();
    let (client, _) = oauth2(&api, &[]);
    let token = r#"{"access_token": "older", "token_type": "bearer", "refresh_token": "r"}"#;
    client.save_token("ann", &Token::from_exposed_json(token).unwrap()).await.unwrap();
    for told in [200, 401] {
        client.save_token("ann", &Token::from_exposed_json(token).unwrap()).await.unwrap();
        api.next(401, &[], "");
        api.next(told, &[], "");
        let call = client.for_user("ann").post("items").body("again", "text/plain");
        assert_eq!(call.await.unwrap().status(), told);
        let requests = api.requests();
        let tokens: Vec<_> = requests.iter().map(|r| &r.headers()["authorization"]).collect();
        assert_eq!(tokens, ["Bearer older", "Bearer newer"]);
        assert!(requests.iter().all(|request| request.body() == b"again"));
    }
    // Nothing to refresh it by.
    client.save_token("bob", &Token::bearer("t")).await.unwrap();
    api.next(401, &[], "");
    let error = client.for_user("bob").get("items").await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_the_answer_where_another_token_would_not_help() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    client.save_token("ann", &token).await.unwrap();
    let client = client.for_user("ann");
    api.next(401, &[], "");
    assert_eq!(client.get("items").token(&token).await.unwrap().status(), 401);

    api.next(401, &[], "");
    let gone = client.post("items").body(chunks(["x"]), "text/plain");
    assert_eq!(gone.await.unwrap().status(), 401);

    api.moves(302, "https://evil.example/");
    api.next(401, &[], "");
    assert_eq!(client.get("items").await.unwrap().status(), 401);
    assert_eq!(api.requests().len(), 4);
}
