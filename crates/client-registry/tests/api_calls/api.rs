//! A provider's API that answers from a script, and clients of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use client_registry::{
    Body, BoxFuture, Client, Clock, HttpClient, HttpError, Key, Provider, Registry, Token, UnixTime,
};
use http::{Request, Response};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// Text that only the API may see.
pub(crate) const CANARY: &str = "canary";

/// A network whose answers to API calls are told beforehand; without one, 200 and the body `{}`. Its
/// token endpoint gives the token `newer`. Clones are the same network.
#[derive(Clone, Default)]
pub(crate) struct Api(Arc<Inner>);

#[derive(Default)]
struct Inner {
    answers: Mutex<VecDeque<Response<Body>>>,
    requests: Mutex<Vec<Request<Vec<u8>>>>,
}

impl Api {
    /// What is answered next.
    pub(crate) fn next(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Body>) {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        self.0.answers.lock().unwrap().push_back(answer.body(body.into()).unwrap());
    }

    /// Redirects next.
    pub(crate) fn moves(&self, status: u16, location: &str) {
        self.next(status, &[("location", location)], "");
    }

    /// The requests since the last look, with the bodies that were read to their end.
    pub(crate) fn requests(&self) -> Vec<Request<Vec<u8>>> {
        std::mem::take(&mut *self.0.requests.lock().unwrap())
    }
}

impl HttpClient for Api {
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        assert_eq!(request.uri(), "https://idp.example/token", "no protocol endpoint");
        let token = br#"{"access_token": "newer", "token_type": "Bearer"}"#;
        Box::pin(async { Ok(Response::new(token.to_vec())) })
    }

    fn call(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, HttpError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let request = Request::from_parts(head, body.bytes().await?.into());
            self.0.requests.lock().unwrap().push(request);
            let told = self.0.answers.lock().unwrap().pop_front();
            Ok(told.unwrap_or_else(|| Response::new("{}".into())))
        })
    }
}

/// A client of OAuth 2.0 whose API is `https://api.example/v1`, and its token.
pub(crate) fn oauth2(api: &Api, settings: &[(Key, &str)]) -> (Client, Token) {
    let provider = Provider::new()
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token");
    (client(api, provider, settings), Token::bearer("canary-token"))
}

/// The same of OAuth 1.0.
pub(crate) fn oauth1(api: &Api, settings: &[(Key, &str)]) -> (Client, Token) {
    let provider = Provider::new()
        .set(Key::RequestTokenUrl, "https://idp.example/request_token")
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/access_token");
    (client(api, provider, settings), Token::oauth1("canary-token", "canary-secret"))
}

fn client(api: &Api, provider: Provider, settings: &[(Key, &str)]) -> Client {
    registry(api.clone(), provider, settings).unwrap().client("api").unwrap()
}

/// A registry of one client, `api`.
pub(crate) fn registry(
    http: impl HttpClient,
    provider: Provider,
    settings: &[(Key, &str)],
) -> Result<Registry, client_registry::Error> {
    let provider = provider.client_id("consumer").client_secret("canary-consumer");
    let provider = provider.set(Key::ApiBaseUrl, "https://api.example/v1");
    let provider = settings.iter().fold(provider, |made, (key, value)| made.set(*key, *value));
    Registry::builder().register("api", provider).http(http).clock(Clock::from_fn(|| NOW)).build()
}

/// A body that streams these.
pub(crate) fn chunks<const N: usize>(chunks: [&'static str; N]) -> Body {
    let mut chunks = chunks.into_iter();
    Body::from_chunks(move |_: &mut Context<'_>| {
        Poll::Ready(chunks.next().map(|chunk| Ok(chunk.into())))
    })
}

/// All of a request that travels, in one text.
pub(crate) fn written(request: &Request<Vec<u8>>) -> String {
    let body = String::from_utf8_lossy(request.body());
    format!("{} {} {:?} {body}", request.method(), request.uri(), Shown(request.headers()))
}

/// Headers with the sensitive ones among them.
struct Shown<'a>(&'a http::HeaderMap);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers = self.0.iter();
        f.debug_map().entries(headers.map(|(name, value)| (name, value.to_str().unwrap()))).finish()
    }
}
