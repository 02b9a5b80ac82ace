//! The ready-made routes, as resources.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, ORIGIN};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use client_registry::{Answered, Authorized, Route, RouteOptions, RouteRequest};

use crate::types::{Error, OAuth, body_of, response, text};

/// The routes of logins and logouts, ready made: see [`Route`]. They sign the user in who has logged
/// in, for [`SignedIn`](crate::SignedIn), unless [`LoginRoutes::on_login`] says what to do.
#[derive(Clone)]
pub struct LoginRoutes {
    options: RouteOptions,
    on_login: Option<Arc<OnLogin>>,
}

type OnLogin = dyn Fn(HttpRequest, Authorized) -> Outcome + Send + Sync;
type Outcome = Pin<Box<dyn Future<Output = actix_web::Result<()>>>>;

impl LoginRoutes {
    /// Routes that behave as the options say.
    pub fn new(options: RouteOptions) -> Self {
        LoginRoutes { options, on_login: None }
    }

    /// What to do with a finished login, in place of signing the user in: begin a session of the
    /// application's own, by what a middleware has put into the request. The user is then sent on to
    /// where the login was to return to. An error is the answer instead.
    #[must_use]
    pub fn on_login<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(HttpRequest, Authorized) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = actix_web::Result<()>> + 'static,
    {
        self.on_login = Some(Arc::new(move |request, login| Box::pin(hook(request, login))));
        self
    }

    /// Adds the routes to an `App` or a scope: `.configure(|app| routes.configure(app))`, with an
    /// [`OAuthMiddleware`](crate::OAuthMiddleware) around it.
    pub fn configure(&self, app: &mut ServiceConfig) {
        for route in Route::ALL {
            let methods = self.options.methods(route).iter();
            let methods = methods.filter_map(|method| Method::from_bytes(method.as_bytes()).ok());
            let resource = methods.fold(web::resource(self.options.path(route)), |all, method| {
                let this = self.clone();
                all.route(web::method(method).to(move |oauth: OAuth, request, payload| {
                    let this = this.clone();
                    async move { this.answer(route, &oauth, request, payload).await }
                }))
            });
            app.service(resource);
        }
    }

    async fn answer(
        &self,
        route: Route,
        oauth: &OAuth,
        request: HttpRequest,
        payload: Payload,
    ) -> actix_web::Result<HttpResponse> {
        let body = body_of(payload).await;
        let asked = RouteRequest {
            method: request.method().as_str(),
            query: request.query_string(),
            content_type: text(&request, CONTENT_TYPE),
            origin: text(&request, ORIGIN),
            sec_fetch_site: text(&request, HeaderName::from_static("sec-fetch-site")),
            body: body.as_deref(),
        };
        let name = request.match_info().get("name").unwrap_or_default();
        let answered = self.options.answer(route, oauth.session(), name, &asked).await;
        let login = match answered.map_err(Error::from)? {
            Answered::Login(login) => login,
            Answered::Response(answer) => return Ok(response(answer)),
        };
        let after = self.options.after_login(&login);
        match &self.on_login {
            Some(hook) => hook(request, *login).await?,
            None => drop(oauth.session().sign_in(&login).await.map_err(Error::from)?),
        }
        Ok(response(after))
    }
}

impl std::fmt::Debug for LoginRoutes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRoutes").field("options", &self.options).finish_non_exhaustive()
    }
}
