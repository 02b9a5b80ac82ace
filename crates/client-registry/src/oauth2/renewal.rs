//! Tokens after the login: refreshed (RFC 6749 §6), asked for by client credentials (§4.4), revoked
//! (RFC 7009), looked up (RFC 7662).

use oauth2_core::{
    ClientCredentialsGrant, Introspection, IntrospectionResponse, RefreshTokenGrant,
};
use protocol_core::{Error, RefreshToken};

use super::OAuth2Client;
use super::server::not_offered;
use crate::driver::drive;
use crate::logout::Revocation;
use crate::registry::Registry;
use crate::token::{Data, Token};

impl OAuth2Client {
    /// A newer token by the refresh token (RFC 6749 §6; OIDC Core 12). What the answer omits is kept.
    /// Beside it, why its ID token was left aside, if it was.
    ///
    /// # Errors
    /// [`Error::NeedsLogin`] without a refresh token, and where the new ID token is about somebody
    /// else or does not hold.
    pub(crate) async fn refresh(
        &self,
        registry: &Registry,
        old: &Token,
    ) -> Result<(Token, Option<String>), Error> {
        let refresh_token = old.refresh_token().ok_or_else(|| {
            Error::NeedsLogin("the token has expired, and there is no refresh token".to_owned())
        })?;
        let server = self.server(registry).await?;
        let grant = self.refresh_grant(refresh_token)?;
        let endpoint = match &self.config.refresh_url {
            Some(endpoint) => endpoint,
            None => server.token_endpoint()?,
        };
        let authenticated = self.authenticated(&server, registry.0.clock.now())?;
        let flow = grant.flow(endpoint, &authenticated, &self.rules());
        let response =
            drive(self.fix.refresh(flow), self.http(registry), &registry.0.clock).await?;

        let (id_token, left_aside) = self.refreshed_id_token(registry, old, &response).await?;
        let mut extra = old.0.extra.clone();
        extra.extend(response.extra);
        let token = Token(Data {
            token_type: Some(response.token_type.as_str().to_ascii_lowercase()),
            refresh_token: response.refresh_token.or_else(|| old.0.refresh_token.clone()),
            expires_at: response.expires_at,
            scope: response.scope.map(|scope| self.scopes(&scope)).or_else(|| old.0.scope.clone()),
            id_token,
            extra,
            obtained_at: Some(registry.0.clock.now()),
            original: old.0.original.clone(),
            ..Data::new(response.access_token)
        });
        Ok((token, left_aside))
    }

    pub(super) fn refresh_grant(&self, token: &RefreshToken) -> Result<RefreshTokenGrant, Error> {
        let mut params = self.config.refresh_params.iter();
        params.try_fold(RefreshTokenGrant::new(token), |grant, (name, value)| {
            grant.param(name, value)
        })
    }

    /// The client's own token (RFC 6749 §4.4).
    pub(crate) async fn token_by_client_credentials(
        &self,
        registry: &Registry,
    ) -> Result<Token, Error> {
        let server = self.server(registry).await?;
        let scope: Vec<_> = self
            .config
            .scope
            .iter()
            .filter(|scope| *scope != "openid")
            .map(String::as_str)
            .collect();
        let mut grant = ClientCredentialsGrant::new();
        if !scope.is_empty() {
            grant = grant.scope(&scope.join(" "));
        }
        for (name, value) in &self.token_params {
            grant = grant.param(name, value)?;
        }
        let authenticated = self.authenticated(&server, registry.0.clock.now())?;
        let flow = grant.flow(server.token_endpoint()?, &authenticated, &self.rules());
        let response = drive(self.fix.token(flow), self.http(registry), &registry.0.clock).await?;
        Ok(self.token_of(response, &scope.join(" "), registry))
    }

    /// Asks the server to revoke the refresh token and the access token (RFC 7009). Not every server
    /// ends the one with the other (§2.1).
    pub(crate) async fn revoke(
        &self,
        registry: &Registry,
        token: &Token,
    ) -> Result<Revocation, Error> {
        let server = self.server(registry).await?;
        let given = self.config.revocation_endpoint.as_ref();
        let known = self.optional_endpoint(registry, &server, given, |known| {
            known.revocation_endpoint.as_ref()
        });
        let Some(endpoint) = known.await? else { return Ok(Revocation::NotOffered) };
        let client = &self.authenticated(&server, registry.0.clock.now())?;
        let (http, clock) = (self.http(registry), &registry.0.clock);
        if let Some(refresh_token) = token.refresh_token() {
            let request = oauth2_core::Revocation::refresh_token(refresh_token);
            drive(request.flow(&endpoint, client), http, clock).await?;
        }
        let request = oauth2_core::Revocation::access_token(token.access_token());
        match drive(request.flow(&endpoint, client), http, clock).await {
            // A server may keep nothing of access tokens that it could revoke (§2.2.1).
            Err(Error::Rejected(rejection)) if rejection.code == "unsupported_token_type" => {}
            outcome => outcome?,
        }
        Ok(Revocation::Revoked)
    }

    /// Asks the server what it knows of a token (RFC 7662).
    pub(crate) async fn introspect(
        &self,
        registry: &Registry,
        token: &Introspection,
    ) -> Result<IntrospectionResponse, Error> {
        let server = self.server(registry).await?;
        let given = self.config.introspection_endpoint.as_ref();
        let known = self.optional_endpoint(registry, &server, given, |known| {
            known.introspection_endpoint.as_ref()
        });
        let endpoint = known.await?.ok_or_else(|| not_offered("introspection_endpoint"))?;
        let flow = token.flow(&endpoint, &self.authenticated(&server, registry.0.clock.now())?);
        drive(flow, self.http(registry), &registry.0.clock).await
    }
}
