//! The seam to the network: [`HttpClient`], dyn-safe, of which one method must be written.

use std::future::Future;
use std::pin::Pin;

use protocol_core::{HttpError, Secret};

use crate::body::Body;

/// A boxed future, as dyn-safe async methods return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What one client wants of the network that the others do not; see
/// [`Builder::http_for`](crate::Builder::http_for).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Transport {
    /// The proxy of all its requests but those to loopback: an http or https URL, in which user and
    /// password may stand.
    pub proxy: Option<Secret>,
    /// A certificate chain and its private key, in PEM: for servers that ask for one (mutual TLS).
    pub identity: Option<Secret>,
}

impl Transport {
    /// Whether there is nothing that a client wants for itself.
    pub(crate) fn is_plain(&self) -> bool {
        self.proxy.is_none() && self.identity.is_none()
    }

    /// Whether both want the same.
    pub(crate) fn is_like(&self, other: &Transport) -> bool {
        let same = |a: &Option<Secret>, b: &Option<Secret>| match (a, b) {
            (Some(a), Some(b)) => a.ct_eq(b.expose()),
            (a, b) => a.is_none() && b.is_none(),
        };
        same(&self.proxy, &other.proxy) && same(&self.identity, &other.identity)
    }
}

/// Sends one request and brings the answer: a whole one from a protocol endpoint
/// ([`send`](HttpClient::send)), one that streams from a provider's API
/// ([`call`](HttpClient::call)).
///
/// What both keep, and the protocol crates lean on:
///
/// - a redirect is an answer like any other: never followed, so secrets reach no second host;
/// - https only; http is refused ([`HttpErrorKind::Refused`](protocol_core::HttpErrorKind)) unless
///   the host is loopback (`localhost`, `127.0.0.0/8`, `[::1]`);
/// - a timeout for connecting, TLS included. No connection, be it in time or at all, is
///   [`HttpErrorKind::Connect`](protocol_core::HttpErrorKind): the request was not sent;
/// - a proxy only by configuration, never from the environment;
/// - errors name the host and never a URL's query, a header or a body.
///
/// Futures and bodies are driven on the caller's runtime and may be dropped at any time; the
/// exchange is then abandoned.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends `request` to a protocol endpoint and reads the whole answer.
    ///
    /// - The body is read up to 1 MiB *after* any content decoding; more is
    ///   [`HttpErrorKind::TooLarge`](protocol_core::HttpErrorKind).
    /// - One timeout for the whole exchange, body included: a server that drips does not hold a
    ///   login. Past it is [`HttpErrorKind::Timeout`](protocol_core::HttpErrorKind), and the
    ///   request may have been served.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>>;

    /// Sends `request` to a provider's API. The answer is there once its head is.
    ///
    /// - Bodies stream both ways: neither is held in memory, and neither has a cap.
    /// - No timeout for the whole, but one for each wait on the server: until it takes more of the
    ///   body, until its head comes, until the next chunk. Past it is
    ///   [`HttpErrorKind::Timeout`](protocol_core::HttpErrorKind). Waiting for the request's own
    ///   source of chunks does not count, nor time in which the answer is not read.
    /// - Bodies pass as they are: a coded answer (`Content-Encoding`) is neither asked for, unless
    ///   the request says `Accept-Encoding` itself, nor decoded.
    /// - Where the source of the request's body fails, its error is the call's.
    ///
    /// Unless overridden it gathers the request's body, [sends](HttpClient::send) it, and so has
    /// the cap and the timeout of that.
    fn call(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, HttpError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.bytes().await?.into();
            let response = self.send(http::Request::from_parts(head, body)).await?;
            Ok(response.map(Body::from))
        })
    }
}
