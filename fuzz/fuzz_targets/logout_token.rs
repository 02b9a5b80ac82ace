//! Signed claims are a logout token only where a plain reading of Back-Channel Logout §2.6 takes them.
#![no_main]

use fuzz::edit::{Edit, edited};
use fuzz::id_token::{LOGOUT, NOW, SHARED, may_log_out};
use libfuzzer_sys::fuzz_target;
use oidc_core::JwkSet;

fuzz_target!(|change: (Vec<Edit>, &[u8])| {
    let (verifier, key) = &*SHARED;
    let claims = [&edited(LOGOUT.as_bytes(), &change.0)[..], change.1].concat();
    let token = key.sign(Some("logout+jwt"), &[], &claims).unwrap();
    if let Ok(verified) = verifier.verify_logout_token(&token, &JwkSet::default(), NOW) {
        let read: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert!(may_log_out(&read), "{read}");
        assert_eq!((verified.sub(), verified.sid()), (read["sub"].as_str(), read["sid"].as_str()));
    }
});
