//! Of all texts, the one that the issuer signed is an ID Token.
#![no_main]

use fuzz::id_token::PUBLISHED;
use libfuzzer_sys::fuzz_target;
use oidc_core::Nonce;

fuzz_target!(|text: &str| {
    let (verifier, keys, token, nonce, now) = &*PUBLISHED;
    let answer = verifier.verify(text, keys, Nonce::Expect(nonce), *now);
    assert_eq!(answer.is_ok(), text == token);
});
