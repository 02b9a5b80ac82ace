//! The seam to the network: [`HttpClient`], one dyn-safe method.

use std::future::Future;
use std::pin::Pin;

use protocol_core::HttpError;

/// A boxed future, as dyn-safe async methods return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request to a protocol endpoint and reads the whole answer.
///
/// The contract, which the protocol crates lean on:
///
/// - a redirect is an answer like any other: never followed, so secrets reach no second host;
/// - https only; http is refused ([`HttpErrorKind::Refused`](protocol_core::HttpErrorKind)) unless
///   the host is loopback (`localhost`, `127.0.0.0/8`, `[::1]`);
/// - the body is read up to 1 MiB *after* any content decoding; more is
///   [`HttpErrorKind::TooLarge`](protocol_core::HttpErrorKind);
/// - a timeout for connecting, TLS included, and one for the whole exchange, body included: a server
///   that drips does not hold a login. No connection, be it in time or at all, is
///   [`HttpErrorKind::Connect`](protocol_core::HttpErrorKind): the request was not sent. After that
///   it is [`HttpErrorKind::Timeout`](protocol_core::HttpErrorKind), and the request may have been
///   served;
/// - a proxy only by configuration, never from the environment;
/// - errors name the host and never a URL's query, a header or a body.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends `request`.
    ///
    /// The future is driven on the caller's runtime and may be dropped at any time.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>>;
}
