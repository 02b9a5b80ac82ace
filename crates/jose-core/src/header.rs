//! The protected header of a JWS (RFC 7515 §4) or a JWE (RFC 7516 §4).

use std::fmt;

use protocol_core::json::{self, JsonError};
use protocol_core::{Error, Reason, base64url};
use serde_json::{Map, Value};

/// A header that has been read: an object without duplicate members, whose `alg` is a text and
/// whose `kid`, `typ` and `cty` are texts or absent, and which asks for no extension.
///
/// `jwk`, `jku`, `x5u` and `x5c` are members like any other: nothing here looks at them.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    members: Map<String, Value>,
}

impl Header {
    /// `alg`.
    pub fn alg(&self) -> &str {
        self.text("alg").unwrap_or_default()
    }

    /// `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.text("kid")
    }

    /// `typ`, as it is written.
    pub fn typ(&self) -> Option<&str> {
        self.text("typ")
    }

    /// `cty`, as it is written.
    pub fn cty(&self) -> Option<&str> {
        self.text("cty")
    }

    /// Whether `typ` is this media type: in any case, with or without `application/` in front
    /// (RFC 7515 §4.1.9).
    pub fn is_typ(&self, media_type: &str) -> bool {
        let bare = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
        };
        self.typ().is_some_and(|typ| bare(typ) == bare(media_type))
    }

    /// Any member.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The header of a token's first part.
    pub(crate) fn decode(part: &str) -> Result<Self, Reason> {
        if part.len() > MAX_BYTES {
            return Err(Reason::MalformedHeader("longer than 16 KiB"));
        }
        let text = base64url::decode(part).map_err(|_| Reason::NonCanonicalBase64("header"))?;
        let members = json::object(&text).map_err(|error| match error {
            JsonError::DuplicateMember(name) => Reason::DuplicateMember(name),
            JsonError::NotAnObject => Reason::MalformedHeader("not a JSON object"),
            _ => Reason::MalformedHeader("not JSON"),
        })?;
        let header = Header { members };
        if header.alg().is_empty() {
            return Err(Reason::MalformedHeader("alg is missing or is no text"));
        }
        for (name, problem) in
            [("kid", "kid is no text"), ("typ", "typ is no text"), ("cty", "cty is no text")]
        {
            if header.member(name).is_some_and(|value| !value.is_string()) {
                return Err(Reason::MalformedHeader(problem));
            }
        }
        header.check_extensions()?;
        Ok(header)
    }

    /// No extension is understood here, so whatever `crit` lists is refused, and so is a `crit`
    /// that RFC 7515 §4.1.11 forbids. An unencoded payload (RFC 7797) is none of a JWT (§7 there).
    fn check_extensions(&self) -> Result<(), Reason> {
        if self.member("b64").is_some_and(|b64| *b64 != Value::Bool(true)) {
            return Err(Reason::B64Unsupported);
        }
        let Some(crit) = self.member("crit") else { return Ok(()) };
        let refused = |problem: &str| Err(Reason::CritUnsupported(problem.to_owned()));
        match crit.as_array().map(|names| &names[..]) {
            None => refused("it is no array"),
            Some([]) => refused("it is empty"),
            Some([Value::String(name), ..]) => {
                refused(&format!("the extension {:?} is not understood", cut(name)))
            }
            Some(_) => refused("it holds something else than texts"),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.member(name).and_then(Value::as_str)
    }
}

/// Shows the members' names and the values of the registered ones that are texts.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("alg", &self.alg())
            .field("kid", &self.kid())
            .field("typ", &self.typ())
            .field("members", &self.members.keys())
            .finish()
    }
}

/// The most that a header may take, encoded: enough for a chain of certificates.
const MAX_BYTES: usize = 16 * 1024;

/// A header as JSON, its members in this order and then those of a caller's `extra`.
///
/// # Errors
/// [`Error::Config`] where `extra` names a member that is there already, or one of `reserved`.
pub(crate) fn compose<'a>(
    mut members: Vec<(&'a str, Value)>,
    extra: &[(&'a str, Value)],
    reserved: &[&str],
) -> Result<String, Error> {
    for (name, value) in extra {
        if reserved.contains(name) || members.iter().any(|(known, _)| known == name) {
            let problem = format!("the header member {name:?} is not for the caller to set");
            return Err(Error::config("extra", problem));
        }
        members.push((name, value.clone()));
    }
    let members: Vec<String> =
        members.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    Ok(format!("{{{}}}", members.join(",")))
}

/// A text of a token or a key, as far as errors repeat it.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, Reason> {
        Header::decode(&base64url::encode(text))
    }

    #[test]
    fn a_media_type_is_known_in_any_case_and_without_its_prefix() {
        let typ = |typ| header(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#)).unwrap();
        for spelling in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/at+JWT"] {
            assert!(typ(spelling).is_typ("at+jwt"), "{spelling}");
            assert!(!typ(spelling).is_typ("JWT"), "{spelling}");
        }
        assert!(!header(r#"{"alg":"ES256"}"#).unwrap().is_typ("JWT"));
    }

    #[test]
    fn members_of_other_types_are_refused() {
        for text in [
            r#"{}"#,
            r#"{"alg":256}"#,
            r#"{"alg":null}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":""}"#,
            r#"{"alg":"RS256","kid":7}"#,
            r#"{"alg":"RS256","kid":null}"#,
            r#"{"alg":"RS256","typ":{}}"#,
            r#"{"alg":"RS256","cty":[]}"#,
        ] {
            assert_eq!(header(text).unwrap_err().code(), "malformed_header", "{text}");
        }
    }

    #[test]
    fn unknown_members_are_kept_and_not_shown() {
        let header = header(r#"{"alg":"ES256","cty":"x","foo":{"a":["canary"]}}"#).unwrap();
        assert_eq!(header.cty(), Some("x"));
        assert!(header.member("foo").is_some());
        assert!(!format!("{header:?}").contains("canary"));
    }
}
