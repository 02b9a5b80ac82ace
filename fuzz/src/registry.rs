//! A registry that has settings and no network.

use client_registry::{BoxFuture, Error, HttpClient, HttpError, HttpErrorKind, Registry, Source};

struct NoNetwork;

impl HttpClient for NoNetwork {
    fn send(
        &self,
        _request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        Box::pin(async { Err(HttpError::new(HttpErrorKind::Connect, "there is no network")) })
    }
}

/// A registry of these settings.
///
/// # Errors
/// What [`client_registry::Builder::build`] answers.
pub fn build(sources: impl IntoIterator<Item = Source>) -> Result<Registry, Error> {
    let builder = Registry::builder().public_url("https://app.example")?.http(NoNetwork);
    sources.into_iter().fold(builder, client_registry::Builder::source).build()
}
