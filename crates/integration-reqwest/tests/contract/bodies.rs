//! Bodies that are too large, too slow or coded.

use std::io::Write;
use std::thread;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use integration_reqwest::{Client, reqwest};
use protocol_core::HttpErrorKind;

use crate::server::{OK, Server};
use crate::{ask, client};

const MIB: usize = 1024 * 1024;

/// Short, for servers that would take forever.
fn hasty() -> Client {
    Client::builder().timeout(Duration::from_millis(300)).build().unwrap()
}

#[tokio::test]
async fn refusal_b6_a_body_over_the_cap() {
    let announced = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 10 * MIB)?;
        to.write_all(&vec![b'x'; 10 * MIB])
    });
    let chunked = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        (0..10).try_for_each(|_| chunk(to, MIB))?;
        to.write_all(b"0\r\n\r\n")
    });
    let until_closed = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
        to.write_all(&vec![b'x'; 10 * MIB])
    });
    let never_ending = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            chunk(to, 4096)?;
        }
    });
    let one_too_many = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
        to.write_all(&vec![b'x'; MIB + 1])
    });
    for (what, server) in [
        ("announced", announced),
        ("chunked", chunked),
        ("until closed", until_closed),
        ("never ending", never_ending),
        ("one too many", one_too_many),
    ] {
        let error = ask(&client(), &server.url("/jwks")).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::TooLarge, "{what}: {error}");
        assert!(error.to_string().contains("1048576 bytes"), "{error}");
    }
}

#[tokio::test]
async fn a_body_of_the_cap_is_taken_and_the_cap_can_be_set() {
    let server = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
        to.write_all(&vec![b'x'; MIB])
    });
    assert_eq!(ask(&client(), &server.url("/")).await.unwrap().body().len(), MIB);
    let small = Client::builder().max_response_bytes(MIB - 1).build().unwrap();
    let error = ask(&small, &server.url("/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::TooLarge);
    let none = Client::builder().max_response_bytes(0).build().unwrap();
    let empty = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    assert!(ask(&none, &empty.url("/")).await.is_ok());
}

#[tokio::test]
async fn refusal_b6_an_answer_over_time() {
    let silent = Server::silent();
    let dripping_body = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
        drip(to, b"x")
    });
    let dripping_head = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\nx-slow: ")?;
        drip(to, b"x")
    });
    let dripping_chunks = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        drip(to, b"1\r\nx\r\n")
    });
    let endless_hints = Server::start(|_, to| drip(to, b"HTTP/1.1 103 Early Hints\r\n\r\n"));
    for (what, server) in [
        ("silent", silent),
        ("dripping body", dripping_body),
        ("dripping head", dripping_head),
        ("dripping chunks", dripping_chunks),
        ("endless hints", endless_hints),
    ] {
        let error = ask(&hasty(), &server.url("/jwks")).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Timeout, "{what}: {error}");
        assert!(error.to_string().contains("within 300ms"), "{error}");
    }
}

#[tokio::test]
async fn refusal_b6_a_gzip_bomb_is_not_unfolded() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 20 * MIB]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < MIB);
    let eager = reqwest::Client::builder().gzip(true);
    let clients = [client(), Client::builder().reqwest(eager).build().unwrap()];
    for coding in ["gzip", "GZIP", "x-gzip", "deflate", "br", "identity, gzip"] {
        let bomb = bomb.clone();
        let server = Server::start(move |_, to| {
            write!(to, "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\n")?;
            write!(to, "content-length: {}\r\n\r\n", bomb.len())?;
            to.write_all(&bomb)
        });
        for client in &clients {
            let error = ask(client, &server.url("/jwks")).await.unwrap_err();
            assert_eq!(error.kind, HttpErrorKind::Other, "{error}");
            assert!(error.to_string().contains(&format!("got {coding:?}")), "{error}");
        }
    }
}

#[tokio::test]
async fn no_content_coding_is_asked_for_and_identity_is_read() {
    let plain = "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 2\r\n\r\nok";
    for text in [OK, plain] {
        let server = Server::answering(text);
        assert_eq!(ask(&client(), &server.url("/")).await.unwrap().body(), b"ok");
        assert!(server.requests()[0].contains("accept-encoding: identity\r\n"));
    }
}

fn chunk(to: &mut dyn Write, length: usize) -> std::io::Result<()> {
    write!(to, "{length:x}\r\n")?;
    to.write_all(&vec![b'x'; length])?;
    to.write_all(b"\r\n")
}

/// Writes a little every now and then until the client has gone.
fn drip(to: &mut dyn Write, bytes: &[u8]) -> std::io::Result<()> {
    loop {
        to.write_all(bytes)?;
        thread::sleep(Duration::from_millis(20));
    }
}
