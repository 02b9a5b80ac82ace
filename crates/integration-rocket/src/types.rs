//! What handlers take and answer, in Rocket's words.

use std::convert::Infallible;
use std::io::Cursor;
use std::sync::OnceLock;

use client_registry::error_response;
use rocket::data::{Data, FromData, ToByteUnit};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};
use rocket::{Ignite, Rocket, Sentinel, data};

use crate::fairing;

client_registry::adapter_types! {
    around: "OAuthFairing",
    error: "see [`Error::of`]."
}

impl Error {
    /// The error that a guard of this request failed with, or that a responder answered: for
    /// catchers and fairings. What a guard fails with is answered by a catcher, unless the handler
    /// takes the guard as an `Option` or a `Result`.
    pub fn of<'r>(request: &'r Request<'_>) -> Option<&'r client_registry::Error> {
        request.local_cache(Failure::default).0.get()
    }
}

#[derive(Default)]
struct Failure(OnceLock<client_registry::Error>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OAuth {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(request, OAuth::bound(fairing::session(request)))
    }
}

/// An application that takes `OAuth` and has no fairing does not launch.
impl Sentinel for OAuth {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        !fairing::is_attached(rocket)
    }
}

/// For a route by GET.
#[rocket::async_trait]
impl<'r> FromRequest<'r> for Callback {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Callback::read(request, None))
    }
}

/// For a route by POST, as `data = "<callback>"`.
#[rocket::async_trait]
impl<'r> FromData<'r> for Callback {
    type Error = Infallible;

    async fn from_data(
        request: &'r Request<'_>,
        data: Data<'r>,
    ) -> data::Outcome<'r, Self, Infallible> {
        data::Outcome::Success(Callback::read(request, body_of(data).await.as_deref()))
    }
}

impl Callback {
    fn read(request: &Request<'_>, body: Option<&[u8]>) -> Self {
        let query = request.uri().query().map_or("", |query| query.as_str());
        let content_type = request.headers().get_one("content-type");
        let method = fairing::method(request);
        Callback(client_registry::Callback::request(method, query, content_type, body))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SameOrigin {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        let header = |name| request.headers().get_one(name);
        let oauth = OAuth::bound(fairing::session(request));
        let check = |oauth| SameOrigin::check(&oauth, header("origin"), header("sec-fetch-site"));
        outcome(request, oauth.and_then(check))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(request, SignedIn::of(OAuth::bound(fairing::session(request))).await)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
        outcome(request, Visitor::of(OAuth::bound(fairing::session(request))).await)
    }
}

fn outcome<T>(request: &Request<'_>, result: Result<T, Error>) -> Outcome<T, Error> {
    match result {
        Ok(value) => Outcome::Success(value),
        Err(error) => {
            note(request, &error);
            Outcome::Error((Status::new(error.0.status()), error))
        }
    }
}

/// Notes an error for [`Error::of`]. The first one stays, if there are several.
fn note(request: &Request<'_>, error: &Error) {
    let _ = request.local_cache(Failure::default).0.set(error.0.clone());
}

impl<'r> Responder<'r, 'static> for Redirect {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        Ok(respond(self.0.response()))
    }
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        note(request, &self);
        Ok(respond(error_response(&self.0)))
    }
}

/// The body, if it comes whole and is within the limit of a callback.
pub(crate) async fn body_of(data: Data<'_>) -> Option<Vec<u8>> {
    let limit = client_registry::Callback::FORM_LIMIT.bytes();
    let body = data.open(limit).into_bytes().await.ok()?;
    body.is_complete().then_some(body.into_inner())
}

/// The registry's answer as one of Rocket.
pub(crate) fn respond(answer: http::Response<String>) -> Response<'static> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::build();
    response.status(Status::new(parts.status.as_u16())).sized_body(body.len(), Cursor::new(body));
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            response.raw_header_adjoin(name.as_str().to_owned(), value.to_owned());
        }
    }
    response.finalize()
}
