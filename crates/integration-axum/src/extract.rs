//! What handlers take: [`OAuth`], [`Callback`], [`SameOrigin`].

use std::convert::Infallible;
use std::ops::Deref;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use client_registry::{Authorized, LoginOptions, Reason, Registry, Session};
use http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use http::request::Parts;
use http::{HeaderName, Method};

use crate::layer::Bound;
use crate::respond::{Error, Redirect};

/// The clients, bound to this request. Needs [`OAuthLayer`](crate::OAuthLayer) around the route.
#[derive(Clone, Debug)]
pub struct OAuth(Session);

impl OAuth {
    /// Begins a registry. With the feature `reqwest` (default) the HTTP client is brought along.
    pub fn builder() -> client_registry::Builder {
        let builder = Registry::builder();
        #[cfg(feature = "reqwest")]
        let builder = builder
            .default_http(|| Ok(std::sync::Arc::new(integration_reqwest::Client::new()?)))
            .http_for(integration_reqwest::Client::for_transport);
        builder
    }

    /// A registry to be initialised later, by [`Registry::init`] with a [builder](OAuth::builder):
    /// for a `static`, or a layer that is made before the settings are there.
    pub fn lazy() -> Registry {
        Registry::lazy()
    }

    /// The client of that name.
    ///
    /// # Errors
    /// `unknown_client`, an answer with status 404.
    pub fn client(&self, name: &str) -> Result<Client, Error> {
        Ok(Client(self.0.client(name)?))
    }

    /// Where the provider is to send the user back to; see [`Registry::callback_url`].
    ///
    /// # Errors
    /// `unknown_client`, or `config` without a `public_url`.
    pub fn callback_url(&self, name: &str) -> Result<String, Error> {
        Ok(self.0.registry().callback_url(name)?)
    }

    /// The request, for what is of no one client: who is signed in, and logouts that a provider
    /// tells of.
    pub fn session(&self) -> &Session {
        &self.0
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        self.0.registry()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let bound = parts.extensions.get::<Bound>().ok_or_else(|| {
            let problem = "expected an OAuthLayer around this route, got none";
            client_registry::Error::config("OAuth", problem)
        })?;
        Ok(OAuth(bound.session(parts)))
    }
}

/// A client, bound to this request. It dereferences to the [registry's](client_registry::Client).
#[derive(Clone, Debug)]
pub struct Client(client_registry::Client);

impl Client {
    /// Begins a login; see [`client_registry::Client::authorize_redirect`].
    ///
    /// # Errors
    /// Those of the registry's.
    pub async fn authorize_redirect(
        &self,
        redirect_uri: impl AsRef<str>,
    ) -> Result<Redirect, Error> {
        Ok(Redirect::from(self.0.authorize_redirect(redirect_uri).await?))
    }

    /// The same, asking for more than the client's settings say.
    ///
    /// # Errors
    /// Those of the registry's.
    pub async fn authorize_redirect_with(
        &self,
        redirect_uri: impl AsRef<str>,
        options: &LoginOptions,
    ) -> Result<Redirect, Error> {
        Ok(Redirect::from(self.0.authorize_redirect_with(redirect_uri, options).await?))
    }

    /// Finishes a login; see [`client_registry::Client::authorize_access_token`].
    ///
    /// # Errors
    /// Those of the registry's.
    pub async fn authorize_access_token(&self, callback: Callback) -> Result<Authorized, Error> {
        Ok(self.0.authorize_access_token(callback.0).await?)
    }
}

impl Deref for Client {
    type Target = client_registry::Client;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// What a callback brought, by GET or by POST. Taking it never fails: what is wrong with it is told
/// by [`Client::authorize_access_token`].
#[derive(Clone, Debug)]
pub struct Callback(client_registry::Callback);

impl<S: Send + Sync> FromRequest<S> for Callback {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        use client_registry::Callback as Brought;
        let (parts, body) = request.into_parts();
        Ok(Callback(match parts.method {
            Method::GET => Brought::query(parts.uri.query().unwrap_or_default()),
            Method::POST => match to_bytes(body, Brought::FORM_LIMIT).await {
                Ok(body) => Brought::form(text(&parts.headers, CONTENT_TYPE), &body),
                Err(_) => Brought::wrong(Reason::MalformedCallback("the body is over 64 KiB")),
            },
            _ => Brought::wrong(Reason::MalformedCallback("a method other than GET and POST")),
        }))
    }
}

/// Lets through only what our own pages ask, by `Origin` and `Sec-Fetch-Site`: for routes that begin
/// a login by POST, so that no other site can begin one in a visitor's name.
#[derive(Clone, Copy, Debug)]
pub struct SameOrigin;

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let oauth = OAuth::from_request_parts(parts, state).await?;
        let site = text(&parts.headers, HeaderName::from_static("sec-fetch-site"));
        oauth.registry().check_same_origin(text(&parts.headers, ORIGIN), site)?;
        Ok(SameOrigin)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
