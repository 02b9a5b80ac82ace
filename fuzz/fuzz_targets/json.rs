//! JSON is what serde_json says it is, but for duplicate members.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol_core::json::{self, JsonError};
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    let theirs = serde_json::from_slice::<Value>(text).ok();
    match json::value(text) {
        Ok(value) => assert_eq!(Some(value), theirs),
        Err(JsonError::DuplicateMember(_)) => assert!(text.contains(&b'{')),
        Err(error) => assert!(theirs.is_none(), "{error}"),
    }
    if let (Ok(object), Ok(members)) = (json::object(text), json::members(text)) {
        let members = members.into_iter().map(|(name, raw)| (name, raw.get().parse().unwrap()));
        assert_eq!(object, members.collect());
    }
});
