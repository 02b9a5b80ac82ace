//! Sealing: authenticated encryption for what leaves our hands and comes back, cookies and stored
//! tokens.
//!
//! A sealed text is base64url of `version ‖ key id ‖ salt ‖ ciphertext ‖ tag`. Each message has a
//! key and a nonce of its own, by HKDF-SHA256 (RFC 5869) from the master key and a random salt of
//! 24 bytes, and is encrypted by AES-256-GCM; so the number of messages under one master key is of
//! no concern. What a text is for (a cookie's name, say) is authenticated with it.

use std::fmt;
use std::sync::Arc;

use protocol_core::{Error, base64url, digest, random};
use zeroize::Zeroizing;

#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs::{aead, hkdf};
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use ring::{aead, hkdf};

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "client-registry seals cookies: turn on its feature `aws-lc-rs` (default) or `ring`"
);

/// The keys that seal and open. The first seals; all of them open, so that a new key can be put in
/// front of an old one without ending the logins under way.
#[derive(Clone)]
pub struct Seal(Arc<[Key]>);

impl Seal {
    /// Keys of 32 bytes each, the one that seals first.
    ///
    /// # Errors
    /// [`Error::Config`] without any key.
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Result<Self, Error> {
        let keys: Arc<[Key]> = keys.into_iter().map(Key::new).collect();
        if keys.is_empty() {
            return Err(Error::config("seal key", "expected at least one key, got none"));
        }
        Ok(Seal(keys))
    }

    /// A key made now. Whatever it seals ends with the process: fine for a demo or one process
    /// whose logins may end with a restart.
    pub fn generate() -> Self {
        Seal(Arc::new([Key::new(random::bytes())]))
    }

    /// The keys in the variable `name`: each 32 bytes as base64 or base64url, separated by commas,
    /// the one that seals first.
    ///
    /// # Errors
    /// [`Error::Config`] if the variable is absent or not of that form; the error says how to make
    /// a key and shows nothing of what was there.
    pub fn from_env(name: &str) -> Result<Self, Error> {
        let text = std::env::var(name).map(Zeroizing::new).map_err(|_| {
            Error::config(name, format!("expected a key, got nothing; {HOW_TO_MAKE_A_KEY}"))
        })?;
        Self::from_text(name, &text)
    }

    /// The keys in a text, as [`Seal::from_env`] reads them; errors speak of it as `what`.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not of that form.
    pub fn from_text(what: &str, text: &str) -> Result<Self, Error> {
        let wrong = |got: String| {
            let problem = format!("expected keys of 32 bytes, got {got}; {HOW_TO_MAKE_A_KEY}");
            Error::config(what, problem)
        };
        let mut keys = Vec::new();
        for part in text.split(',').map(str::trim) {
            let plain = part.trim_end_matches('=').replace('+', "-").replace('/', "_");
            let bytes = base64url::decode(Zeroizing::new(plain).as_bytes())
                .map(Zeroizing::new)
                .map_err(|_| wrong("what is no base64".to_owned()))?;
            let length = bytes.len();
            keys.push(bytes[..].try_into().map_err(|_| wrong(format!("{length} bytes")))?);
        }
        Seal::new(keys)
    }

    /// Seals `plain` for `purpose` into text: opened only where the same purpose is given.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> String {
        base64url::encode(self.seal_bytes(purpose, plain))
    }

    /// Opens what [`Seal::seal`] made for the same purpose, by whichever key did it. `None` for
    /// anything else: altered, cut, by an unknown key, for another purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        Some(self.open_text(purpose, sealed)?.to_vec())
    }

    pub(crate) fn open_text(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.open_bytes(purpose, &base64url::decode(sealed).ok()?)
    }

    /// [`Seal::seal`] without the text encoding.
    pub(crate) fn seal_bytes(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let key = &self.0[0];
        let salt: [u8; SALT] = random::bytes();
        let mut message = Vec::with_capacity(HEAD + plain.len() + TAG);
        message.push(VERSION);
        message.extend_from_slice(&key.id);
        message.extend_from_slice(&salt);
        let mut body = plain.to_vec();
        let (cipher, nonce) = key.derive(&salt);
        cipher
            .seal_in_place_append_tag(nonce, aead::Aad::from(purpose.as_bytes()), &mut body)
            .expect("AES-GCM seals any message that fits into memory");
        message.extend_from_slice(&body);
        message
    }

    /// Opens what [`Seal::seal_bytes`] made.
    pub(crate) fn open_bytes(&self, purpose: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (head, body) = sealed.split_at_checked(HEAD)?;
        let (id, salt) = (&head[1..1 + ID], &head[1 + ID..]);
        if head[0] != VERSION {
            return None;
        }
        let key = self.0.iter().find(|key| key.id == id)?;
        let (cipher, nonce) = key.derive(salt);
        let mut body = Zeroizing::new(body.to_vec());
        let aad = aead::Aad::from(purpose.as_bytes());
        let length = cipher.open_in_place(nonce, aad, &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

/// Shows how many keys there are.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({} keys)", self.0.len())
    }
}

const HOW_TO_MAKE_A_KEY: &str = "make one with `openssl rand -base64 32`";
const VERSION: u8 = 1;
const ID: usize = 4;
const SALT: usize = 24;
const TAG: usize = 16;
const HEAD: usize = 1 + ID + SALT;

struct Key {
    /// The first bytes of the key's own digest: which key a message is for.
    id: [u8; ID],
    master: hkdf::Prk,
}

impl Key {
    fn new(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let named = Zeroizing::new([&b"seal key id"[..], &bytes[..]].concat());
        let digest = digest::sha256(&named);
        let id = [digest[0], digest[1], digest[2], digest[3]];
        // The key is uniformly random already: HKDF's extract step is not needed (RFC 5869 §3.3).
        Key { id, master: hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &bytes[..]) }
    }

    /// The cipher and the nonce of one message.
    fn derive(&self, salt: &[u8]) -> (aead::LessSafeKey, aead::Nonce) {
        let info = [b"client-registry seal 1", salt];
        let mut output = Zeroizing::new([0; 32 + aead::NONCE_LEN]);
        self.master
            .expand(&info, Length(output.len()))
            .and_then(|okm| okm.fill(&mut output[..]))
            .expect("HKDF-SHA256 yields up to 8160 bytes");
        let (key, nonce) = output.split_at(32);
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("32 bytes are its length");
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).expect("12 bytes are its length");
        (aead::LessSafeKey::new(key), nonce)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_alone() {
        let seal = Seal::generate();
        let sealed = seal.seal("cookie-a", b"state");
        assert_eq!(&seal.open("cookie-a", &sealed).unwrap()[..], b"state");
        assert!(seal.open("cookie-b", &sealed).is_none());
        assert!(Seal::generate().open("cookie-a", &sealed).is_none());
        assert_ne!(sealed, seal.seal("cookie-a", b"state"), "each message has a salt of its own");
    }

    #[test]
    fn refusal_d10_every_altered_or_cut_text_is_as_good_as_none() {
        let seal = Seal::generate();
        let sealed = base64url::decode(seal.seal("c", b"state")).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(seal.open("c", &base64url::encode(altered)).is_none(), "byte {at}");
            assert!(seal.open("c", &base64url::encode(&sealed[..at])).is_none(), "cut at {at}");
        }
        for text in ["", "!", "AQ", "é", "AQ=="] {
            assert!(seal.open("c", text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
        let (old, new) = ([1; 32], [2; 32]);
        let sealed = Seal::new([old]).unwrap().seal("c", b"x");
        let both = Seal::new([new, old]).unwrap();
        assert!(both.open("c", &sealed).is_some());
        assert!(Seal::new([new]).unwrap().open("c", &sealed).is_none());
        assert!(Seal::new([old]).unwrap().open("c", &both.seal("c", b"x")).is_none());
    }

    #[test]
    fn keys_are_read_from_text_and_a_wrong_one_is_not_shown() {
        let (a, b) = (base64url::encode([7; 32]), base64url::encode_standard([0xfb; 32]));
        let seal = Seal::from_text("KEY", &format!("{a}, {b}")).unwrap();
        assert_eq!(format!("{seal:?}"), "Seal(2 keys)");
        for wrong in ["", "canary", &base64url::encode([7; 16]), "canary canary!"] {
            let error = Seal::from_text("KEY", wrong).unwrap_err().to_string();
            assert!(error.starts_with("KEY") && error.contains("openssl rand"), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
        assert_eq!(Seal::from_env("NO_SUCH_VARIABLE_HERE").unwrap_err().code(), "config");
    }
}
