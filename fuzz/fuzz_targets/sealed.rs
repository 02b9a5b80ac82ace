//! A sealed text opens for its purpose; with anything changed, and no other text, does.
#![no_main]

use client_registry::Seal;
use fuzz::edit::{Edit, edited};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &str, &str, Vec<Edit>)| {
    let (plain, purpose, other, edits) = input;
    // A new key each time: the fuzzer remembers what an old one sealed.
    let seal = Seal::generate();
    let sealed = seal.seal(purpose, plain);
    assert_eq!(seal.open(purpose, &sealed).as_deref().map(|opened| &opened[..]), Some(plain));
    assert_eq!(seal.open(other, &sealed).is_some(), other == purpose);
    assert!(seal.open(purpose, other).is_none());
    let changed = String::from_utf8_lossy(&edited(sealed.as_bytes(), &edits)).into_owned();
    assert_eq!(seal.open(purpose, &changed).is_some(), changed == sealed);
});
