//! Token revocation (RFC 7009).

use http::Response;
use protocol_core::{AccessToken, Endpoint, Error, Flow, RefreshToken, flow};

use crate::parameters::Parameters;
use crate::{Client, answer};

/// A token to be revoked. Revoking a refresh token ends the access tokens made of it too, where the
/// server can (RFC 7009 §2.1). `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct Revocation(Parameters);

impl Revocation {
    /// Revokes this access token.
    pub fn access_token(token: &AccessToken) -> Self {
        Self::new(token.expose(), "access_token")
    }

    /// Revokes this refresh token.
    pub fn refresh_token(token: &RefreshToken) -> Self {
        Self::new(token.expose(), "refresh_token")
    }

    fn new(token: &str, token_type_hint: &str) -> Self {
        let mut parameters = Parameters::new(OWN);
        parameters.set("token", token);
        parameters.set("token_type_hint", token_type_hint);
        Revocation(parameters)
    }

    /// A parameter beside these.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter of the request's or the client's own, and for another one
    /// that is there already.
    pub fn param(mut self, name: &str, value: &str) -> Result<Self, Error> {
        self.0.add(name, value)?;
        Ok(self)
    }

    /// The conversation. A token that the server does not know is revoked as well (RFC 7009 §2.2).
    /// Its errors are [`Error::Rejected`] and [`Error::Protocol`] (`http_status`,
    /// `http_status_retryable`).
    pub fn flow(
        &self,
        revocation_endpoint: &Endpoint,
        client: &Client,
    ) -> impl Flow<Output = ()> + Send + use<> {
        let request = client.post(revocation_endpoint, self.0.pairs().to_vec());
        let client = client.clone();
        flow::exchange(request, move |response, _now| {
            revoked(&response).map_err(|error| client.explain(error))
        })
    }
}

/// The body of a success means nothing (RFC 7009 §2.2).
fn revoked(response: &Response<Vec<u8>>) -> Result<(), Error> {
    if response.status().is_success() {
        return Ok(());
    }
    Err(answer::refusal("revocation response", response))
}

const OWN: &[&str] = &["token", "token_type_hint"];
