//! What is asked arrives as it was written, and the answer comes back whole.

use client_registry::HttpClient;
use integration_reqwest::Client;

use crate::server::{OK, Server};
use crate::{ask, client};

#[tokio::test]
async fn a_request_arrives_as_it_was_written() {
    let server = Server::answering(OK);
    let request = http::Request::post(server.url("/token?tenant=a%20b&x='"))
        .header("authorization", "Basic YTpi")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .body(b"grant_type=client_credentials".to_vec())
        .unwrap();
    client().send(request).await.unwrap();

    let [request] = &server.requests()[..] else { panic!("one request") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /token?tenant=a%20b&x=%27 HTTP/1.1"));
    for line in [
        "authorization: Basic YTpi",
        "content-type: application/x-www-form-urlencoded",
        "content-length: 29",
        "x-twice: 1",
        "x-twice: 2",
    ] {
        assert!(head.lines().any(|l| l == line), "{line:?} in {head}");
    }
    assert_eq!(body, "grant_type=client_credentials");
}

#[tokio::test]
async fn the_answer_comes_back_whole() {
    let server = Server::answering(
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: DPoP\r\nwww-authenticate: Bearer\r\n\
         dpop-nonce: n\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    let answer = ask(&client(), &server.url("/")).await.unwrap();
    assert_eq!(answer.status(), 401);
    let challenges: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["DPoP", "Bearer"]);
    assert_eq!(answer.headers()["dpop-nonce"], "n");
    assert_eq!(answer.body(), b"abcde");
}

#[tokio::test]
async fn an_error_page_is_an_answer() {
    for status in [400, 404, 500, 503] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} No\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>"
        ));
        let answer = ask(&client(), &server.url("/")).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (status, &b"<p>"[..]));
    }
}

#[tokio::test]
async fn an_empty_form_says_that_it_is_empty() {
    let server = Server::answering(OK);
    for method in ["POST", "PUT", "PATCH", "GET", "DELETE"] {
        let request = http::Request::builder().method(method).uri(server.url("/"));
        client().send(request.body(Vec::new()).unwrap()).await.unwrap();
    }
    for request in server.requests() {
        let says = request.contains("content-length: 0\r\n");
        assert_eq!(says, request.starts_with('P'), "{request}");
    }
}

#[tokio::test]
async fn the_user_agent_is_ours_the_settings_or_the_requests_own() {
    let server = Server::answering(OK);
    let named = Client::builder().user_agent("my-app/1.0").build().unwrap();
    ask(&client(), &server.url("/")).await.unwrap();
    ask(&named, &server.url("/")).await.unwrap();
    let own = http::Request::get(server.url("/")).header("user-agent", "own/2");
    named.send(own.body(Vec::new()).unwrap()).await.unwrap();

    let agents: Vec<_> = server
        .requests()
        .iter()
        .map(|request| {
            let agent = request.lines().find_map(|line| line.strip_prefix("user-agent: "));
            agent.unwrap().to_owned()
        })
        .collect();
    let ours = concat!("integration-reqwest/", env!("CARGO_PKG_VERSION"));
    assert_eq!(agents, [ours, "my-app/1.0", "own/2"]);
}

#[test]
fn connections_are_kept_and_outlive_no_runtime() {
    let server = Server::keeping_connections();
    let client = client();
    for runtime in 1..=3 {
        let on = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for _ in 0..2 {
            assert_eq!(on.block_on(ask(&client, &server.url("/"))).unwrap().status(), 200);
        }
        assert_eq!(server.connections(), runtime);
    }
}
