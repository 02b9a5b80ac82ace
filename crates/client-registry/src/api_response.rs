//! The answer to an API call: its head at once, its body as it comes.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use protocol_core::Error;
use serde::de::DeserializeOwned;
use url::Url;

use crate::body::Body;

/// The answer to an API call, whatever its status. The body is still to be read; dropping it
/// abandons the rest.
///
/// ```
/// # async fn save(client: client_registry::Client) -> Result<(), Box<dyn std::error::Error>> {
/// # use std::io::Write;
/// let mut report = client.get("reports/7").await?.error_for_status()?;
/// let mut file = std::fs::File::create("report.pdf")?;
/// while let Some(chunk) = report.chunk().await? {
///     file.write_all(&chunk)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct ApiResponse {
    response: Response<Body>,
    url: Url,
    limit: u64,
}

impl ApiResponse {
    pub(crate) fn new(response: Response<Body>, url: Url) -> Self {
        ApiResponse { response, url, limit: u64::MAX }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The address that answered, after redirects; without the token, wherever that was put.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Takes a body of at most `bytes` in [`bytes`](ApiResponse::bytes),
    /// [`text`](ApiResponse::text) and [`json`](ApiResponse::json), which hold all of it in
    /// memory. Without it there is no limit but the provider's good will.
    #[must_use]
    pub fn up_to(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The same answer, its body read whole, after `mend`.
    pub(crate) async fn mended(
        self,
        mend: impl FnOnce(&mut Response<Vec<u8>>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let ApiResponse { response, url, limit } = self;
        let (head, body) = response.into_parts();
        let mut whole = Response::from_parts(head, Vec::from(body.bytes_up_to(limit).await?));
        mend(&mut whole)?;
        Ok(ApiResponse { response: whole.map(Body::from), url, limit })
    }

    /// The next chunk of the body, as it comes; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Http`] if it stalls (`http_timeout`) or breaks off (`http_other`).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(self.response.body_mut().chunk().await?)
    }

    /// The body, for passing on: as another call's, say.
    pub fn into_body(self) -> Body {
        self.response.into_body()
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`Error::Http`] if it stalls, breaks off, or is over the limit (`http_too_large`).
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let limit = self.limit;
        Ok(self.into_body().bytes_up_to(limit).await?)
    }

    /// The whole body as text in UTF-8.
    ///
    /// # Errors
    /// As of [`ApiResponse::bytes`]; [`Error::Protocol`] if it is no UTF-8 (`not_utf8`).
    pub async fn text(self) -> Result<String, Error> {
        String::from_utf8(self.bytes().await?.into()).map_err(|error| {
            let at = format!("other bytes at {}", error.utf8_error().valid_up_to());
            Error::protocol("not_utf8", "API answer", "text in UTF-8", at)
        })
    }

    /// The body of a successful answer, from JSON.
    ///
    /// # Errors
    /// As of [`ApiResponse::bytes`]; [`Error::Protocol`] if the status is no success
    /// (`http_status`) or the body is not `T` (`not_json`).
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let body = self.error_for_status()?.bytes().await?;
        serde_json::from_slice(&body).map_err(|error| {
            // Where it went wrong, not what stood there.
            let at = format!("{:?} error in line {}", error.classify(), error.line());
            Error::protocol("not_json", "API answer", "JSON of the type that was asked for", at)
        })
    }

    /// The answer if its status is a success.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the status: `http_status`, or `http_status_retryable` for 429 and
    /// those of the server's side.
    pub fn error_for_status(self) -> Result<Self, Error> {
        let status = self.response.status();
        if status.is_success() {
            return Ok(self);
        }
        let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let code = if passing { "http_status_retryable" } else { "http_status" };
        Err(Error::protocol(code, "API answer", "a status of success", status.as_str()))
    }
}

/// Shows the status.
impl std::fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiResponse({})", self.response.status())
    }
}
