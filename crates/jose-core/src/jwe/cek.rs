//! The content encryption key: how a recipient comes to it (RFC 7516 §5.2, steps 6 to 10).

use protocol_core::{Reason, base64url, random};
use serde_json::Value;
use zeroize::Zeroizing;

use super::algorithm::{ContentEncryption, KeyManagement, Mode};
use super::key::{DecryptionKey, Material};
use crate::algorithm::Hash;
use crate::crypto::{self, Refused};
use crate::header::Header;
use crate::key::EcdhPublicKey;

/// The most rounds of PBKDF2 that a token may ask for.
const MAX_P2C: u64 = 10_000;

pub(super) type Octets = Zeroizing<Vec<u8>>;

/// What a token says about its content's key, read before any work is done.
pub(super) struct Recipient {
    alg: KeyManagement,
    enc: ContentEncryption,
    parameters: Parameters,
    encrypted_key: Vec<u8>,
}

enum Parameters {
    None,
    Ecdh { epk: EcdhPublicKey, apu: Vec<u8>, apv: Vec<u8> },
    Gcm { iv: Vec<u8>, tag: Vec<u8> },
    Pbes2 { salt: Vec<u8>, rounds: u32 },
}

impl Recipient {
    /// Reads the header's parameters for this algorithm.
    pub(super) fn read(
        alg: KeyManagement,
        enc: ContentEncryption,
        header: &Header,
        encrypted_key: Vec<u8>,
    ) -> Result<Self, Reason> {
        let parameters = match alg.mode() {
            Mode::Direct | Mode::AesKw { .. } | Mode::RsaOaep(_) => Parameters::None,
            Mode::EcdhEs { .. } => {
                let epk = header.member("epk").and_then(Value::as_object);
                Parameters::Ecdh {
                    epk: epk.and_then(EcdhPublicKey::from_members).ok_or(Reason::InvalidEpk)?,
                    apu: octets(header, "apu", "apu is no base64url")?.unwrap_or_default(),
                    apv: octets(header, "apv", "apv is no base64url")?.unwrap_or_default(),
                }
            }
            Mode::AesGcmKw { .. } => {
                let iv = octets(header, "iv", "iv is no base64url")?;
                let tag = octets(header, "tag", "tag is no base64url")?;
                let missing = Reason::MalformedHeader("iv or tag of the key is missing");
                let (iv, tag) = iv.zip(tag).ok_or(missing)?;
                Parameters::Gcm { iv, tag }
            }
            Mode::Pbes2 { .. } => password_parameters(alg, header)?,
        };
        Ok(Recipient { alg, enc, parameters, encrypted_key })
    }

    /// The content's key. Where the encrypted key does not yield one of the right length, it is a
    /// random one, and the content does not open: nobody learns at which step it failed (RFC 7516
    /// §11.5). Only what everybody can see of the token itself is told apart.
    pub(super) fn content_key(&self, key: &DecryptionKey) -> Result<Octets, Reason> {
        let encrypted_key = &self.encrypted_key;
        let unwrapped = match (self.alg.mode(), key.material(), &self.parameters) {
            (Mode::Direct, key, _) => self.is_bare().and_then(|()| secret(key, self.enc.key_len())),
            (Mode::AesKw { kek }, key, _) => {
                secret(key, kek).and_then(|kek| crypto::aes_unwrap(&kek, encrypted_key))
            }
            (Mode::AesGcmKw { kek }, key, Parameters::Gcm { iv, tag }) => secret(key, kek)
                .and_then(|kek| crypto::gcm_open(&kek, iv, b"", encrypted_key, tag))
                .map(Zeroizing::new),
            (Mode::RsaOaep(hash), Material::Rsa(key), _) => key.decrypt(hash, encrypted_key),
            (Mode::EcdhEs { kek }, Material::Ecdh(key), Parameters::Ecdh { epk, apu, apv }) => {
                let z = key.agree(epk).map_err(|_| Reason::InvalidEpk)?;
                match kek {
                    Some(kek) => {
                        let kek = concat_kdf(&z, self.alg.name(), apu, apv, kek);
                        crypto::aes_unwrap(&kek, encrypted_key)
                    }
                    None => self
                        .is_bare()
                        .map(|()| concat_kdf(&z, self.enc.name(), apu, apv, self.enc.key_len())),
                }
            }
            (
                Mode::Pbes2 { hash, kek },
                Material::Octets(password),
                Parameters::Pbes2 { salt, rounds },
            ) => crypto::pbkdf2(hash, password, salt, *rounds, kek)
                .and_then(|kek| crypto::aes_unwrap(&kek, encrypted_key)),
            _ => Err(Refused),
        };
        let fits = |key: &Octets| key.len() == self.enc.key_len();
        Ok(unwrapped.ok().filter(fits).unwrap_or_else(|| random_key(self.enc.key_len())))
    }

    /// No encrypted key may come along where none is due (RFC 7516 §5.2, step 10).
    fn is_bare(&self) -> Result<(), Refused> {
        if self.encrypted_key.is_empty() { Ok(()) } else { Err(Refused) }
    }
}

/// RFC 7518 §4.8.1.
fn password_parameters(alg: KeyManagement, header: &Header) -> Result<Parameters, Reason> {
    let p2s = octets(header, "p2s", "p2s is no base64url")?;
    let p2s = p2s.filter(|p2s| p2s.len() >= 8);
    let p2s = p2s.ok_or(Reason::MalformedHeader("p2s is missing or shorter than 8 octets"))?;
    let p2c = header.member("p2c").and_then(Value::as_u64).filter(|p2c| *p2c > 0);
    let p2c = p2c.ok_or(Reason::MalformedHeader("p2c is missing or is no positive integer"))?;
    let rounds = u32::try_from(p2c).ok().filter(|_| p2c <= MAX_P2C);
    let rounds = rounds.ok_or(Reason::P2cTooLarge { limit: MAX_P2C })?;
    Ok(Parameters::Pbes2 { salt: password_salt(alg, &p2s), rounds })
}

/// The salt that is used: it begins with the algorithm's name (RFC 7518 §4.8.1.1).
pub(super) fn password_salt(alg: KeyManagement, p2s: &[u8]) -> Vec<u8> {
    [alg.name().as_bytes(), &[0], p2s].concat()
}

/// A shared secret as a key of this length; of a client secret, the left part of its hash (OIDC Core
/// §10.2).
fn secret(material: &Material, length: usize) -> Result<Octets, Refused> {
    match material {
        Material::Octets(secret) => Ok(secret.clone()),
        Material::ClientSecret(secret) => {
            let hash = match length {
                0..=32 => Hash::Sha256,
                33..=48 => Hash::Sha384,
                _ => Hash::Sha512,
            };
            let mut digest = Zeroizing::new(hash.digest(secret.expose().as_bytes()));
            digest.truncate(length);
            Ok(digest)
        }
        Material::Rsa(_) | Material::Ecdh(_) => Err(Refused),
    }
}

/// The Concat KDF with SHA-256 (RFC 7518 §4.6.2).
pub(super) fn concat_kdf(
    z: &[u8],
    algorithm: &str,
    apu: &[u8],
    apv: &[u8],
    length: usize,
) -> Octets {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    let mut info = Vec::new();
    for field in [algorithm.as_bytes(), apu, apv] {
        info.extend(number(field.len()));
        info.extend(field);
    }
    info.extend(number(length * 8));
    let mut derived = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(32)));
    for round in 1..=length.div_ceil(32) {
        let input = Zeroizing::new([&number(round)[..], z, &info].concat());
        derived.extend(Hash::Sha256.digest(&input));
    }
    derived.truncate(length);
    derived
}

/// A new key of at most 64 bytes.
pub(super) fn random_key(length: usize) -> Octets {
    Zeroizing::new(random::bytes::<64>()[..length].to_vec())
}

/// A member in base64url; `None` where it is absent.
fn octets(header: &Header, name: &str, problem: &'static str) -> Result<Option<Vec<u8>>, Reason> {
    let Some(value) = header.member(name) else { return Ok(None) };
    let decoded = value.as_str().and_then(|text| base64url::decode(text).ok());
    decoded.map(Some).ok_or(Reason::MalformedHeader(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derived_key_is_that_of_rfc7518_appendix_c() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/data/kdf.json")).unwrap();
        let case = &vectors["cases"][0];
        let decoded = |value: &Value| base64url::decode(value.as_str().unwrap()).unwrap();
        let (header, z) = (&case["header"], decoded(&case["z_b64u"]));
        let (apu, apv) = (decoded(&header["apu"]), decoded(&header["apv"]));
        let derived = concat_kdf(&z, header["enc"].as_str().unwrap(), &apu, &apv, 16);
        assert_eq!(*derived, decoded(&case["derived_key_b64u"]));
    }

    #[test]
    fn a_client_secret_is_hashed_by_the_length_that_is_due() {
        let secret_of = |length| {
            let material = Material::ClientSecret("a client secret of many bytes".into());
            secret(&material, length).unwrap()
        };
        let text = b"a client secret of many bytes";
        for (length, hash) in [
            (16, Hash::Sha256),
            (24, Hash::Sha256),
            (32, Hash::Sha256),
            (48, Hash::Sha384),
            (64, Hash::Sha512),
        ] {
            assert_eq!(*secret_of(length), hash.digest(text)[..length], "{length}");
        }
    }

    /// RFC 7516 §11.5: whatever is wrong with an encrypted key, the content is tried all the same.
    #[test]
    fn an_encrypted_key_that_yields_none_yields_a_random_one_of_the_right_length() {
        let oct = |octets: usize| {
            let jwk = serde_json::json!({"kty": "oct", "k": base64url::encode(vec![7; octets])});
            DecryptionKey::from_jwk(jwk.to_string().as_bytes()).unwrap()
        };
        let gcm = Parameters::Gcm { iv: vec![0; 12], tag: vec![0; 16] };
        let table = [
            (KeyManagement::A128Kw, oct(16), Parameters::None),
            (KeyManagement::A192Kw, oct(24), Parameters::None),
            (KeyManagement::A256GcmKw, oct(32), gcm),
            (KeyManagement::Dir, oct(32), Parameters::None),
            (
                KeyManagement::Pbes2Hs256A128Kw,
                oct(16),
                Parameters::Pbes2 { salt: vec![1; 16], rounds: 10 },
            ),
        ];
        for (alg, key, parameters) in table {
            if !alg.is_supported() {
                continue;
            }
            let enc = ContentEncryption::A256Gcm;
            let mut recipient = Recipient { alg, enc, parameters, encrypted_key: Vec::new() };
            for wrong in [vec![1; 8], vec![1; 24], vec![1; 40], vec![1; 41], vec![1; 512]] {
                recipient.encrypted_key = wrong;
                let keys = [(); 2].map(|()| recipient.content_key(&key).unwrap());
                assert!(keys.iter().all(|key| key.len() == 32), "{alg}");
                assert_ne!(keys[0], keys[1], "{alg}: random");
            }
        }
    }
}
