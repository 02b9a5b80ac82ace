//! What an authorization response holds and how it comes (OAuth 2.0 Multiple Response Type Encoding
//! Practices §2, §3, §5; OAuth 2.0 Form Post Response Mode §2).

use std::fmt;
use std::str::FromStr;

use protocol_core::Error;
use serde::{Deserialize, Serialize};

/// What an authorization response is to hold: any of `code`, `id_token` and `token`, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResponseType {
    code: bool,
    id_token: bool,
    token: bool,
}

impl ResponseType {
    /// `code` (RFC 6749 §4.1).
    pub const CODE: Self = Self::of(true, false, false);
    /// `id_token` (OpenID Connect Core §3.2).
    pub const ID_TOKEN: Self = Self::of(false, true, false);
    /// `id_token token` (OpenID Connect Core §3.2).
    pub const ID_TOKEN_TOKEN: Self = Self::of(false, true, true);
    /// `code id_token` (OpenID Connect Core §3.3).
    pub const CODE_ID_TOKEN: Self = Self::of(true, true, false);
    /// `code token` (OpenID Connect Core §3.3).
    pub const CODE_TOKEN: Self = Self::of(true, false, true);
    /// `code id_token token` (OpenID Connect Core §3.3).
    pub const CODE_ID_TOKEN_TOKEN: Self = Self::of(true, true, true);
    /// `token` (RFC 6749 §4.2), which RFC 9700 §2.1.2 advises against.
    pub const TOKEN: Self = Self::of(false, false, true);
    /// `none` (Multiple Response Type Encoding Practices §4).
    pub const NONE: Self = Self::of(false, false, false);

    const fn of(code: bool, id_token: bool, token: bool) -> Self {
        ResponseType { code, id_token, token }
    }

    /// Whether a code is due.
    pub const fn has_code(self) -> bool {
        self.code
    }

    /// Whether an ID Token is due.
    pub const fn has_id_token(self) -> bool {
        self.id_token
    }

    /// Whether an access token is due.
    pub const fn has_token(self) -> bool {
        self.token
    }

    /// How the response comes where the request does not say: by query, or by fragment as soon as a
    /// token is in it.
    pub const fn default_response_mode(self) -> ResponseMode {
        if self.id_token || self.token { ResponseMode::Fragment } else { ResponseMode::Query }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")];
        let words: Vec<_> = words.into_iter().filter(|(is_in, _)| *is_in).map(|(_, w)| w).collect();
        f.write_str(&if words.is_empty() { "none".to_owned() } else { words.join(" ") })
    }
}

/// Reads the words in any order (RFC 6749 §3.1.1).
impl FromStr for ResponseType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut read = ResponseType::NONE;
        if text == "none" {
            return Ok(read);
        }
        for word in text.split(' ') {
            let slot = match word {
                "code" => &mut read.code,
                "id_token" => &mut read.id_token,
                "token" => &mut read.token,
                _ => return Err(unknown("response_type", "code, id_token, token or none", text)),
            };
            if std::mem::replace(slot, true) {
                return Err(unknown("response_type", "each word once", text));
            }
        }
        Ok(read)
    }
}

impl TryFrom<String> for ResponseType {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ResponseType> for String {
    fn from(response_type: ResponseType) -> String {
        response_type.to_string()
    }
}

/// How an authorization response comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment, which no server sees: a page or a native application hands it over.
    Fragment,
    /// As a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            ResponseMode::Query => "query",
            ResponseMode::Fragment => "fragment",
            ResponseMode::FormPost => "form_post",
        }
    }
}

impl fmt::Display for ResponseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResponseMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "query" => Ok(ResponseMode::Query),
            "fragment" => Ok(ResponseMode::Fragment),
            "form_post" => Ok(ResponseMode::FormPost),
            _ => Err(unknown("response_mode", "query, fragment or form_post", text)),
        }
    }
}

fn unknown(what: &str, expected: &str, got: &str) -> Error {
    let got: String = got.chars().take(64).collect();
    Error::config(what, format!("expected {expected}, got {got:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order_and_written_in_one() {
        let table = [
            ("code", ResponseType::CODE, "code", "query"),
            (
                "token id_token code",
                ResponseType::CODE_ID_TOKEN_TOKEN,
                "code id_token token",
                "fragment",
            ),
            ("id_token code", ResponseType::CODE_ID_TOKEN, "code id_token", "fragment"),
            ("token", ResponseType::TOKEN, "token", "fragment"),
            ("none", ResponseType::NONE, "none", "query"),
        ];
        for (text, expected, written, mode) in table {
            let read: ResponseType = text.parse().unwrap();
            assert_eq!((read, &*read.to_string()), (expected, written));
            assert_eq!(read.default_response_mode().as_str(), mode);
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<ResponseType>(&json).unwrap(), read);
        }
        for text in ["", "Code", "code  token", "code code", "none code", "code none", "x"] {
            assert_eq!(text.parse::<ResponseType>().unwrap_err().code(), "config", "{text:?}");
        }
    }

    #[test]
    fn modes_are_read_as_they_are_written() {
        for mode in [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost] {
            assert_eq!(mode.as_str().parse::<ResponseMode>().unwrap(), mode);
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        assert_eq!("jwt".parse::<ResponseMode>().unwrap_err().code(), "config");
    }
}
