//! A bounded set of values that may be used once, each until a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use protocol_core::UnixTime;

/// Remembers values until their time has passed; refuses one that it remembers.
///
/// At its capacity the value that expires first is forgotten. In memory: copies in other processes
/// know nothing of it.
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
