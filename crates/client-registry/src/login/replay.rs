//! A bounded set of values that may be used once, each until a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use protocol_core::{ReplayKey, UnixTime};

/// Remembers values until their time has passed; refuses one that it remembers: finished logins,
/// the nonces of signed requests (RFC 5849 §3.3), the `jti` of logout tokens.
///
/// At its capacity the value that expires first is forgotten, so give it room for all that a
/// window of time may bring. In memory: copies in other processes know nothing of it. It is `Sync`,
/// and one serves the whole application.
///
/// ```
/// use client_registry::{Clock, ReplaySet, Secrets};
/// use oauth1_core::{ClientCredentials, Signer, Verifier};
///
/// let nonces = ReplaySet::new(100_000);
/// let (verifier, now) = (Verifier::new(), Clock::system().now());
/// let mut webhook = http::Request::post("https://app.example/hook").body("")?;
/// Signer::hmac_sha1(ClientCredentials::new("shop", "secret")).sign(&mut webhook, now)?;
///
/// let receive = || {
///     let secrets = Ok(Some(Secrets::of_client("secret")));
///     verifier.verify_request(&webhook, now, |_| secrets, |key| nonces.first_use_of(key, now))
/// };
/// assert_eq!(receive()?.consumer_key(), "shop");
/// assert_eq!(receive().unwrap_err().code(), "nonce_reused");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReplaySet {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: HashSet<[u8; 16]>,
    by_expiry: BTreeMap<(UnixTime, u64), [u8; 16]>,
    serial: u64,
}

impl ReplaySet {
    /// A set of at most `capacity` values, at about 120 bytes each.
    pub fn new(capacity: usize) -> Self {
        ReplaySet { capacity: capacity.max(1), inner: Mutex::default() }
    }

    /// Notes what a core names, until the time that it names. False if it was there already: a
    /// replay.
    pub fn first_use_of(&self, key: &ReplayKey, now: UnixTime) -> bool {
        self.first_use(&key.value, key.until, now)
    }

    /// Notes `value` until `until`. False if it was there already: a replay.
    pub fn first_use(&self, value: &str, until: UnixTime, now: UnixTime) -> bool {
        let id = id(value);
        let mut guard = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *guard;
        while let Some(entry) = inner.by_expiry.first_entry() {
            if entry.key().0 >= now && inner.known.len() < self.capacity {
                break;
            }
            inner.known.remove(&entry.remove());
        }
        if !inner.known.insert(id) {
            return false;
        }
        inner.serial += 1;
        inner.by_expiry.insert((until, inner.serial), id);
        true
    }

    /// Whether it remembers `value`.
    pub(crate) fn contains(&self, value: &str) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.contains(&id(value))
    }

    /// How many values it remembers.
    pub fn len(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.len()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn id(value: &str) -> [u8; 16] {
    let digest = protocol_core::digest::sha256(value.as_bytes());
    digest[..16].try_into().expect("32 bytes hold 16")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn a_value_is_taken_once_until_its_time_has_passed() {
        let set = ReplaySet::new(10);
        assert!(set.first_use("a", at(100), at(1)));
        assert!(!set.first_use("a", at(100), at(2)));
        assert!(set.first_use("b", at(100), at(2)));
        assert!(!set.first_use("a", at(100), at(100)));
        assert!(set.first_use("a", at(300), at(101)), "its time has passed");
    }

    #[test]
    fn at_capacity_the_one_that_expires_first_goes() {
        let set = ReplaySet::new(100);
        for value in 0..10_000_u64 {
            assert!(set.first_use(&value.to_string(), at(1_000_000 + value), at(1)));
        }
        assert_eq!(set.len(), 100);
        assert!(!set.first_use("9999", at(2_000_000), at(1)));
    }
}
