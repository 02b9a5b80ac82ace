//! The ready-made routes, as a router.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use client_registry::{Answered, Authorized, Callback, Route, RouteOptions, RouteRequest};
use http::header::{CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderName, Method};

use crate::types::{Error, OAuth, text};

/// The routes of logins and logouts, ready made: see [`Route`]. They sign the user in who has logged
/// in, for [`SignedIn`](crate::SignedIn), unless [`LoginRoutes::on_login`] says what to do.
#[derive(Clone)]
pub struct LoginRoutes {
    options: RouteOptions,
    on_login: Option<Arc<OnLogin>>,
}

type OnLogin = dyn Fn(Parts, Authorized) -> Outcome + Send + Sync;
type Outcome = Pin<Box<dyn Future<Output = Result<(), Response>> + Send>>;

impl LoginRoutes {
    /// Routes that behave as the options say.
    pub fn new(options: RouteOptions) -> Self {
        LoginRoutes { options, on_login: None }
    }

    /// What to do with a finished login, in place of signing the user in: begin a session of the
    /// application's own, which a middleware has put into the request's extensions. The user is then
    /// sent on to where the login was to return to. An error is the answer instead.
    #[must_use]
    pub fn on_login<F, Fut, E>(mut self, hook: F) -> Self
    where
        F: Fn(Parts, Authorized) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: IntoResponse,
    {
        self.on_login = Some(Arc::new(move |parts, login| {
            let done = hook(parts, login);
            Box::pin(async { done.await.map_err(IntoResponse::into_response) })
        }));
        self
    }

    /// The routes, to be merged into a router that has an [`OAuthLayer`](crate::OAuthLayer) around it.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        Route::ALL.into_iter().fold(Router::new(), |router, route| {
            let methods = self.options.methods(route).iter();
            let methods = methods.filter_map(|method| Method::from_bytes(method.as_bytes()).ok());
            let filters = methods.filter_map(|method| MethodFilter::try_from(method).ok());
            let Some(filter) = filters.reduce(MethodFilter::or) else { return router };
            let this = self.clone();
            let handler = async move |oauth: OAuth, path: RawPathParams, request: Request| {
                let name = path.iter().find(|(key, _)| *key == "name").map_or("", |(_, name)| name);
                this.answer(route, &oauth, name, request).await
            };
            router.route(self.options.path(route), on(filter, handler))
        })
    }

    async fn answer(
        &self,
        route: Route,
        oauth: &OAuth,
        name: &str,
        request: Request,
    ) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, Callback::FORM_LIMIT).await.ok();
        let header = |name| text(&parts.headers, name);
        let request = RouteRequest {
            method: parts.method.as_str(),
            query: parts.uri.query().unwrap_or_default(),
            content_type: header(CONTENT_TYPE),
            origin: header(ORIGIN),
            sec_fetch_site: header(HeaderName::from_static("sec-fetch-site")),
            body: body.as_deref(),
        };
        let login = match self.options.answer(route, oauth.session(), name, &request).await? {
            Answered::Login(login) => login,
            Answered::Response(response) => return Ok(response.map(Body::from)),
        };
        let after = self.options.after_login(&login);
        match &self.on_login {
            Some(hook) => {
                if let Err(answer) = hook(parts, *login).await {
                    return Ok(answer);
                }
            }
            None => drop(oauth.session().sign_in(&login).await?),
        }
        Ok(after.map(Body::from))
    }
}

impl std::fmt::Debug for LoginRoutes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRoutes").field("options", &self.options).finish_non_exhaustive()
    }
}
