//! The client credentials grant (RFC 6749 §4.4): a client in its own name.

use protocol_core::{Endpoint, Error, Flow};

use super::token_request;
use crate::parameters::Parameters;
use crate::{Client, TokenResponse, TokenResponseRules};

/// The client's own credentials, to be traded for an access token. `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct ClientCredentialsGrant(Parameters);

impl ClientCredentialsGrant {
    /// Trades the client's credentials.
    pub fn new() -> Self {
        let mut parameters = Parameters::new(OWN);
        parameters.set("grant_type", "client_credentials");
        ClientCredentialsGrant(parameters)
    }

    /// What is asked for, separated by spaces. An empty text asks for the server's default.
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

impl Default for ClientCredentialsGrant {
    fn default() -> Self {
        Self::new()
    }
}

const OWN: &[&str] = &["grant_type", "scope"];
