//! What a browser holds of a login that is kept in the cache.

use protocol_core::{UnixTime, base64url, digest, random};
use zeroize::Zeroizing;

/// The key to a login: when it began, for the oldest of a browser to go first, and 216 random bits.
///
/// The cache knows a login by the ticket's digest and holds it sealed for ticket and cookie: who
/// reads the cache can neither take a login nor move it to another browser.
pub(crate) struct Ticket(Zeroizing<[u8; TIME + RANDOM]>);

impl Ticket {
    pub(crate) fn new(began: UnixTime) -> Self {
        let mut bytes = Zeroizing::new([0; TIME + RANDOM]);
        bytes[..TIME].copy_from_slice(&began.seconds().to_be_bytes()[8 - TIME..]);
        bytes[TIME..].copy_from_slice(&random::bytes::<RANDOM>());
        Ticket(bytes)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(base64url::decode(text).ok()?);
        Some(Ticket(Zeroizing::new(bytes[..].try_into().ok()?)))
    }

    pub(crate) fn into_text(self) -> String {
        base64url::encode(&self.0[..])
    }

    pub(crate) fn began(&self) -> UnixTime {
        let seconds =
            self.0[..TIME].iter().fold(0, |seconds, byte| seconds << 8 | u64::from(*byte));
        UnixTime::from_seconds(seconds)
    }

    /// The name of the login in the cache.
    pub(crate) fn cache_key(&self) -> String {
        format!("login:{}", base64url::encode(digest::sha256(&self.0[..])))
    }

    /// What the login is sealed for.
    pub(crate) fn purpose(&self, cookie: &str) -> String {
        format!("{cookie} {}", self.cache_key())
    }
}

/// Bytes of the time, good for 34,000 years.
const TIME: usize = 5;
const RANDOM: usize = 27;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_says_when_its_login_began_and_cannot_be_guessed() {
        let began = UnixTime::from_seconds(1_700_000_000);
        let (one, two) = (Ticket::new(began), Ticket::new(began));
        assert_ne!(one.cache_key(), two.cache_key());
        let (key, text) = (one.cache_key(), one.into_text());
        assert!(text.len() == 43 && !key.contains(&text) && key.len() == 49, "{key}");
        let read = Ticket::parse(&text).unwrap();
        assert_eq!((read.began(), read.cache_key()), (began, key));
        for wrong in ["", "!", &text[1..], &format!("{text}AAAA")] {
            assert!(Ticket::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
