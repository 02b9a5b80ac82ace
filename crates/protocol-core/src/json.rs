//! JSON from a stranger: bounded, and without duplicate members.
//!
//! RFC 8259 leaves a repeated member name open, and parsers disagree about which one counts; RFC
//! 7515 §4 and RFC 7519 §4 therefore let it be refused, and so does this crate, at every depth.
//! Depth is bounded by `serde_json` (128).

use std::fmt;

use serde::de::{
    self, Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// Why a text was not taken as a JSON object. It holds nothing of the text but member names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON in UTF-8, too deep, or a number out of range.
    #[error("not JSON (near byte {at})")]
    NotJson {
        /// About where.
        at: usize,
    },
    /// JSON, but no object.
    #[error("JSON that is no object")]
    NotAnObject,
    /// A member name that occurs twice in one object.
    #[error("the member {0:?} twice")]
    DuplicateMember(String),
}

/// The object that `text` holds, duplicate members refused at every depth.
///
/// # Errors
/// [`JsonError`].
pub fn object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match value(text)? {
        Value::Object(map) => Ok(map),
        _ => Err(JsonError::NotAnObject),
    }
}

/// The value that `text` holds, duplicate members refused at every depth.
///
/// # Errors
/// [`JsonError`], never `NotAnObject`.
pub fn value(text: &[u8]) -> Result<Value, JsonError> {
    parse(text, Strict)
}

/// The members of the object that `text` holds, each value as it was written. Duplicate names at
/// the top are refused; a value that no number type can hold (`1e400`) does no harm to the others.
///
/// # Errors
/// [`JsonError`].
pub fn members(text: &[u8]) -> Result<Vec<(String, &RawValue)>, JsonError> {
    let first = text.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    parse(text, Members).map_err(|error| match (error, first) {
        // Other valid JSON is told apart from what is no JSON at all.
        (JsonError::NotJson { .. }, Some(b)) if *b != b'{' && value(text).is_ok() => {
            JsonError::NotAnObject
        }
        (error, _) => error,
    })
}

fn parse<'a, S: DeserializeSeed<'a>>(text: &'a [u8], seed: S) -> Result<S::Value, JsonError> {
    let Ok(text) = std::str::from_utf8(text) else {
        let at = std::str::from_utf8(text).map_or_else(|e| e.valid_up_to(), str::len);
        return Err(JsonError::NotJson { at });
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value)).map_err(|error| {
        // A visitor's own message comes back with the position appended; the marker is ours.
        match error.to_string().strip_prefix(MARK).and_then(|rest| rest.split_once(MARK)) {
            Some((name, _)) => JsonError::DuplicateMember(cut(name, 64)),
            None => JsonError::NotJson { at: offset(text, error.line(), error.column()) },
        }
    })
}

/// Frames the member's name in the one message by which a visitor can speak. No JSON text can put
/// it in front of a message of `serde_json`'s own.
const MARK: &str = "\u{1}duplicate\u{1}";

fn duplicate<E: de::Error>(name: &str) -> E {
    E::custom(format_args!("{MARK}{name}{MARK}"))
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column).min(text.len())
}

struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(String, &'de RawValue)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(duplicate(&name));
            }
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(duplicate(&name));
            }
            let value = map.next_value_seed(Strict)?;
            object.insert(name, value);
        }
        let may_be_number = object.len() == 1 && object.contains_key(NUMBER);
        let object = Value::Object(object);
        if may_be_number {
            Value::deserialize(object).map_err(de::Error::custom)
        } else {
            Ok(object)
        }
    }
}

/// The one member of the map in which `serde_json` hands over a number where any crate of the build
/// turns on its feature `arbitrary_precision`. Its own `Value` knows whether that is so.
const NUMBER: &str = "$serde_json::private::Number";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_a14_duplicate_members_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"b":2,"a":3}]}"#,
            "{\"a\":1,\"\\u0061\":2}",
        ] {
            let expected = JsonError::DuplicateMember("a".into());
            assert_eq!(object(text.as_bytes()), Err(expected), "{text}");
        }
        assert_eq!(
            members(br#"{"a":1,"\u0061":2}"#).unwrap_err(),
            JsonError::DuplicateMember("a".into())
        );
    }

    #[test]
    fn refusal_b4_deep_invalid_or_other_json_without_a_panic() {
        let deep = "[".repeat(100_000);
        let deep_object = r#"{"a":"#.repeat(100_000);
        for text in [
            deep.as_bytes(),
            deep_object.as_bytes(),
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\0\"}",
            b"{\"a\":1}\0",
            b"{\"a\":1} x",
            b"\xef\xbb\xbf{}",
            b"{\"a\":1e400}",
            b"",
            b"{",
            b"{'a':1}",
            b"{\"a\":NaN}",
        ] {
            assert!(matches!(object(text), Err(JsonError::NotJson { .. })));
        }
        for text in ["1", "null", "\"x\"", "[]", "[{}]"] {
            assert_eq!(object(text.as_bytes()), Err(JsonError::NotAnObject), "{text}");
            assert_eq!(members(text.as_bytes()).unwrap_err(), JsonError::NotAnObject, "{text}");
        }
        assert!(matches!(members(deep_object.as_bytes()), Err(JsonError::NotJson { .. })));
    }

    #[test]
    fn one_unreadable_number_does_no_harm_to_the_other_members() {
        let members = members(br#"{"expires_in": 1e400, "t": "x"}"#).unwrap();
        assert_eq!(members[0].1.get(), "1e400");
        assert_eq!(members[1].1.get(), "\"x\"");
    }

    #[test]
    fn numbers_are_numbers_and_no_object_is_taken_for_one() {
        let text = r#"{"exp":1.5e9,"n":[-0.5,7,{"$serde_json::private::Number":"1.5"}]}"#;
        let read = value(text.as_bytes()).unwrap();
        assert_eq!(read["exp"].as_f64(), Some(1.5e9));
        assert_eq!(read, text.parse::<Value>().unwrap());
    }

    #[test]
    fn an_error_names_a_place_and_not_the_text() {
        let error = object(b"{\"access_token\":\"canary\",}").unwrap_err();
        assert!(!error.to_string().contains("canary"));
    }
}
