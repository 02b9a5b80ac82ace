//! Signed claims are taken only where a plain reading of OIDC Core §3.1.3.7 takes them.
#![no_main]

use fuzz::edit::{Edit, edited};
use fuzz::id_token::{CLAIMS, NONCE, NOW, SHARED, may_be_accepted};
use libfuzzer_sys::fuzz_target;
use oidc_core::{JwkSet, Nonce};

fuzz_target!(|change: (Vec<Edit>, &[u8])| {
    let (verifier, key) = &*SHARED;
    let head = edited(CLAIMS.as_bytes(), &change.0);
    let claims = [&head[..], change.1].concat();
    let token = key.sign(None, &[], &claims).unwrap();
    if let Ok(verified) = verifier.verify(&token, &JwkSet::default(), Nonce::Expect(NONCE), NOW) {
        let read: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert!(may_be_accepted(&read), "{read}");
        assert_eq!(verified.as_map(), read.as_object().unwrap());
    }
});
