//! `ring`. It has no P-521, no AES-192 and generates no RSA keys, takes private RSA keys of 2048 to 4096 bits
//! with an exponent of at least 65537, and reads a public key again at each verification.

pub(super) use ::ring as library;

use ::ring::aead;
use ::ring::rand::SystemRandom;
use ::ring::rsa::PublicKeyComponents;
use ::ring::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaKeyPair, RsaParameters,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::ring_like::rsa_parameters;
use super::{Backend, Refused};
use crate::algorithm::Algorithm;
use crate::key::{EcPublicKey, PublicKey, RsaPublicKey};

pub(crate) const BACKEND: Backend = Backend::Ring;

/// A public key made ready for one algorithm, as far as `ring` lets it.
pub(crate) enum VerifyingKey {
    Rsa(PublicKeyComponents<Vec<u8>>, &'static RsaParameters),
    Point(UnparsedPublicKey<Vec<u8>>),
}

impl VerifyingKey {
    pub(crate) fn new(algorithm: Algorithm, key: &PublicKey) -> Result<Self, Refused> {
        Ok(match key {
            PublicKey::Rsa(RsaPublicKey { n, e }) => VerifyingKey::Rsa(
                PublicKeyComponents { n: n.clone(), e: e.clone() },
                rsa_parameters(algorithm)?,
            ),
            PublicKey::Ec(key) => VerifyingKey::Point(UnparsedPublicKey::new(
                ec_verification(algorithm)?,
                key.uncompressed(),
            )),
            PublicKey::Ed25519(key) => {
                VerifyingKey::Point(UnparsedPublicKey::new(&signature::ED25519, key.to_vec()))
            }
        })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            VerifyingKey::Rsa(key, parameters) => key.verify(parameters, message, signature),
            VerifyingKey::Point(key) => key.verify(message, signature),
        }
        .is_ok()
    }
}

pub(super) fn aes_gcm(key_len: usize) -> Result<&'static aead::Algorithm, Refused> {
    match key_len {
        16 => Ok(&aead::AES_128_GCM),
        32 => Ok(&aead::AES_256_GCM),
        _ => Err(Refused),
    }
}

pub(super) fn generate_rsa() -> Result<RsaKeyPair, Refused> {
    Err(Refused)
}

pub(super) fn generate_ec(algorithm: Algorithm) -> Result<EcdsaKeyPair, Refused> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(ec_signing(algorithm)?, &SystemRandom::new())
        .map_err(Refused::from)?;
    ec_from_pkcs8(algorithm, pkcs8.as_ref())
}

pub(super) fn generate_ed25519() -> Result<Ed25519KeyPair, Refused> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(Refused::from)?;
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(Refused::from)
}

pub(super) fn ec_from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<EcdsaKeyPair, Refused> {
    EcdsaKeyPair::from_pkcs8(ec_signing(algorithm)?, der, &SystemRandom::new())
        .map_err(Refused::from)
}

pub(super) fn ec_from_members(
    algorithm: Algorithm,
    d: &[u8],
    public: &EcPublicKey,
) -> Result<EcdsaKeyPair, Refused> {
    let (algorithm, random) = (ec_signing(algorithm)?, SystemRandom::new());
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, d, &public.uncompressed(), &random)
        .map_err(Refused::from)
}

pub(super) fn rsa_sign(
    pair: &RsaKeyPair,
    encoding: &'static dyn signature::RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, Refused> {
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(Refused::from)?;
    Ok(signature)
}

pub(super) fn ed25519_sign(pair: &Ed25519KeyPair, message: &[u8]) -> Result<Vec<u8>, Refused> {
    Ok(pair.sign(message).as_ref().to_vec())
}

fn ec_verification(algorithm: Algorithm) -> Result<&'static dyn VerificationAlgorithm, Refused> {
    Ok(match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        _ => return Err(Refused),
    })
}

fn ec_signing(algorithm: Algorithm) -> Result<&'static EcdsaSigningAlgorithm, Refused> {
    Ok(match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => return Err(Refused),
    })
}
