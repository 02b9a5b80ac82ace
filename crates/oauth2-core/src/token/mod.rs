//! The answer of the token endpoint (RFC 6749 §5.1, §5.2, §7.1).

mod rules;
mod token_type;

pub use rules::TokenResponseRules;
pub use token_type::TokenType;

use std::fmt;
use std::time::Duration;

use http::{Response, StatusCode};
use protocol_core::{AccessToken, Error, RefreshToken, Secret, UnixTime};
use serde_json::{Map, Value};

use crate::answer;

/// What the token endpoint gave (RFC 6749 §5.1). `Debug` shows no token, and of other members the
/// names alone.
#[derive(Clone)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// How it is to be used; [`TokenType::Bearer`] where none came and the rules do not ask for it.
    pub token_type: TokenType,
    /// Its life, in whole seconds, from the answer on. Longer than can be held is the longest;
    /// negative is zero.
    pub expires_in: Option<Duration>,
    /// When it expires: the time of the answer plus `expires_in`.
    pub expires_at: Option<UnixTime>,
    /// Whether an `expires_in` came that could not be read. It is a hint, so nothing fails for it;
    /// the life of the token is then unknown.
    pub expires_in_unreadable: bool,
    /// The refresh token.
    pub refresh_token: Option<RefreshToken>,
    /// What was granted, as it came (a list of texts is joined by spaces). `None` is as asked for
    /// (RFC 6749 §5.1).
    pub scope: Option<String>,
    /// The ID Token (OpenID Connect Core §3.1.3.3), not verified.
    pub id_token: Option<Secret>,
    /// All other members, as data that nobody has checked.
    pub extra: Map<String, Value>,
}

impl TokenResponse {
    /// Reads an answer that came at `now`.
    ///
    /// # Errors
    /// [`Error::Rejected`] for an error answer (RFC 6749 §5.2), by whatever status but 200 and 3xx
    /// (by 200 too, where the rules say so).
    /// [`Error::Protocol`] for all else, with one of these codes: `http_status`,
    /// `http_status_retryable` (5xx and 429), `not_json`, `not_object`, `duplicate_member`, `type`,
    /// `access_token_missing`, `token_type_missing`, `token_type_unsupported`, `error_in_200`,
    /// `too_large`. No error holds the body or a part of it.
    pub fn read(
        response: &Response<Vec<u8>>,
        rules: &TokenResponseRules,
        now: UnixTime,
    ) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(rules.refusal(response));
        }
        let mut members = rules.members(response)?;
        if let Some(rejection) = answer::rejection(&members, response.status()) {
            if rules.error_in_200 {
                return Err(Error::Rejected(rejection));
            }
            let is_alone = !members.contains_key("access_token");
            let code = if is_alone { "access_token_missing" } else { "error_in_200" };
            let got = format!("the error {:?} by HTTP 200", rejection.code);
            return Err(Error::protocol(code, WHAT, "an access token, or an error by 400", got));
        }
        let access_token = text(&mut members, "access_token")?.filter(|token| !token.is_empty());
        let Some(access_token) = access_token.map(AccessToken::new) else {
            return Err(missing("access_token_missing", "access_token"));
        };
        let token_type = match text(&mut members, "token_type")? {
            Some(name) => rules.token_type(&name)?,
            None if rules.require_token_type => {
                return Err(missing("token_type_missing", "token_type"));
            }
            None => TokenType::Bearer,
        };
        let (expires_in, expires_in_unreadable) = match members.remove("expires_in") {
            None | Some(Value::Null) => (None, false),
            Some(value) => {
                let seconds = seconds(&value);
                (seconds.map(Duration::from_secs), seconds.is_none())
            }
        };
        let optional = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(TokenResponse {
            access_token,
            token_type,
            expires_in,
            expires_at: expires_in.map(|life| now.after(life)),
            expires_in_unreadable,
            refresh_token: optional(text(&mut members, "refresh_token")?).map(RefreshToken::new),
            scope: scope(&mut members)?,
            id_token: optional(text(&mut members, "id_token")?).map(Secret::new),
            extra: members,
        })
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("expires_at", &self.expires_at)
            .field("expires_in_unreadable", &self.expires_in_unreadable)
            .field("refresh_token", &self.refresh_token)
            .field("scope", &self.scope)
            .field("id_token", &self.id_token)
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish()
    }
}

const WHAT: &str = "token response";

fn missing(code: &'static str, member: &'static str) -> Error {
    Error::protocol(code, member, "a text in the token response", "none")
}

/// Takes a member that must be text; null is absent.
pub(crate) fn text(
    members: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, Error> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Error::protocol("type", name, "a text", type_of(&other))),
    }
}

pub(crate) fn scope(members: &mut Map<String, Value>) -> Result<Option<String>, Error> {
    let list = match members.get("scope") {
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
        _ => return text(members, "scope"),
    };
    let joined = list.map(|items| items.join(" "));
    let Some(joined) = joined else { return text(members, "scope") };
    members.remove("scope");
    Ok(Some(joined))
}

/// A number of seconds, written as a number or as a text, cut to what can be held.
pub(crate) fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) => Some(seconds),
            // A cast from a float saturates.
            None => number.as_f64().map(|seconds| seconds as u64),
        },
        Value::String(text) => {
            let text = text.trim();
            let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            if !text.chars().all(is_number) {
                return None;
            }
            let whole = text.parse::<u64>().ok();
            whole.or_else(|| text.parse::<f64>().ok().map(|seconds| seconds as u64))
        }
        _ => None,
    }
}

pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, answer};

    fn read(body: impl Into<Vec<u8>>) -> Result<TokenResponse, Error> {
        read_by(&TokenResponseRules::default(), 200, "application/json", body)
    }

    fn read_by(
        rules: &TokenResponseRules,
        status: u16,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<TokenResponse, Error> {
        TokenResponse::read(&answer(status, content_type, body), rules, NOW)
    }

    fn with(members: &str) -> Result<TokenResponse, Error> {
        read(format!(r#"{{"access_token":"a","token_type":"bearer"{members}}}"#))
    }

    #[test]
    fn every_member_is_read_and_the_others_are_kept() {
        let token = with(
            r#","expires_in":3600,"refresh_token":"r","scope":"s t","id_token":"i.i.i","x":{"y":1}"#,
        )
        .unwrap();
        assert!(token.access_token.ct_eq("a") && token.refresh_token.unwrap().ct_eq("r"));
        assert!(token.id_token.unwrap().ct_eq("i.i.i"));
        assert_eq!(token.token_type, TokenType::Bearer);
        assert_eq!(token.scope.as_deref(), Some("s t"));
        assert_eq!(token.expires_at.unwrap().seconds(), NOW.seconds() + 3600);
        assert_eq!(Value::Object(token.extra), serde_json::json!({"x": {"y": 1}}));
    }

    #[test]
    fn null_is_absent_and_a_list_of_scopes_is_joined() {
        let token = with(r#","refresh_token":null,"id_token":null,"scope":["a","b"]"#).unwrap();
        assert!(token.refresh_token.is_none() && token.id_token.is_none());
        assert_eq!(token.scope.as_deref(), Some("a b"));
        assert_eq!(with(r#","scope":"""#).unwrap().scope.as_deref(), Some(""));
        for members in [r#","scope":[1]"#, r#","scope":1"#, r#","id_token":{}"#] {
            assert_eq!(with(members).unwrap_err().code(), "type", "{members}");
        }
    }

    #[test]
    fn refusal_b8_expires_in_of_every_kind_is_read_or_reported() {
        let most = Some(u64::MAX);
        let table = [
            ("3600", Some(3600), false),
            ("0", Some(0), false),
            ("18446744073709551615", most, false),
            ("18446744073709551616", most, false),
            ("-1", Some(0), false),
            ("-1e400", Some(0), false),
            ("3600.9", Some(3600), false),
            ("1e3", Some(1000), false),
            ("1e400", most, false),
            (r#""3600""#, Some(3600), false),
            (r#"" 3600 ""#, Some(3600), false),
            (r#""3600.0""#, Some(3600), false),
            (r#""-5""#, Some(0), false),
            (r#""1e400""#, most, false),
            (r#""18446744073709551615""#, most, false),
            ("null", None, false),
            (r#""soon""#, None, true),
            (r#""""#, None, true),
            (r#""inf""#, None, true),
            (r#""NaN""#, None, true),
            (r#""3600 s""#, None, true),
            ("true", None, true),
            ("[3600]", None, true),
            ("{}", None, true),
        ];
        for (written, expected, unreadable) in table {
            let token = with(&format!(r#","expires_in":{written}"#)).unwrap();
            let got = token.expires_in.map(|life| life.as_secs());
            assert_eq!((got, token.expires_in_unreadable), (expected, unreadable), "{written}");
            let at = expected.map(|life| NOW.seconds().saturating_add(life));
            assert_eq!(token.expires_at.map(UnixTime::seconds), at, "{written}");
        }
        let token = with(r#","ext_expires_in":1e400"#).unwrap();
        assert!(!token.extra.contains_key("ext_expires_in"));
    }

    #[test]
    fn refusal_e4_broken_answers_say_what_was_expected_and_what_came() {
        let bom =
            [b"\xef\xbb\xbf", &br#"{"access_token":"canary","token_type":"bearer"}"#[..]].concat();
        let form = "access_token=canary&token_type=bearer";
        let table: [(u16, &str, &[u8], &str); 21] = [
            (200, "application/json", b"{}", "access_token_missing"),
            (200, "application/json", b"[1]", "not_object"),
            (200, "application/json", b"\"canary\"", "not_object"),
            (200, "application/json", b"null", "not_object"),
            (200, "text/html", b"<html>canary</html>", "not_json"),
            (200, "application/json", b"", "not_json"),
            (200, "application/json", b"{\"access_token\":\"canary\"", "not_json"),
            (200, "application/json", &bom, "not_json"),
            (
                200,
                "application/json",
                br#"{"error":"bad_verification_code"}"#,
                "access_token_missing",
            ),
            (
                200,
                "application/json",
                br#"{"error":"e","access_token":"canary","token_type":"bearer"}"#,
                "error_in_200",
            ),
            (404, "application/json", br#"{"message":"canary"}"#, "http_status"),
            (404, "application/json", br#"{"error":"unknown_path"}"#, "unknown_path"),
            (
                201,
                "application/json",
                br#"{"access_token":"canary","token_type":"b"}"#,
                "http_status",
            ),
            (400, "application/json", b"", "http_status"),
            (500, "text/html", b"<h1>canary</h1>", "http_status_retryable"),
            (429, "text/plain", b"canary", "http_status_retryable"),
            (200, "application/json", br#"{"token_type":"bearer"}"#, "access_token_missing"),
            (
                200,
                "application/json",
                br#"{"access_token":"","token_type":"b"}"#,
                "access_token_missing",
            ),
            (200, "application/json", br#"{"access_token":"canary"}"#, "token_type_missing"),
            (
                200,
                "application/json",
                br#"{"access_token":"canary","token_type":"mac"}"#,
                "token_type_unsupported",
            ),
            (200, "application/x-www-form-urlencoded", form.as_bytes(), "not_json"),
        ];
        let rules = TokenResponseRules::default();
        for (status, content_type, body, code) in table {
            let error = read_by(&rules, status, content_type, body).unwrap_err();
            assert_eq!(error.code(), code, "{}", String::from_utf8_lossy(body));
            let shown = error.to_string();
            assert!(!format!("{shown} {error:?}").contains("canary"), "{shown}");
            let says = shown.contains("expected") && shown.contains("got");
            assert!(says || matches!(error, Error::Rejected(_)), "{shown}");
            assert_eq!(error.is_retryable(), code == "http_status_retryable", "{shown}");
        }
    }

    #[test]
    fn refusal_e4_a_named_quirk_reads_what_is_else_refused() {
        let rules = TokenResponseRules { require_token_type: false, ..Default::default() };
        let token = read_by(&rules, 200, "application/json", r#"{"access_token":"a"}"#).unwrap();
        assert_eq!(token.token_type, TokenType::Bearer);

        let rules = TokenResponseRules { error_in_200: true, ..Default::default() };
        let body = r#"{"error":"bad_verification_code","error_description":"d"}"#;
        let error = read_by(&rules, 200, "application/json", body).unwrap_err();
        let Error::Rejected(rejection) = error else { panic!("{error}") };
        assert_eq!((&*rejection.code, rejection.status), ("bad_verification_code", Some(200)));

        let rules = TokenResponseRules { accept_form_encoded: true, ..Default::default() };
        let form = "access_token=a%2Bb&token_type=bearer&expires_in=60&x=y\n";
        let form_type = "application/x-www-form-urlencoded; charset=utf-8";
        for content_type in [form_type, "text/plain"] {
            let token = read_by(&rules, 200, content_type, form).unwrap();
            assert!(token.access_token.ct_eq("a+b"));
            assert_eq!(token.expires_in, Some(Duration::from_secs(60)));
            assert_eq!(token.extra["x"], "y");
        }
        let json = r#"{"access_token":"a","token_type":"bearer"}"#;
        assert!(read_by(&rules, 200, form_type, json).is_ok());
        assert!(read_by(&rules, 200, "application/json", json).is_ok());
        let error = read_by(&rules, 200, "application/json", form).unwrap_err();
        assert_eq!(error.code(), "not_json");
        let twice = "access_token=canary&access_token=canary&token_type=bearer";
        let error = read_by(&rules, 200, form_type, twice).unwrap_err();
        assert_eq!(error.code(), "duplicate_member");
        let error = read_by(&rules, 400, form_type, "error=invalid_grant").unwrap_err();
        assert_eq!(error.code(), "invalid_grant");
    }

    #[test]
    fn refusal_e5_token_types_are_equal_in_any_case() {
        let table = [
            ("bearer", TokenType::Bearer),
            ("Bearer", TokenType::Bearer),
            ("BEARER", TokenType::Bearer),
            ("DPoP", TokenType::DPoP),
            ("dpop", TokenType::DPoP),
        ];
        for (written, expected) in table {
            let token =
                read(format!(r#"{{"access_token":"a","token_type":"{written}"}}"#)).unwrap();
            assert_eq!(token.token_type, expected);
        }
        for written in ["mac", "", "bearer ", " Bearer", "bearers", "N_A"] {
            let error = read(format!(r#"{{"access_token":"a","token_type":"{written}"}}"#));
            assert_eq!(error.unwrap_err().code(), "token_type_unsupported", "{written:?}");
        }
        let recognized_token_types = vec!["N_A".to_owned()];
        let rules = TokenResponseRules { recognized_token_types, ..Default::default() };
        let body = r#"{"access_token":"a","token_type":"n_a"}"#;
        let token = read_by(&rules, 200, "application/json", body).unwrap();
        assert_eq!(token.token_type, TokenType::Other("n_a".to_owned()));
    }

    #[test]
    fn refusal_a14_duplicate_members_in_a_token_response() {
        for members in [
            r#","access_token":"b""#,
            r#","\u0061ccess_token":"b""#,
            r#","x":1,"x":1"#,
            r#","x":{"a":[{"b":1,"b":2}]}"#,
        ] {
            assert_eq!(with(members).unwrap_err().code(), "duplicate_member", "{members}");
        }
    }

    #[test]
    fn refusal_b1_a_huge_token_response() {
        let token = "canary".repeat(2_000_000);
        for body in [format!(r#"{{"access_token":"{token}"}}"#), token, ".".repeat(10_000_000)] {
            let error = read(body).unwrap_err();
            assert_eq!(error.code(), "too_large");
            let shown = format!("{error} {error:?}");
            assert!(shown.len() < 1000 && !shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn refusal_b4_deep_json_invalid_utf8_nul_and_no_object() {
        let deep =
            format!(r#"{{"access_token":"a","token_type":"bearer","x":{}"#, "[".repeat(100_000));
        let closed = format!("{}{}}}", deep, "]".repeat(100_000));
        let table: [(&[u8], &str); 6] = [
            (deep.as_bytes(), "not_json"),
            (closed.as_bytes(), "not_json"),
            (b"{\"access_token\":\"\xff\"}", "not_json"),
            (b"{\"access_token\":\"\0\"}", "not_json"),
            (b"{}\0", "not_json"),
            (b"[]", "not_object"),
        ];
        for (body, code) in table {
            assert_eq!(read(body).unwrap_err().code(), code);
        }
    }

    #[test]
    fn refusal_e12_an_error_description_with_markup_or_without_end_is_cut_and_escaped() {
        for description in ["<script>alert(1)</script>", "\u{1b}[31m\r\nX: y", &"x".repeat(100_000)]
        {
            let body =
                serde_json::json!({"error": "invalid_grant", "error_description": description});
            let error =
                read_by(&TokenResponseRules::default(), 400, "application/json", body.to_string());
            let error = error.unwrap_err();
            let shown = error.to_string();
            assert!(shown.len() < 1200 && !shown.contains(char::is_control), "{shown}");
            let Error::Rejected(rejection) = error else { panic!("{error}") };
            assert!(rejection.description.unwrap().len() < 1100);
        }
    }

    #[test]
    fn debug_shows_no_token_and_of_other_members_the_names() {
        let token =
            with(r#","refresh_token":"canary","id_token":"canary","nested":{"t":"canary"}"#);
        let shown = format!("{:?}", token.unwrap());
        assert!(shown.contains("nested") && !shown.contains("canary"), "{shown}");
    }
}
