//! The server's side: where its endpoints are, and how the client authenticates there.

use std::sync::Arc;

use oauth2_core::{ClientAuthentication, IssExpected};
use oidc_core::discovery::ProviderMetadata;
use protocol_core::{ClientSecret, Endpoint, Error, UnixTime};

use super::OAuth2Client;
use super::made_secret::MadeSecret;
use crate::config::{AuthMethod, OAuth2};
use crate::quirks::{Quirk, Quirks};
use crate::registry::Registry;

/// The client by each way of authenticating that its settings allow, the preferred one first.
pub(super) struct Authentications {
    ways: Box<[oauth2_core::Client]>,
    /// In place of the others: the secret is made at use.
    made: Option<Box<MadeSecret>>,
}

/// The server's side of one login: settings, and metadata where they leave something open.
pub(super) struct Server {
    pub(super) authorization_endpoint: Endpoint,
    pub(super) token_endpoint: Endpoint,
    pub(super) issuer: Option<String>,
    pub(super) metadata: Option<Arc<ProviderMetadata>>,
}

impl OAuth2Client {
    pub(super) async fn server(&self, registry: &Registry) -> Result<Server, Error> {
        let config = &self.config;
        let complete = config.authorize_url.is_some()
            && config.token_url.is_some()
            && (!config.pushes || config.push_endpoint.is_some())
            && (!self.is_openid() || self.knows_keys() && config.issuer.is_some());
        let metadata = match &self.issuer {
            Some(issuer) if !complete => {
                Some(issuer.metadata(self.shared_http(registry), &registry.0.clock).await?)
            }
            _ => None,
        };
        let known = metadata.as_deref();
        let missing = |what| {
            Error::protocol("missing_member", "metadata", format!("{what} to be there"), "none")
        };
        let authorize = known.and_then(|known| known.server.authorization_endpoint.clone());
        let token = known.and_then(|known| known.server.token_endpoint.clone());
        Ok(Server {
            authorization_endpoint: (config.authorize_url.clone().or(authorize))
                .ok_or_else(|| missing("authorization_endpoint"))?,
            token_endpoint: (config.token_url.clone().or(token))
                .ok_or_else(|| missing("token_endpoint"))?,
            issuer: known.map(|known| known.issuer().to_owned()).or_else(|| config.issuer.clone()),
            metadata,
        })
    }

    fn knows_keys(&self) -> bool {
        self.config.jwks_uri.is_some() || self.config.jwks.is_some()
    }

    /// Where authorization requests are to be pushed to, if they are (RFC 9126 §5): never silently
    /// without.
    pub(super) fn push_endpoint(&self, server: &Server) -> Result<Option<Endpoint>, Error> {
        let known = server.metadata.as_deref().map(|known| &known.server);
        let required = known.is_some_and(|known| known.require_pushed_authorization_requests);
        if !required && !self.config.pushes {
            return Ok(None);
        }
        let known = known.and_then(|known| known.pushed_authorization_request_endpoint.clone());
        self.config.push_endpoint.clone().or(known).map(Some).ok_or_else(|| {
            let what = "pushed_authorization_request_endpoint to be there";
            Error::protocol("missing_member", "metadata", what, "none")
        })
    }

    pub(super) fn iss_expected(&self, server: &Server) -> IssExpected {
        if self.config.has_tenants() {
            // Which tenant's it is, only the ID token says.
            return IssExpected::Unchecked;
        }
        match (&server.metadata, &server.issuer) {
            (Some(metadata), _) if !self.quirks.has(Quirk::NoIss) => metadata.server.iss_expected(),
            (_, Some(issuer)) => IssExpected::IfSent(issuer.clone()),
            (_, None) => IssExpected::Unchecked,
        }
    }
}

impl Authentications {
    pub(super) fn new(
        client_id: &str,
        secret: Option<&ClientSecret>,
        config: &OAuth2,
        quirks: &Quirks,
    ) -> Result<Self, Error> {
        if let Some(of) = &config.made_secret {
            let made = MadeSecret::new(client_id, config.issuer.as_deref(), of)?;
            return Ok(Authentications { ways: Box::default(), made: Some(Box::new(made)) });
        }
        let basic = |secret: &ClientSecret| match quirks.has(Quirk::RawBasic) {
            true => ClientAuthentication::client_secret_basic_raw(secret.clone()),
            false => ClientAuthentication::client_secret_basic(secret.clone()),
        };
        let post = |secret: &ClientSecret| ClientAuthentication::client_secret_post(secret.clone());
        let ways = match (config.auth_method, secret, &config.assertion) {
            (_, _, Some(assertion)) => vec![assertion.clone()],
            (Some(AuthMethod::None), _, _) | (_, None, _) => vec![ClientAuthentication::none()],
            (Some(AuthMethod::Basic), Some(secret), _) => vec![basic(secret)?],
            (Some(AuthMethod::Post), Some(secret), _) => vec![post(secret)?],
            (_, Some(secret), _) => vec![basic(secret)?, post(secret)?],
        };
        let made = ways.into_iter().map(|way| oauth2_core::Client::new(client_id, way));
        Ok(Authentications { ways: made.collect::<Result<_, _>>()?, made: None })
    }

    /// The way that settings name, or the first of ours that the server knows: Basic where it says
    /// nothing (RFC 8414 §2).
    pub(super) fn choose(
        &self,
        server: &Server,
        now: UnixTime,
    ) -> Result<oauth2_core::Client, Error> {
        if let Some(made) = &self.made {
            return made.client(now);
        }
        let known = server.metadata.as_ref();
        let known =
            known.and_then(|known| known.server.token_endpoint_auth_methods_supported.as_ref());
        let takes = |client: &&oauth2_core::Client| match known {
            Some(known) => known.iter().any(|one| one == client.authentication().method()),
            None => true,
        };
        self.ways.iter().find(takes).or(self.ways.first()).cloned().ok_or_else(|| {
            Error::config("token_endpoint_auth_method", "expected a way to authenticate, got none")
        })
    }
}
