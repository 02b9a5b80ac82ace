//! Token introspection (RFC 7662): for an application that is called with tokens of a server that it
//! is a client of.

use oauth2_core::{Introspection, IntrospectionResponse};
use protocol_core::Error;

use crate::client::Client;

impl Client {
    /// Asks the server what it knows of a token: one of ours, or one that somebody called us with.
    ///
    /// It says so for this moment, and nothing is kept of it. A token that is active may still be
    /// one for others: look at its `aud` and `scope`.
    ///
    /// ```
    /// # use client_registry::{AccessToken, Client, Error};
    /// # async fn is_good(client: &Client, token: &str) -> Result<bool, Error> {
    /// let known = client.introspect_token(&AccessToken::new(token)).await?;
    /// Ok(known.active && known.aud.iter().any(|aud| aud == "https://api.example"))
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] where neither the key `introspection_endpoint` nor the metadata say where
    /// to ask, and for a client of OAuth 1.0; [`Error::Rejected`], [`Error::Protocol`] and
    /// [`Error::Http`] from the server: then nothing is known of the token.
    pub async fn introspect_token(
        &self,
        token: impl Into<Introspection>,
    ) -> Result<IntrospectionResponse, Error> {
        self.oauth2()?.introspect(self.registry(), &token.into()).await
    }
}
