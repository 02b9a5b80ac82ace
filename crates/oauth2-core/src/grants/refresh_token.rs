//! Refreshing an access token (RFC 6749 §6).

use protocol_core::{Endpoint, Error, Flow, RefreshToken};

use super::token_request;
use crate::parameters::Parameters;
use crate::{Client, TokenResponse, TokenResponseRules};

/// A refresh token, to be traded for a new access token. An answer without a refresh token leaves
/// the old one in force. `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct RefreshTokenGrant(Parameters);

impl RefreshTokenGrant {
    /// Trades this refresh token.
    pub fn new(refresh_token: &RefreshToken) -> Self {
        let mut parameters = Parameters::new(OWN);
        parameters.set("grant_type", "refresh_token");
        parameters.set("refresh_token", refresh_token.expose());
        RefreshTokenGrant(parameters)
    }

    /// A narrower scope than was granted, separated by spaces. An empty text asks for the same.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        if !scope.is_empty() {
            self.0.set("scope", scope);
        }
        self
    }

    /// A parameter beside these.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter of the grant's or the client's own, and for another one that
    /// is there already.
    pub fn param(mut self, name: &str, value: &str) -> Result<Self, Error> {
        self.0.add(name, value)?;
        Ok(self)
    }

    /// The conversation. Its errors are those of [`TokenResponse::read`].
    pub fn flow(
        &self,
        token_endpoint: &Endpoint,
        client: &Client,
        rules: &TokenResponseRules,
    ) -> impl Flow<Output = TokenResponse> + Send + use<> {
        token_request(token_endpoint, client, &self.0, rules)
    }
}

const OWN: &[&str] = &["grant_type", "refresh_token", "scope"];
