//! The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.5).

use protocol_core::{CodeVerifier, Endpoint, Error, Flow, Secret};

use super::token_request;
use crate::parameters::Parameters;
use crate::{Client, TokenResponse, TokenResponseRules};

/// An authorization code, to be traded for tokens. `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct AuthorizationCodeGrant(Parameters);

impl AuthorizationCodeGrant {
    /// Trades this code.
    pub fn new(code: &Secret) -> Self {
        let mut parameters = Parameters::new(OWN);
        parameters.set("grant_type", "authorization_code");
        parameters.set("code", code.expose());
        AuthorizationCodeGrant(parameters)
    }

    /// The redirect URI of the authorization request; required where one was sent (RFC 6749 §4.1.3).
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.0.set("redirect_uri", redirect_uri);
        self
    }

    /// The verifier of the authorization request's challenge.
    #[must_use]
    pub fn code_verifier(mut self, code_verifier: &CodeVerifier) -> Self {
        self.0.set("code_verifier", code_verifier.expose());
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

const OWN: &[&str] = &["grant_type", "code", "redirect_uri", "code_verifier"];
