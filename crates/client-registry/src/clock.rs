//! The seam to the time: [`Clock`], the only place of this crate where a clock is read.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use protocol_core::UnixTime;

/// What time it is. Clones read the same source.
///
/// A test sets the time:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use client_registry::clock::Clock;
/// use protocol_core::UnixTime;
///
/// let seconds = Arc::new(AtomicU64::new(1_700_000_000));
/// let clock = Clock::from_fn({
///     let seconds = seconds.clone();
///     move || UnixTime::from_seconds(seconds.load(Relaxed))
/// });
/// seconds.fetch_add(3600, Relaxed);
/// assert_eq!(clock.now().seconds(), 1_700_003_600);
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// The machine's clock. A time before 1970 is read as 1970.
    pub fn system() -> Self {
        Clock::from_fn(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            UnixTime::from_seconds(since.as_secs())
        })
    }

    /// A clock that answers what `now` answers.
    pub fn from_fn(now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now))
    }

    /// The time now.
    pub fn now(&self) -> UnixTime {
        (self.0)()
    }
}

/// [`Clock::system`].
impl Default for Clock {
    fn default() -> Self {
        Clock::system()
    }
}

/// Shows the time now.
impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_reads_the_machines_time() {
        let machine = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let before = machine();
        let now = Clock::default().now().seconds();
        assert!((before..=machine()).contains(&now), "{now}");
    }

    #[test]
    fn a_given_clock_and_its_clones_answer_what_the_function_answers() {
        let clock = Clock::from_fn(|| UnixTime::from_seconds(7));
        assert_eq!(clock.clone().now().seconds(), 7);
        assert_eq!(format!("{clock:?}"), "Clock(UnixTime(7))");
    }
}
