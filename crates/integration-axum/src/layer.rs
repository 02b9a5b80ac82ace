//! The layer that binds the registry and the cookies to each request.

use std::cell::OnceCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use client_registry::{Registry, Seal, Session};
use http::header::{COOKIE, HeaderMap, SET_COOKIE};
use http::request::Parts;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower_layer::Layer;
use tower_service::Service;

/// Binds a registry to the requests of the routes below it. Handlers then take
/// [`OAuth`](crate::OAuth); the cookies of begun logins are read and set by the layer.
///
/// A request that asks for no `OAuth` costs no allocation. The binding belongs to the task that
/// answers the request: a middleware that has the answer made by another task keeps it from it.
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

    fn call(&mut self, request: Request<In>) -> Self::Future {
        let bound = Bound { layer: self.layer.clone(), session: OnceCell::new() };
        ResponseFuture { inner: BOUND.scope(bound, self.inner.call(request)) }
    }
}

pin_project! {
    /// The answer to come, with the cookies that its handler sets.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: TaskLocalFuture<Bound, F>,
    }
}

impl<F, Out, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Out>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut inner = self.project().inner;
        let mut response = ready!(inner.as_mut().poll(context))?;
        if let Some(session) = inner.take_value().and_then(|bound| bound.session.into_inner()) {
            add(&session.answer_headers(), response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

tokio::task_local! {
    /// The request that this task answers. Not an extension of the request: that would be an
    /// allocation for every request of the application.
    static BOUND: Bound;
}

/// One request's place for its session, which is made when a handler first asks.
struct Bound {
    layer: OAuthLayer,
    session: OnceCell<Session>,
}

/// The session of the request that this task answers, if there is a layer around it.
pub(crate) fn session(parts: &Parts) -> Option<Session> {
    let of_request = |bound: &Bound| {
        let OAuthLayer { registry, seal, current_user } = &bound.layer;
        let read = || Session::new(registry, seal, parts.headers.get_all(COOKIE));
        let session = bound.session.get_or_init(read).clone();
        if let Some(user) = current_user.as_ref().and_then(|current_user| current_user(parts)) {
            session.set_user(user);
        }
        session
    };
    BOUND.try_with(of_request).ok()
}

fn add(ours: &HeaderMap, headers: &mut HeaderMap) {
    for name in ours.keys().filter(|name| **name != SET_COOKIE) {
        headers.remove(name);
    }
    for (name, value) in ours {
        headers.append(name, value.clone());
    }
}
