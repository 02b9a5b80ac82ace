//! The nonce that ties an ID Token to the login it was made for (OIDC Core §3.1.2.1, §15.5.2).

use std::fmt;

use protocol_core::random;

/// What the `nonce` claim of an ID Token must be.
///
/// A forgotten nonce would be a silent hole, so that there was none is said aloud:
/// [`Nonce::NotSent`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nonce<'a> {
    /// The value that the authorization request carried: the claim must be there and equal to it.
    Expect(&'a str),
    /// The authorization request carried none. A claim that is there all the same says nothing
    /// and is not looked at.
    NotSent,
}

impl Nonce<'_> {
    /// A value for an authorization request: 256 random bits, 43 characters of base64url. Keep it
    /// with the login, and expect it in the ID Token.
    ///
    /// ```
    /// use oidc_core::Nonce;
    ///
    /// let nonce = Nonce::random();
    /// assert_eq!(nonce.len(), 43);
    /// let expected = Nonce::Expect(&nonce);
    /// # assert_ne!(expected, Nonce::Expect(&Nonce::random()));
    /// ```
    pub fn random() -> String {
        random::token()
    }
}

/// Says whether one is expected, not which: whoever knows it can pass a stolen ID Token off.
impl fmt::Debug for Nonce<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Nonce::Expect(_) => "Expect(..)",
            Nonce::NotSent => "NotSent",
        })
    }
}
