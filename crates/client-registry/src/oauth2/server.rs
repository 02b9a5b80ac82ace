//! The server's side: where its endpoints are, and how the client authenticates there.

use std::sync::Arc;

use oauth2_core::{
    AuthorizationServerMetadata, ClientAuthentication, IssExpected, TokenResponseRules,
};
use oidc_core::discovery::ProviderMetadata;
use protocol_core::{ClientSecret, Endpoint, Error, UnixTime};

use super::OAuth2Client;
use crate::config::AuthMethod;
use crate::quirks::Quirk;
use crate::registry::Registry;

/// The server's side of one login: settings, and metadata where they leave something open.
pub(super) struct Server {
    token_endpoint: Option<Endpoint>,
    pub(super) issuer: Option<String>,
    pub(super) metadata: Option<Arc<ProviderMetadata>>,
}

impl Server {
    /// Where tokens come from: who only looks tokens up may know no such place.
    pub(super) fn token_endpoint(&self) -> Result<&Endpoint, Error> {
        self.token_endpoint.as_ref().ok_or_else(|| missing("token_endpoint"))
    }
}

impl OAuth2Client {
    pub(super) async fn server(&self, registry: &Registry) -> Result<Server, Error> {
        let config = &self.config;
        let begins =
            config.authorize_url.is_some() || config.device_authorization_endpoint.is_some();
        let complete = begins
            && config.token_url.is_some()
            && (!config.pushes || config.push_endpoint.is_some())
            && (!self.is_openid() || self.knows_keys() && config.issuer.is_some());
        let metadata = if complete { None } else { self.metadata(registry).await? };
        let known = metadata.as_deref();
        let token = known.and_then(|known| known.server.token_endpoint.clone());
        Ok(Server {
            token_endpoint: config.token_url.clone().or(token),
            issuer: known.map(|known| known.issuer().to_owned()).or_else(|| config.issuer.clone()),
            metadata,
        })
    }

    async fn metadata(&self, registry: &Registry) -> Result<Option<Arc<ProviderMetadata>>, Error> {
        let Some(issuer) = &self.issuer else { return Ok(None) };
        let known = issuer.metadata(self.shared_http(registry), &registry.0.clock).await?;
        if !self.config.mutual_tls {
            return Ok(Some(known));
        }
        let mut known = ProviderMetadata::clone(&known);
        known.server = known.server.over_mtls();
        Ok(Some(Arc::new(known)))
    }

    /// An endpoint that not every server has: by the settings, else by the metadata, which are
    /// asked for though nothing else of them is needed.
    pub(super) async fn optional_endpoint(
        &self,
        registry: &Registry,
        server: &Server,
        given: Option<&Endpoint>,
        of_metadata: fn(&AuthorizationServerMetadata) -> Option<&Endpoint>,
    ) -> Result<Option<Endpoint>, Error> {
        if given.is_some() {
            return Ok(given.cloned());
        }
        let known = match &server.metadata {
            None => self.metadata(registry).await?,
            known => known.clone(),
        };
        Ok(known.and_then(|known| of_metadata(&known.server).cloned()))
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
        self.config
            .push_endpoint
            .clone()
            .or(known)
            .map(Some)
            .ok_or_else(|| missing("pushed_authorization_request_endpoint"))
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

impl OAuth2Client {
    /// The client as it authenticates at this server: by the way that settings name, or the first of
    /// ours that the server knows; Basic where it says nothing (RFC 8414 §2). It is made at each use,
    /// so that a client at rest takes little memory.
    pub(super) fn authenticated(
        &self,
        server: &Server,
        now: UnixTime,
    ) -> Result<oauth2_core::Client, Error> {
        if let Some(made) = &self.made_secret {
            return made.client(now);
        }
        let known = server.metadata.as_ref();
        let known =
            known.and_then(|known| known.server.token_endpoint_auth_methods_supported.as_ref());
        let takes = |way: &ClientAuthentication| match known {
            Some(known) => known.iter().any(|one| one == way.method()),
            None => true,
        };
        let mut ways = self.ways()?;
        let chosen = ways.iter().position(takes).unwrap_or(0);
        oauth2_core::Client::new(&self.client_id, ways.swap_remove(chosen))
    }

    /// Refuses settings that no request could be authenticated by.
    pub(super) fn check_authentication(&self) -> Result<(), Error> {
        for way in self.ways()? {
            oauth2_core::Client::new(&self.client_id, way)?;
        }
        Ok(())
    }

    /// The ways that settings allow, one at least, the preferred one first.
    fn ways(&self) -> Result<Vec<ClientAuthentication>, Error> {
        let basic = |secret: &ClientSecret| match self.quirks.has(Quirk::RawBasic) {
            true => ClientAuthentication::client_secret_basic_raw(secret.clone()),
            false => ClientAuthentication::client_secret_basic(secret.clone()),
        };
        let post = |secret: &ClientSecret| ClientAuthentication::client_secret_post(secret.clone());
        let config = &self.config;
        Ok(match (config.auth_method, &self.client_secret, &config.assertion) {
            (_, _, Some(assertion)) => vec![assertion.clone()],
            (Some(AuthMethod::Tls), _, _) => vec![ClientAuthentication::tls_client_auth()],
            (Some(AuthMethod::SelfSignedTls), _, _) => {
                vec![ClientAuthentication::self_signed_tls_client_auth()]
            }
            (Some(AuthMethod::None), _, _) | (_, None, _) => vec![ClientAuthentication::none()],
            (Some(AuthMethod::Basic), Some(secret), _) => vec![basic(secret)?],
            (Some(AuthMethod::Post), Some(secret), _) => vec![post(secret)?],
            (_, Some(secret), _) => vec![basic(secret)?, post(secret)?],
        })
    }

    /// How token answers are read.
    pub(super) fn rules(&self) -> TokenResponseRules {
        let mut rules = TokenResponseRules::default();
        rules.accept_form_encoded = self.quirks.has(Quirk::FormEncodedToken);
        rules.require_token_type = !self.quirks.has(Quirk::NoTokenType);
        rules.error_in_200 = self.quirks.has(Quirk::ErrorIn200);
        // A DPoP token is of no use without its key: taken for bearer it would be a downgrade.
        rules.recognized_token_types = vec!["bearer".to_owned()];
        rules
    }
}

/// The error where the metadata lack what the settings leave to them.
pub(super) fn missing(endpoint: &str) -> Error {
    Error::protocol("missing_member", "metadata", format!("{endpoint} to be there"), "none")
}

/// The error where neither settings nor metadata name an endpoint that is asked for.
pub(super) fn not_offered(endpoint: &str) -> Error {
    Error::config(endpoint, "expected it by the key of that name or in the metadata, got neither")
}
