//! Whose certificates are taken, and our own.

use std::sync::Arc;

use client_registry::{Error, HttpClient, Key, Provider, Registry};
use integration_reqwest::Client;
use protocol_core::HttpErrorKind;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::server::Server;
use crate::{ask, client};

type Authority = CertifiedIssuer<'static, KeyPair>;

#[tokio::test]
async fn a_private_authority_is_taken_only_where_it_is_named() {
    let (ours, others) = (authority(), authority());
    let server = Server::tls(server_config(&ours, "127.0.0.1"));
    let trusting = |pem: String| Client::builder().root_certificate_pem(pem.as_bytes());

    let both = format!("{}{}", others.pem(), ours.pem());
    for pem in [ours.pem(), both] {
        let answer = ask(&trusting(pem).build().unwrap(), &server.url("/")).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"ok"[..]));
    }
    for client in [client(), trusting(others.pem()).build().unwrap()] {
        let error = ask(&client, &server.url("/")).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Connect, "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let authority = authority();
    let server = Server::tls(server_config(&authority, "other.example"));
    let client = Client::builder().root_certificate_pem(authority.pem().as_bytes());
    let error = ask(&client.build().unwrap(), &server.url("/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Connect, "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn our_certificate_is_presented_where_it_is_asked_for() {
    let authority = authority();
    let server = Server::tls(asking_for_certificates(&authority));

    let (certificate, key) = certificate(&authority, "client.example");
    let identity = format!("{}{}", certificate.pem(), key.serialize_pem());
    let nameless = || Client::builder().root_certificate_pem(authority.pem().as_bytes());
    let named = nameless().identity_pem(identity.as_bytes()).build().unwrap();
    assert_eq!(ask(&named, &server.url("/")).await.unwrap().status(), 200);
    assert!(ask(&nameless().build().unwrap(), &server.url("/")).await.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_client_of_a_registry_shows_its_certificate_at_the_token_endpoint_and_in_api_calls() {
    let (authority, others) = (authority(), self::authority());
    let body = r#"{"access_token":"bound","token_type":"Bearer","active":true}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = Server::tls_answering(asking_for_certificates(&authority), answer);
    let provider = Provider::new()
        .client_id("client-1")
        .set(Key::AuthorizeUrl, "https://as.example/authorize")
        .set(Key::AccessTokenUrl, server.url("/token"))
        .set(Key::IntrospectionEndpoint, server.url("/introspect"))
        .set(Key::ApiBaseUrl, server.url("/api/"));
    let with = |certificate: &rcgen::Certificate, key: &KeyPair| {
        provider
            .clone()
            .set(Key::Certificate, certificate.pem())
            .set(Key::PrivateKey, key.serialize_pem())
    };
    let root = authority.pem();
    let common = Client::builder().root_certificate_pem(root.as_bytes()).build().unwrap();
    let build = |provider: Provider| {
        let root = root.clone();
        let registry = Registry::builder().http(common.clone()).http_for(move |transport| {
            let http = Client::builder().root_certificate_pem(root.as_bytes());
            Ok(Arc::new(http.transport(transport).build()?) as Arc<dyn HttpClient>)
        });
        registry.register("idp", provider).build()
    };

    let (own, key) = certificate(&authority, "client-1.example");
    let registry = build(with(&own, &key)).unwrap();
    let client = registry.client("idp").unwrap();
    let token = client.fetch_service_token().await.unwrap();
    assert!(token.access_token().ct_eq("bound"));
    assert!(client.introspect_token(token.access_token()).await.unwrap().active);
    client.for_service().get("me").await.unwrap();
    let requests = server.requests();
    let [at_token, at_introspection, at_api] = &requests[..] else { panic!("{requests:?}") };
    assert!(at_token.ends_with("\r\n\r\ngrant_type=client_credentials&client_id=client-1"));
    assert!(at_introspection.starts_with("POST /introspect "), "{at_introspection}");
    assert!(at_api.to_lowercase().contains("authorization: bearer bound"), "{at_api}");

    // Without one, or with one that the server knows nothing of: no request at all.
    let (strange, strange_key) = certificate(&others, "client-1.example");
    let secret = provider.clone().client_secret("canary");
    for provider in [secret, with(&strange, &strange_key)] {
        let registry = build(provider).unwrap();
        let error = registry.client("idp").unwrap().fetch_service_token().await.unwrap_err();
        assert!(matches!(error, Error::Http(_)), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert_eq!(server.requests().len(), 3);

    // A key that is not the certificate's is found when the application starts.
    let key_pem = strange_key.serialize_pem();
    let error = build(with(&own, &strange_key)).unwrap_err();
    assert_eq!(error.code(), "config", "{error}");
    assert!(error.to_string().contains("client \"idp\": certificate: "), "{error}");
    assert!(!format!("{error:?}").contains(key_pem.lines().nth(1).unwrap()));
    let broken = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----";
    let error = build(with(&own, &key).set(Key::Certificate, broken)).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(error.code() == "config" && !error.to_string().contains("canary"), "{error}");
}

fn asking_for_certificates(authority: &Authority) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let (certificate, key) = certificate(authority, "127.0.0.1");
    ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], private(&key))
        .unwrap()
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

fn server_config(authority: &Authority, name: &str) -> ServerConfig {
    let (certificate, key) = certificate(authority, name);
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private(&key))
        .unwrap()
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.serialize_der()).into()
}
