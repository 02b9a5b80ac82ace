//! A bounded cache in memory, for one process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol_core::StateError;

use super::Cache;
use crate::http::BoxFuture;

/// Keeps values in memory, up to a number of bytes, by a monotonic clock of its own. Clones are the
/// same cache.
///
/// At its cap the value whose time ends first goes. So a flood of logins that nobody finishes pushes
/// out the oldest of them, and nothing that was to stay longer.
#[derive(Clone, Debug)]
pub struct MemoryCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cap: usize,
    values: Mutex<Values>,
}

#[derive(Default)]
struct Values {
    by_key: HashMap<Arc<str>, Value>,
    by_end: BTreeMap<End, Arc<str>>,
    bytes: usize,
    serial: u64,
}

struct Value {
    bytes: Box<[u8]>,
    end: End,
}

/// When a value goes; the number tells apart those of one instant.
type End = (Instant, u64);

impl MemoryCache {
    /// A cache of at most 64 MiB: about 100,000 logins under way.
    pub fn new() -> Self {
        MemoryCache::with_cap(64 * 1024 * 1024)
    }

    /// A cache of at most `bytes`, keys, values and what keeping them takes.
    pub fn with_cap(bytes: usize) -> Self {
        MemoryCache(Arc::new(Shared { cap: bytes, values: Mutex::default() }))
    }

    /// How many values it keeps.
    pub fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    /// Whether it keeps none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, key: &str, value: &[u8], life: Duration) -> Result<(), StateError> {
        let cost = cost(key, value);
        if cost > self.0.cap {
            let problem = format!("expected at most {} bytes, got {cost}", self.0.cap);
            return Err(StateError::new("memory cache", problem).permanent());
        }
        let now = Instant::now();
        // A time beyond what the clock can say is as good as the next century.
        let ends = now.checked_add(life).unwrap_or(now + CENTURY);
        let mut values = self.lock();
        values.remove(key);
        values.make_room(self.0.cap - cost, now);
        values.serial += 1;
        let (key, end): (Arc<str>, _) = (key.into(), (ends, values.serial));
        values.by_end.insert(end, key.clone());
        values.by_key.insert(key, Value { bytes: value.into(), end });
        values.bytes += cost;
        Ok(())
    }
}

/// [`MemoryCache::new`].
impl Default for MemoryCache {
    fn default() -> Self {
        MemoryCache::new()
    }
}

impl Cache for MemoryCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        let now = Instant::now();
        let values = self.lock();
        let value = values.by_key.get(key).filter(|value| value.end.0 > now);
        let value = value.map(|value| value.bytes.to_vec());
        Box::pin(std::future::ready(Ok(value)))
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(std::future::ready(self.put(key, value, life)))
    }

    fn take<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        let taken = self.lock().remove(key).filter(|value| value.end.0 > Instant::now());
        Box::pin(std::future::ready(Ok(taken.map(|value| value.bytes.into_vec()))))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StateError>> {
        self.lock().remove(key);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Values {
    fn remove(&mut self, key: &str) -> Option<Value> {
        let value = self.by_key.remove(key)?;
        self.by_end.remove(&value.end);
        self.bytes -= cost(key, &value.bytes);
        Some(value)
    }

    /// Removes what has ended, and what ends first, until no more than `room` bytes are kept.
    fn make_room(&mut self, room: usize, now: Instant) {
        while let Some((end, key)) = self.by_end.first_key_value() {
            if end.0 > now && self.bytes <= room {
                break;
            }
            let key = key.clone();
            self.remove(&key);
        }
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values in {} bytes", self.by_key.len(), self.bytes)
    }
}

/// What keeping a value takes.
fn cost(key: &str, value: &[u8]) -> usize {
    key.len() + value.len() + OVERHEAD
}

/// Of both maps and the allocator, for each value.
const OVERHEAD: usize = 256;

const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_value_is_there_until_its_time_ends_or_it_is_taken() {
        let cache = MemoryCache::new();
        assert_eq!(cache.get("a").await.unwrap(), None);
        cache.set("a", b"1", LONG).await.unwrap();
        cache.set("a", b"2", Duration::MAX).await.unwrap();
        assert_eq!(cache.get("a").await.unwrap().as_deref(), Some(&b"2"[..]), "the later one");
        let twin = cache.clone();
        assert_eq!(twin.take("a").await.unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!((cache.take("a").await.unwrap(), cache.get("a").await.unwrap()), (None, None));
        cache.set("b", b"1", LONG).await.unwrap();
        cache.delete("b").await.unwrap();
        cache.delete("b").await.unwrap();
        cache.set("c", b"1", Duration::ZERO).await.unwrap();
        for key in ["b", "c"] {
            assert_eq!(cache.get(key).await.unwrap(), None, "{key}");
        }
        assert_eq!(cache.take("c").await.unwrap(), None);
        assert!(cache.is_empty());
    }

    #[tokio::test]
    async fn what_has_ended_makes_room_without_being_asked_for() {
        let cache = MemoryCache::new();
        for key in 0..100 {
            cache.set(&key.to_string(), b"1", Duration::ZERO).await.unwrap();
        }
        cache.set("last", b"1", LONG).await.unwrap();
        assert_eq!(cache.len(), 1);
    }

    #[tokio::test]
    async fn at_its_cap_what_ends_first_goes_and_what_is_to_stay_longer_stays() {
        let cache = MemoryCache::with_cap(100 * (OVERHEAD + 10));
        cache.set("ended-session", b"1", 2 * LONG).await.unwrap();
        for key in 0..10_000 {
            cache.set(&format!("{key:05}"), b"login", LONG).await.unwrap();
            assert!(cache.lock().bytes <= cache.0.cap);
        }
        assert_eq!(cache.len(), 99);
        assert!(cache.get("ended-session").await.unwrap().is_some());
        assert_eq!(cache.get("09901").await.unwrap(), None);
        assert!(cache.get("09902").await.unwrap().is_some(), "the youngest logins are there");
        assert_eq!(format!("{:?}", cache.lock()), "99 values in 26338 bytes");
    }

    #[tokio::test]
    async fn what_could_never_fit_is_an_error_that_does_not_pass() {
        let cache = MemoryCache::with_cap(1000);
        cache.set("a", b"1", LONG).await.unwrap();
        let error = cache.set("b", &[0; 1000], LONG).await.unwrap_err();
        assert!(!error.retryable, "{error}");
        assert!(cache.get("a").await.unwrap().is_some());
    }

    #[test]
    fn of_many_threads_that_take_a_value_one_has_it() {
        let cache = MemoryCache::new();
        for round in 0..100 {
            let key = round.to_string();
            cache.put(&key, b"1", LONG).unwrap();
            let takers: Vec<_> = (0..4)
                .map(|_| {
                    let (cache, key) = (cache.clone(), key.clone());
                    std::thread::spawn(move || cache.lock().remove(&key).is_some())
                })
                .collect();
            let had = takers.into_iter().map(|taker| taker.join().unwrap());
            assert_eq!(had.filter(|had| *had).count(), 1);
        }
    }
}
