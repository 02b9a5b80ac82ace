//! Unguessable values, from the thread's cryptographically secure generator.

use rand::RngExt as _;

use crate::base64url;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::rng().random()
}

/// A random value of 256 bits as 43 characters of base64url: enough for `state`, `nonce`, a PKCE
/// verifier (RFC 7636 §4.1) and any other value that must not be guessed.
pub fn token() -> String {
    base64url::encode(bytes::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_43_characters_and_never_repeat() {
        let made: std::collections::HashSet<String> = (0..1000).map(|_| token()).collect();
        assert_eq!(made.len(), 1000);
        assert!(made.iter().all(|t| t.len() == 43 && base64url::decode(t).is_ok()));
    }
}
