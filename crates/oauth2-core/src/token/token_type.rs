//! Token types (RFC 6749 §7.1, RFC 6750, RFC 9449).

use http::HeaderValue;
use protocol_core::{AccessToken, Error};

/// How an access token is used (RFC 6749 §7.1); names are equal in any case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
    /// RFC 9449.
    DPoP,
    /// Another one, in lower case, which the rules name as recognized.
    Other(String),
}

impl TokenType {
    /// The type of this name, in whatever case.
    pub fn of(name: &str) -> Self {
        match &*name.to_ascii_lowercase() {
            "bearer" => TokenType::Bearer,
            "dpop" => TokenType::DPoP,
            other => TokenType::Other(other.to_owned()),
        }
    }

    /// The name, in the spelling that an `Authorization` header wants.
    pub fn as_str(&self) -> &str {
        match self {
            TokenType::Bearer => "Bearer",
            TokenType::DPoP => "DPoP",
            TokenType::Other(name) => name,
        }
    }

    /// The value of an `Authorization` header with this token (RFC 6750 §2.1), marked sensitive.
    ///
    /// # Errors
    /// [`Error::Protocol`], code `type`, for a token that no header can carry.
    pub fn authorization(&self, token: &AccessToken) -> Result<HeaderValue, Error> {
        let value = HeaderValue::try_from(format!("{} {}", self.as_str(), token.expose()));
        let mut value = value.map_err(|_| {
            let expected = "visible ASCII characters (RFC 6749 A.12)";
            Error::protocol("type", "access_token", expected, "others")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorization_header_is_sensitive_and_never_broken_by_its_token() {
        let value = TokenType::of("DPOP").authorization(&"tok".into()).unwrap();
        assert_eq!(value.to_str().unwrap(), "DPoP tok");
        assert!(value.is_sensitive());
        let error = TokenType::Bearer.authorization(&"canary\r\nX: y".into()).unwrap_err();
        assert!(error.code() == "type" && !error.to_string().contains("canary"), "{error}");
    }
}
