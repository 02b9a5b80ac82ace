//! The keys of a set that is read, written and read again are the same; none is a secret.
#![no_main]

use jose_core::{Jwk, JwkSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(set) = JwkSet::parse(text) else { return };
    let written = set.public_only();
    let again = JwkSet::parse(written.to_string().as_bytes()).unwrap();
    assert_eq!((again.public_only(), again.skipped().len()), (written, 0));
    assert_eq!(again.keys().len(), set.keys().len());
    for (key, again) in set.keys().iter().zip(again.keys()) {
        assert_eq!(key.thumbprint(), again.thumbprint());
        let value = key.public_only().expect("no shared secret is published");
        assert!(["d", "k", "p"].iter().all(|name| value.get(name).is_none()));
        assert_eq!(Jwk::from_value(&value).unwrap().public_only(), Some(value));
    }
});
