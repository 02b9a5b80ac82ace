//! A JSON Web Key Set (RFC 7517 §5), and which of its keys a token means.

use std::fmt;

use protocol_core::json;
use protocol_core::{Error, Reason};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::header::cut;
use crate::jwk::{self, Jwk};

/// The keys of a provider, or those that a caller puts together.
#[derive(Clone, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    skipped: Vec<Skipped>,
}

/// A member of a set that was left out (RFC 7517 §5), and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// Its place among the set's `keys`, from 0.
    pub index: usize,
    /// Its `kid`, where one could be read.
    pub kid: Option<String>,
    /// What is wrong with it.
    pub reason: Reason,
}

impl JwkSet {
    /// The longest text that is read, in bytes: 1 MiB.
    pub const MAX_BYTES: usize = 1 << 20;

    /// How many keys are tried where the token does not say which one: 8.
    pub const MAX_TRIED: usize = 8;

    /// The keys of a set that a provider publishes. A key that is not understood, is weak, has
    /// duplicate members, or is not a public key (a shared secret or a private key, which no longer
    /// proves anything once published) is left out, and [`JwkSet::skipped`] lists it.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the code `invalid_key` where the text is no JSON object with an
    /// array `keys`, or is over [`JwkSet::MAX_BYTES`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut set = JwkSet::default();
        for (index, text) in keys_of(text)?.into_iter().enumerate() {
            match published_key(text) {
                Ok(key) => set.keys.push(key),
                Err(reason) => {
                    let kid = kid_of(text);
                    set.skipped.push(Skipped { index, kid, reason });
                }
            }
        }
        Ok(set)
    }

    /// The keys, in order.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// What was left out, in order.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The set as it is published, in JSON: public keys only.
    pub fn public_only(&self) -> Value {
        let keys: Vec<Value> = self.keys.iter().filter_map(Jwk::public_only).collect();
        json!({ "keys": keys })
    }

    /// The keys that may verify a token of this algorithm and `kid`, as far as type, curve, `use`,
    /// `key_ops` and `alg` let them: at least one, at most [`JwkSet::MAX_TRIED`].
    ///
    /// A `kid` is compared octet by octet and means one key; one that the set does not have is no
    /// excuse to try others. A token without a `kid` may be of any key. Only a shared secret
    /// without a name answers to every `kid`.
    ///
    /// # Errors
    /// [`Reason::NoMatchingKey`]; what is wrong with the key where only one could be meant
    /// ([`Reason::KeyTypeMismatch`], [`Reason::KeyUse`], [`Reason::KeyOps`],
    /// [`Reason::KeyAlgMismatch`], [`Reason::WeakKey`], [`Reason::InvalidKey`],
    /// [`Reason::DuplicateMember`]); [`Reason::AmbiguousKey`] where two keys of one `kid` fit, or
    /// more than are tried.
    pub fn select(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<Vec<&Jwk>, Error> {
        let most = if kid.is_some() { 1 } else { Self::MAX_TRIED };
        let mut fitting: Vec<&Jwk> = Vec::new();
        let mut misfits = Vec::new();
        for key in self.keys.iter().filter(|key| kid.is_none_or(|kid| key.answers_to(kid))) {
            match key.check(algorithm) {
                Ok(()) if fitting.iter().any(|known| known.is_same_key(key)) => {}
                // Each is compared with those before it, so there must not be many.
                Ok(()) if fitting.len() == most => {
                    return Err(Reason::AmbiguousKey { count: most + 1 }.into());
                }
                Ok(()) => fitting.push(key),
                Err(reason) => misfits.push(reason),
            }
        }
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        let meant = |skipped: &&Skipped| kid.is_none_or(|kid| skipped.kid.as_deref() == Some(kid));
        misfits.extend(self.skipped.iter().filter(meant).map(|skipped| skipped.reason.clone()));
        if kid.is_none() && misfits.len() > 1 {
            misfits.clear();
        }
        let reason = misfits.into_iter().next().unwrap_or_else(|| no_key(algorithm, kid));
        Err(reason.into())
    }
}

impl FromIterator<Jwk> for JwkSet {
    fn from_iter<T: IntoIterator<Item = Jwk>>(keys: T) -> Self {
        JwkSet { keys: keys.into_iter().collect(), skipped: Vec::new() }
    }
}

impl From<Jwk> for JwkSet {
    fn from(key: Jwk) -> Self {
        JwkSet::from_iter([key])
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwkSet").field("keys", &self.keys).field("skipped", &self.skipped).finish()
    }
}

/// The texts of a set's keys.
pub(crate) fn keys_of(text: &[u8]) -> Result<Vec<&RawValue>, Error> {
    if text.len() > JwkSet::MAX_BYTES {
        return Err(not_a_set(format!("{} bytes", text.len())));
    }
    let members = json::members(text).map_err(|error| not_a_set(error.to_string()))?;
    let keys = members
        .iter()
        .find(|(name, _)| name == "keys")
        .ok_or_else(|| not_a_set("no member `keys`".to_owned()))?;
    serde_json::from_str(keys.1.get())
        .map_err(|_| not_a_set("a member `keys` that is no array".to_owned()))
}

fn published_key(text: &RawValue) -> Result<Jwk, Reason> {
    let members = jwk::members(text.get().as_bytes())?;
    if ["d", "k"].iter().any(|name| members.contains_key(*name)) {
        return Err(Reason::InvalidKey("a secret in a published set"));
    }
    Jwk::from_members(&members)
}

/// The `kid` of a key that may have other members twice.
fn kid_of(text: &RawValue) -> Option<String> {
    let members = json::members(text.get().as_bytes()).ok()?;
    let (_, kid) = members.into_iter().find(|(name, _)| name == "kid")?;
    serde_json::from_str(kid.get()).ok()
}

fn no_key(algorithm: Algorithm, kid: Option<&str>) -> Reason {
    let kid = kid.map(cut);
    Reason::NoMatchingKey { kid, alg: algorithm.to_string() }
}

fn not_a_set(got: String) -> Error {
    Error::protocol(
        "invalid_key",
        "JWK Set",
        "a JSON object of at most 1 MiB with an array `keys`",
        got,
    )
}
