//! What JWE needs beyond what both libraries have, by `aws-lc-rs`; and AES-192 key wrap, which
//! that lacks, by `aes-kw`.

use aes_kw::{KeyInit as _, KwAes192};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::cipher::{
    self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{
    self, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use zeroize::Zeroizing;

use super::ring_like::rsa_key_pair;
use super::{OaepHash, Refused};
use crate::algorithm::Curve;
use crate::key::{EcdhPrivateKey, EcdhPublicKey, RsaPrivateKey, RsaPublicKey};

/// A private RSA key to decrypt with.
pub(crate) struct RsaDecryptionKey(OaepPrivateDecryptingKey);

impl RsaDecryptionKey {
    pub(crate) fn new(key: &RsaPrivateKey) -> Result<Self, Refused> {
        let der: Pkcs8V1Der<'_> = rsa_key_pair(key)?.as_der().map_err(Refused::from)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(Refused::from)?;
        OaepPrivateDecryptingKey::new(key).map(RsaDecryptionKey).map_err(Refused::from)
    }

    /// RSAES-OAEP (RFC 8017 §7.1.2), with the hash in MGF1 too.
    pub(crate) fn decrypt(
        &self,
        hash: OaepHash,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let mut output = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let decrypted = self.0.decrypt(oaep(hash), encrypted, &mut output, None);
        let length = decrypted.map_err(Refused::from)?.len();
        output.truncate(length);
        Ok(output)
    }
}

/// A public RSA key to encrypt to.
pub(crate) struct RsaEncryptionKey(OaepPublicEncryptingKey);

impl RsaEncryptionKey {
    pub(crate) fn new(key: &RsaPublicKey) -> Result<Self, Refused> {
        let key = PublicKeyComponents { n: &*key.n, e: &*key.e };
        let der: PublicKeyX509Der<'_> = key.as_der().map_err(Refused::from)?;
        let key = PublicEncryptingKey::from_der(der.as_ref()).map_err(Refused::from)?;
        OaepPublicEncryptingKey::new(key).map(RsaEncryptionKey).map_err(Refused::from)
    }

    pub(crate) fn encrypt(&self, hash: OaepHash, plaintext: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut output = vec![0; self.0.ciphertext_size()];
        let encrypted = self.0.encrypt(oaep(hash), plaintext, &mut output, None);
        let length = encrypted.map_err(Refused::from)?.len();
        output.truncate(length);
        Ok(output)
    }
}

/// A private key of a curve, to agree with an ephemeral one on a secret.
pub(crate) struct AgreementKey {
    curve: Curve,
    key: PrivateKey,
}

impl AgreementKey {
    /// Refuses a private key whose public half is another.
    pub(crate) fn new(key: &EcdhPrivateKey) -> Result<Self, Refused> {
        let curve = key.public.curve;
        let private = PrivateKey::from_private_key(ecdh(curve)?, &key.d).map_err(Refused::from)?;
        let public = private.compute_public_key().map_err(Refused::from)?;
        if public.as_ref() != key.public.point {
            return Err(Refused);
        }
        Ok(AgreementKey { curve, key: private })
    }

    /// The secret Z; refused are a point that is not on the key's curve, and a secret of zeros
    /// (RFC 7748 §6.1).
    pub(crate) fn agree(&self, peer: &EcdhPublicKey) -> Result<Zeroizing<Vec<u8>>, Refused> {
        if peer.curve != self.curve {
            return Err(Refused);
        }
        let peer = UnparsedPublicKey::new(ecdh(self.curve)?, &peer.point);
        agreement::agree(&self.key, peer, Refused, |z| Ok(Zeroizing::new(z.to_vec())))
    }
}

/// A new ephemeral key's public half, and the secret Z of that key and `peer`.
pub(crate) fn agree_once(
    peer: &EcdhPublicKey,
) -> Result<(EcdhPublicKey, Zeroizing<Vec<u8>>), Refused> {
    let curve = peer.curve;
    let key = PrivateKey::generate(ecdh(curve)?).map_err(Refused::from)?;
    let point = key.compute_public_key().map_err(Refused::from)?.as_ref().to_vec();
    let z = AgreementKey { curve, key }.agree(peer)?;
    Ok((EcdhPublicKey { curve, point }, z))
}

/// AES Key Wrap (RFC 3394 §2.2.1); the length of `kek` says which AES.
pub(crate) fn aes_wrap(kek: &[u8], key: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut output = vec![0; key.len() + 8];
    match kek.len() {
        24 => {
            let kek = KwAes192::new_from_slice(kek).map_err(Refused::from)?;
            kek.wrap_key(key, &mut output).map_err(Refused::from)?;
        }
        length => {
            let aes = if length == 16 { &AES_128 } else { &AES_256 };
            let kek = AesKek::new(aes, kek).map_err(Refused::from)?;
            kek.wrap(key, &mut output).map_err(Refused::from)?;
        }
    }
    Ok(output)
}

/// AES Key Wrap (RFC 3394 §2.2.2); the length of `kek` says which AES.
pub(crate) fn aes_unwrap(kek: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let mut output = Zeroizing::new(vec![0; wrapped.len()]);
    let length = match kek.len() {
        24 => {
            let kek = KwAes192::new_from_slice(kek).map_err(Refused::from)?;
            kek.unwrap_key(wrapped, &mut output).map_err(Refused::from)?.len()
        }
        length => {
            let aes = if length == 16 { &AES_128 } else { &AES_256 };
            let kek = AesKek::new(aes, kek).map_err(Refused::from)?;
            kek.unwrap(wrapped, &mut output).map_err(Refused::from)?.len()
        }
    };
    output.truncate(length);
    Ok(output)
}

/// AES in CBC mode with the padding of PKCS #7; the length of `key` says which AES.
pub(crate) fn cbc_decrypt(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, Refused> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(aes(key)?).map_err(Refused::from)?;
    let iv = FixedLength::try_from(iv).map_err(Refused::from)?;
    let mut content = ciphertext.to_vec();
    let length = {
        let context = DecryptionContext::Iv128(iv);
        key.decrypt(&mut content, context).map_err(Refused::from)?.len()
    };
    content.truncate(length);
    Ok(content)
}

/// What [`cbc_decrypt`] decrypts. An `iv` is random.
pub(crate) fn cbc_encrypt(key: &[u8], iv: [u8; 16], plaintext: &[u8]) -> Result<Vec<u8>, Refused> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(aes(key)?).map_err(Refused::from)?;
    let mut content = plaintext.to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut content, context).map_err(Refused::from)?;
    Ok(content)
}

fn aes(key: &[u8]) -> Result<UnboundCipherKey, Refused> {
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        _ => &cipher::AES_256,
    };
    UnboundCipherKey::new(algorithm, key).map_err(Refused::from)
}

fn oaep(hash: OaepHash) -> &'static rsa::OaepAlgorithm {
    match hash {
        OaepHash::Sha1 => &rsa::OAEP_SHA1_MGF1SHA1,
        OaepHash::Sha256 => &rsa::OAEP_SHA256_MGF1SHA256,
        OaepHash::Sha384 => &rsa::OAEP_SHA384_MGF1SHA384,
        OaepHash::Sha512 => &rsa::OAEP_SHA512_MGF1SHA512,
    }
}

fn ecdh(curve: Curve) -> Result<&'static agreement::Algorithm, Refused> {
    Ok(match curve {
        Curve::P256 => &agreement::ECDH_P256,
        Curve::P384 => &agreement::ECDH_P384,
        Curve::P521 => &agreement::ECDH_P521,
        Curve::X25519 => &agreement::X25519,
        Curve::Ed25519 => return Err(Refused),
    })
}
