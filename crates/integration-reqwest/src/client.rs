//! [`Client`]: requests out, answers in, whole or streaming, by the contract of
//! [`HttpClient`](client_registry::HttpClient).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use client_registry::{Body, BoxFuture, HttpClient, Transport};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, request, response};
use protocol_core::{Endpoint, Error, HttpError, HttpErrorKind};
use url::Url;

use crate::Builder;
use crate::builder::NEVER;
use crate::resolver::{NotPublic, literal_is_public};
use crate::streaming::{Idle, Progress, download, upload};

/// An HTTP client for protocol endpoints and for API calls. Clones share connections.
///
/// - Redirects are answers like any other, never followed; nothing is retried.
/// - https only; http where the host is loopback, and then `localhost` is loopback without asking
///   the name service (RFC 6761 §6.3).
/// - Content coding is declined (`Accept-Encoding: identity`), and a coded answer is refused: there
///   is nothing for a small answer to unfold into. An API call that says `Accept-Encoding` itself
///   gets the coded body as it comes.
/// - From protocol endpoints, bodies up to a cap, 1 MiB unless set; one timeout for everything, 30
///   seconds unless set.
/// - In API calls bodies stream, without cap; one timeout for each wait on the server, 30 seconds
///   unless set.
/// - One timeout for connecting, 10 seconds unless set.
/// - A proxy only by [`Builder::proxy`], nothing from the environment.
/// - Errors name the host, never a query, a header or a body.
///
/// It runs on a tokio runtime with I/O and time on.
#[derive(Clone)]
pub struct Client {
    pub(crate) client: reqwest::Client,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) max_response_bytes: usize,
    pub(crate) public_only: bool,
}

impl Client {
    /// A client with the defaults.
    ///
    /// # Errors
    /// [`Error::Config`]: no usable TLS (a machine without root certificates, say).
    pub fn new() -> Result<Self, Error> {
        Client::builder().build()
    }

    /// A client's settings, to be changed.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The client for what one of a registry's clients wants for itself, with the defaults
    /// otherwise: what [`http_for`](client_registry::Builder::http_for) takes.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn for_transport(transport: &Transport) -> Result<Arc<dyn HttpClient>, Error> {
        Ok(Arc::new(Client::builder().transport(transport).build()?))
    }

    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let (url, authority) = self.admit(request.uri())?;
        let failed = |error| self.failed(error).with_host(&*authority);
        let (mut head, body) = request.into_parts();
        head.headers.insert(ACCEPT_ENCODING, IDENTITY);
        let body = (!body.is_empty()).then(|| body.into());
        let request = translate(head, url, body);
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let body = self.read(&mut response).await.map_err(|error| error.with_host(&*authority))?;

        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }

    async fn stream(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, HttpError> {
        let (url, authority) = self.admit(request.uri())?;
        let with_host = |error: HttpError| error.with_host(&*authority);
        let (mut head, body) = request.into_parts();
        let coding_is_welcome = head.headers.contains_key(ACCEPT_ENCODING);
        head.headers.entry(ACCEPT_ENCODING).or_insert(IDENTITY);
        // They are the body's to say.
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(TRANSFER_ENCODING);
        let (body, progress) = match body.length() {
            Some(0) => (None, Progress::default()),
            _ => {
                let (body, progress) = upload(body);
                (Some(body), progress)
            }
        };
        let mut request = translate(head, url, body);
        *request.timeout_mut() = Some(NEVER);

        let mut idle = Idle::new(self.read_timeout, progress);
        let response = idle.bound(self.client.execute(request)).await.map_err(with_host)?;
        let response = response.map_err(|error| with_host(self.failed(error)))?;
        let (head, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let is_empty = http_body::Body::size_hint(&body).exact() == Some(0);
        if !coding_is_welcome && !is_empty {
            decline_coding(&head.headers).map_err(with_host)?;
        }
        let response::Parts { status, version, headers, .. } = head;
        let mut answer = http::Response::new(download(body, idle, authority));
        *answer.status_mut() = status;
        *answer.version_mut() = version;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// The address to send to, and its host for errors, if it is one that this client goes to.
    fn admit(&self, uri: &http::Uri) -> Result<(Url, String), HttpError> {
        let refused = |message: String| {
            let host = uri.host().unwrap_or_default();
            HttpError::new(HttpErrorKind::Refused, message).with_host(host)
        };
        let endpoint = Endpoint::parse("url", &uri.to_string()).map_err(|error| {
            refused(match error {
                Error::Config { problem, .. } => problem,
                other => other.to_string(),
            })
        })?;
        let url = Url::parse(endpoint.as_str()).map_err(|error| refused(error.to_string()))?;
        if self.public_only && !literal_is_public(&url) {
            return Err(refused(NotPublic.to_string()));
        }
        Ok((url, endpoint.authority().to_owned()))
    }

    async fn read(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, HttpError> {
        decline_coding(response.headers())?;
        let too_large = || {
            let cap = self.max_response_bytes;
            let message = format!("expected a body of at most {cap} bytes, got more");
            HttpError::new(HttpErrorKind::TooLarge, message)
        };
        let cap = self.max_response_bytes as u64;
        if response.content_length().is_some_and(|length| length > cap) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if chunk.len() > self.max_response_bytes - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failed(&self, error: reqwest::Error) -> HttpError {
        let error = error.without_url();
        let (kind, message) = if is_not_public(&error) {
            (HttpErrorKind::Refused, NotPublic.to_string())
        } else if error.is_connect() && error.is_timeout() {
            let message = format!("no connection within {:?}", self.connect_timeout);
            (HttpErrorKind::Connect, message)
        } else if error.is_connect() {
            (HttpErrorKind::Connect, format!("no connection: {}", innermost(&error)))
        } else if error.is_timeout() {
            (HttpErrorKind::Timeout, format!("no whole answer within {:?}", self.timeout))
        } else {
            return broken(error);
        };
        HttpError::new(kind, message).with_source(error)
    }
}

impl HttpClient for Client {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        Box::pin(self.exchange(request))
    }

    fn call(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, HttpError>> {
        Box::pin(self.stream(request))
    }
}

/// Shows the settings.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("read_timeout", &self.read_timeout)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("public_only", &self.public_only)
            .finish_non_exhaustive()
    }
}

/// Without it any coding would be acceptable (RFC 9110 §12.5.3).
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

fn translate(head: request::Parts, url: Url, body: Option<reqwest::Body>) -> reqwest::Request {
    let mut request = reqwest::Request::new(head.method, url);
    *request.headers_mut() = head.headers;
    if body.is_some() {
        *request.body_mut() = body;
    } else if matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        // Some servers answer 411 to an empty form without it (RFC 9110 §8.6).
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    request
}

fn decline_coding(headers: &http::HeaderMap) -> Result<(), HttpError> {
    let coding = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
    let Some(coding) = coding else { return Ok(()) };
    let message = format!("expected an answer without content coding, got {:?}", clip(coding));
    Err(HttpError::new(HttpErrorKind::Other, message))
}

/// The error of an exchange that broke: the request's body's own, where that was it.
pub(crate) fn broken(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if let Some(own) = causes(&error).find_map(|cause| cause.downcast_ref::<HttpError>()) {
        return own.clone();
    }
    let message = format!("no whole answer: {}", innermost(&error));
    HttpError::new(HttpErrorKind::Other, message).with_source(error)
}

fn is_not_public(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn StdError>::is::<NotPublic>)
}

/// What the error at the bottom says: the ones above only say where it came by.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    clip(causes(error).last().map(ToString::to_string).unwrap_or_default())
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (*error).source())
}

/// The most that a message keeps of what a server may have written, in characters.
const CLIP: usize = 200;

fn clip(text: String) -> String {
    match text.char_indices().nth(CLIP) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
