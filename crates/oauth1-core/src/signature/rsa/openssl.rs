//! OpenSSL's library, by its safe interface.

use openssl::hash::MessageDigest;
use openssl::pkey::{self, PKey};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};

use super::Hash;

pub(super) struct PrivateKey(PKey<pkey::Private>);

impl PrivateKey {
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        // OpenSSL reads PKCS#1 and PKCS#8 by the same function, and other types of keys too.
        let key = PKey::private_key_from_der(der).ok()?;
        let whole = key.rsa().ok()?.check_key().unwrap_or(false);
        whole.then_some(PrivateKey(key))
    }

    pub(super) fn bits(&self) -> usize {
        self.0.bits() as usize
    }

    pub(super) fn public_key(&self) -> Option<PublicKey> {
        PublicKey::from_der(&self.0.public_key_to_der().ok()?)
    }

    pub(super) fn sign(&self, hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
        let mut signer = Signer::new(digest(hash), &self.0).ok()?;
        signer.sign_oneshot_to_vec(message).ok()
    }
}

pub(super) struct PublicKey(PKey<pkey::Public>);

impl PublicKey {
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let key = PKey::public_key_from_der(der)
            .or_else(|_| PKey::from_rsa(Rsa::public_key_from_der_pkcs1(der)?))
            .ok()?;
        key.rsa().is_ok().then_some(PublicKey(key))
    }

    pub(super) fn bits(&self) -> usize {
        self.0.bits() as usize
    }

    pub(super) fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        Verifier::new(digest(hash), &self.0)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, message))
            .unwrap_or(false)
    }
}

fn digest(hash: Hash) -> MessageDigest {
    match hash {
        Hash::Sha1 => MessageDigest::sha1(),
        Hash::Sha256 => MessageDigest::sha256(),
        Hash::Sha512 => MessageDigest::sha512(),
    }
}
