//! Claims are what serde_json reads, and the registered ones have their types.
#![no_main]

use jose_core::Claims;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    let Ok(claims) = Claims::from_json(text) else { return };
    let read: Value = serde_json::from_slice(text).unwrap();
    assert_eq!(Some(claims.as_map()), read.as_object());
    assert_eq!((claims.iss(), claims.sub()), (read["iss"].as_str(), read["sub"].as_str()));
    assert_eq!(claims.exp().is_some(), read["exp"].is_number());
    let late = |seconds: f64| claims.exp().is_some_and(|exp| exp.seconds() as f64 >= seconds);
    assert!(read["exp"].as_f64().is_none_or(|seconds| seconds > 1e15 || late(seconds)));
    let one = read["aud"].as_str().map(|aud| vec![aud.to_owned()]);
    let many: Option<Vec<String>> = serde_json::from_value(read["aud"].clone()).ok();
    assert_eq!(claims.aud(), one.or(many).unwrap_or_default());
    assert_eq!(Claims::from_map(claims.as_map().clone()).unwrap(), claims);
});
