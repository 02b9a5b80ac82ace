//! What JWE needs and both libraries do in the same words: AES-GCM and PBKDF2.

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::Refused;
use super::backend::{self, library};
use crate::algorithm::Hash;
use library::aead::{Aad, LessSafeKey, Nonce, UnboundKey};
use library::pbkdf2;

/// AES-GCM (RFC 5116 §5.1); the length of `key` says which AES.
pub(crate) fn gcm_open(
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, Refused> {
    let algorithm = backend::aes_gcm(key.len())?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(Refused::from)?);
    let nonce = Nonce::try_assume_unique_for_key(iv).map_err(Refused::from)?;
    if tag.len() != algorithm.tag_len() {
        return Err(Refused);
    }
    let mut content = [ciphertext, tag].concat();
    let opened = key.open_in_place(nonce, Aad::from(aad), &mut content);
    let length = opened.map_err(Refused::from)?.len();
    content.truncate(length);
    Ok(content)
}

/// The ciphertext and the tag of [`gcm_open`]. An `iv` is used once with a key.
pub(crate) fn gcm_seal(
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let algorithm = backend::aes_gcm(key.len())?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(Refused::from)?);
    let nonce = Nonce::try_assume_unique_for_key(iv).map_err(Refused::from)?;
    let mut content = plaintext.to_vec();
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut content);
    Ok((content, tag.map_err(Refused::from)?.as_ref().to_vec()))
}

/// PBKDF2 with HMAC (RFC 8018 §5.2).
pub(crate) fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let algorithm = match hash {
        Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Hash::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Hash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    };
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm, NonZeroU32::new(rounds).ok_or(Refused)?, salt, password, &mut key);
    Ok(key)
}
