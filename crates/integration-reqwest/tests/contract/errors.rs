//! What failures are called, and what they do not say.

use std::error::Error;
use std::time::Duration;

use client_registry::HttpClient;
use integration_reqwest::Client;
use protocol_core::{HttpError, HttpErrorKind};

use crate::CANARY;
use crate::server::{Server, closed_port};

#[tokio::test]
async fn failures_have_their_kind_and_hold_no_query_no_header_and_no_body() {
    let broken = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\nx: {CANARY}\r\ncontent-length: 100\r\n\r\n{CANARY}")
    });
    let broken_chunk = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n{CANARY}\r\n")
    });
    let bad_chunk = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{CANARY}\r\n")
    });
    let closed = Server::start(|_, _| Ok(()));
    let garbage = Server::start(|_, to| write!(to, "{CANARY} {CANARY}\r\n\r\n"));
    let huge_head = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\nx-huge: ")?;
        to.write_all(&CANARY.as_bytes().repeat(1_000_000))
    });
    let large = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
        to.write_all(&CANARY.as_bytes().repeat(1_000_000))
    });
    let coded = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 6\r\n\r\n{CANARY}")
    });
    let silent = Server::silent();
    let no_tls = Server::start(|_, to| write!(to, "HTTP/1.1 400 No\r\n\r\n"));

    let table = [
        (HttpErrorKind::Other, broken.url("/")),
        (HttpErrorKind::Other, broken_chunk.url("/")),
        (HttpErrorKind::Other, bad_chunk.url("/")),
        (HttpErrorKind::Other, closed.url("/")),
        (HttpErrorKind::Other, garbage.url("/")),
        (HttpErrorKind::Other, huge_head.url("/")),
        (HttpErrorKind::TooLarge, large.url("/")),
        (HttpErrorKind::Other, coded.url("/")),
        (HttpErrorKind::Timeout, silent.url("/")),
        (HttpErrorKind::Connect, format!("http://127.0.0.1:{}/", closed_port())),
        (HttpErrorKind::Connect, format!("https://127.0.0.1:{}/", no_tls.port())),
        (HttpErrorKind::Connect, "https://issuer.invalid/".to_owned()),
        (HttpErrorKind::Refused, "http://issuer.invalid/".to_owned()),
    ];
    let client = Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    for (kind, url) in table {
        let request = http::Request::post(format!("{url}{CANARY}?code={CANARY}"))
            .header("authorization", format!("Bearer {CANARY}"))
            .body(format!("client_secret={CANARY}").into_bytes())
            .unwrap();
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.kind, kind, "{url}: {error}");
        let host = url.split('/').nth(2).unwrap();
        assert_eq!(error.host.as_deref(), Some(host), "{error}");
        let text = everything(&error);
        assert!(!text.contains(CANARY), "{url}: {text}");
    }
}

#[tokio::test]
async fn no_connection_in_time_is_a_failure_to_connect() {
    // It takes the connection and leaves the TLS handshake unanswered.
    let silent = Server::silent();
    let client = Client::builder().connect_timeout(Duration::from_millis(200)).build().unwrap();
    let url = format!("https://127.0.0.1:{}/", silent.port());
    let error = crate::ask(&client, &url).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Connect, "{error}");
    assert!(error.to_string().contains("no connection within 200ms"), "{error}");
}

#[tokio::test]
async fn a_failure_says_what_the_system_said() {
    let url = format!("http://127.0.0.1:{}/", closed_port());
    let error = crate::ask(&crate::client(), &url).await.unwrap_err();
    assert!(error.to_string().to_lowercase().contains("connection refused"), "{error}");
    assert!(error.source().is_some());
}

/// Display and Debug of the error and of all its sources.
fn everything(error: &HttpError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}
