//! The routes of logins and logouts, ready made: what they answer, in words that every web framework
//! has. An adapter mounts them.

use http::header::{ALLOW, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use protocol_core::{Error, percent};

use crate::answer::see_other;
use crate::authorized::Authorized;
use crate::callback::Callback;
use crate::login::pending::local_path;
use crate::logout::LogoutOptions;
use crate::options::LoginOptions;
use crate::registry::Registry;
use crate::session::Session;

/// One of the ready-made routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// `/login/{name}?next=`: begins a login. `next` is where to go on after it, a path of the
    /// application.
    Login,
    /// `/authorize/{name}`: where the provider sends the user back to.
    Authorize,
    /// `/logout/{name}?next=`: by POST of one of our own pages logs out, here and at the provider; by
    /// GET the provider sends the user back to it.
    Logout,
    /// `/logout/{name}/back-channel`: where the provider tells of logouts, server to server.
    BackChannelLogout,
    /// `/logout/{name}/front-channel`: what the provider's logout page loads in a frame.
    FrontChannelLogout,
}

impl Route {
    /// All of them.
    pub const ALL: [Route; 5] = [
        Route::Login,
        Route::Authorize,
        Route::Logout,
        Route::BackChannelLogout,
        Route::FrontChannelLogout,
    ];
}

/// How the ready-made routes behave.
///
/// ```
/// use client_registry::{Registry, Route, RouteOptions};
///
/// # fn options(registry: &Registry) -> Result<(), client_registry::Error> {
/// let options = RouteOptions::of(registry)?.begin_by_post().home("/account")?;
/// assert_eq!(options.path(Route::Login), "/login/{name}");
/// assert_eq!(options.methods(Route::Login), ["POST"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RouteOptions {
    by_post: bool,
    home: String,
    callback_path: String,
}

/// A request to a ready-made route.
#[derive(Clone, Copy)]
pub struct RouteRequest<'a> {
    /// The method, in upper case, as it came.
    pub method: &'a str,
    /// The query of its address, without `?`.
    pub query: &'a str,
    /// The header of that name.
    pub content_type: Option<&'a str>,
    /// The header of that name.
    pub origin: Option<&'a str>,
    /// The header of that name.
    pub sec_fetch_site: Option<&'a str>,
    /// The body, if it came whole and is within [`Callback::FORM_LIMIT`].
    pub body: Option<&'a [u8]>,
}

/// What is to be done after a ready-made route.
#[derive(Debug)]
pub enum Answered {
    /// Nothing: this is the answer.
    Response(Response<String>),
    /// A login is finished: the application is to take notice of it, and then comes
    /// [`RouteOptions::after_login`].
    Login(Box<Authorized>),
}

impl RouteOptions {
    /// The routes of this registry's clients, under its public URL: logins may be begun by a link,
    /// and end at the path of that URL. The path of [`Route::Authorize`] is the one that
    /// [`Builder::callback_path`](crate::Builder::callback_path) says.
    ///
    /// # Errors
    /// [`Error::Config`] for a callback path that names the client by no segment `{name}`, and for a
    /// registry that is not [initialised](crate::Registry::init) yet.
    pub fn of(registry: &Registry) -> Result<Self, Error> {
        registry.ready()?;
        let callback_path = registry.callback_path().to_owned();
        if callback_path.split('/').filter(|segment| *segment == "{name}").count() != 1 {
            let problem = "the ready-made routes expect one segment {name}, got none or several";
            return Err(Error::config("callback_path", problem));
        }
        Ok(RouteOptions { by_post: false, home: registry.base_path(), callback_path })
    }

    /// Lets logins begin by a POST of one of our own pages alone, so that no other site begins one in
    /// a visitor's name.
    #[must_use]
    pub fn begin_by_post(mut self) -> Self {
        self.by_post = true;
        self
    }

    /// Where to go on after a login or a logout that named no place: a path, with the public URL's
    /// base path. Default is that base path, or `/`.
    ///
    /// # Errors
    /// [`Reason::NotALocalPath`](protocol_core::Reason) for anything else.
    pub fn home(mut self, path: &str) -> Result<Self, Error> {
        self.home = local_path(path)?;
        Ok(self)
    }

    /// The path of a route; `{name}` stands for the client's name.
    pub fn path(&self, route: Route) -> &str {
        match route {
            Route::Login => "/login/{name}",
            Route::Authorize => &self.callback_path,
            Route::Logout => "/logout/{name}",
            Route::BackChannelLogout => "/logout/{name}/back-channel",
            Route::FrontChannelLogout => "/logout/{name}/front-channel",
        }
    }

    /// The methods of a route.
    pub fn methods(&self, route: Route) -> &'static [&'static str] {
        match route {
            Route::Login if self.by_post => &["POST"],
            Route::Login | Route::FrontChannelLogout => &["GET"],
            Route::Authorize | Route::Logout => &["GET", "POST"],
            Route::BackChannelLogout => &["POST"],
        }
    }

    /// Answers a request of `session`'s browser to the `route` of the client `name`.
    ///
    /// # Errors
    /// What [`Client::authorize_redirect`], [`Client::authorize_access_token`],
    /// [`Client::logout_redirect`] and [`Client::validate_logout_response`] say;
    /// [`Reason::CrossSite`] for a request of another site where only our own pages may ask.
    ///
    /// [`Client::authorize_redirect`]: crate::Client::authorize_redirect
    /// [`Client::authorize_access_token`]: crate::Client::authorize_access_token
    /// [`Client::logout_redirect`]: crate::Client::logout_redirect
    /// [`Client::validate_logout_response`]: crate::Client::validate_logout_response
    /// [`Reason::CrossSite`]: protocol_core::Reason::CrossSite
    pub async fn answer(
        &self,
        route: Route,
        session: &Session,
        name: &str,
        request: &RouteRequest<'_>,
    ) -> Result<Answered, Error> {
        let RouteRequest { method, query, content_type, body, .. } = *request;
        // Some frameworks have the route of a GET answer a HEAD.
        if !self.methods(route).contains(&method) {
            return Ok(Answered::Response(self.other_method(route)));
        }
        let registry = session.registry();
        let ours = || registry.check_same_origin(request.origin, request.sec_fetch_site);
        let redirection = match (route, method) {
            (Route::Login, _) => {
                if self.by_post {
                    ours()?;
                }
                let client = session.client(name)?;
                let options = LoginOptions::new().return_to(&self.next(query))?;
                client.authorize_redirect_with(registry.callback_url(name)?, &options).await?
            }
            (Route::Authorize, _) => {
                let callback = Callback::request(method, query, content_type, body);
                let login = session.client(name)?.authorize_access_token(callback).await?;
                return Ok(Answered::Login(Box::new(login)));
            }
            (Route::Logout, "POST") => {
                ours()?;
                let client = session.client(name)?;
                let options = LogoutOptions::new().return_to(&self.next(query))?;
                let back = registry.url(&self.path(route).replace("{name}", name))?;
                client.logout_redirect_with(back, &options).await?
            }
            (Route::Logout, _) => {
                let logout = session.client(name)?.validate_logout_response(query).await?;
                let to = logout.return_to().unwrap_or(&self.home);
                return Ok(Answered::Response(see_other(to)));
            }
            (Route::BackChannelLogout, _) => {
                let body = body.unwrap_or_default();
                let answer = session.back_channel_logout(name, content_type, body).await;
                return Ok(Answered::Response(told(&answer)));
            }
            (Route::FrontChannelLogout, _) => {
                let answer = session.front_channel_logout(name, query).await;
                return Ok(Answered::Response(told(&answer)));
            }
        };
        Ok(Answered::Response(redirection.response()))
    }

    /// The answer to a finished login: the browser goes on to where the login was to return to.
    pub fn after_login(&self, login: &Authorized) -> Response<String> {
        see_other(login.return_to().unwrap_or(&self.home))
    }

    /// Where to go on, as the query says: checked by whoever takes it.
    fn next(&self, query: &str) -> String {
        let mut next = percent::form_pairs(query.as_bytes()).filter(|(name, _)| name == "next");
        next.next().map_or_else(|| self.home.clone(), |(_, path)| path.into_owned())
    }

    fn other_method(&self, route: Route) -> Response<String> {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        if let Ok(methods) = HeaderValue::try_from(self.methods(route).join(", ")) {
            response.headers_mut().insert(ALLOW, methods);
        }
        response
    }
}

/// An answer to a provider as one of HTTP.
fn told(answer: &crate::logout::LogoutAnswer) -> Response<String> {
    let mut response = Response::new(answer.body().to_owned());
    if let Ok(status) = StatusCode::from_u16(answer.status()) {
        *response.status_mut() = status;
    }
    for (name, value) in answer.headers() {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Shows the method, of the rest nothing.
impl std::fmt::Debug for RouteRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouteRequest").field("method", &self.method).finish_non_exhaustive()
    }
}
