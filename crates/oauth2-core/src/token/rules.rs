//! How far a token answer may stray from RFC 6749 §5.1, and how its body is read.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use protocol_core::{Error, percent};
use serde_json::{Map, Value};

use super::{TokenType, WHAT};
use crate::answer;

/// What a token answer must be like. The default is RFC 6749 §5.1 to the letter; each weaker rule is
/// for providers that are known to need it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenResponseRules {
    /// Also reads an answer written as a form (the quirk `form_encoded_token`). Default: false.
    pub accept_form_encoded: bool,
    /// Refuses an answer without `token_type`. Default: true; the quirk `no_token_type` is false,
    /// and `Bearer` is assumed.
    pub require_token_type: bool,
    /// The types that are taken, in whatever case. Default: `bearer` and `dpop`.
    pub recognized_token_types: Vec<String>,
    /// Reads a 200 with an `error` member as the error it means (the quirk `error_in_200`).
    /// Default: false; it is then refused as a broken answer.
    pub error_in_200: bool,
}

impl Default for TokenResponseRules {
    fn default() -> Self {
        TokenResponseRules {
            accept_form_encoded: false,
            require_token_type: true,
            recognized_token_types: vec!["bearer".to_owned(), "dpop".to_owned()],
            error_in_200: false,
        }
    }
}

impl TokenResponseRules {
    pub(super) fn members(
        &self,
        response: &Response<Vec<u8>>,
    ) -> Result<Map<String, Value>, Error> {
        if self.accept_form_encoded && looks_form_encoded(response) {
            return form_members(response.body());
        }
        answer::members(WHAT, response.body())
    }

    pub(super) fn refusal(&self, response: &Response<Vec<u8>>) -> Error {
        let status = response.status();
        if self.accept_form_encoded && looks_form_encoded(response) && !status.is_redirection() {
            let members = form_members(response.body()).unwrap_or_default();
            if let Some(rejection) = answer::rejection(&members, status) {
                return Error::Rejected(rejection);
            }
        }
        answer::refusal(WHAT, response)
    }

    pub(super) fn token_type(&self, name: &str) -> Result<TokenType, Error> {
        if self.recognized_token_types.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(TokenType::of(name));
        }
        let expected = format!("one of {}", self.recognized_token_types.join(", "));
        // A server that mixes its members up may have put the token here.
        let got = if name.len() <= 16 { format!("{name:?}") } else { "another text".to_owned() };
        Err(Error::protocol("token_type_unsupported", "token_type", expected, got))
    }
}

/// Whether a body is to be read as a form: it is no JSON object, and says it is a form, says
/// nothing, or says it is plain text.
fn looks_form_encoded(response: &Response<Vec<u8>>) -> bool {
    let first = response.body().iter().find(|byte| !byte.is_ascii_whitespace());
    let content_type = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let media_type = media_type.trim_ascii().to_ascii_lowercase();
    let is_form =
        matches!(&*media_type, b"application/x-www-form-urlencoded" | b"text/plain" | b"");
    first != Some(&b'{') && is_form
}

fn form_members(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut members = Map::new();
    for (name, value) in percent::form_pairs(body.trim_ascii()) {
        if members.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
            let expected = "a form with each parameter once";
            return Err(Error::protocol("duplicate_member", WHAT, expected, "one twice"));
        }
    }
    Ok(members)
}
