//! What handlers take and answer, in axum's words.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use client_registry::error_response;
use http::HeaderName;
use http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use http::request::Parts;

use crate::layer;

client_registry::adapter_types! {
    around: "OAuthLayer",
    error: "it is an extension of the answer, a [`client_registry::Error`]."
}

impl<S: Send + Sync> FromRequestParts<S> for OAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        OAuth::bound(layer::session(parts))
    }
}

impl<S: Send + Sync> FromRequest<S> for Callback {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, client_registry::Callback::FORM_LIMIT).await.ok();
        Ok(Callback(client_registry::Callback::request(
            parts.method.as_str(),
            parts.uri.query().unwrap_or_default(),
            text(&parts.headers, CONTENT_TYPE),
            body.as_deref(),
        )))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let oauth = OAuth::from_request_parts(parts, state).await?;
        let site = text(&parts.headers, HeaderName::from_static("sec-fetch-site"));
        SameOrigin::check(&oauth, text(&parts.headers, ORIGIN), site)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        SignedIn::of(OAuth::from_request_parts(parts, state).await).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        Visitor::of(OAuth::from_request_parts(parts, state).await).await
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        self.0.response().map(Body::from)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        error_response(&self.0).map(Body::from)
    }
}

pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
