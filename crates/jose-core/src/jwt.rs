//! A JWT's claims (RFC 7519 §4), read strictly.

use std::fmt;

use protocol_core::json::{self, JsonError};
use protocol_core::{Error, Reason, UnixTime};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The claims of a token, or of any JSON object that holds claims. That a token's signature and
/// claims hold is for whoever hands them out to say: these are only their types.
#[derive(Clone, PartialEq)]
pub struct Claims {
    aud: Vec<String>,
    members: Map<String, Value>,
}

impl Claims {
    /// The claims that a JSON text holds.
    ///
    /// # Errors
    /// [`Reason::MalformedPayload`] where the text is no JSON object, [`Reason::DuplicateMember`]
    /// at any depth, [`Reason::ClaimType`] where a registered claim has another type than RFC 7519
    /// §4.1 gives it (null among them).
    pub fn from_json(text: &[u8]) -> Result<Self, Error> {
        let members = json::object(text).map_err(|error| match error {
            JsonError::DuplicateMember(name) => Reason::DuplicateMember(name),
            JsonError::NotAnObject => Reason::MalformedPayload("not a JSON object"),
            _ => Reason::MalformedPayload("not JSON"),
        })?;
        Self::from_map(members)
    }

    /// The claims of a JSON object.
    ///
    /// # Errors
    /// [`Reason::ClaimType`], as in [`Claims::from_json`].
    pub fn from_map(members: Map<String, Value>) -> Result<Self, Error> {
        let aud = audience(&members)?;
        let claims = Claims { aud, members };
        for name in ["iss", "sub", "jti"] {
            claims.text(name)?;
        }
        for name in ["exp", "nbf", "iat"] {
            claims.time(name)?;
        }
        Ok(claims)
    }

    /// `iss`: who issued the token.
    pub fn iss(&self) -> Option<&str> {
        self.members.get("iss").and_then(Value::as_str)
    }

    /// `sub`: whom it speaks of.
    pub fn sub(&self) -> Option<&str> {
        self.members.get("sub").and_then(Value::as_str)
    }

    /// `aud`: for whom it is; a single audience is a list of one, an absent one an empty list.
    pub fn aud(&self) -> &[String] {
        &self.aud
    }

    /// `exp`: from when on it is not valid.
    pub fn exp(&self) -> Option<UnixTime> {
        self.members.get("exp").and_then(numeric_date)
    }

    /// `nbf`: before when it is not valid.
    pub fn nbf(&self) -> Option<UnixTime> {
        self.members.get("nbf").and_then(numeric_date)
    }

    /// `iat`: when it was issued.
    pub fn iat(&self) -> Option<UnixTime> {
        self.members.get("iat").and_then(numeric_date)
    }

    /// `jti`: the token's own name.
    pub fn jti(&self) -> Option<&str> {
        self.members.get("jti").and_then(Value::as_str)
    }

    /// Any claim as a `T`; `None` where it is absent or null.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the code `claim_type` where it is no `T`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|_| {
                let got = format!("{} in the claim {name:?}", kind(value));
                Error::protocol("claim_type", "claim", std::any::type_name::<T>(), got)
            }),
        }
    }

    /// All claims as a `T`: a struct of the application's own.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the code `claim_type` where they are no `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.members).map_err(|_| {
            let got = "claims of other names or types".to_owned();
            Error::protocol("claim_type", "claims", std::any::type_name::<T>(), got)
        })
    }

    /// A claim that a specification says is a text; `None` where it is absent.
    ///
    /// # Errors
    /// [`Reason::ClaimType`] for anything else, null among it.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Reason::ClaimType { claim: name, expected: "a text" }.into()),
        }
    }

    /// A claim that a specification says is a NumericDate (RFC 7519 §2); `None` where it is absent.
    /// A fraction counts as the whole second after it, so that comparing with whole seconds is
    /// exact; a date before 1970 counts as 1970, one beyond the range as its end.
    ///
    /// # Errors
    /// [`Reason::ClaimType`] for anything but a number.
    pub fn time(&self, name: &'static str) -> Result<Option<UnixTime>, Error> {
        let date = |value| {
            numeric_date(value)
                .ok_or_else(|| Reason::ClaimType { claim: name, expected: "a number" }.into())
        };
        self.members.get(name).map(date).transpose()
    }

    /// All claims as JSON.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.members
    }

    /// All claims as JSON, given away.
    pub fn into_map(self) -> Map<String, Value> {
        self.members
    }
}

/// Shows the claims' names, not what they say of a person.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims")?;
        f.debug_set().entries(self.members.keys()).finish()
    }
}

fn audience(members: &Map<String, Value>) -> Result<Vec<String>, Reason> {
    let wrong = Reason::ClaimType { claim: "aud", expected: "a text or an array of texts" };
    match members.get("aud") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) => many
            .iter()
            .map(|one| one.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(wrong),
        Some(_) => Err(wrong),
    }
}

fn numeric_date(value: &Value) -> Option<UnixTime> {
    let seconds = match value.as_u64() {
        Some(seconds) => seconds,
        // The cast saturates at both ends.
        None => value.as_f64()?.ceil() as u64,
    };
    Some(UnixTime::from_seconds(seconds))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Result<Claims, Error> {
        Claims::from_json(text.as_bytes())
    }

    #[test]
    fn registered_claims_have_their_types() {
        let claims =
            claims(r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":20,"nbf":10,"iat":11,"jti":"j"}"#)
                .unwrap();
        assert_eq!((claims.iss(), claims.sub(), claims.jti()), (Some("i"), Some("s"), Some("j")));
        assert_eq!(claims.aud(), ["a", "b"]);
        let times = [claims.exp(), claims.nbf(), claims.iat()].map(|t| t.unwrap().seconds());
        assert_eq!(times, [20, 10, 11]);
    }

    #[test]
    fn absent_claims_are_none_and_one_audience_is_a_list() {
        assert_eq!(claims(r#"{"aud":"a"}"#).unwrap().aud(), ["a"]);
        let empty = claims("{}").unwrap();
        assert!(empty.aud().is_empty() && empty.as_map().is_empty());
        assert_eq!((empty.iss(), empty.sub(), empty.jti()), (None, None, None));
        assert_eq!((empty.exp(), empty.nbf(), empty.iat()), (None, None, None));
    }

    #[test]
    fn registered_claims_of_other_types_are_refused() {
        for name in ["iss", "sub", "jti"] {
            for value in ["null", "1", "true", "[]", "{}", "[\"x\"]"] {
                let error = claims(&format!(r#"{{"{name}":{value}}}"#)).unwrap_err();
                assert_eq!(error.code(), "claim_type", "{name} {value}");
            }
        }
        for name in ["exp", "nbf", "iat"] {
            for value in ["null", "\"1897473028\"", "true", "[1]", "{}", "\"2099-01-01T00:00:00Z\""]
            {
                let error = claims(&format!(r#"{{"{name}":{value}}}"#)).unwrap_err();
                assert_eq!(error.code(), "claim_type", "{name} {value}");
            }
        }
        for value in ["null", "1", "true", "{}", "[1]", "[\"a\",null]", "[[\"a\"]]"] {
            let error = claims(&format!(r#"{{"aud":{value}}}"#)).unwrap_err();
            assert_eq!(error.code(), "claim_type", "aud {value}");
        }
    }

    #[test]
    fn dates_are_rounded_up_and_saturate() {
        for (written, seconds) in [
            ("0", 0),
            ("-1", 0),
            ("-1e300", 0),
            ("1897473028.0", 1_897_473_028),
            ("1897473028.2", 1_897_473_029),
            ("1.897473028e9", 1_897_473_028),
            ("9223372036854775807", i64::MAX as u64),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("1e300", u64::MAX),
        ] {
            let claims = claims(&format!(r#"{{"exp":{written}}}"#)).unwrap();
            assert_eq!(claims.exp(), Some(UnixTime::from_seconds(seconds)), "{written}");
        }
        for unreadable in ["1e400", "-1e400", "NaN", "Infinity", "0x10", "01"] {
            let error = claims(&format!(r#"{{"exp":{unreadable}}}"#)).unwrap_err();
            assert_eq!(error.code(), "malformed_payload", "{unreadable}");
        }
    }

    #[test]
    fn other_claims_are_read_as_the_caller_asks() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        struct Mine {
            groups: Vec<String>,
        }
        let claims = claims(r#"{"groups":["a"],"n":1,"nothing":null}"#).unwrap();
        assert_eq!(claims.get::<Vec<String>>("groups").unwrap(), Some(vec!["a".to_owned()]));
        assert_eq!(claims.get::<u8>("nothing").unwrap(), None);
        assert_eq!(claims.get::<u8>("absent").unwrap(), None);
        assert_eq!(claims.parse::<Mine>().unwrap(), Mine { groups: vec!["a".to_owned()] });
        assert_eq!(claims.text("absent").unwrap(), None);
        assert_eq!(claims.time("n").unwrap(), Some(UnixTime::from_seconds(1)));
        for error in [
            claims.get::<String>("n").unwrap_err(),
            claims.parse::<Vec<u8>>().unwrap_err(),
            claims.text("n").unwrap_err(),
            claims.text("nothing").unwrap_err(),
            claims.time("groups").unwrap_err(),
        ] {
            assert_eq!(error.code(), "claim_type");
        }
    }

    #[test]
    fn debug_shows_names_alone() {
        let claims = claims(r#"{"email":"canary@example.com"}"#).unwrap();
        assert_eq!(format!("{claims:?}"), r#"Claims{"email"}"#);
        let error = claims.get::<u8>("email").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
