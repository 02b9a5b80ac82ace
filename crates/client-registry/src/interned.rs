//! What many share: made once for a key, and kept for as long as somebody has it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub(crate) struct Interned<K, V>(Mutex<Known<K, V>>);

struct Known<K, V> {
    values: HashMap<K, Weak<V>>,
    /// How many there may be before those that nobody has are swept out.
    sweep_at: usize,
}

impl<K, V> Default for Interned<K, V> {
    fn default() -> Self {
        Interned(Mutex::new(Known { values: HashMap::new(), sweep_at: SWEEP }))
    }
}

impl<K: Clone + Eq + Hash, V> Interned<K, V> {
    /// The value of `key`, the same for everyone who asks.
    pub(crate) fn at(&self, key: K, make: impl FnOnce(&K) -> Arc<V>) -> Arc<V> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.values.get(&key).and_then(Weak::upgrade) {
            return value;
        }
        if known.values.len() >= known.sweep_at {
            known.values.retain(|_, value| value.strong_count() > 0);
            known.sweep_at = SWEEP.max(known.values.len() * 2);
        }
        let value = make(&key);
        known.values.insert(key, Arc::downgrade(&value));
        value
    }
}

/// Fewer than this are not worth sweeping.
const SWEEP: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_is_swept_out_and_what_somebody_has_stays() {
        let interned: Interned<usize, usize> = Interned::default();
        let at = |key| interned.at(key, |key| Arc::new(*key));
        let held: Vec<_> = (0..100).map(at).collect();
        for gone in 1_000..11_000 {
            at(gone);
        }
        let known = interned.0.lock().unwrap().values.len();
        assert!(known <= 300, "{known}");
        for (key, value) in held.iter().enumerate() {
            assert!(Arc::ptr_eq(value, &at(key)));
        }
    }
}
