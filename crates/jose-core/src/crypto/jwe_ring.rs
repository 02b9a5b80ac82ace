//! What JWE needs beyond what both libraries have: `ring` has none of it, and the algorithm
//! table says so before any of this is asked for.

use zeroize::Zeroizing;

use super::{OaepHash, Refused};
use crate::key::{EcdhPrivateKey, EcdhPublicKey, RsaPrivateKey, RsaPublicKey};

/// No key can be made.
pub(crate) enum RsaDecryptionKey {}

impl RsaDecryptionKey {
    pub(crate) fn new(_: &RsaPrivateKey) -> Result<Self, Refused> {
        Err(Refused)
    }

    pub(crate) fn decrypt(&self, _: OaepHash, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
        match *self {}
    }
}

/// No key can be made.
pub(crate) enum RsaEncryptionKey {}

impl RsaEncryptionKey {
    pub(crate) fn new(_: &RsaPublicKey) -> Result<Self, Refused> {
        Err(Refused)
    }

    pub(crate) fn encrypt(&self, _: OaepHash, _: &[u8]) -> Result<Vec<u8>, Refused> {
        match *self {}
    }
}

/// No key can be made: `ring` agrees by keys of one use alone.
pub(crate) enum AgreementKey {}

impl AgreementKey {
    pub(crate) fn new(_: &EcdhPrivateKey) -> Result<Self, Refused> {
        Err(Refused)
    }

    pub(crate) fn agree(&self, _: &EcdhPublicKey) -> Result<Zeroizing<Vec<u8>>, Refused> {
        match *self {}
    }
}

pub(crate) fn aes_unwrap(_: &[u8], _: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    Err(Refused)
}

pub(crate) fn agree_once(
    _: &EcdhPublicKey,
) -> Result<(EcdhPublicKey, Zeroizing<Vec<u8>>), Refused> {
    Err(Refused)
}

pub(crate) fn aes_wrap(_: &[u8], _: &[u8]) -> Result<Vec<u8>, Refused> {
    Err(Refused)
}

pub(crate) fn cbc_encrypt(_: &[u8], _: [u8; 16], _: &[u8]) -> Result<Vec<u8>, Refused> {
    Err(Refused)
}

pub(crate) fn cbc_decrypt(_: &[u8], _: &[u8], _: &[u8]) -> Result<Vec<u8>, Refused> {
    Err(Refused)
}
