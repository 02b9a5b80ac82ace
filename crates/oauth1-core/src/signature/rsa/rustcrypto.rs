//! Pure Rust; the private operation is blinded by the operating system's randomness.

use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::traits::PublicKeyParts as _;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::Hash;

pub(super) struct PrivateKey(rsa::PrivateKey);

impl PrivateKey {
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let pkcs8 = rsa::PrivateKey::from_pkcs8_der(der).ok();
        pkcs8.or_else(|| rsa::PrivateKey::from_pkcs1_der(der).ok()).map(PrivateKey)
    }

    pub(super) fn bits(&self) -> usize {
        self.0.n().as_ref().bit_width_vartime() as usize
    }

    pub(super) fn public_key(&self) -> Option<PublicKey> {
        Some(PublicKey(self.0.to_public_key()))
    }

    pub(super) fn sign(&self, hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
        match hash {
            Hash::Sha1 => self.0.pkcs1v15_sign::<Sha1>(message),
            Hash::Sha256 => self.0.pkcs1v15_sign::<Sha256>(message),
            Hash::Sha512 => self.0.pkcs1v15_sign::<Sha512>(message),
        }
        .ok()
    }
}

pub(super) struct PublicKey(rsa::PublicKey);

impl PublicKey {
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let spki = rsa::PublicKey::from_public_key_der(der).ok();
        spki.or_else(|| rsa::PublicKey::from_pkcs1_der(der).ok()).map(PublicKey)
    }

    pub(super) fn bits(&self) -> usize {
        self.0.n().as_ref().bit_width_vartime() as usize
    }

    pub(super) fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        match hash {
            Hash::Sha1 => self.0.pkcs1v15_verify::<Sha1>(message, signature),
            Hash::Sha256 => self.0.pkcs1v15_verify::<Sha256>(message, signature),
            Hash::Sha512 => self.0.pkcs1v15_verify::<Sha512>(message, signature),
        }
        .is_ok()
    }
}
