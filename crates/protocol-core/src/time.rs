//! A point in time as the protocols write it: seconds since 1970-01-01T00:00:00Z (RFC 7519 §2).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds since the epoch. Arithmetic saturates: a hostile `expires_in` cannot overflow it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The furthest representable time.
    pub const MAX: UnixTime = UnixTime(u64::MAX);

    /// The time `seconds` after the epoch.
    pub const fn from_seconds(seconds: u64) -> Self {
        UnixTime(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// `self + duration` in whole seconds, at most [`UnixTime::MAX`].
    pub const fn after(self, duration: Duration) -> Self {
        UnixTime(self.0.saturating_add(duration.as_secs()))
    }

    /// `self - duration` in whole seconds, at least the epoch.
    pub const fn before(self, duration: Duration) -> Self {
        UnixTime(self.0.saturating_sub(duration.as_secs()))
    }

    /// How long from `earlier` to `self`; zero if `earlier` is later.
    pub const fn since(self, earlier: UnixTime) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(UnixTime::MAX.after(Duration::from_secs(1)), UnixTime::MAX);
        assert_eq!(UnixTime::from_seconds(1).before(Duration::from_secs(2)).seconds(), 0);
        assert_eq!(UnixTime::from_seconds(1).since(UnixTime::from_seconds(5)), Duration::ZERO);
    }
}
