//! [`Client`], for programs without an async runtime.

use std::fmt;

use protocol_core::{Error, HttpError};
use tokio::runtime::{self, Handle, Runtime};

use crate::Builder;

/// The [client](crate::Client) of this crate for the calling thread, as
/// [`drive_blocking`](client_registry::drive_blocking) takes it. The same contract, the same
/// settings; each request has a connection of its own.
///
/// ```
/// use client_registry::{Clock, drive_blocking};
/// use integration_reqwest::blocking;
/// # use protocol_core::{Flow, Error};
///
/// fn run<F: Flow>(flow: F) -> Result<F::Output, Error> {
///     let http = blocking::Client::new(integration_reqwest::Client::builder())?;
///     drive_blocking(flow, |request| http.send(request), &Clock::system())
/// }
/// # assert_eq!(run(protocol_core::flow::done(7)).unwrap(), 7);
/// ```
pub struct Client {
    client: crate::Client,
    /// Taken only by `drop`.
    runtime: Option<Runtime>,
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`Error::Config`], as of [`Builder::build`], or the system gives no timer or poller.
    pub fn new(settings: Builder) -> Result<Self, Error> {
        let client = settings.without_pool().build()?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| Error::config("blocking http client", error.to_string()))?;
        Ok(Client { client, runtime: Some(runtime) })
    }

    /// Sends `request` and waits for the whole answer. Several threads may do so at once.
    ///
    /// # Errors
    /// As of [`HttpClient::send`](client_registry::HttpClient::send).
    pub fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        use client_registry::HttpClient;
        let Some(runtime) = &self.runtime else { unreachable!("only drop takes the runtime") };
        let wait = || runtime.block_on(self.client.send(request));
        if Handle::try_current().is_err() {
            return wait();
        }
        // A runtime does not start on another's thread; one of its own may wait there.
        std::thread::scope(|scope| {
            scope.spawn(wait).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Dropping it plainly panics on another runtime's thread.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Shows the settings.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Client").field(&self.client).finish()
    }
}
