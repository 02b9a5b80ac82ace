//! What handlers answer: [`Redirect`] and [`Error`].

use axum::response::{IntoResponse, Response};
use client_registry::{Redirection, public_message};
use http::StatusCode;
use http::header::{HeaderValue, LOCATION};

use crate::layer::not_kept;

/// Sends the user's browser to the provider: 303, kept by nobody.
#[derive(Clone, Debug)]
pub struct Redirect(Redirection);

impl From<Redirection> for Redirect {
    fn from(redirection: Redirection) -> Self {
        Redirect(redirection)
    }
}

impl Redirect {
    /// The address.
    pub fn location(&self) -> &str {
        self.0.location()
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        // Endpoints are checked to be URLs, and what is added to them is percent-encoded.
        match HeaderValue::try_from(self.0.location()) {
            Ok(location) => {
                let mut response = StatusCode::SEE_OTHER.into_response();
                response.headers_mut().insert(LOCATION, location);
                not_kept(response.headers_mut());
                response
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// An error as an answer: its status, one sentence for the user, and nothing of what went on inside.
/// The error itself goes to the log, and as an extension of the response to the layers around it,
/// which may make a page of it.
#[derive(Clone, Debug)]
pub struct Error(client_registry::Error);

impl Error {
    /// The registry's error.
    pub fn into_inner(self) -> client_registry::Error {
        self.0
    }

    /// The registry's error.
    pub fn inner(&self) -> &client_registry::Error {
        &self.0
    }
}

impl From<client_registry::Error> for Error {
    fn from(error: client_registry::Error) -> Self {
        Error(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        tracing::warn!(code = self.0.code(), error = %self.0, "a login or a call failed");
        let status = StatusCode::from_u16(self.0.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, public_message(&self.0)).into_response();
        not_kept(response.headers_mut());
        response.extensions_mut().insert(self.0);
        response
    }
}
