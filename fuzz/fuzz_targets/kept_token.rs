//! A token that is read from where it was kept, written and read again is the same.
#![no_main]

use client_registry::Token;
use fuzz::{CANARY, assert_no_canary};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|members: &str| {
    let text = format!("{{\"access_token\":{CANARY:?}{members}}}");
    match Token::from_exposed_json(&text) {
        Ok(token) => {
            let written = token.to_exposed_json();
            let again = Token::from_exposed_json(&written).unwrap();
            assert_eq!(again.to_exposed_json(), written);
            assert!(token.access_token().ct_eq(CANARY));
            assert_no_canary(members.as_bytes(), &format!("{token:?}"));
        }
        Err(error) => assert_no_canary(members.as_bytes(), &format!("{error} {error:?}")),
    }
});
