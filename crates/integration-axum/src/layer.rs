//! The layer that binds the registry and the cookies to each request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use client_registry::{Registry, Seal, Session};
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, REFERRER_POLICY, SET_COOKIE};
use http::request::Parts;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Binds a registry to the requests of the routes below it. Handlers then take
/// [`OAuth`](crate::OAuth); the cookies of begun logins are read and set by the layer.
#[derive(Clone)]
pub struct OAuthLayer {
    registry: Registry,
    seal: Seal,
    current_user: Option<CurrentUser>,
}

type CurrentUser = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

impl OAuthLayer {
    /// The logins of `registry`, their cookies sealed by `seal`.
    pub fn new(registry: Registry, seal: Seal) -> Self {
        OAuthLayer { registry, seal, current_user: None }
    }

    /// How to tell who is signed in to the application: by a request's extensions, where a session
    /// middleware around this layer has put it, or by its headers. API calls go with this user's
    /// token, unless another is named or a login was finished in the same request.
    #[must_use]
    pub fn current_user(
        mut self,
        user: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.current_user = Some(Arc::new(user));
        self
    }
}

impl std::fmt::Debug for OAuthLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthLayer").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for OAuthLayer {
    type Service = OAuthService<S>;

    fn layer(&self, inner: S) -> OAuthService<S> {
        OAuthService { inner, layer: self.clone() }
    }
}

/// Made by [`OAuthLayer`].
#[derive(Clone, Debug)]
pub struct OAuthService<S> {
    inner: S,
    layer: OAuthLayer,
}

impl<S, In, Out> Service<Request<In>> for OAuthService<S>
where
    S: Service<Request<In>, Response = Response<Out>>,
{
    type Response = Response<Out>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<In>) -> Self::Future {
        let bound = Bound(Arc::new(Slot { layer: self.layer.clone(), session: OnceLock::new() }));
        request.extensions_mut().insert(bound.clone());
        ResponseFuture { inner: self.inner.call(request), bound }
    }
}

pin_project! {
    /// The answer to come, with the cookies that its handler sets.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        bound: Bound,
    }
}

impl<F, Out, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Out>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(context))?;
        if let Some(session) = this.bound.0.session.get() {
            set_cookies(session, response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

/// One request's place for its session, which is made when a handler first asks.
#[derive(Clone)]
pub(crate) struct Bound(Arc<Slot>);

struct Slot {
    layer: OAuthLayer,
    session: OnceLock<Session>,
}

impl Bound {
    pub(crate) fn session(&self, parts: &Parts) -> Session {
        let OAuthLayer { registry, seal, current_user } = &self.0.layer;
        let session = self
            .0
            .session
            .get_or_init(|| {
                // A cookie of somebody else's may hold any bytes: ours, which do not, are read all the same.
                let lines = parts.headers.get_all(COOKIE).iter();
                let lines: Vec<_> =
                    lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
                Session::new(registry, seal, lines.iter().map(|line| &**line))
            })
            .clone();
        if let Some(user) = current_user.as_ref().and_then(|current_user| current_user(parts)) {
            session.set_user(user);
        }
        session
    }
}

fn set_cookies(session: &Session, headers: &mut HeaderMap) {
    let lines = session.set_cookies();
    if lines.is_empty() {
        return;
    }
    for line in lines {
        // Names, base64url and numbers: always a header value.
        if let Ok(value) = HeaderValue::try_from(line) {
            headers.append(SET_COOKIE, value);
        }
    }
    not_kept(headers);
}

/// Marks an answer that takes part in a login: kept by nobody, its address told to nobody.
pub(crate) fn not_kept(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
