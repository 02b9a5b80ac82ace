//! Logins of devices without a browser (RFC 8628).

use oauth2_core::{
    DeviceAuthorization, DeviceAuthorizationRequest, DeviceCodeGrant, DevicePolling, TokenResponse,
};
use oidc_core::Nonce;
use oidc_core::id_token::Expected as IdTokenExpected;
use protocol_core::{Error, Reason};

use super::OAuth2Client;
use super::openid::within;
use super::server::not_offered;
use crate::authorized::{Authorized, Check};
use crate::client::Client;
use crate::driver::drive;
use crate::options::LoginOptions;
use crate::registry::Registry;
use crate::telemetry::{span, traced};

/// A login of a device that has begun.
pub(crate) struct DeviceBegun {
    pub(crate) authorization: DeviceAuthorization,
    polling: DevicePolling,
    /// What the server granted, until its ID token is verified: the device code is used up by then.
    granted: Option<TokenResponse>,
    scope: String,
    openid: bool,
    max_age: Option<u64>,
}

impl OAuth2Client {
    /// Asks for the code that the user is to be shown.
    pub(crate) async fn begin_device(
        &self,
        registry: &Registry,
        options: &LoginOptions,
    ) -> Result<DeviceBegun, Error> {
        let server = self.server(registry).await?;
        let given = self.config.device_authorization_endpoint.as_ref();
        let known = self.optional_endpoint(registry, &server, given, |known| {
            known.device_authorization_endpoint.as_ref()
        });
        let endpoint = known.await?.ok_or_else(|| not_offered("device_authorization_endpoint"))?;
        let (scope, openid) = self.asked_scope(options)?;
        let max_age = options.max_age.or(self.config.max_age).filter(|_| openid);

        let mut request = DeviceAuthorizationRequest::new().scope(&scope.join(self.glue()));
        for (name, value) in self.parameters(openid, max_age, options, &[])? {
            request = request.param(name, &value)?;
        }
        let authenticated = self.authenticated(&server, registry.0.clock.now())?;
        let flow = request.flow(&endpoint, &authenticated);
        let authorization = drive(flow, self.http(registry), &registry.0.clock).await?;

        let grant = DeviceCodeGrant::new(&authorization);
        let grant = self
            .token_params
            .iter()
            .try_fold(grant, |grant, (name, value)| grant.param(name, value))?;
        let polling = grant.flow(server.token_endpoint()?, &authenticated, &self.rules());
        let scope = scope.join(" ");
        Ok(DeviceBegun { authorization, polling, granted: None, scope, openid, max_age })
    }

    /// Asks for the token until the user has decided; verifies the ID token.
    pub(crate) async fn finish_device(
        &self,
        client: &Client,
        begun: &mut DeviceBegun,
    ) -> Result<Authorized, Error> {
        let registry = client.registry();
        let granted = match &mut begun.granted {
            Some(granted) => granted,
            none => {
                let flow = self.fix.token(&mut begun.polling);
                let span = span!("exchange", client = client.name(), grant = "device_code");
                let (http, clock) = (self.http(registry), &registry.0.clock);
                none.insert(traced(span, drive(flow, http, clock)).await?)
            }
        };
        let mut tokens = granted.clone();
        let mut checks = Vec::new();
        let claims = match (begun.openid, &tokens.id_token) {
            (false, _) => None,
            (true, None) => return Err(Reason::IdTokenMissing.into()),
            (true, Some(raw)) => {
                let expected = IdTokenExpected::code(Nonce::NotSent)
                    .access_token(&tokens.access_token)
                    .acr(&self.config.essential_acr);
                let expected = within(expected, begun.max_age);
                let server = self.server(registry).await?;
                let (claims, signed) =
                    self.verify_id_token(&server, registry, raw.expose(), &expected).await?;
                tokens.id_token = Some(signed);
                checks.extend(Check::of_id_token(&claims));
                Some(claims)
            }
        };
        begun.granted = None;
        let token = self.token_of_login(tokens, &begun.scope, claims.as_ref(), registry);
        Ok(Authorized::new(client.clone(), token, claims, checks))
    }
}
