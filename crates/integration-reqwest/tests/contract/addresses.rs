//! Where requests go: https, and http on loopback alone.

use protocol_core::HttpErrorKind;

use crate::server::{OK, Server};
use crate::{ask, client};

#[tokio::test]
async fn refusal_e2_http_beyond_loopback_is_refused_without_a_connection() {
    let server = Server::answering(OK);
    let port = server.port();
    for url in [
        format!("http://issuer.example:{port}/token"),
        format!("http://127.0.0.1.evil.example:{port}/"),
        format!("http://localhost.evil.example:{port}/"),
        format!("http://localhost.:{port}/"),
        format!("http://localhost@127.0.0.1:{port}/"),
        format!("http://user:canary@127.0.0.1:{port}/"),
        format!("http://localhost@evil.example:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        format!("http://[::]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://192.168.0.1:{port}/"),
        format!("https://user:canary@127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("ws://127.0.0.1:{port}/"),
        format!("127.0.0.1:{port}"),
        "/token".to_owned(),
        "*".to_owned(),
    ] {
        let error = ask(&client(), &url).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Refused, "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn http_on_loopback_is_taken() {
    let server = Server::answering(OK);
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{}/token", server.port());
        assert_eq!(ask(&client(), &url).await.unwrap().status(), 200, "{host}");
    }
    assert_eq!(server.connections(), 3);
}
