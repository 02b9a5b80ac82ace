//! What handlers take and answer, in actix-web's words.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, ResponseError, web};
use client_registry::error_response;

use crate::middleware;

client_registry::adapter_types! {
    around: "OAuthMiddleware",
    error: "it is an extension of the answer, a [`client_registry::Error`], and its `error()`."
}

impl FromRequest for OAuth {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(OAuth::bound(middleware::session(request)))
    }
}

impl FromRequest for Callback {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            let body = match payload.await {
                Ok(payload) => body_of(payload).await,
                Err(_) => None,
            };
            Ok(Callback(client_registry::Callback::request(
                request.method().as_str(),
                request.query_string(),
                text(&request, CONTENT_TYPE),
                body.as_deref(),
            )))
        })
    }
}

impl FromRequest for SameOrigin {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let site = text(request, HeaderName::from_static("sec-fetch-site"));
        let oauth = OAuth::bound(middleware::session(request));
        ready(oauth.and_then(|oauth| SameOrigin::check(&oauth, text(request, ORIGIN), site)))
    }
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        Box::pin(SignedIn::of(OAuth::bound(middleware::session(request))))
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        Box::pin(Visitor::of(OAuth::bound(middleware::session(request))))
    }
}

impl Responder for Redirect {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        response(self.0.response())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        response(error_response(&self.0))
    }
}

/// The body, if it comes whole and is within the limit of a callback.
pub(crate) async fn body_of(payload: web::Payload) -> Option<web::Bytes> {
    payload.to_bytes_limited(client_registry::Callback::FORM_LIMIT).await.ok()?.ok()
}

/// The registry's answer as one of actix-web.
pub(crate) fn response(answer: http::Response<String>) -> HttpResponse {
    let (parts, body) = answer.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16());
    let mut response =
        HttpResponse::with_body(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
            .map_into_boxed_body();
    middleware::add(&parts.headers, response.headers_mut());
    if let Some(error) = parts.extensions.get::<client_registry::Error>() {
        response.extensions_mut().insert(error.clone());
    }
    response
}

pub(crate) fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
