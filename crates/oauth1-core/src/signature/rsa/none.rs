//! No library: keys cannot be made.

use super::Hash;

pub(super) enum PrivateKey {}

impl PrivateKey {
    pub(super) fn from_der(_der: &[u8]) -> Option<Self> {
        None
    }

    pub(super) fn bits(&self) -> usize {
        match *self {}
    }

    pub(super) fn public_key(&self) -> Option<PublicKey> {
        match *self {}
    }

    pub(super) fn sign(&self, _hash: Hash, _message: &[u8]) -> Option<Vec<u8>> {
        match *self {}
    }
}

pub(super) enum PublicKey {}

impl PublicKey {
    pub(super) fn from_der(_der: &[u8]) -> Option<Self> {
        None
    }

    pub(super) fn bits(&self) -> usize {
        match *self {}
    }

    pub(super) fn verify(&self, _hash: Hash, _message: &[u8], _signature: &[u8]) -> bool {
        match *self {}
    }
}
