//! The ready-made routes, to be mounted.

use std::sync::Arc;

use client_registry::{Answered, Authorized, BoxFuture, Route, RouteOptions, RouteRequest};
use rocket::http::Method;
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Response};

use crate::fairing;
use crate::types::{Error, OAuth, body_of, respond};

/// The routes of logins and logouts, ready made: see [`Route`]. They sign the user in who has logged
/// in, for [`SignedIn`](crate::SignedIn), unless [`LoginRoutes::on_login`] says what to do.
#[derive(Clone)]
pub struct LoginRoutes {
    options: RouteOptions,
    on_login: Option<Arc<OnLogin>>,
}

type OnLogin =
    dyn for<'r> Fn(&'r Request<'_>, Authorized) -> BoxFuture<'r, Result<(), Error>> + Send + Sync;

impl LoginRoutes {
    /// Routes that behave as the options say.
    pub fn new(options: RouteOptions) -> Self {
        LoginRoutes { options, on_login: None }
    }

    /// What to do with a finished login, in place of signing the user in: begin a session of the
    /// application's own, by the request's cookies, say. The user is then sent on to where the login
    /// was to return to. An error is the answer instead.
    #[must_use]
    pub fn on_login<F>(mut self, hook: F) -> Self
    where
        F: for<'r> Fn(&'r Request<'_>, Authorized) -> BoxFuture<'r, Result<(), Error>>
            + Send
            + Sync
            + 'static,
    {
        self.on_login = Some(Arc::new(hook));
        self
    }

    /// The routes, for an application that has an [`OAuthFairing`](crate::OAuthFairing).
    pub fn routes(self) -> Vec<rocket::Route> {
        let mut routes = Vec::new();
        for route in Route::ALL {
            let path = self.options.path(route);
            // The segments before the name, as Rocket counts parameters.
            let before = path.split('/').skip(1).take_while(|part| *part != "{name}").count();
            for method in self.options.methods(route) {
                let Ok(method) = method.parse::<Method>() else { continue };
                let handler = Mounted { routes: self.clone(), route, before };
                routes.push(rocket::Route::new(method, &path.replace("{name}", "<name>"), handler));
            }
        }
        routes
    }
}

/// One of the routes.
#[derive(Clone)]
struct Mounted {
    routes: LoginRoutes,
    route: Route,
    before: usize,
}

#[rocket::async_trait]
impl Handler for Mounted {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match self.answer(request, data).await {
            Ok(response) => Outcome::Success(response),
            Err(error) => Outcome::from(request, error),
        }
    }
}

impl Mounted {
    async fn answer<'r>(
        &self,
        request: &'r Request<'_>,
        data: Data<'r>,
    ) -> Result<Response<'r>, Error> {
        let oauth = OAuth::bound(fairing::session(request))?;
        let body = body_of(data).await;
        let header = |name| request.headers().get_one(name);
        let asked = RouteRequest {
            method: fairing::method(request),
            query: request.uri().query().map_or("", |query| query.as_str()),
            content_type: header("content-type"),
            origin: header("origin"),
            sec_fetch_site: header("sec-fetch-site"),
            body: body.as_deref(),
        };
        let name = request.param::<&str>(self.before).and_then(Result::ok).unwrap_or_default();
        let LoginRoutes { options, on_login } = &self.routes;
        let login = match options.answer(self.route, oauth.session(), name, &asked).await? {
            Answered::Login(login) => login,
            Answered::Response(answer) => return Ok(respond(answer)),
        };
        let after = options.after_login(&login);
        match on_login {
            Some(hook) => hook(request, *login).await?,
            None => drop(oauth.session().sign_in(&login).await?),
        }
        Ok(respond(after))
    }
}

impl std::fmt::Debug for LoginRoutes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRoutes").field("options", &self.options).finish_non_exhaustive()
    }
}
