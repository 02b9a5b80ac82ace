//! base64url without padding (RFC 7515 §2), strictly: one spelling per value.
//!
//! Padding, the `+` and `/` of plain base64, white space and non-zero trailing bits are refused, so
//! that two texts never stand for the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The text was not canonical base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url without padding")]
pub struct NotBase64Url;

/// Bytes as base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that `text` stands for.
///
/// # Errors
/// [`NotBase64Url`] for any spelling but the canonical one.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Bytes as plain base64 with padding (RFC 4648 §4), as HTTP Basic and OAuth 1 signatures want it.
pub fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of plain base64 with padding (RFC 4648 §4).
///
/// # Errors
/// [`NotBase64Url`] for any spelling but the canonical one.
pub fn decode_standard(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    STANDARD.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(decode("AQAB").unwrap(), [1, 0, 1]);
        assert_eq!(decode("_-8").unwrap(), [0xff, 0xef]);
        for text in ["AQ==", "AQAB=", "+/8", "AQ AB", "AQAB\n", "AR", "A", "_-9"] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
        assert_eq!(encode([0xff, 0xef]), "_-8");
    }
}
