//! Answers of the login routes, in words that every web framework has.

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
};
use http::{Response, StatusCode};
use protocol_core::Error;

use crate::client::Redirection;
use crate::public::public_message;

/// What marks an answer that takes part in a login: kept by nobody, its address told to nobody.
pub const NOT_KEPT: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

impl Redirection {
    /// The answer that sends a browser there: 303, kept by nobody.
    pub fn response(&self) -> Response<String> {
        see_other(self.location())
    }
}

/// The answer for an error: its status, one sentence for the user, and nothing of what went on
/// inside. The error itself goes to the log, and is an extension of the answer, for whoever makes a
/// page of it.
pub fn error_response(error: &Error) -> Response<String> {
    tracing::warn!(code = error.code(), %error, "a login or a call failed");
    let mut response = Response::new(public_message(error).to_owned());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response.headers_mut().extend(NOT_KEPT);
    response.extensions_mut().insert(error.clone());
    response
}

/// 303 to `location`, kept by nobody.
pub(crate) fn see_other(location: &str) -> Response<String> {
    // Endpoints are checked to be URLs, and what is added to them is percent-encoded.
    let Ok(location) = HeaderValue::try_from(location) else {
        return error_response(&Error::config("location", "expected a URL"));
    };
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().extend(NOT_KEPT);
    response
}
