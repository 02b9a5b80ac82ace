//! The parameters of an `Authorization` header that are read, written and read again are the same.
#![no_main]

use fuzz::slow::encode;
use libfuzzer_sys::fuzz_target;
use oauth1_core::authorization::parse;

fuzz_target!(|text: &str| {
    let Ok(pairs) = parse(text) else { return };
    let written =
        pairs.iter().map(|(n, v)| format!("{}=\"{}\"", encode(n.as_bytes()), encode(v.as_bytes())));
    let written = format!("OAuth {}", written.collect::<Vec<_>>().join(", "));
    assert_eq!(parse(&written).unwrap(), pairs);
    assert_eq!(parse(&format!("{text},")).unwrap(), pairs);
});
