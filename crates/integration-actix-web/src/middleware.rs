//! The middleware that binds the registry and the cookies to each request.

use std::cell::OnceCell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as ready_or_return};

use actix_web::HttpRequest;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use client_registry::{Registry, Seal, Session};
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;

/// Binds a registry to the requests of the routes within it. Handlers then take
/// [`OAuth`](crate::OAuth); the cookies of begun logins are read and set by the middleware.
///
/// A request that asks for no `OAuth` costs no allocation.
#[derive(Clone)]
pub struct OAuthMiddleware {
    registry: Registry,
    seal: Seal,
    current_user: Option<CurrentUser>,
}

type CurrentUser = Arc<dyn Fn(&HttpRequest) -> Option<String> + Send + Sync>;

impl OAuthMiddleware {
    /// The logins of `registry`, their cookies sealed by `seal`. Make both once, outside of the
    /// closure that makes an `App` for each worker.
    pub fn new(registry: Registry, seal: Seal) -> Self {
        OAuthMiddleware { registry, seal, current_user: None }
    }

    /// How to tell who is signed in to the application: by a request's extensions, where a session
    /// middleware around this one has put it, or by its headers. API calls go with this user's
    /// token, unless another is named or a login was finished in the same request.
    #[must_use]
    pub fn current_user(
        mut self,
        user: impl Fn(&HttpRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.current_user = Some(Arc::new(user));
        self
    }
}

impl std::fmt::Debug for OAuthMiddleware {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthMiddleware").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl<S, B> Transform<S, ServiceRequest> for OAuthMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Transform = OAuthService<S>;
    type InitError = ();
    type Future = Ready<Result<OAuthService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(OAuthService { inner, middleware: self.clone() }))
    }
}

/// Made by [`OAuthMiddleware`].
#[derive(Debug)]
pub struct OAuthService<S> {
    inner: S,
    middleware: OAuthMiddleware,
}

impl<S, B> Service<ServiceRequest> for OAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let bound = Bound { middleware: self.middleware.clone(), session: OnceCell::new() };
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

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut inner = self.project().inner;
        let mut answer = ready_or_return!(inner.as_mut().poll(context));
        if let Some(session) = inner.take_value().and_then(|bound| bound.session.into_inner()) {
            let ours = session.answer_headers();
            match &mut answer {
                Ok(response) => add(&ours, response.headers_mut()),
                // Of a middleware within that failed. The answer is made of it outside of this one,
                // and what the login set must be on it.
                Err(error) => error.add_response_mapper(move |mut response| {
                    add(&ours, response.headers_mut());
                    response
                }),
            }
        }
        Poll::Ready(answer)
    }
}

tokio::task_local! {
    /// The request that is being answered. Not an extension of the request: that would be an
    /// allocation for every request of the application, and out of reach when a middleware fails.
    static BOUND: Bound;
}

/// One request's place for its session, which is made when a handler first asks.
struct Bound {
    middleware: OAuthMiddleware,
    session: OnceCell<Session>,
}

/// The session of the request that is being answered, if there is a middleware around it.
pub(crate) fn session(request: &HttpRequest) -> Option<Session> {
    let of_request = |bound: &Bound| {
        let OAuthMiddleware { registry, seal, current_user } = &bound.middleware;
        let read = || Session::new(registry, seal, request.headers().get_all(COOKIE));
        let session = bound.session.get_or_init(read).clone();
        if let Some(user) = current_user.as_ref().and_then(|current_user| current_user(request)) {
            session.set_user(user);
        }
        session
    };
    BOUND.try_with(of_request).ok()
}

/// Adds headers of `http` 1 to those of actix-web, which are of `http` 0.2.
pub(crate) fn add(ours: &http::HeaderMap, headers: &mut HeaderMap) {
    for (name, value) in ours {
        let (Ok(key), Ok(value)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            continue; // Both versions know the same names and values.
        };
        match *name == http::header::SET_COOKIE {
            true => headers.append(key, value),
            false => drop(headers.insert(key, value)),
        }
    }
}
