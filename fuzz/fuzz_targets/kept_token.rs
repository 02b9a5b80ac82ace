//! A token that is read from where it was kept, written and read again is the same.
#![no_main]

use client_registry::Token;
use fuzz::{CANARY, answers::kept, assert_no_canary};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|members: &str| {
    match Token::from_exposed_json(&format!("{{\"access_token\":{CANARY:?}{members}}}")) {
        Ok(token) => {
            let again = Token::from_exposed_json(&token.to_exposed_json()).unwrap();
            assert_eq!(kept(&again), kept(&token));
            assert!(token.access_token().ct_eq(CANARY));
            assert_no_canary(members.as_bytes(), &format!("{token:?}"));
        }
        Err(error) => assert_no_canary(members.as_bytes(), &format!("{error} {error:?}")),
    }
});
