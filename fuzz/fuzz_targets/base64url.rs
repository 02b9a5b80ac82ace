//! base64url is read as RFC 4648 says, and has one spelling.
#![no_main]

use fuzz::slow;
use libfuzzer_sys::fuzz_target;
use protocol_core::base64url;

fuzz_target!(|text: &[u8]| {
    let read = base64url::decode(text).ok();
    assert_eq!(read, slow::base64url(text));
    assert!(read.is_none_or(|bytes| base64url::encode(bytes).as_bytes() == text));
    assert_eq!(slow::base64url(base64url::encode(text).as_bytes()).as_deref(), Some(text));
    let standard = base64url::encode_standard(text);
    assert_eq!(base64url::decode_standard(standard).as_deref(), Ok(text));
});
