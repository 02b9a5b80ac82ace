//! A network that answers from a script and remembers what it was asked.

use std::sync::{Arc, Mutex};

use client_registry::{BoxFuture, HttpClient, HttpError};

type Response = http::Response<Vec<u8>>;
type Handler = dyn Fn(&Seen) -> Result<Response, HttpError> + Send + Sync;

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The address without its query.
    pub(crate) fn address(&self) -> &str {
        self.url.split('?').next().unwrap()
    }

    /// A parameter of the form body; panics unless it is there once.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        super::params(&format!("https://x.example/?{}", self.body), name).into_iter().next()
    }
}

/// The scripted network. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Http(Arc<Inner>);

struct Inner {
    handler: Box<Handler>,
    seen: Mutex<Vec<Seen>>,
}

impl Http {
    pub(crate) fn new(
        handler: impl Fn(&Seen) -> Result<Response, HttpError> + Send + Sync + 'static,
    ) -> Self {
        Http(Arc::new(Inner { handler: Box::new(handler), seen: Mutex::default() }))
    }

    /// A network where nobody must ask anything.
    pub(crate) fn silent() -> Self {
        Http::new(|seen| panic!("nothing should be asked, and {} was", seen.url))
    }

    /// What this network would answer; the request is noted as if it had been sent here.
    pub(crate) fn answer(&self, seen: &Seen) -> Result<Response, HttpError> {
        self.0.seen.lock().unwrap().push(seen.clone());
        (self.0.handler)(seen)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.seen.lock().unwrap().clone()
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.0.seen.lock().unwrap().len()
    }

    /// How many requests there were to an address.
    pub(crate) fn count_of(&self, address: &str) -> usize {
        self.seen().iter().filter(|seen| seen.address() == address).count()
    }

    /// The last request.
    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("a request")
    }
}

impl HttpClient for Http {
    fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Result<Response, HttpError>> {
        let (parts, body) = request.into_parts();
        let seen = Seen {
            method: parts.method.to_string(),
            url: parts.uri.to_string(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        self.0.seen.lock().unwrap().push(seen.clone());
        Box::pin(async move {
            // Others get their turn, as over a network.
            tokio::task::yield_now().await;
            (self.0.handler)(&seen)
        })
    }
}

pub(crate) fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
    http::Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

pub(crate) fn json_answer(body: serde_json::Value) -> Response {
    answer(200, "application/json", body.to_string())
}

pub(crate) fn redirect(status: u16, location: &str) -> Response {
    http::Response::builder().status(status).header("location", location).body(vec![]).unwrap()
}
