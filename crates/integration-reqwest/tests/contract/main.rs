//! The contract of `HttpClient`, clause by clause, against servers that misbehave.

mod addresses;
mod blocking;
mod bodies;
mod errors;
mod proxies;
mod redirects;
mod requests;
mod server;
mod streaming;
mod tls;

use client_registry::HttpClient;
use http::Response;
use integration_reqwest::Client;
use protocol_core::HttpError;

/// Text that no error may hold.
const CANARY: &str = "canary";

/// A client with the defaults.
fn client() -> Client {
    Client::new().unwrap()
}

/// The answer to a GET of `url`.
async fn ask(client: &Client, url: &str) -> Result<Response<Vec<u8>>, HttpError> {
    client.send(http::Request::get(url).body(Vec::new()).unwrap()).await
}
