//! Redirects of API calls: how far they are followed, and what goes along.

use std::collections::HashSet;

use client_registry::{Client, Key, Token};
use http::{Method, Request};
use oauth1_core::{Secrets, Verifier};
use protocol_core::ReplayKey;

use crate::api::{Api, CANARY, NOW, chunks, oauth1, oauth2, written};

/// Clients of every protocol and every place that a token can go to.
fn clients(api: &Api) -> Vec<(&'static str, (Client, Token))> {
    vec![
        ("OAuth 2.0, header", oauth2(api, &[])),
        ("OAuth 2.0, body", oauth2(api, &[(Key::TokenPlacement, "body")])),
        ("OAuth 2.0, query", oauth2(api, &[(Key::TokenPlacement, "danger_query")])),
        ("OAuth 1.0, header", oauth1(api, &[])),
        ("OAuth 1.0, query", oauth1(api, &[(Key::SignatureType, "query")])),
        ("OAuth 1.0, body", oauth1(api, &[(Key::SignatureType, "body")])),
        ("OAuth 1.0, PLAINTEXT", oauth1(api, &[(Key::SignatureMethod, "PLAINTEXT")])),
    ]
}

/// Whether the API would take it: the token is there, or the signature holds for this very request.
fn is_authorised(request: &Request<Vec<u8>>, nonces: &mut HashSet<String>) -> bool {
    if !written(request).contains("oauth_") {
        return written(request).matches("canary-token").count() == 1;
    }
    let secrets = Secrets::of_client("canary-consumer").with_token("canary-secret");
    let is_new = |key: &ReplayKey| nonces.insert(key.value.clone());
    let verifier = Verifier::new().allow_plaintext();
    verifier.verify_request(request, NOW, |_| Ok(Some(secrets)), is_new).is_ok()
}

fn tells_nothing(request: &Request<Vec<u8>>) -> bool {
    let text = written(request).to_lowercase();
    ![CANARY, "oauth_", "access_token", "authorization", "cookie"]
        .iter()
        .any(|it| text.contains(it))
}

#[tokio::test]
async fn refusal_e1_api_calls_are_signed_anew_on_the_same_origin() {
    let api = Api::default();
    for (what, (client, token)) in clients(&api) {
        for status in [301, 302, 307, 308] {
            let mut nonces = HashSet::new();
            api.moves(status, "/v2/items?page=2#top");
            api.moves(status, "https://API.example:443/v3");
            let call = client.put("items").query([("q", "a b")]).form([("n", "1")]).token(&token);
            let answer = call.await.unwrap();
            assert_eq!((answer.status(), answer.url().path()), (200, "/v3"), "{what}");

            let requests = api.requests();
            let paths: Vec<_> = requests.iter().map(|request| request.uri().path()).collect();
            assert_eq!(paths, ["/v1/items", "/v2/items", "/v3"], "{what}, {status}");
            for request in &requests {
                assert_eq!(request.method(), Method::PUT);
                assert!(String::from_utf8_lossy(request.body()).starts_with("n=1"), "{what}");
                assert!(is_authorised(request, &mut nonces), "{what}, {status}: {request:?}");
            }
        }
    }
}

#[tokio::test]
async fn refusal_e1_api_calls_go_to_another_origin_without_the_token() {
    let api = Api::default();
    for (what, (client, token)) in clients(&api) {
        for status in [301, 302, 303, 307, 308] {
            for elsewhere in [
                "https://evil.example/x",
                "//evil.example/x",
                "https://api.example:8443/x",
                "https://sub.api.example/x",
                "https://api.example.evil.example/x",
                "https://api.example./x",
                // A server that sends back what it got.
                "https://evil.example/x?access_token=canary-token&oauth_token=canary-token\
                 &oauth_signature=canary-consumer%26canary-secret&y=1",
            ] {
                let echoes_others = elsewhere.contains('?') && !what.contains("query");
                if echoes_others {
                    continue;
                }
                api.moves(status, elsewhere);
                api.moves(status, "https://evil.example/y");
                // Back again: whoever was elsewhere meanwhile gets no signature for it.
                api.moves(status, "https://api.example/v1/delete-all");
                let call = client.put("items").form([("n", "1")]).token(&token);
                let call = call.header("cookie", "sid=canary").header("x-api-key", CANARY);
                let answer = call.header("accept", "text/csv").await.unwrap();
                assert_eq!(answer.url().path(), "/v1/delete-all", "{what}");

                let requests = api.requests();
                assert_eq!(requests.len(), 4, "{what}, {status}");
                assert!(is_authorised(&requests[0], &mut HashSet::new()), "{what}");
                for request in &requests[1..] {
                    let text = written(request);
                    let strips = match what {
                        "OAuth 2.0, query" => !text.contains("access_token"),
                        "OAuth 1.0, query" => !text.contains("oauth_"),
                        _ => tells_nothing(request),
                    };
                    assert!(strips, "{what}, {status}, {elsewhere}: {text}");
                    assert!(!text.contains("sid=") && !text.contains("x-api-key"), "{text}");
                    assert_eq!(request.headers()["accept"], "text/csv");
                }
            }
        }
    }
}

#[tokio::test]
async fn refusal_e1_api_calls_follow_no_redirect_that_leads_nowhere_good() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    let table = [
        (Some("http://api.example/v1/items"), "https turned into http"),
        (Some("http://127.0.0.1/"), "https turned into http"),
        (Some("ftp://api.example/"), "https turned into ftp"),
        (Some("javascript:alert(1)"), "https turned into javascript"),
        (Some("https://user:pass@api.example/"), "no user information"),
        (Some("https://"), "empty host"),
        (None, "none"),
    ];
    for status in [301, 302, 303, 307, 308] {
        for (location, says) in &table {
            let headers: Vec<_> = location.iter().map(|url| ("location", *url)).collect();
            api.next(status, &headers, "");
            let error = client.get("items").token(&token).await.unwrap_err();
            assert_eq!(error.code(), "redirect", "{location:?}");
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(api.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn refusal_e1_api_calls_end_in_a_loop_of_redirects() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    for status in [301, 302, 303, 307, 308] {
        (0..10).for_each(|_| api.moves(status, "https://api.example/v1/items"));
        let error = client.get("items").token(&token).await.unwrap_err();
        assert_eq!(error.code(), "too_many_redirects");
        assert_eq!(api.requests().len(), 6);
        while client.get("items").token(&token).await.is_err() {}
        api.requests();
    }
}

#[tokio::test]
async fn a_redirect_changes_the_method_where_rfc_9110_says_so() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    let (get, post, put, head) = (Method::GET, Method::POST, Method::PUT, Method::HEAD);
    for (status, method, becomes) in [
        (301, &post, &get),
        (302, &post, &get),
        (303, &post, &get),
        (303, &put, &get),
        (303, &head, &head),
        (301, &put, &put),
        (302, &put, &put),
        (307, &post, &post),
        (308, &post, &post),
    ] {
        api.moves(status, "/elsewhere");
        client.request(method.clone(), "items").json(&1).token(&token).await.unwrap();
        let second = api.requests().pop().unwrap();
        assert_eq!(second.method(), becomes, "{status} {method}");
        let keeps_body = becomes == method;
        assert_eq!(second.body().is_empty(), !keeps_body, "{status} {method}");
        assert_eq!(second.headers().contains_key("content-type"), keeps_body);
    }
}

#[tokio::test]
async fn a_stream_is_not_sent_again_and_the_error_says_so() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    for status in [307, 308] {
        api.moves(status, "/v2/canary");
        let call = client.post("items").body(chunks(["once"]), "text/plain").token(&token);
        let error = call.await.unwrap_err().to_string();
        assert!(error.contains(&status.to_string()) && error.contains("stream"), "{error}");
        assert!(error.contains("https://api.example") && !error.contains(CANARY), "{error}");
        assert_eq!(api.requests().len(), 1);
    }
    api.moves(303, "/v2/items");
    let call = client.post("items").body(chunks(["once"]), "text/plain").token(&token);
    assert_eq!(call.await.unwrap().status(), 200);
}

#[tokio::test]
async fn hosts_allowed_by_name_are_the_api_and_redirects_between_them_are_signed() {
    let api = Api::default();
    let hosts = [(Key::ApiHosts, "upload.example")];
    for (client, token) in [oauth2(&api, &hosts), oauth1(&api, &hosts)] {
        api.moves(307, "https://upload.example/items");
        client
            .put("items")
            .header("x-api-key", "k")
            .form([("n", "1")])
            .token(&token)
            .await
            .unwrap();
        let (mut nonces, requests) = (HashSet::new(), api.requests());
        assert_eq!(requests[1].uri(), "https://upload.example/items");
        assert!(requests.iter().all(|request| is_authorised(request, &mut nonces)));
        assert_eq!(requests[1].headers()["x-api-key"], "k");
    }
}
