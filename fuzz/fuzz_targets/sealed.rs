//! A sealed text opens for its purpose; with anything changed, and no other text, does.
#![no_main]

use std::sync::LazyLock;

use client_registry::Seal;
use fuzz::edit::{Edit, edited};
use libfuzzer_sys::fuzz_target;

static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::new([[7; 32]]).unwrap());

fuzz_target!(|input: (&[u8], &str, &str, Vec<Edit>)| {
    let (plain, purpose, other, edits) = input;
    let sealed = SEAL.seal(purpose, plain);
    assert_eq!(SEAL.open(purpose, &sealed).as_deref().map(|opened| &opened[..]), Some(plain));
    assert_eq!(SEAL.open(other, &sealed).is_some(), other == purpose);
    assert!(SEAL.open(purpose, other).is_none());
    let changed = String::from_utf8_lossy(&edited(sealed.as_bytes(), &edits)).into_owned();
    assert_eq!(SEAL.open(purpose, &changed).is_some(), changed == sealed);
});
