//! AWS-LC, by `aws-lc-rs`.

pub(super) use aws_lc_rs as library;

use aws_lc_rs::aead;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, ParsedPublicKey, RsaKeyPair,
    VerificationAlgorithm,
};

use super::ring_like::rsa_parameters;
use super::{Backend, Refused};
use crate::algorithm::Algorithm;
use crate::key::{EcPublicKey, PublicKey, RsaPublicKey};

pub(crate) const BACKEND: Backend = Backend::AwsLc;

/// A public key made ready for one algorithm.
pub(crate) struct VerifyingKey(ParsedPublicKey);

impl VerifyingKey {
    pub(crate) fn new(algorithm: Algorithm, key: &PublicKey) -> Result<Self, Refused> {
        let parsed = match key {
            PublicKey::Rsa(RsaPublicKey { n, e }) => {
                PublicKeyComponents { n, e }.to_parsed_public_key(rsa_parameters(algorithm)?)
            }
            PublicKey::Ec(key) => {
                ParsedPublicKey::new(ec_verification(algorithm)?, key.uncompressed())
            }
            PublicKey::Ed25519(key) => ParsedPublicKey::new(&signature::ED25519, key),
        };
        parsed.map(VerifyingKey).map_err(Refused::from)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

pub(super) fn aes_gcm(key_len: usize) -> Result<&'static aead::Algorithm, Refused> {
    match key_len {
        16 => Ok(&aead::AES_128_GCM),
        24 => Ok(&aead::AES_192_GCM),
        32 => Ok(&aead::AES_256_GCM),
        _ => Err(Refused),
    }
}

pub(super) fn generate_rsa() -> Result<RsaKeyPair, Refused> {
    RsaKeyPair::generate(KeySize::Rsa2048).map_err(Refused::from)
}

pub(super) fn generate_ec(algorithm: Algorithm) -> Result<EcdsaKeyPair, Refused> {
    EcdsaKeyPair::generate(ec_signing(algorithm)?).map_err(Refused::from)
}

pub(super) fn generate_ed25519() -> Result<Ed25519KeyPair, Refused> {
    Ed25519KeyPair::generate().map_err(Refused::from)
}

pub(super) fn ec_from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<EcdsaKeyPair, Refused> {
    EcdsaKeyPair::from_pkcs8(ec_signing(algorithm)?, der).map_err(Refused::from)
}

pub(super) fn ec_from_members(
    algorithm: Algorithm,
    d: &[u8],
    public: &EcPublicKey,
) -> Result<EcdsaKeyPair, Refused> {
    let algorithm = ec_signing(algorithm)?;
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, d, &public.uncompressed())
        .map_err(Refused::from)
}

pub(super) fn rsa_sign(
    pair: &RsaKeyPair,
    encoding: &'static dyn signature::RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, Refused> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(Refused::from)?;
    Ok(signature)
}

pub(super) fn ed25519_sign(pair: &Ed25519KeyPair, message: &[u8]) -> Result<Vec<u8>, Refused> {
    pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(Refused::from)
}

fn ec_verification(algorithm: Algorithm) -> Result<&'static dyn VerificationAlgorithm, Refused> {
    Ok(match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED,
        _ => return Err(Refused),
    })
}

fn ec_signing(algorithm: Algorithm) -> Result<&'static EcdsaSigningAlgorithm, Refused> {
    Ok(match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return Err(Refused),
    })
}
