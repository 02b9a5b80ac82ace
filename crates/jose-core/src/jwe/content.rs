//! The content itself: sealing and opening it (RFC 7518 §5), and inflating it (RFC 7516 §4.1.3).

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use protocol_core::secret::ct_eq;
use protocol_core::{Reason, random};

use super::algorithm::{Cipher, ContentEncryption};
use crate::algorithm::Hash;
use crate::crypto::{self, MacKey, Refused};

/// What protects the content beside its key.
pub(super) struct Sealed<'a> {
    pub(super) iv: &'a [u8],
    /// The header as it was sent.
    pub(super) aad: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8],
}

impl Sealed<'_> {
    /// The content; `key` is of the algorithm's length.
    pub(super) fn open(&self, enc: ContentEncryption, key: &[u8]) -> Result<Vec<u8>, Refused> {
        match enc.cipher() {
            Cipher::Gcm => crypto::gcm_open(key, self.iv, self.aad, self.ciphertext, self.tag),
            Cipher::CbcHmac(hash) => self.open_cbc_hmac(hash, key),
        }
    }

    /// RFC 7518 §5.2.2.2. The padding is not looked at before the tag has been found right.
    fn open_cbc_hmac(&self, hash: Hash, key: &[u8]) -> Result<Vec<u8>, Refused> {
        let (mac_key, enc_key) = key.split_at(key.len() / 2);
        if !ct_eq(&cbc_hmac(hash, mac_key, [self.aad, self.iv, self.ciphertext]), self.tag) {
            return Err(Refused);
        }
        crypto::cbc_decrypt(enc_key, self.iv, self.ciphertext)
    }
}

/// The content under a new initialization vector: that, the ciphertext and the tag.
pub(super) fn seal(
    enc: ContentEncryption,
    key: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<[Vec<u8>; 3], Refused> {
    match enc.cipher() {
        Cipher::Gcm => {
            let iv = random::bytes::<12>();
            let (ciphertext, tag) = crypto::gcm_seal(key, &iv, aad, plaintext)?;
            Ok([iv.to_vec(), ciphertext, tag])
        }
        Cipher::CbcHmac(hash) => {
            let (mac_key, enc_key) = key.split_at(key.len() / 2);
            let iv = random::bytes::<16>();
            let ciphertext = crypto::cbc_encrypt(enc_key, iv, plaintext)?;
            let tag = cbc_hmac(hash, mac_key, [aad, &iv, &ciphertext]);
            Ok([iv.to_vec(), ciphertext, tag])
        }
    }
}

/// The tag of AES-CBC with HMAC: over header, initialization vector, ciphertext and the header's
/// length in bits (RFC 7518 §5.2.2.1).
fn cbc_hmac(hash: Hash, key: &[u8], [aad, iv, ciphertext]: [&[u8]; 3]) -> Vec<u8> {
    let aad_bits = (aad.len() as u64 * 8).to_be_bytes();
    let message = [aad, iv, ciphertext, &aad_bits].concat();
    let mut mac = MacKey::new(hash, key).sign(&message);
    mac.truncate(hash.len() / 2);
    mac
}

/// Inflates what was compressed by DEFLATE (RFC 1951), to at most `limit` bytes: no more than those
/// are ever held.
pub(super) fn inflate(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Reason> {
    decompress_to_vec_with_limit(compressed, limit).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Reason::DecompressionLimit { limit },
        _ => Reason::DecryptFailed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_content_is_that_of_rfc7518_appendix_b() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/data/content_encryption.json")).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 3);
        for case in cases {
            let bytes = |name: &str| hex(case[name].as_str().unwrap());
            let enc = ContentEncryption::from_name(case["enc"].as_str().unwrap()).unwrap();
            if !enc.is_supported() {
                continue;
            }
            let (key, iv, aad) = (bytes("key_hex"), bytes("iv_hex"), bytes("aad_hex"));
            let (ciphertext, tag) = (bytes("ciphertext_hex"), bytes("tag_hex"));
            let sealed = Sealed { iv: &iv, aad: &aad, ciphertext: &ciphertext, tag: &tag };
            assert_eq!(sealed.open(enc, &key).unwrap(), bytes("plaintext_hex"), "{enc}");
            let sealed = Sealed { aad: &aad[1..], ..sealed };
            assert!(sealed.open(enc, &key).is_err(), "{enc}");
        }
    }

    #[test]
    fn a_wrong_padding_is_refused_behind_a_right_tag_as_well() {
        let enc = ContentEncryption::A128CbcHs256;
        if !enc.is_supported() {
            return;
        }
        let (key, aad) = ([7; 32], b"header");
        let [iv, ciphertext, tag] = seal(enc, &key, aad, &[1; 40]).unwrap();
        let open = |ciphertext: &[u8], tag: &[u8]| {
            let sealed = Sealed { iv: &iv, aad, ciphertext, tag };
            sealed.open(enc, &key)
        };
        assert_eq!(open(&ciphertext, &tag).unwrap(), [1; 40]);
        // Cut by blocks it ends in 17, which no padding does.
        let [iv, ciphertext, _] = seal(enc, &key, aad, &[17; 32]).unwrap();
        for cut in [&ciphertext[..16], &ciphertext[..32], b"", &ciphertext[..15]] {
            let tag = cbc_hmac(Hash::Sha256, &key[..16], [aad, &iv, cut]);
            let sealed = Sealed { iv: &iv, aad, ciphertext: cut, tag: &tag };
            assert!(sealed.open(enc, &key).is_err(), "{} bytes", cut.len());
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }
}
