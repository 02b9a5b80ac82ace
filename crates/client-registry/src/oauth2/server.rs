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

/// The client by each way of authenticating that its settings allow.
pub(super) struct Authentications {
    basic: Option<oauth2_core::Client>,
    post: Option<oauth2_core::Client>,
    none: Option<oauth2_core::Client>,
    /// In place of the others: the secret is made at use.
    made: Option<MadeSecret>,
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
            && (!self.is_openid() || config.jwks_uri.is_some() && config.issuer.is_some());
        let metadata = match &self.issuer {
            Some(issuer) if !complete => {
                Some(issuer.metadata(&*registry.0.http, &registry.0.clock).await?)
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
        let client = |made| oauth2_core::Client::new(client_id, made);
        let wanted = |method| config.auth_method.is_none_or(|only| only == method);
        let mut all = Authentications { basic: None, post: None, none: None, made: None };
        if let Some(of) = &config.made_secret {
            all.made = Some(MadeSecret::new(client_id, config.issuer.as_deref(), of)?);
            return Ok(all);
        }
        match secret {
            Some(secret) => {
                if wanted(AuthMethod::Basic) {
                    let secret = secret.clone();
                    all.basic = Some(client(match quirks.has(Quirk::RawBasic) {
                        true => ClientAuthentication::client_secret_basic_raw(secret)?,
                        false => ClientAuthentication::client_secret_basic(secret)?,
                    })?);
                }
                if wanted(AuthMethod::Post) {
                    let made = ClientAuthentication::client_secret_post(secret.clone())?;
                    all.post = Some(client(made)?);
                }
            }
            None => all.none = Some(client(ClientAuthentication::none())?),
        }
        if config.auth_method == Some(AuthMethod::None) {
            let none = Some(client(ClientAuthentication::none())?);
            all = Authentications { basic: None, post: None, none, made: None };
        }
        Ok(all)
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
        let ours = [&self.basic, &self.post, &self.none];
        let mut ours = ours.into_iter().flatten();
        let first = ours.clone().next();
        ours.find(takes).or(first).cloned().ok_or_else(|| {
            Error::config("token_endpoint_auth_method", "expected a way to authenticate, got none")
        })
    }
}
