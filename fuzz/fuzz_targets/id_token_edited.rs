//! A valid ID Token with anything changed, in its text or in what its parts decode to, is none.
#![no_main]

use fuzz::edit::{Edit, edited};
use fuzz::id_token::{NONCE, NOW, SIGNED};
use libfuzzer_sys::fuzz_target;
use oidc_core::Nonce;
use protocol_core::base64url::{decode, encode};

fuzz_target!(|edits: (Vec<Edit>, [Vec<Edit>; 3])| {
    let (verifier, keys, token) = &*SIGNED;
    let parts = token.split('.').zip(&edits.1);
    let parts = parts.map(|(part, edits)| encode(edited(&decode(part).unwrap(), edits)));
    let parts: Vec<String> = parts.collect();
    let text = edited(parts.join(".").as_bytes(), &edits.0);
    let Ok(text) = std::str::from_utf8(&text) else { return };
    let answer = verifier.verify(text, keys, Nonce::Expect(NONCE), NOW);
    assert_eq!(answer.is_ok(), text == token, "{text}");
});
