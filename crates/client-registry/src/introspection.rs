//! Token introspection (RFC 7662): for an application that is called with tokens of a server that it
//! is a client of.

use oauth2_core::{Introspection, IntrospectionResponse};
use protocol_core::Error;

use crate::client::{Client, ClientKind};

impl Client {
    /// Asks the server what it knows of a token: one of ours, or one that somebody called us with.
    ///
    /// It says so for this moment, and nothing is kept of it. A token that is active may still be
    /// one for others: look at its `aud` and `scope`.
    ///
    /// ```
    /// use client_registry::{AccessToken, Client, Error};
    ///
    /// /// Whom a request of our own API is from, by the token that came with it.
    /// async fn caller(client: &Client, token: &str) -> Result<Option<String>, Error> {
    ///     let known = client.introspect_token(&AccessToken::new(token)).await?;
    ///     let is_for_us = known.aud.iter().any(|aud| aud == "https://api.example");
    ///     Ok(known.sub.filter(|_| known.active && is_for_us))
    /// }
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
        let ClientKind::OAuth2(client) = &self.registered.kind else {
            return Err(Error::config("introspection", "expected a client of OAuth 2.0"));
        };
        client.introspect(self.registry(), &token.into()).await
    }
}
