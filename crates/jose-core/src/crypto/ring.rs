//! `ring`. It has no P-521 and generates no RSA keys, and it takes private RSA keys of 2048 to 4096
//! bits with an exponent of at least 65537.

use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    RsaKeyPair, RsaParameters, UnparsedPublicKey, VerificationAlgorithm,
};
use ring::{hmac, rand::SystemRandom};

use super::{Backend, Refused, der};
use crate::algorithm::{Algorithm, Family, Hash};
use crate::key::{EcPublicKey, PrivateKey, PublicKey, RsaPublicKey};

pub(crate) const BACKEND: Backend = Backend::Ring;

/// A public key made ready for one algorithm, as far as `ring` lets it: the point or the modulus is
/// read again at each verification.
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

/// A shared secret made ready for one hash.
pub(crate) struct MacKey(hmac::Key);

impl MacKey {
    pub(crate) fn new(hash: Hash, secret: &[u8]) -> Self {
        let algorithm = match hash {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
        };
        MacKey(hmac::Key::new(algorithm, secret))
    }

    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.0, message).as_ref().to_vec()
    }
}

/// A private key made ready for one algorithm.
pub(crate) enum KeyPair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, Algorithm),
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Refused> {
        let random = SystemRandom::new();
        let pkcs8 = match algorithm.family() {
            Family::Ecdsa => EcdsaKeyPair::generate_pkcs8(ec_signing(algorithm)?, &random),
            Family::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            Family::Hmac | Family::RsaPkcs1 | Family::RsaPss => return Err(Refused),
        };
        Self::from_pkcs8(algorithm, pkcs8.map_err(|_| Refused)?.as_ref())
    }

    pub(crate) fn from_private_key(
        algorithm: Algorithm,
        key: &PrivateKey,
    ) -> Result<Self, Refused> {
        match key {
            PrivateKey::Rsa(key) => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n: &*key.public.n, e: &*key.public.e },
                    d: &**key.d,
                    p: &**key.p,
                    q: &**key.q,
                    dP: &**key.dp,
                    dQ: &**key.dq,
                    qInv: &**key.qi,
                };
                let pair = RsaKeyPair::from_components(&components).map_err(|_| Refused)?;
                Ok(KeyPair::Rsa(pair, rsa_encoding(algorithm)?))
            }
            PrivateKey::Ec { public, d } => EcdsaKeyPair::from_private_key_and_public_key(
                ec_signing(algorithm)?,
                d,
                &public.uncompressed(),
                &SystemRandom::new(),
            )
            .map(|pair| KeyPair::Ec(pair, algorithm))
            .map_err(|_| Refused),
            PrivateKey::Ed25519 { public, d } => {
                Ed25519KeyPair::from_seed_and_public_key(d, public)
                    .map(KeyPair::Ed25519)
                    .map_err(|_| Refused)
            }
        }
    }

    pub(crate) fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refused> {
        match algorithm.family() {
            Family::Hmac => Err(Refused),
            Family::RsaPkcs1 | Family::RsaPss => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| Refused)?;
                Ok(KeyPair::Rsa(pair, rsa_encoding(algorithm)?))
            }
            Family::Ecdsa => {
                EcdsaKeyPair::from_pkcs8(ec_signing(algorithm)?, der, &SystemRandom::new())
                    .map(|pair| KeyPair::Ec(pair, algorithm))
                    .map_err(|_| Refused)
            }
            Family::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                .map(KeyPair::Ed25519)
                .map_err(|_| Refused),
        }
    }

    pub(crate) fn from_pkcs1(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refused> {
        let pair = RsaKeyPair::from_der(der).map_err(|_| Refused)?;
        Ok(KeyPair::Rsa(pair, rsa_encoding(algorithm)?))
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, Refused> {
        match self {
            KeyPair::Rsa(pair, _) => {
                let (n, e) = der::rsa_public_key(pair.public_key().as_ref())?;
                Ok(PublicKey::Rsa(RsaPublicKey { n, e }))
            }
            KeyPair::Ec(pair, algorithm) => {
                let curve = algorithm.curve().ok_or(Refused)?;
                EcPublicKey::from_uncompressed(curve, pair.public_key().as_ref())
                    .map(PublicKey::Ec)
                    .ok_or(Refused)
            }
            KeyPair::Ed25519(pair) => {
                Ok(PublicKey::Ed25519(pair.public_key().as_ref().try_into().map_err(|_| Refused)?))
            }
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Refused> {
        let random = SystemRandom::new();
        match self {
            KeyPair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).map_err(|_| Refused)?;
                Ok(signature)
            }
            KeyPair::Ec(pair, _) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| Refused),
            KeyPair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, Refused> {
    Ok(match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return Err(Refused),
    })
}

fn rsa_encoding(algorithm: Algorithm) -> Result<&'static dyn RsaEncoding, Refused> {
    Ok(match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        _ => return Err(Refused),
    })
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
