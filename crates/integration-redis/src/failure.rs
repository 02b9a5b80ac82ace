//! What went wrong, in the registry's words.

use client_registry::StateError;
use redis::{ErrorKind, RedisError};

/// The registry's error for one of redis, for a call named `what`.
pub(crate) fn failed(what: &'static str, error: RedisError) -> StateError {
    let what = format!("redis {what}");
    if error.kind() == ErrorKind::AuthenticationFailed {
        return StateError::new(what, "the server refused the user name or the password")
            .permanent();
    }
    if error.is_timeout() {
        return StateError::new(what, "no answer in time");
    }
    let Some(code) = error.code() else {
        // The system's words, or the client's on an answer that it cannot read.
        return StateError::new(what, error.to_string()).with_source(error);
    };
    let refused = format!("the server refused: {code} {}", without_arguments(&error));
    let state = StateError::new(what, refused.trim_end());
    if PERMANENT.contains(&code) { state.permanent() } else { state }
}

/// What an operator must mend.
const PERMANENT: [&str; 4] = ["NOAUTH", "NOPERM", "WRONGPASS", "WRONGTYPE"];

/// The server's text. Where it repeats a command it repeats its arguments, which are nobody's.
fn without_arguments(error: &RedisError) -> String {
    let detail = error.detail().unwrap_or_default();
    let detail = detail.split(", with args").next().unwrap_or_default();
    detail.chars().take(200).collect()
}
