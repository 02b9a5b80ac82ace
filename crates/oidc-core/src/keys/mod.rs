//! The provider's keys: fetching a JWK Set (RFC 7517 §5; OIDC Core §10.1.1) and keeping it.

mod cache;

pub use cache::{KeyCache, Missed, Next, Renewed};

use http::{HeaderValue, Request, header::ACCEPT};
use jose_core::JwkSet;
use protocol_core::flow::exchange;
use protocol_core::{Endpoint, Flow};

use crate::fetched::{self, Fetched};

/// Fetches the JWK Set at `jwks_uri`.
///
/// Keys that are not understood are skipped, so a set can come out smaller than it was published.
///
/// # Errors
/// The flow ends in [`Error::Protocol`](crate::Error::Protocol) for a redirect (which is never followed), a status other
/// than 200, HTML, and whatever else is no JWK Set.
pub fn fetch_keys(jwks_uri: &Endpoint) -> impl Flow<Output = Fetched<JwkSet>> + Send + use<> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = jwks_uri.uri();
    let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
    request.headers_mut().insert(ACCEPT, accept);
    exchange(request, |response, _now| {
        let max_age = fetched::max_age(response.headers());
        let body = fetched::body_of_200(response, "JWK Set")?;
        Ok(Fetched::new(JwkSet::parse(&body)?, max_age))
    })
}
