//! Answers in JSON, and what one is that is no success (RFC 6749 §5.2).

use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use protocol_core::json::{self, JsonError};
use protocol_core::{Error, Rejection};
use serde_json::{Map, Value};

/// The members of the JSON object in a body. A number that no type can hold is kept as its text in
/// `expires_in`, a mere hint, and left out elsewhere.
pub(crate) fn members(what: &'static str, body: &[u8]) -> Result<Map<String, Value>, Error> {
    let wrong = |error: JsonError| not_taken(what, body, &error);
    within_cap(what, body)?;
    // Almost every body can be read in one pass.
    if let Ok(map) = json::object(body) {
        return Ok(map);
    }
    let mut map = Map::new();
    for (name, raw) in json::members(body).map_err(wrong)? {
        let text = raw.get();
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match json::value(text.as_bytes()) {
            Ok(value) => drop(map.insert(name, value)),
            Err(JsonError::NotJson { .. }) if is_number && name == "expires_in" => {
                map.insert(name, Value::String(text.to_owned()));
            }
            Err(JsonError::NotJson { .. }) if is_number => {}
            Err(error) => return Err(wrong(error)),
        }
    }
    Ok(map)
}

/// The JSON object in a body, duplicate members refused at every depth.
pub(crate) fn object(what: &'static str, body: &[u8]) -> Result<Map<String, Value>, Error> {
    within_cap(what, body)?;
    json::object(body).map_err(|error| not_taken(what, body, &error))
}

/// The refusal that these members hold, if they do.
pub(crate) fn rejection(members: &Map<String, Value>, status: StatusCode) -> Option<Rejection> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("error").filter(|code| !code.is_empty())?;
    let rejection = Rejection::new(code).explained(text("error_description"), text("error_uri"));
    Some(rejection.with_status(status.as_u16()))
}

/// The error that an answer is whose status is no success.
pub(crate) fn refusal(what: &'static str, response: &Response<Vec<u8>>) -> Error {
    let status = response.status();
    if !status.is_redirection() {
        let members = members(what, response.body()).ok();
        if let Some(rejection) = members.and_then(|members| rejection(&members, status)) {
            return Error::Rejected(rejection);
        }
    }
    unexpected_status(what, response)
}

/// The error that a status is which stands for itself.
pub(crate) fn unexpected_status(what: &'static str, response: &Response<Vec<u8>>) -> Error {
    let status = response.status();
    let got = if status.is_redirection() {
        format!("HTTP {} (a redirect, which is not followed)", status.as_u16())
    } else {
        format!("HTTP {} with {}", status.as_u16(), kind(response))
    };
    let code = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        "http_status_retryable"
    } else {
        "http_status"
    };
    Error::protocol(code, what, "HTTP 200, or an error in JSON (RFC 6749 5.2)", got)
}

/// A body in words.
fn kind(response: &Response<Vec<u8>>) -> String {
    if response.body().is_empty() {
        return "an empty body".to_owned();
    }
    match response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        Some(content_type) => {
            let media_type = content_type.split(';').next().unwrap_or_default().trim();
            format!("a body of {media_type}")
        }
        None => "a body of no type".to_owned(),
    }
}

fn within_cap(what: &'static str, body: &[u8]) -> Result<(), Error> {
    if body.len() <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::protocol("too_large", what, "at most 1 MiB", "a larger body"))
}

fn not_taken(what: &'static str, body: &[u8], error: &JsonError) -> Error {
    let code = match error {
        JsonError::NotAnObject => "not_object",
        JsonError::DuplicateMember(_) => "duplicate_member",
        _ => "not_json",
    };
    let got = match (body.first(), error) {
        (None, _) => "an empty body".to_owned(),
        (Some(0xef), JsonError::NotJson { .. }) if body.starts_with(b"\xef\xbb\xbf") => {
            "a byte order mark in front".to_owned()
        }
        (Some(b'<'), _) => "what looks like HTML or XML".to_owned(),
        _ => error.to_string(),
    };
    Error::protocol(code, what, "one JSON object, each member once", got)
}

/// The most that is read of a body.
const MOST_BYTES: usize = 1024 * 1024;
