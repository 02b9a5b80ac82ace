//! What the fuzz targets share: second implementations, edits, and texts that must not leak.
#![forbid(unsafe_code)]

pub mod answers;
pub mod edit;
pub mod id_token;
pub mod jwe;
pub mod registry;
pub mod request;
pub mod slow;

/// A secret that is put into an input, and that no error may repeat.
pub const CANARY: &str = "canary-8f1c2b7e4d9a";

/// Panics if `shown` repeats the canary. An input that holds the canary of itself proves nothing.
pub fn assert_no_canary(input: &[u8], shown: &str) {
    let planted = input.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
    assert!(planted || !shown.contains(CANARY), "{shown}");
}
