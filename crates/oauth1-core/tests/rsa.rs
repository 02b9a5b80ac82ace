//! The RSA methods, with keys in each encoding; `tests/data/rsa` was made by OpenSSL's command.
#![cfg(any(feature = "openssl", feature = "rsa"))]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{NOW, client};
use http::Request;
use oauth1_core::{RsaPrivateKey, RsaPublicKey, Secrets, Signer, Verifier};

const PRIVATE: [&str; 2] = [include_str!("data/rsa/pkcs1.pem"), include_str!("data/rsa/pkcs8.pem")];
const PUBLIC: [&str; 2] =
    [include_str!("data/rsa/spki.pem"), include_str!("data/rsa/public_pkcs1.pem")];

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    STANDARD.decode(body).unwrap()
}

#[test]
fn keys_are_read_from_pkcs1_and_pkcs8_as_pem_and_der_and_sign_as_openssl_does() {
    for pem in PRIVATE {
        let keys = [
            RsaPrivateKey::from_pem(pem).unwrap(),
            RsaPrivateKey::from_pem(&format!("\n{}", pem.replace('\n', "\r\n"))).unwrap(),
            RsaPrivateKey::from_der(&der(pem)).unwrap(),
        ];
        for key in keys {
            for (signer, expected) in [
                (Signer::rsa_sha1("key", key.clone()), include_str!("data/rsa/sha1.sig")),
                (Signer::rsa_sha256("key", key.clone()), include_str!("data/rsa/sha256.sig")),
                (Signer::rsa_sha512("key", key.clone()), include_str!("data/rsa/sha512.sig")),
            ] {
                assert_eq!(signer.signature("GET&x&y").unwrap(), expected);
            }
        }
    }
}

#[test]
fn what_is_signed_verifies_by_the_public_key_alone() {
    let key = RsaPrivateKey::from_pem(PRIVATE[0]).unwrap();
    let public = [
        RsaPublicKey::from_pem(PUBLIC[0]).unwrap(),
        RsaPublicKey::from_pem(PUBLIC[1]).unwrap(),
        RsaPublicKey::from_der(&der(PUBLIC[0])).unwrap(),
        RsaPublicKey::from_der(&der(PUBLIC[1])).unwrap(),
        key.public_key().unwrap(),
    ];
    let verifier = Verifier::new().allow_rsa();
    for name in ["RSA-SHA1", "RSA-SHA256", "RSA-SHA512"] {
        let signer = Signer::by_name(name, client(), Some(key.clone())).unwrap();
        let mut request = Request::get("https://h.example/p?a=1").body("").unwrap();
        signer.sign(&mut request, NOW).unwrap();
        assert_eq!(Verifier::new().parse(&request).unwrap_err().code(), "unsupported");
        let signed = verifier.parse(&request).unwrap();
        assert_eq!(signed.signature_method(), name);
        for key in &public {
            let secrets = Secrets::of_public_key(key.clone());
            verifier.verify(&signed, Some(&secrets), NOW).unwrap();
        }
        *request.uri_mut() = "https://h.example/p?a=2".parse().unwrap();
        let secrets = Secrets::of_public_key(public[0].clone());
        let error =
            verifier.verify(&verifier.parse(&request).unwrap(), Some(&secrets), NOW).unwrap_err();
        assert_eq!(error.code(), "bad_signature");
    }
}

/// An attacker who knows the public key is no nearer to an HMAC.
#[test]
fn refusal_f5_another_method_than_the_clients_key_is_for() {
    let public = RsaPublicKey::from_pem(PUBLIC[0]).unwrap();
    let verifier = Verifier::new().allow_rsa().allow_plaintext();
    for secret in ["", PUBLIC[0]] {
        let client = oauth1_core::ClientCredentials::new("key", secret);
        let mut request = Request::get("https://h.example/p").body("").unwrap();
        Signer::hmac_sha1(client).sign(&mut request, NOW).unwrap();
        let signed = verifier.parse(&request).unwrap();
        let secrets = Secrets::of_public_key(public.clone());
        let error = verifier.verify(&signed, Some(&secrets), NOW).unwrap_err();
        assert_eq!(error.code(), "key_type_mismatch");
    }
}

#[test]
fn refusal_a8_keys_that_are_short_or_of_another_kind() {
    for pem in [
        include_str!("data/rsa/short.pem"),
        include_str!("data/rsa/ec.pem"),
        PUBLIC[0],
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
    ] {
        assert_eq!(RsaPrivateKey::from_pem(pem).unwrap_err().code(), "config", "{pem}");
    }
    for pem in [PRIVATE[0], PRIVATE[1], include_str!("data/rsa/ec.pem"), ""] {
        assert_eq!(RsaPublicKey::from_pem(pem).unwrap_err().code(), "config", "{pem}");
    }
    assert!(RsaPrivateKey::from_der(&der(PRIVATE[0])[..300]).is_err());
    let shown = format!("{:?}", RsaPrivateKey::from_pem(PRIVATE[0]).unwrap());
    assert_eq!(shown, "RsaPrivateKey(..)");
    let error = Signer::by_name("RSA-SHA1", client(), None).unwrap_err();
    assert!(error.to_string().contains("needs an RSA private key"), "{error}");
}
