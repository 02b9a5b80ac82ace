//! A proxy only by configuration.

use std::process::Command;

use integration_reqwest::{Client, reqwest};
use protocol_core::HttpErrorKind;

use crate::ask;
use crate::server::{OK, Server, closed_port};

const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Set for a run of this test inside itself, where the environment names a proxy.
const TARGET: &str = "CONTRACT_TEST_TARGET";

#[test]
fn a_proxy_in_the_environment_is_ignored() {
    if let Ok(target) = std::env::var(TARGET) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(in_an_environment_with_a_proxy(&target));
    }
    let proxy = Server::answering("HTTP/1.1 203 By Proxy\r\ncontent-length: 0\r\n\r\n");
    let target = Server::answering(OK);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "proxies::a_proxy_in_the_environment_is_ignored"]);
    again.env(TARGET, target.url("/")).env_remove("NO_PROXY").env_remove("no_proxy");
    again.env_remove("REQUEST_METHOD");
    for variable in VARIABLES {
        again.env(variable, proxy.url("/"));
    }
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(target.connections(), 2, "our two requests");
    assert_eq!(proxy.connections(), 1, "plain reqwest's one");
}

async fn in_an_environment_with_a_proxy(target: &str) {
    let plain = reqwest::get(target).await.unwrap();
    assert_eq!(plain.status(), 203, "the environment's proxy is one that reqwest would use");

    let based = Client::builder().reqwest(reqwest::Client::builder()).build().unwrap();
    for client in [crate::client(), based] {
        assert_eq!(ask(&client, target).await.unwrap().status(), 200);
        let https = format!("https://127.0.0.1:{}/", closed_port());
        assert_eq!(ask(&client, &https).await.unwrap_err().kind, HttpErrorKind::Connect);
    }
}

#[tokio::test]
async fn a_configured_proxy_is_asked_for_a_tunnel_and_gets_none_of_the_request() {
    let proxy = Server::start(|_, to| write!(to, "HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n"));
    let url = format!("http://user:canary@127.0.0.1:{}", proxy.port());
    let client = Client::builder().proxy(&url).build().unwrap();
    let error = ask(&client, "https://issuer.example/token?code=canary").await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Connect, "{error}");
    assert!(!format!("{error} {error:?} {client:?}").contains("canary"), "{error:?}");

    let [request] = &proxy.requests()[..] else { panic!("one request") };
    assert!(request.starts_with("CONNECT issuer.example:443 HTTP/1.1\r\n"), "{request}");
    assert!(request.to_lowercase().contains("proxy-authorization: basic "), "{request}");
    assert!(!request.contains("/token") && !request.contains("canary"), "{request}");
}

#[tokio::test]
async fn loopback_is_asked_without_the_proxy() {
    let proxy = Server::answering(OK);
    let target = Server::answering(OK);
    let client = Client::builder().proxy(&proxy.url("/")).build().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/", target.port());
        assert_eq!(ask(&client, &url).await.unwrap().status(), 200);
    }
    assert_eq!((proxy.connections(), target.connections()), (0, 2));
}

#[tokio::test]
async fn a_client_of_a_registry_with_a_proxy_of_its_own_goes_through_it() {
    let proxy = Server::start(|_, to| write!(to, "HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n"));
    let provider = client_registry::Provider::new()
        .client_id("id")
        .client_secret("secret")
        .issuer("https://issuer.example")
        .scope("openid")
        .set(client_registry::Key::Proxy, format!("http://127.0.0.1:{}", proxy.port()));
    let registry = client_registry::Registry::builder()
        .http(crate::client())
        .http_for(Client::for_transport)
        .register("idp", provider)
        .build()
        .unwrap();
    let client = registry.client("idp").unwrap();
    let options = client_registry::LoginOptions::new();
    let begun = client.create_authorization_url("https://app.example/cb", &options).await;
    assert_eq!(begun.unwrap_err().code(), "http_connect");
    let [request] = &proxy.requests()[..] else { panic!("one request") };
    assert!(request.starts_with("CONNECT issuer.example:443 HTTP/1.1\r\n"), "{request}");
}
