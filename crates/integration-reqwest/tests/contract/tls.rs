//! Whose certificates are taken, and our own.

use std::sync::Arc;

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
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let (certificate, key) = certificate(&authority, "127.0.0.1");
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], private(&key))
        .unwrap();
    let server = Server::tls(config);

    let (certificate, key) = self::certificate(&authority, "client.example");
    let identity = format!("{}{}", certificate.pem(), key.serialize_pem());
    let nameless = || Client::builder().root_certificate_pem(authority.pem().as_bytes());
    let named = nameless().identity_pem(identity.as_bytes()).build().unwrap();
    assert_eq!(ask(&named, &server.url("/")).await.unwrap().status(), 200);
    assert!(ask(&nameless().build().unwrap(), &server.url("/")).await.is_err());
    assert_eq!(server.requests().len(), 1);
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
