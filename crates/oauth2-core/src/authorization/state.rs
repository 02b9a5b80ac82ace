//! `state`: what binds an authorization response to the browser that asked (RFC 6749 §10.12).

use std::fmt;

use protocol_core::secret::Exposable;
use protocol_core::{Error, Secret, random};

/// A `state` value. It is a secret of one browser and one login: `Debug` does not show it, and it is
/// persisted on purpose only (`#[serde(with = "protocol_core::secret::exposed")]`).
#[derive(Clone)]
pub struct State(Secret);

impl State {
    /// A new one, of 256 random bits.
    pub fn random() -> Self {
        State(Secret::new(random::token()))
    }

    /// This one.
    ///
    /// # Errors
    /// [`Error::Config`] for an empty text, which the answer could not be told apart by.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if text.is_empty() {
            return Err(Error::config("state", "expected a value, got an empty text"));
        }
        Ok(State(Secret::new(text)))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether `other` is the same text, in time that depends on the lengths alone. Nothing equals an
    /// empty state, which only a corrupted store can bring forth.
    pub fn ct_eq(&self, other: &str) -> bool {
        !other.is_empty() && self.0.ct_eq(other)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(..)")
    }
}

impl Exposable for State {
    fn expose(&self) -> &str {
        State::expose(self)
    }
    fn conceal(text: String) -> Self {
        State(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_states_are_long_and_differ() {
        let (a, b) = (State::random(), State::random());
        assert_eq!(a.expose().len(), 43);
        assert!(!a.ct_eq(b.expose()) && a.ct_eq(a.expose()));
        assert_eq!(format!("{a:?}"), "State(..)");
    }

    #[test]
    fn an_empty_state_is_none_and_equals_nothing() {
        assert_eq!(State::new("").unwrap_err().code(), "config");
        assert!(!<State as Exposable>::conceal(String::new()).ct_eq(""));
    }
}
