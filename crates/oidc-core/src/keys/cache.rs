//! A document of an issuer that is kept and renewed, its JWK Set (OIDC Core §10.1.1) above all, as
//! a pure state machine: no lock, no clock, no request of its own.

use std::sync::Arc;
use std::time::Duration;

use jose_core::JwkSet;
use protocol_core::UnixTime;

/// The keys of one issuer: a [`Renewed`] JWK Set.
pub type KeyCache = Renewed<JwkSet>;

/// A document of one issuer, its keys or its metadata: kept, renewed and asked for again by rule.
///
/// Whoever owns it asks [`next`](KeyCache::next) before each use, does what it says, and reports
/// [`fetched`](KeyCache::fetched) or [`failed`](KeyCache::failed). When a token's key is missing or
/// its signature is bad, the issuer may have changed its keys: [`missed`](KeyCache::missed) says
/// whether it is worth asking.
///
/// - A set is used for as long as its `Cache-Control` says, at least [`KeyCache::SHORTEST`] and at
///   most [`KeyCache::LONGEST`], and for [`KeyCache::DEFAULT`] where it says nothing.
/// - While renewing fails, the old set stays in use for up to [`KeyCache::STALE`] more, and the
///   issuer is asked again after [`KeyCache::RETRY_FIRST`], then after twice as long each time, up
///   to [`KeyCache::RETRY_LONGEST`].
/// - While there is no set at all, it is asked again after [`KeyCache::RETRY_FIRST`] each time: what
///   waits for it works as soon as it is back, and a dead issuer gets one request a second at most.
/// - A miss asks the issuer at once, but only once in [`KeyCache::MISS_INTERVAL`], whatever the
///   kind of miss: tokens with invented key ids or broken signatures cannot make us flood it.
///
/// ```
/// use oidc_core::jwk::JwkSet;
/// use oidc_core::keys::{KeyCache, Next};
/// use oidc_core::UnixTime;
///
/// let mut cache = KeyCache::new();
/// let now = UnixTime::from_seconds(1_700_000_000);
/// assert!(matches!(cache.next(now), Next::Fetch { stale: None }));
/// let keys = cache.fetched(JwkSet::parse(br#"{"keys": []}"#)?, None, now);
/// assert!(matches!(cache.next(now), Next::Use(same) if std::sync::Arc::ptr_eq(&same, &keys)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Renewed<T> {
    kept: Option<Kept<T>>,
    failure: Option<Failure>,
    asked_for_a_miss: Option<UnixTime>,
    /// A fetch for a miss was asked for and has not been reported on.
    underway: bool,
}

#[derive(Clone, Debug)]
struct Kept<T> {
    set: Arc<T>,
    since: UnixTime,
    fresh_until: UnixTime,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: UnixTime,
    pause: Duration,
}

/// What to do before using the keys.
#[derive(Clone, Debug)]
pub enum Next<T> {
    /// Use this set.
    Use(Arc<T>),
    /// Fetch the set. While that takes its time or fails, the stale one may be used.
    Fetch {
        /// The last good set, if there is one that is not too old.
        stale: Option<Arc<T>>,
    },
    /// There is no set, fetching it has just failed, and the issuer is not to be asked before then.
    Pause {
        /// When to ask again.
        until: UnixTime,
    },
}

/// What to do about a token whose key is missing or whose signature is bad.
#[derive(Clone, Debug)]
pub enum Missed<T> {
    /// There is a newer set than the one that was used: verify with this one.
    Use(Arc<T>),
    /// Fetch the set, or wait for the fetch that is under way, and verify once more.
    Fetch,
    /// The issuer was asked a short while ago: the token stays refused.
    GiveUp,
}

impl<T> Default for Renewed<T> {
    fn default() -> Self {
        Renewed { kept: None, failure: None, asked_for_a_miss: None, underway: false }
    }
}

impl<T> Renewed<T> {
    /// The shortest time for which a set is used, whatever its `Cache-Control` says: 60 s.
    pub const SHORTEST: Duration = Duration::from_secs(60);
    /// The longest time for which a set is used without renewing: 24 h.
    pub const LONGEST: Duration = Duration::from_secs(24 * 3600);
    /// How long a set is used that came without a `Cache-Control`: 1 h.
    pub const DEFAULT: Duration = Duration::from_secs(3600);
    /// How long beyond its time a set stays in use while renewing it fails: 24 h.
    pub const STALE: Duration = Duration::from_secs(24 * 3600);
    /// The first pause after a failed fetch: 1 s; it doubles with every further failure.
    pub const RETRY_FIRST: Duration = Duration::from_secs(1);
    /// The longest pause after a failed fetch: 60 s.
    pub const RETRY_LONGEST: Duration = Duration::from_secs(60);
    /// The time between two fetches that misses lead to: 30 s.
    pub const MISS_INTERVAL: Duration = Duration::from_secs(30);

    /// A cache that holds nothing yet.
    pub fn new() -> Self {
        Renewed::default()
    }

    /// What to do before verifying a token.
    pub fn next(&self, now: UnixTime) -> Next<T> {
        let kept = self.kept.as_ref();
        if let Some(kept) = kept.filter(|kept| kept.since <= now && now < kept.fresh_until) {
            return Next::Use(kept.set.clone());
        }
        let stale = kept
            .filter(|kept| kept.since <= now && now < kept.fresh_until.after(Self::STALE))
            .map(|kept| kept.set.clone());
        let most = if stale.is_some() { Self::RETRY_LONGEST } else { Self::RETRY_FIRST };
        let until = self.failure.map(|failure| failure.at.after(failure.pause.min(most)));
        let since = self.failure.is_some_and(|failure| failure.at <= now);
        match (until.filter(|until| since && now < *until), stale) {
            (None, stale) => Next::Fetch { stale },
            (Some(_), Some(stale)) => Next::Use(stale),
            (Some(until), None) => Next::Pause { until },
        }
    }

    /// A fetch succeeded. Returns the set for use, and keeps it for `max_age` within bounds.
    pub fn fetched(&mut self, set: T, max_age: Option<Duration>, now: UnixTime) -> Arc<T> {
        let lifetime = max_age.unwrap_or(Self::DEFAULT).clamp(Self::SHORTEST, Self::LONGEST);
        let set = Arc::new(set);
        self.kept = Some(Kept { set: set.clone(), since: now, fresh_until: now.after(lifetime) });
        self.failure = None;
        self.underway = false;
        set
    }

    /// A fetch failed: no answer, or one that is no JWK Set. The old set stays.
    pub fn failed(&mut self, now: UnixTime) {
        let pause = match self.failure {
            Some(failure) => (failure.pause * 2).min(Self::RETRY_LONGEST),
            None => Self::RETRY_FIRST,
        };
        self.failure = Some(Failure { at: now, pause });
        self.underway = false;
    }

    /// No key of `used` fits a token, or none verifies it.
    ///
    /// Of many callers at once, each is told [`Missed::Fetch`] until the fetch is reported on, so
    /// that all of them profit from it: let the fetches of one cache join into one, decide under the
    /// lock under which they are joined, and report on each, also on one that was given up.
    pub fn missed(&mut self, used: &Arc<T>, now: UnixTime) -> Missed<T> {
        if let Some(kept) = self.kept.as_ref().filter(|kept| !Arc::ptr_eq(&kept.set, used)) {
            return Missed::Use(kept.set.clone());
        }
        // A clock that was set back must not close the door until it has caught up.
        let waiting = self
            .asked_for_a_miss
            .is_some_and(|asked| asked <= now && now.since(asked) < Self::MISS_INTERVAL);
        match (waiting, self.underway) {
            (true, false) => Missed::GiveUp,
            (true, true) => Missed::Fetch,
            (false, _) => {
                self.asked_for_a_miss = Some(now);
                self.underway = true;
                Missed::Fetch
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_700_000_000;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(START + seconds)
    }

    fn set() -> JwkSet {
        JwkSet::parse(br#"{"keys":[]}"#).unwrap()
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn the_documented_defaults_hold() {
        let numbers = [
            (KeyCache::SHORTEST, 60),
            (KeyCache::DEFAULT, 3600),
            (KeyCache::LONGEST, 86_400),
            (KeyCache::STALE, 86_400),
            (KeyCache::RETRY_FIRST, 1),
            (KeyCache::RETRY_LONGEST, 60),
            (KeyCache::MISS_INTERVAL, 30),
        ];
        for (duration, expected) in numbers {
            assert_eq!(duration.as_secs(), expected);
        }
    }

    #[test]
    fn a_set_is_used_for_its_lifetime_within_bounds() {
        let table = [
            (None, 3600),
            (seconds(0), 60),
            (seconds(59), 60),
            (seconds(600), 600),
            (seconds(86_401), 86_400),
            (seconds(u64::MAX), 86_400),
        ];
        for (max_age, lifetime) in table {
            let mut cache = KeyCache::new();
            let keys = cache.fetched(set(), max_age, at(0));
            for now in [0, lifetime - 1] {
                let Next::Use(used) = cache.next(at(now)) else { panic!("{max_age:?} {now}") };
                assert!(Arc::ptr_eq(&used, &keys));
            }
            let Next::Fetch { stale: Some(stale) } = cache.next(at(lifetime)) else {
                panic!("{max_age:?}")
            };
            assert!(Arc::ptr_eq(&stale, &keys));
        }
    }

    #[test]
    fn refusal_b6_the_old_set_stays_in_use_while_the_issuer_fails() {
        let mut cache = KeyCache::new();
        let keys = cache.fetched(set(), seconds(60), at(0));
        let mut now = 60;
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(matches!(cache.next(at(now)), Next::Fetch { stale: Some(_) }), "{now}");
            cache.failed(at(now));
            let Next::Use(stale) = cache.next(at(now + pause - 1)) else { panic!("{now}") };
            assert!(Arc::ptr_eq(&stale, &keys));
            now += pause;
        }
        let too_old = 60 + KeyCache::STALE.as_secs();
        assert!(matches!(cache.next(at(too_old - 1)), Next::Fetch { stale: Some(_) }));
        assert!(matches!(cache.next(at(too_old)), Next::Fetch { stale: None }));
        let renewed = cache.fetched(set(), seconds(60), at(too_old));
        cache.failed(at(too_old + 60));
        let Next::Use(stale) = cache.next(at(too_old + 60)) else { panic!() };
        assert!(Arc::ptr_eq(&stale, &renewed));
        let next = cache.next(at(too_old + 61));
        assert!(matches!(next, Next::Fetch { .. }), "a success starts the pauses anew");
    }

    #[test]
    fn without_any_set_a_failing_issuer_is_asked_once_a_second() {
        let mut cache = KeyCache::new();
        for now in 0..100 {
            assert!(matches!(cache.next(at(now)), Next::Fetch { stale: None }), "{now}");
            cache.failed(at(now));
            assert!(matches!(cache.next(at(now)), Next::Pause { until } if until == at(now + 1)));
        }
        // One that has got too old to be used is none.
        cache.fetched(set(), seconds(60), at(100));
        let old = 160 + KeyCache::STALE.as_secs();
        for now in old..old + 10 {
            assert!(matches!(cache.next(at(now)), Next::Fetch { stale: None }), "{now}");
            cache.failed(at(now));
        }
    }

    #[test]
    fn refusal_b5_a_thousand_misses_lead_to_one_fetch_per_30_seconds() {
        let mut cache = KeyCache::new();
        let mut keys = cache.fetched(set(), seconds(86_400), at(0));
        let mut fetches = Vec::new();
        for now in 0..1000 {
            for _ in 0..10 {
                match cache.missed(&keys, at(now)) {
                    Missed::Fetch if now % 2 == 0 => {
                        fetches.push(now);
                        keys = cache.fetched(set(), seconds(86_400), at(now));
                    }
                    Missed::Fetch => {
                        fetches.push(now);
                        cache.failed(at(now));
                    }
                    Missed::GiveUp => {}
                    Missed::Use(_) => panic!("the newest set was used"),
                }
            }
        }
        let expected: Vec<u64> = (0..1000).step_by(30).collect();
        assert_eq!(fetches, expected, "the first at once, then one per 30 s");
    }

    #[test]
    fn a_newer_set_is_used_without_a_fetch() {
        let mut cache = KeyCache::new();
        let old = cache.fetched(set(), None, at(0));
        let new = cache.fetched(set(), None, at(1));
        let Missed::Use(used) = cache.missed(&old, at(1)) else { panic!() };
        assert!(Arc::ptr_eq(&used, &new));
        assert!(matches!(cache.missed(&new, at(1)), Missed::Fetch));
    }

    #[test]
    fn logins_at_the_moment_of_a_key_change_share_one_fetch() {
        let mut cache = KeyCache::new();
        let keys = cache.fetched(set(), None, at(0));
        for _ in 0..50 {
            assert!(matches!(cache.missed(&keys, at(1)), Missed::Fetch));
        }
        let new = cache.fetched(set(), None, at(2));
        assert!(matches!(cache.missed(&keys, at(2)), Missed::Use(_)));
        assert!(matches!(cache.missed(&new, at(2)), Missed::GiveUp));
    }

    #[test]
    fn a_clock_that_is_set_back_closes_no_door() {
        let mut cache = KeyCache::new();
        let keys = cache.fetched(set(), None, at(1000));
        assert!(matches!(cache.missed(&keys, at(1000)), Missed::Fetch));
        cache.failed(at(1000));
        assert!(matches!(cache.next(at(0)), Next::Fetch { .. }));
        assert!(matches!(cache.missed(&keys, at(0)), Missed::Fetch));
    }
}
