//! JSON Web Encryption, compact serialisation: encrypting and decrypting (RFC 7516 §5).

mod algorithm;
mod cek;
mod content;
mod encrypt;
mod key;

pub use algorithm::{ContentEncryption, KeyManagement};
pub use encrypt::EncryptionKey;
pub use key::{DecryptionKey, DecryptionKeySet};

pub(crate) use encrypt::seal;

use std::fmt;

use protocol_core::{Error, Reason};
use serde_json::Value;

use self::cek::Recipient;
use self::content::{Sealed, inflate};
use crate::header::{Header, cut};
use crate::jws::{MAX_TOKEN_BYTES, decode};

/// Decrypts encrypted tokens.
///
/// The algorithms are the caller's, never the token's: a token of another one is refused before any
/// key is looked for. Whatever goes wrong with a key or the content after that is one error,
/// [`Reason::DecryptFailed`].
///
/// That a token could be decrypted says nothing of who wrote it, where everybody has the key to
/// encrypt with: what is inside must be verified in its turn.
#[derive(Clone, Debug)]
pub struct Decrypter {
    allowed: Vec<KeyManagement>,
    allowed_enc: Vec<ContentEncryption>,
    max_token_bytes: usize,
    max_inflated_bytes: Option<usize>,
}

/// What was in an encrypted token. Only [`Decrypter::decrypt`] makes one.
#[derive(Clone)]
pub struct Decrypted {
    header: Header,
    plaintext: Vec<u8>,
}

impl Decrypter {
    /// Allows [`KeyManagement::DEFAULTS`] with every [`ContentEncryption`], tokens of up to 256 KiB,
    /// and no compressed content.
    pub fn new() -> Self {
        Decrypter {
            allowed: KeyManagement::DEFAULTS.to_vec(),
            allowed_enc: ContentEncryption::ALL.to_vec(),
            max_token_bytes: MAX_TOKEN_BYTES,
            max_inflated_bytes: None,
        }
    }

    /// Allows these algorithms of key management in place of those before. RSA1_5 is none of them
    /// and cannot be allowed.
    #[must_use]
    pub fn allow(mut self, algorithms: impl IntoIterator<Item = KeyManagement>) -> Self {
        self.allowed = algorithms.into_iter().collect();
        self
    }

    /// Allows these algorithms of content encryption in place of those before.
    #[must_use]
    pub fn allow_enc(mut self, algorithms: impl IntoIterator<Item = ContentEncryption>) -> Self {
        self.allowed_enc = algorithms.into_iter().collect();
        self
    }

    /// Takes compressed content (`zip` `DEF`) that inflates to at most this many bytes, which is
    /// refused by default (RFC 8725 §3.6). A few hundred KiB are plenty for a token.
    #[must_use]
    pub fn allow_zip(mut self, max_inflated_bytes: usize) -> Self {
        self.max_inflated_bytes = Some(max_inflated_bytes);
        self
    }

    /// Takes tokens of at most this many bytes (256 KiB by default); a longer one is refused
    /// unread.
    #[must_use]
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Decrypts `token` by one of `keys`.
    ///
    /// A `kid` means the keys of that name and those without one; a token without a `kid` may be
    /// for any key. Of those, the ones that type, curve, length, `use`, `key_ops` and `alg` let are
    /// tried, at most [`DecryptionKeySet::MAX_TRIED`].
    ///
    /// # Errors
    /// [`Error::Unverified`] with the [`Reason`]: of the token's form, of its algorithms
    /// ([`Reason::JweAlgNotAllowed`], [`Reason::JweEncNotAllowed`], [`Reason::ZipNotAllowed`]), of
    /// what its header says about the key ([`Reason::InvalidEpk`], [`Reason::P2cTooLarge`]), of the
    /// keys ([`Reason::NoDecryptionKey`], [`Reason::AmbiguousKey`], or why the only one does not fit);
    /// [`Reason::DecryptFailed`]; [`Reason::DecompressionLimit`]. [`Error::Unsupported`] for an
    /// allowed algorithm that this build's backend does not have.
    pub fn decrypt(&self, token: &str, keys: &DecryptionKeySet) -> Result<Decrypted, Error> {
        let parts = self.split(token)?;
        let header = Header::decode(parts.header)?;
        let (alg, enc) = (self.key_management(&header)?, self.content_encryption(&header)?);
        let zip = self.zip(&header)?;
        let recipient =
            Recipient::read(alg, enc, &header, decode("encrypted key", parts.encrypted_key)?)?;
        let (iv, tag) = (decode("initialization vector", parts.iv)?, decode("tag", parts.tag)?);
        let ciphertext = decode("ciphertext", parts.ciphertext)?;
        let aad = parts.header.as_bytes();
        let sealed = Sealed { iv: &iv, aad, ciphertext: &ciphertext, tag: &tag };

        let mut failure = None;
        for key in keys.select(alg, enc, header.kid())? {
            let opened = recipient.content_key(key).and_then(|content_key| {
                sealed.open(enc, &content_key).map_err(|_| Reason::DecryptFailed)
            });
            match opened {
                Ok(opened) => {
                    let plaintext = match zip {
                        Some(limit) => inflate(&opened, limit)?,
                        None => opened,
                    };
                    return Ok(Decrypted { header, plaintext });
                }
                // An ephemeral key of another curve is no fault where another key may be meant.
                Err(Reason::InvalidEpk) if failure.is_some() => {}
                Err(reason) => failure = Some(reason),
            }
        }
        Err(failure.unwrap_or(Reason::DecryptFailed).into())
    }

    fn split<'a>(&self, token: &'a str) -> Result<Parts<'a>, Reason> {
        let (limit, got) = (self.max_token_bytes, token.len());
        if got > limit {
            return Err(Reason::TokenTooLarge { limit, got });
        }
        if token.trim_start().starts_with('{') {
            return Err(Reason::MalformedToken("the JSON serialisation is not taken"));
        }
        let parts: Vec<&str> = token.split('.').take(6).collect();
        match parts[..] {
            ["", _, _, _, _] => Err(Reason::MalformedToken("the header is empty")),
            [header, encrypted_key, iv, ciphertext, tag] => {
                Ok(Parts { header, encrypted_key, iv, ciphertext, tag })
            }
            _ => Err(Reason::MalformedToken("expected five parts with a dot between them")),
        }
    }

    fn key_management(&self, header: &Header) -> Result<KeyManagement, Error> {
        let name = header.alg();
        match KeyManagement::from_name(name).filter(|found| self.allowed.contains(found)) {
            Some(algorithm) if algorithm.is_supported() => Ok(algorithm),
            Some(algorithm) => Err(Error::Unsupported(algorithm.to_string())),
            None => {
                let allowed = listed(self.allowed.iter().map(|alg| alg.name()));
                Err(Reason::JweAlgNotAllowed { allowed, got: cut(name) }.into())
            }
        }
    }

    fn content_encryption(&self, header: &Header) -> Result<ContentEncryption, Error> {
        let name = header.member("enc").and_then(Value::as_str);
        let name = name.ok_or(Reason::MalformedHeader("enc is missing or is no text"))?;
        match ContentEncryption::from_name(name).filter(|found| self.allowed_enc.contains(found)) {
            Some(algorithm) if algorithm.is_supported() => Ok(algorithm),
            Some(algorithm) => Err(Error::Unsupported(algorithm.to_string())),
            None => {
                let allowed = listed(self.allowed_enc.iter().map(|enc| enc.name()));
                Err(Reason::JweEncNotAllowed { allowed, got: cut(name) }.into())
            }
        }
    }

    /// The most bytes that the content may inflate to; `None` where it is not compressed.
    fn zip(&self, header: &Header) -> Result<Option<usize>, Reason> {
        match (header.member("zip"), self.max_inflated_bytes) {
            (None, _) => Ok(None),
            (Some(zip), Some(limit)) if zip == "DEF" => Ok(Some(limit)),
            (Some(_), _) => Err(Reason::ZipNotAllowed),
        }
    }
}

impl Default for Decrypter {
    fn default() -> Self {
        Decrypter::new()
    }
}

impl Decrypted {
    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What was encrypted.
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// What was encrypted, given away.
    pub fn into_plaintext(self) -> Vec<u8> {
        self.plaintext
    }
}

/// Shows the header and the plaintext's length.
impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("header", &self.header)
            .field("plaintext", &format_args!("[{} bytes]", self.plaintext.len()))
            .finish()
    }
}

/// The parts of a compact JWE, none decoded (RFC 7516 §7.1).
struct Parts<'a> {
    header: &'a str,
    encrypted_key: &'a str,
    iv: &'a str,
    ciphertext: &'a str,
    tag: &'a str,
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
