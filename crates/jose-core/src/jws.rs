//! JSON Web Signature, compact serialisation: verifying (RFC 7515 §5.2, RFC 8725 §3).

use std::fmt;

use protocol_core::{Error, Reason, base64url};

use crate::algorithm::Algorithm;
use crate::header::{Header, cut};
use crate::jwk_set::JwkSet;
use crate::jwt::Claims;

/// Verifies signed tokens.
///
/// The algorithms are the caller's, never the token's: a token of another one is refused before any
/// key is looked for, and a key serves only algorithms of its own type.
#[derive(Clone, Debug)]
pub struct Verifier {
    allowed: Vec<Algorithm>,
    max_token_bytes: usize,
}

/// A token whose signature holds. Only [`Verifier::verify`] makes one.
#[derive(Clone)]
pub struct Verified {
    header: Header,
    payload: Vec<u8>,
    algorithm: Algorithm,
}

impl Verifier {
    /// Allows [`Algorithm::DEFAULTS`] and tokens of up to 256 KiB.
    pub fn new() -> Self {
        Verifier { allowed: Algorithm::DEFAULTS.to_vec(), max_token_bytes: MAX_TOKEN_BYTES }
    }

    /// Allows these algorithms in place of those before. `none` is no algorithm and cannot be
    /// allowed.
    #[must_use]
    pub fn allow(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.allowed = algorithms.into_iter().collect();
        self
    }

    /// Takes tokens of at most this many bytes (256 KiB by default); a longer one is refused
    /// unread.
    #[must_use]
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// The algorithms that are allowed.
    pub fn allowed(&self) -> &[Algorithm] {
        &self.allowed
    }

    /// Verifies `token` by one of `keys`; see [`JwkSet::select`] for which.
    ///
    /// # Errors
    /// [`Error::Unverified`] with the [`Reason`]; [`Error::Unsupported`] for an allowed algorithm
    /// that this build's backend does not have.
    pub fn verify(&self, token: &str, keys: &JwkSet) -> Result<Verified, Error> {
        let parts = Parts::split(token, self.max_token_bytes)?;
        let header = Header::decode(parts.header)?;
        let algorithm = self.algorithm(&header)?;
        let signature = decode("signature", parts.signature)?;
        let payload = decode("payload", parts.payload)?;
        let message = parts.signing_input.as_bytes();
        let mut candidates = keys.select(algorithm, header.kid())?.into_iter();
        if candidates.any(|key| key.verify(algorithm, message, &signature)) {
            Ok(Verified { header, payload, algorithm })
        } else {
            Err(Reason::BadSignature.into())
        }
    }

    fn algorithm(&self, header: &Header) -> Result<Algorithm, Error> {
        let name = header.alg();
        if name.eq_ignore_ascii_case("none") {
            return Err(Reason::AlgNone.into());
        }
        let algorithm = Algorithm::from_name(name).filter(|found| self.allowed.contains(found));
        match algorithm {
            Some(algorithm) if algorithm.is_supported() => Ok(algorithm),
            Some(algorithm) => Err(Error::Unsupported(algorithm.to_string())),
            None => {
                let allowed: Vec<_> = self.allowed.iter().map(|a| a.name()).collect();
                Err(Reason::AlgNotAllowed { allowed: allowed.join(", "), got: cut(name) }.into())
            }
        }
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Verifier::new()
    }
}

impl Verified {
    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What was signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What was signed, given away.
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The algorithm that it was signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The payload as a JWT's claims (RFC 7519 §7.2). Only their types are checked.
    ///
    /// # Errors
    /// Those of [`Claims::from_json`].
    pub fn claims(&self) -> Result<Claims, Error> {
        Claims::from_json(&self.payload)
    }
}

/// Shows the header and the payload's length.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("header", &self.header)
            .field("payload", &format_args!("[{} bytes]", self.payload.len()))
            .finish()
    }
}

/// The parts of a compact JWS, none decoded.
pub(crate) struct Parts<'a> {
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: &'a str,
    /// Header and payload with the dot between them (RFC 7515 §5.1).
    pub(crate) signing_input: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn split(token: &'a str, limit: usize) -> Result<Self, Reason> {
        if token.len() > limit {
            return Err(Reason::TokenTooLarge { limit, got: token.len() });
        }
        if token.trim_start().starts_with('{') {
            return Err(Reason::MalformedToken("the JSON serialisation is not taken"));
        }
        let mut dots = token.match_indices('.').map(|(at, _)| at);
        let (first, second) = match [(); 5].map(|()| dots.next()) {
            [Some(first), Some(second), None, ..] => (first, second),
            [.., Some(_), None] => {
                return Err(Reason::MalformedToken("encrypted, and a signed one is due"));
            }
            _ => {
                return Err(Reason::MalformedToken("expected three parts with a dot between them"));
            }
        };
        if first == 0 {
            return Err(Reason::MalformedToken("the header is empty"));
        }
        Ok(Parts {
            header: &token[..first],
            payload: &token[first + 1..second],
            signature: &token[second + 1..],
            signing_input: &token[..second],
        })
    }
}

pub(crate) fn decode(what: &'static str, part: &str) -> Result<Vec<u8>, Reason> {
    base64url::decode(part).map_err(|_| Reason::NonCanonicalBase64(what))
}

pub(crate) const MAX_TOKEN_BYTES: usize = 256 * 1024;
