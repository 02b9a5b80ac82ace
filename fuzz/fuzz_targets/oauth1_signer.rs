//! What a signer signs is the base string of RFC 5849 §3.4.1.
#![no_main]

use fuzz::{request::Parts, request::Reveal, slow};
use libfuzzer_sys::fuzz_target;
use oauth1_core::{ClientCredentials, Signer, UnixTime, authorization};

fuzz_target!(|request: Parts| {
    let (url, method, nonce) = (request.url(), request.method(), request.path);
    let signer = Signer::with_method(ClientCredentials::new("id", "s"), Reveal).without_version();
    let (now, mut header) = (UnixTime::from_seconds(7), String::new());
    if signer.authorization_header(method, &url, &request.pairs, nonce, now, &mut header).is_ok() {
        let mut oauth = vec![("oauth_consumer_key", "id"), ("oauth_signature_method", "REVEAL")];
        oauth.extend([("oauth_timestamp", "7"), ("oauth_nonce", nonce)]);
        let signed = slow::base_string(&Parts { form: b"", ..request }, &oauth);
        assert_eq!(authorization::parse(&header).unwrap().pop().unwrap().1, signed);
    }
});
