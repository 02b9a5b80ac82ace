//! RSA signatures (RFC 5849 §3.4.3), against the library's own call with a key that is ready, and Authlib.
//!
//! By OpenSSL; with `--no-default-features --features rsa` by the crate `rsa`. Ours signs a whole request, and
//! verifies one that is read, its timestamp with it.

use std::hint::black_box;

use benches::requests::s1;
use benches::{Contender, FLOOR, OURS, Table, peers};
use oauth1_core::{RsaPrivateKey, Secrets, Signer, Verifier};
use protocol_core::{base64url, percent};

fn main() {
    let mut table = Table::from_args("oauth1_rsa");
    for key in KEYS {
        both_methods(&mut table, key);
    }
    table.finish();
}

/// Bits, private and public key.
const KEYS: [(u32, &str, &str); 2] = [
    (2048, include_str!("../data/rsa2048.pem"), include_str!("../data/rsa2048.pub.pem")),
    (4096, include_str!("../data/rsa4096.pem"), include_str!("../data/rsa4096.pub.pem")),
];

fn both_methods(table: &mut Table, (bits, private_pem, public_pem): (u32, &str, &str)) {
    let request = s1();
    let ready = library::Key::new(private_pem);
    let key = RsaPrivateKey::from_pem(private_pem).expect("a key");
    let public_key = key.public_key().expect("a key");
    let base_string = request.base_string();
    let (pairs, now) = (request.pairs(), request.now());
    for (method, sha1) in [("RSA-SHA1", true), ("RSA-SHA256", false)] {
        let client = request.client_credentials();
        let signer = Signer::by_name(method, client, Some(key.clone())).expect("a method");
        let signer = signer.with_token(request.token_credentials());
        let signature = ready.sign(sha1, &base_string);
        let expected = base64url::encode_standard(&signature);
        assert_eq!(signer.signature(&base_string).expect("a signature"), expected);
        assert!(ready.verify(sha1, &base_string, &signature));

        let (uri, nonce, mut out) = (request.uri, request.nonce, String::new());
        let ours = || {
            let out = black_box(&mut out);
            signer
                .authorization_header(request.method, black_box(uri), &pairs, nonce, now, out)
                .expect("a signature");
        };
        let floor = || drop(black_box(ready.sign(sha1, black_box(&base_string))));
        let contenders: Vec<Contender<'_>> = vec![(OURS, Box::new(ours)), (FLOOR, Box::new(floor))];
        let row = format!("{method} {bits} sign, {}", library::NAME);
        table.row(&row, contenders);
        let authlib = || {
            let signature = signer.signature(&rsa_base_string(&base_string)).expect("a signature");
            let expected = format!("oauth_signature=\"{}\"", percent::encode(&signature));
            peers::measured_rsa_sha1(&request, (private_pem, public_pem), &expected)
        };
        let mut verified_by_authlib = None;
        if sha1 {
            table.beside(&row, || {
                let Some((sign, verify)) = authlib() else { return Vec::new() };
                verified_by_authlib = Some(verify);
                vec![("Authlib", sign)]
            });
        }

        let mut signed = request.http_request();
        signer.sign(&mut signed, now).expect("a signature");
        let verifier = Verifier::new().allow_rsa();
        let (signed, secrets) =
            (verifier.parse(&signed).expect("signed"), Secrets::of_public_key(public_key.clone()));
        let ours = || {
            let verified = verifier.verify(black_box(&signed), Some(&secrets), now);
            black_box(verified.expect("the signature holds"));
        };
        let floor = || assert!(ready.verify(sha1, black_box(&base_string), &signature));
        let contenders: Vec<Contender<'_>> = vec![(OURS, Box::new(ours)), (FLOOR, Box::new(floor))];
        let row = format!("{method} {bits} verify, {}", library::NAME);
        table.row(&row, contenders);
        table.beside(&row, || {
            verified_by_authlib.map(|verify| ("Authlib", verify)).into_iter().collect()
        });
    }
}

/// That of the same request by RSA-SHA1.
fn rsa_base_string(of_hmac: &str) -> String {
    of_hmac.replace("HMAC-SHA1", "RSA-SHA1")
}

/// OpenSSL's library: a digest and a signature in one call.
#[cfg(feature = "openssl")]
mod library {
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Private};
    use openssl::sign::{Signer, Verifier};

    pub const NAME: &str = "openssl";

    pub struct Key(PKey<Private>);

    impl Key {
        pub fn new(pem: &str) -> Self {
            Key(PKey::private_key_from_pem(pem.as_bytes()).expect("a key"))
        }

        pub fn sign(&self, sha1: bool, message: &str) -> Vec<u8> {
            let mut signer = Signer::new(digest(sha1), &self.0).expect("a signer");
            signer.sign_oneshot_to_vec(message.as_bytes()).expect("a signature")
        }

        pub fn verify(&self, sha1: bool, message: &str, signature: &[u8]) -> bool {
            let mut verifier = Verifier::new(digest(sha1), &self.0).expect("a verifier");
            verifier.verify_oneshot(signature, message.as_bytes()).expect("an answer")
        }
    }

    fn digest(sha1: bool) -> MessageDigest {
        if sha1 { MessageDigest::sha1() } else { MessageDigest::sha256() }
    }
}

/// The crate `rsa`.
#[cfg(all(feature = "rsa", not(feature = "openssl")))]
mod library {
    use rsa::pkcs8::DecodePrivateKey as _;
    use sha1::Sha1;
    use sha2::Sha256;

    pub const NAME: &str = "rsa";

    pub struct Key(rsa::PrivateKey, rsa::PublicKey);

    impl Key {
        pub fn new(pem: &str) -> Self {
            let key = rsa::PrivateKey::from_pkcs8_pem(pem).expect("a key");
            let public = key.to_public_key();
            Key(key, public)
        }

        pub fn sign(&self, sha1: bool, message: &str) -> Vec<u8> {
            let message = message.as_bytes();
            let signature = match sha1 {
                true => self.0.pkcs1v15_sign::<Sha1>(message),
                false => self.0.pkcs1v15_sign::<Sha256>(message),
            };
            signature.expect("a signature")
        }

        pub fn verify(&self, sha1: bool, message: &str, signature: &[u8]) -> bool {
            let message = message.as_bytes();
            match sha1 {
                true => self.1.pkcs1v15_verify::<Sha1>(message, signature),
                false => self.1.pkcs1v15_verify::<Sha256>(message, signature),
            }
            .is_ok()
        }
    }
}
