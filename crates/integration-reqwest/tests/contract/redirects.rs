//! A redirect is an answer like any other.

use client_registry::HttpClient;
use integration_reqwest::{Client, reqwest};

use crate::client;
use crate::server::{OK, Server};

#[tokio::test]
async fn refusal_e1_redirects_are_not_followed() {
    let second = Server::answering(OK);
    let eager = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let clients = [client(), Client::builder().reqwest(eager).build().unwrap()];
    for status in [300, 301, 302, 303, 307, 308] {
        for location in [second.url("/elsewhere"), "/same-origin".to_owned()] {
            for method in ["GET", "POST"] {
                for client in &clients {
                    let first = Server::answering(format!(
                        "HTTP/1.1 {status} Go\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
                    ));
                    let request = http::Request::builder()
                        .method(method)
                        .uri(first.url("/token"))
                        .header("authorization", "Bearer t")
                        .body(b"code=c".to_vec());
                    let answer = client.send(request.unwrap()).await.unwrap();
                    assert_eq!(answer.status().as_u16(), status);
                    assert_eq!(answer.headers()["location"], location);
                    assert_eq!(first.connections(), 1, "{status} {location} {method}");
                }
            }
        }
    }
    assert_eq!(second.connections(), 0);
}
