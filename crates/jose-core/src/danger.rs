//! What is weaker than the default, apart and by name: whoever reviews a program greps for
//! `danger`.

use protocol_core::Error;

use crate::header::Header;
use crate::jwe::{self, ContentEncryption};
use crate::jws::{MAX_TOKEN_BYTES, Parts, decode};
use crate::signing_key::SigningKey;
use crate::symmetric::SymmetricKey;

/// A token that nobody has verified: anybody can have written it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unverified {
    /// Its header.
    pub header: Header,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Reads a token of three parts without verifying it. `alg` may be `none`.
///
/// # Errors
/// [`Error::Unverified`] where it is no JWS in form, or is over 256 KiB.
pub fn decode_unverified(token: &str) -> Result<Unverified, Error> {
    let parts = Parts::split(token, MAX_TOKEN_BYTES)?;
    let header = Header::decode(parts.header)?;
    decode("signature", parts.signature)?;
    Ok(Unverified { header, payload: decode("payload", parts.payload)? })
}

/// A shared secret that serves every HMAC algorithm however short it is, against RFC 7518 §3.2: for
/// providers that hand out short client secrets. A short one can be guessed from any token.
///
/// # Errors
/// [`Reason::WeakKey`](protocol_core::Reason::WeakKey) for an empty one.
pub fn short_symmetric_key(secret: impl AsRef<[u8]>) -> Result<SymmetricKey, Error> {
    SymmetricKey::danger_short(secret.as_ref())
}

/// Encrypts the content alone, by this key of its own, under a header and beside an encrypted key
/// that are taken as they are, whatever they say: for tests of decrypters.
///
/// # Errors
/// [`Reason::InvalidKey`](protocol_core::Reason::InvalidKey) where the key has another length than
/// `enc` asks for, or this build's backend does not have `enc`.
pub fn encrypt_with_header(
    enc: ContentEncryption,
    content_key: &[u8],
    header: &[u8],
    encrypted_key: &[u8],
    plaintext: &[u8],
) -> Result<String, Error> {
    jwe::seal(enc, content_key, header, encrypted_key, plaintext)
}

/// Signs under a header that is taken as it is, whatever it says: for tests of verifiers.
///
/// # Errors
/// [`Error::Config`] where the key cannot sign.
pub fn sign_with_header(key: &SigningKey, header: &[u8], payload: &[u8]) -> Result<String, Error> {
    key.sign_with_header(header, payload)
}
