//! Bodies of API calls, to and from a server that is really there.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::task::{Context, Poll};
use std::thread;

use client_registry::{
    Body, BoxFuture, Client, HttpClient, HttpError, HttpErrorKind, Key, Provider, Token,
};
use http::{Request, Response};

use crate::api::{Api, chunks, oauth1, oauth2, registry};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_answer_is_read_in_the_way_that_fits() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    let get = || client.get("items").token(&token).into_future();

    api.next(200, &[("x-total", "2")], chunks(["[1,", "2]"]));
    let answer = get().await.unwrap();
    assert_eq!((answer.status(), &answer.headers()["x-total"]), (200, &"2".parse().unwrap()));
    assert_eq!(answer.url().as_str(), "https://api.example/v1/items");
    assert_eq!(answer.json::<Vec<u8>>().await.unwrap(), [1, 2]);

    api.next(200, &[], chunks(["a", "b"]));
    let mut answer = get().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "a");
    assert_eq!(answer.bytes().await.unwrap(), "b");

    api.next(200, &[], "gr\u{fc}n");
    assert_eq!(get().await.unwrap().text().await.unwrap(), "gr\u{fc}n");
    api.next(200, &[], vec![b'a', 0xff]);
    assert_eq!(get().await.unwrap().text().await.unwrap_err().code(), "not_utf8");
    api.next(200, &[], "canary");
    let error = get().await.unwrap().json::<Vec<u8>>().await.unwrap_err();
    assert!(error.code() == "not_json" && !error.to_string().contains("canary"), "{error}");

    for (status, code) in
        [(404, "http_status"), (429, "http_status_retryable"), (503, "http_status_retryable")]
    {
        api.next(status, &[], "[1]");
        assert_eq!(get().await.unwrap().json::<Vec<u8>>().await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn a_limit_holds_where_it_is_set() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    for (limit, fits) in [(4, true), (3, false)] {
        for body in [chunks(["12", "34"]), Body::from("1234")] {
            api.next(200, &[], body);
            let answer = client.get("items").token(&token).await.unwrap().up_to(limit);
            match answer.json::<u32>().await {
                Ok(number) => assert!(fits && number == 1234),
                Err(error) => assert!(!fits && error.code() == "http_too_large", "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_client_of_one_method_serves_with_whole_bodies() {
    struct Whole;
    impl HttpClient for Whole {
        fn send(
            &self,
            request: Request<Vec<u8>>,
        ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
            Box::pin(async move { Ok(Response::new(request.into_body())) })
        }
    }
    let client = over(Whole, "https://api.example");
    let call = client.put("echo").body(chunks(["a", "b", "c"]), "text/plain");
    let answer = call.token(&Token::bearer("t")).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "abc");
}

#[tokio::test]
async fn a_form_that_streams_cannot_be_signed() {
    let form = "application/x-www-form-urlencoded";
    let api = Api::default();
    for (place, media_type, goes) in [
        ("header", "text/csv", true),
        ("query", "text/csv", true),
        ("header", form, false),
        ("query", form, false),
        ("body", form, false),
        ("body", "text/csv", false),
    ] {
        let (client, token) = oauth1(&api, &[(Key::SignatureType, place)]);
        let call = client.put("items").body(chunks(["a=", "1"]), media_type).token(&token);
        match call.await {
            Ok(_) => assert!(goes && api.requests().pop().unwrap().body() == b"a=1"),
            Err(error) => assert!(!goes && error.code() == "config", "{error}"),
        }
    }
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn an_upload_and_a_download_stream_over_a_real_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        // What comes in goes out, doubled, before the next comes in.
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 128 * MIB).unwrap();
        let mut piece = vec![0; MIB];
        for _ in 0..64 {
            stream.read_exact(&mut piece).unwrap();
            stream.write_all(&piece).unwrap();
            stream.write_all(&piece).unwrap();
        }
        String::from_utf8(head).unwrap()
    });
    let client = over(integration_reqwest::Client::new().unwrap(), &base);
    let piece = "x".repeat(MIB);
    let mut left = 64;
    let body = Body::from_chunks(move |_: &mut Context<'_>| {
        let more = left > 0;
        left -= usize::from(more);
        Poll::Ready(more.then(|| Ok(piece.clone().into())))
    });
    let call = client.post("echo").body(body.with_length(64 * MIB as u64), "text/plain");
    let mut answer = call.token(&Token::bearer("t")).await.unwrap();
    let (mut count, mut length) = (0, 0);
    while let Some(chunk) = answer.chunk().await.unwrap() {
        (count, length) = (count + 1, length + chunk.len());
    }
    assert_eq!(length, 128 * MIB);
    assert!(count >= 128, "{count} chunks");
    let head = server.join().unwrap();
    assert!(head.starts_with("POST /echo HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer t\r\n") && head.contains("text/plain"), "{head}");
}

#[tokio::test]
async fn a_broken_answer_is_an_error_of_the_network() {
    let api = Api::default();
    let (client, token) = oauth2(&api, &[]);
    let broken = || {
        let mut chunks =
            [Ok("1".into()), Err(HttpError::new(HttpErrorKind::Other, "cut"))].into_iter();
        Body::from_chunks(move |_: &mut Context<'_>| Poll::Ready(chunks.next()))
    };
    api.next(200, &[], broken());
    let error = client.get("items").token(&token).await.unwrap().json::<u8>().await.unwrap_err();
    assert_eq!(error.code(), "http_other");
    api.next(200, &[], broken());
    assert!(client.get("items").token(&token).await.unwrap().bytes().await.is_err());
}

/// A client of OAuth 2.0 of the API at `base`.
fn over(http: impl HttpClient, base: &str) -> Client {
    let provider = Provider::new()
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token");
    registry(http, provider, &[(Key::ApiBaseUrl, base)]).unwrap().client("api").unwrap()
}
