//! What must be remembered so that it is taken once: a used nonce, a `jti`.

use crate::UnixTime;

/// Names one use of something that may be used once. The core that made it keeps no state: its
/// caller keeps a set, refuses a value that is in it, and may forget it after `until`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReplayKey {
    /// What to remember: of bounded length, and no secret.
    pub value: String,
    /// How long; later the same request is refused for its age.
    pub until: UnixTime,
}

impl ReplayKey {
    /// Remember `value` until `until`.
    pub fn new(value: impl Into<String>, until: UnixTime) -> Self {
        ReplayKey { value: value.into(), until }
    }
}
