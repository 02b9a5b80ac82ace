//! Values that must not leak: zeroized on drop, never printed, compared in constant time.
//!
//! A [`Secret`] has no `Display`, `Serialize`, `Deref` or `==`. Reading one is spelt
//! [`Secret::expose`]; persisting one is opt-in and greppable:
//!
//! ```
//! use protocol_core::{AccessToken, secret};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Row {
//!     #[serde(with = "secret::exposed")]
//!     access_token: AccessToken,
//! }
//! let row = Row { access_token: AccessToken::new("tok") };
//! assert_eq!(serde_json::to_string(&row)?, r#"{"access_token":"tok"}"#);
//! assert_eq!(format!("{:?}", row.access_token), "AccessToken(..)");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A text that must not leak.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text, in time that depends on the lengths alone.
    pub fn ct_eq(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text)
    }
}

/// Whether two texts are equal, in time that depends on their lengths alone.
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// What [`exposed`] can write and read back.
pub trait Exposable: Sized {
    /// The text itself.
    fn expose(&self) -> &str;
    /// Takes the text into custody.
    fn conceal(text: String) -> Self;
}

impl Exposable for Secret {
    fn expose(&self) -> &str {
        Secret::expose(self)
    }
    fn conceal(text: String) -> Self {
        Secret::new(text)
    }
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Secret);

        impl $name {
            /// Takes the text into custody.
            pub fn new(text: impl Into<String>) -> Self {
                $name(Secret::new(text))
            }

            /// The text itself. Whoever calls this answers for where it goes.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }

            /// Whether `other` is the same text, in time that depends on the lengths alone.
            pub fn ct_eq(&self, other: &str) -> bool {
                self.0.ct_eq(other)
            }

            /// Whether there is no text at all.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name::new(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name::new(text)
            }
        }

        impl Exposable for $name {
            fn expose(&self) -> &str {
                $name::expose(self)
            }
            fn conceal(text: String) -> Self {
                $name::new(text)
            }
        }
    )*};
}

secrets! {
    /// The secret of an OAuth 1.0 consumer or an OAuth 2.0 client (RFC 6749 §2.3.1).
    ClientSecret,
    /// An access token (RFC 6749 §1.4), or the token of OAuth 1.0 token credentials.
    AccessToken,
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken,
    /// A PKCE code verifier (RFC 7636 §4.1).
    CodeVerifier,
    /// The secret of OAuth 1.0 temporary or token credentials (RFC 5849 §1.1).
    TokenSecret,
}

/// `#[serde(with = "secret::exposed")]`: persists a secret in the clear, on purpose. For
/// `Option<S>`, use [`exposed::option`].
pub mod exposed {
    use super::Exposable;
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes the secret's text.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Exposable, Z: Serializer>(secret: &S, to: Z) -> Result<Z::Ok, Z::Error> {
        to.serialize_str(secret.expose())
    }

    /// Reads the secret's text.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, S: Exposable, D: Deserializer<'de>>(from: D) -> Result<S, D::Error> {
        String::deserialize(from).map(S::conceal)
    }

    /// The same for `Option<S>`.
    pub mod option {
        use super::super::Exposable;
        use serde::{Deserialize as _, Deserializer, Serializer};

        /// Writes the secret's text, or none.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Exposable, Z: Serializer>(
            secret: &Option<S>,
            to: Z,
        ) -> Result<Z::Ok, Z::Error> {
            match secret {
                Some(secret) => to.serialize_some(secret.expose()),
                None => to.serialize_none(),
            }
        }

        /// Reads the secret's text, or none.
        ///
        /// # Errors
        /// Those of the deserializer.
        pub fn deserialize<'de, S: Exposable, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<S>, D::Error> {
            Ok(Option::<String>::deserialize(from)?.map(S::conceal))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_kind_and_nothing_else() {
        assert_eq!(format!("{:?}", Secret::new("canary")), "Secret(..)");
        assert_eq!(format!("{:?}", ClientSecret::new("canary")), "ClientSecret(..)");
        assert_eq!(format!("{:?}", Some(TokenSecret::new("canary"))), "Some(TokenSecret(..))");
    }

    #[test]
    fn equality_is_by_the_whole_text() {
        let secret = Secret::new("abc");
        assert!(secret.ct_eq("abc"));
        for other in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!secret.ct_eq(other), "{other:?}");
        }
    }

    #[test]
    fn an_optional_secret_survives_persisting() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Row {
            #[serde(with = "exposed::option", default)]
            refresh_token: Option<RefreshToken>,
        }
        let text = serde_json::to_string(&Row { refresh_token: Some("r".into()) }).unwrap();
        let back: Row = serde_json::from_str(&text).unwrap();
        assert!(back.refresh_token.unwrap().ct_eq("r"));
        assert!(serde_json::from_str::<Row>("{}").unwrap().refresh_token.is_none());
    }
}
