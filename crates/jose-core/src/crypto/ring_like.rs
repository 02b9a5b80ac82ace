//! What both libraries do in the same words: HMAC, and private keys.

use super::backend::library::rand::SystemRandom;
use super::backend::library::rsa::{KeyPairComponents, PublicKeyComponents};
use super::backend::library::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair, RsaParameters,
};
use super::backend::{self, library::hmac};
use super::{Refused, der};
use crate::algorithm::{Algorithm, Family, Hash};
use crate::key::{EcPublicKey, PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey};

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
        Ok(match algorithm.family() {
            Family::Hmac => return Err(Refused),
            Family::RsaPkcs1 | Family::RsaPss => {
                KeyPair::Rsa(backend::generate_rsa()?, rsa_encoding(algorithm)?)
            }
            Family::Ecdsa => KeyPair::Ec(backend::generate_ec(algorithm)?, algorithm),
            Family::EdDsa => KeyPair::Ed25519(backend::generate_ed25519()?),
        })
    }

    pub(crate) fn from_private_key(
        algorithm: Algorithm,
        key: &PrivateKey,
    ) -> Result<Self, Refused> {
        Ok(match key {
            PrivateKey::Rsa(key) => KeyPair::Rsa(rsa_key_pair(key)?, rsa_encoding(algorithm)?),
            PrivateKey::Ec { public, d } => {
                KeyPair::Ec(backend::ec_from_members(algorithm, d, public)?, algorithm)
            }
            PrivateKey::Ed25519 { public, d } => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(d, public);
                KeyPair::Ed25519(pair.map_err(Refused::from)?)
            }
        })
    }

    pub(crate) fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refused> {
        Ok(match algorithm.family() {
            Family::Hmac => return Err(Refused),
            Family::RsaPkcs1 | Family::RsaPss => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(Refused::from)?;
                KeyPair::Rsa(pair, rsa_encoding(algorithm)?)
            }
            Family::Ecdsa => KeyPair::Ec(backend::ec_from_pkcs8(algorithm, der)?, algorithm),
            Family::EdDsa => {
                // The public half is optional in PKCS#8 and is then computed; where it is there, it is
                // checked against the private one.
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                KeyPair::Ed25519(pair.map_err(Refused::from)?)
            }
        })
    }

    pub(crate) fn from_pkcs1(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refused> {
        let pair = RsaKeyPair::from_der(der).map_err(Refused::from)?;
        Ok(KeyPair::Rsa(pair, rsa_encoding(algorithm)?))
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, Refused> {
        Ok(match self {
            KeyPair::Rsa(pair, _) => {
                let (n, e) = der::rsa_public_key(pair.public_key().as_ref())?;
                PublicKey::Rsa(RsaPublicKey { n, e })
            }
            KeyPair::Ec(pair, algorithm) => {
                let curve = algorithm.curve().ok_or(Refused)?;
                let point = pair.public_key().as_ref();
                PublicKey::Ec(EcPublicKey::from_uncompressed(curve, point).ok_or(Refused)?)
            }
            KeyPair::Ed25519(pair) => {
                PublicKey::Ed25519(pair.public_key().as_ref().try_into().map_err(Refused::from)?)
            }
        })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Refused> {
        match self {
            KeyPair::Rsa(pair, encoding) => backend::rsa_sign(pair, *encoding, message),
            KeyPair::Ec(pair, _) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(Refused::from),
            KeyPair::Ed25519(pair) => backend::ed25519_sign(pair, message),
        }
    }
}

pub(super) fn rsa_key_pair(key: &RsaPrivateKey) -> Result<RsaKeyPair, Refused> {
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: &*key.public.n, e: &*key.public.e },
        d: &**key.d,
        p: &**key.p,
        q: &**key.q,
        dP: &**key.dp,
        dQ: &**key.dq,
        qInv: &**key.qi,
    })
    .map_err(Refused::from)
}

pub(super) fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, Refused> {
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
