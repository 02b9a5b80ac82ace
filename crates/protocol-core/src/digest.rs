//! The SHA-2 family (FIPS 180-4), for PKCE, `at_hash`, thumbprints and cookie names.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-384.
pub fn sha384(data: &[u8]) -> [u8; 48] {
    Sha384::digest(data).into()
}

/// SHA-512.
pub fn sha512(data: &[u8]) -> [u8; 64] {
    Sha512::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url;

    #[test]
    fn the_pkce_example_of_rfc_7636_appendix_b_is_met() {
        let challenge = sha256(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(base64url::encode(challenge), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn the_longer_digests_have_their_own_lengths_and_values() {
        assert_eq!(base64url::encode(&sha384(b"abc")[..6]), "ywB1P0Wj");
        assert_eq!(base64url::encode(&sha512(b"abc")[..6]), "3a81oZNh");
    }
}
