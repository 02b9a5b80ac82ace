//! Shared secrets for HMAC (RFC 7518 §3.2).

use std::fmt;
use std::sync::Arc;

use protocol_core::{ClientSecret, Error, Reason};
use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, Hash};
use crate::crypto::MacKey;

/// A secret that signer and verifier share. HMAC takes nothing else, so a public key can never be
/// taken for one.
#[derive(Clone)]
pub struct SymmetricKey(Arc<Inner>);

struct Inner {
    secret: Zeroizing<Vec<u8>>,
    macs: Vec<(Hash, MacKey)>,
}

impl SymmetricKey {
    /// A secret of at least 32 bytes. It serves the algorithms whose hash is no longer than itself
    /// (RFC 7518 §3.2): HS384 takes 48 bytes, HS512 64.
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for a shorter one.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        let secret = secret.as_ref();
        if secret.len() < Hash::Sha256.len() {
            return Err(TOO_SHORT.into());
        }
        Ok(Self::for_hashes_up_to(secret.len(), secret))
    }

    /// The UTF-8 octets of a client secret, by which OpenID providers sign with HS256 and its kin
    /// (OIDC Core §10.1); its length as in [`SymmetricKey::new`].
    ///
    /// # Errors
    /// [`Reason::WeakKey`] for a shorter one.
    pub fn from_client_secret(secret: &ClientSecret) -> Result<Self, Error> {
        Self::new(secret.expose())
    }

    /// A secret of any length, for any use.
    pub(crate) fn of_any_length(secret: &[u8]) -> Self {
        Self::for_hashes_up_to(secret.len(), secret)
    }

    /// A secret that serves every hash, however short it is; but the empty one is none.
    pub(crate) fn danger_short(secret: &[u8]) -> Result<Self, Error> {
        if secret.is_empty() {
            return Err(Reason::WeakKey("an empty secret").into());
        }
        Ok(Self::for_hashes_up_to(usize::MAX, secret))
    }

    fn for_hashes_up_to(length: usize, secret: &[u8]) -> Self {
        let macs = [Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .filter(|hash| hash.len() <= length)
            .map(|hash| (hash, MacKey::new(hash, secret)))
            .collect();
        SymmetricKey(Arc::new(Inner { secret: Zeroizing::new(secret.to_vec()), macs }))
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0.secret
    }

    /// The key made ready for this algorithm, if it is one of HMAC and the key is long enough for
    /// it.
    pub(crate) fn mac(&self, algorithm: Algorithm) -> Result<&MacKey, Reason> {
        if !algorithm.is_symmetric() {
            return Err(Reason::KeyTypeMismatch { alg: algorithm.to_string() });
        }
        let found = self.0.macs.iter().find(|(hash, _)| *hash == algorithm.hash());
        found.map(|(_, mac)| mac).ok_or(TOO_SHORT)
    }
}

impl fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SymmetricKey(..)")
    }
}

const TOO_SHORT: Reason = Reason::WeakKey("a secret shorter than the hash (RFC 7518 3.2)");
