//! Mutual TLS (RFC 8705): where the endpoints are of a client that shows a certificate. The
//! certificate itself is the HTTP client's; by it a client authenticates
//! ([`ClientAuthentication::tls_client_auth`](crate::ClientAuthentication::tls_client_auth)), and
//! tokens can be bound to it.

use protocol_core::{Endpoint, Error};

use crate::AuthorizationServerMetadata;
use crate::metadata::Document;

/// Endpoints for mutual TLS (RFC 8705 §5), each in preference to the one of that name that is for
/// all clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are those of the specification.
pub struct MtlsEndpointAliases {
    pub token_endpoint: Option<Endpoint>,
    pub userinfo_endpoint: Option<Endpoint>,
    pub revocation_endpoint: Option<Endpoint>,
    pub introspection_endpoint: Option<Endpoint>,
    pub device_authorization_endpoint: Option<Endpoint>,
    pub pushed_authorization_request_endpoint: Option<Endpoint>,
    pub registration_endpoint: Option<Endpoint>,
}

impl MtlsEndpointAliases {
    /// Reads the member `mtls_endpoint_aliases`; without it there are none.
    pub(crate) fn read(metadata: &Document) -> Result<Self, Error> {
        let Some(aliases) = metadata.object("mtls_endpoint_aliases")? else {
            return Ok(MtlsEndpointAliases::default());
        };
        Ok(MtlsEndpointAliases {
            token_endpoint: aliases.endpoint("token_endpoint")?,
            userinfo_endpoint: aliases.endpoint("userinfo_endpoint")?,
            revocation_endpoint: aliases.endpoint("revocation_endpoint")?,
            introspection_endpoint: aliases.endpoint("introspection_endpoint")?,
            device_authorization_endpoint: aliases.endpoint("device_authorization_endpoint")?,
            pushed_authorization_request_endpoint: aliases
                .endpoint("pushed_authorization_request_endpoint")?,
            registration_endpoint: aliases.endpoint("registration_endpoint")?,
        })
    }
}

impl AuthorizationServerMetadata {
    /// What a client goes by that uses mutual TLS: an endpoint that has an alias is at its alias.
    #[must_use]
    pub fn over_mtls(mut self) -> Self {
        let aliases = &self.mtls_endpoint_aliases;
        for (endpoint, alias) in [
            (&mut self.token_endpoint, &aliases.token_endpoint),
            (&mut self.userinfo_endpoint, &aliases.userinfo_endpoint),
            (&mut self.revocation_endpoint, &aliases.revocation_endpoint),
            (&mut self.introspection_endpoint, &aliases.introspection_endpoint),
            (&mut self.device_authorization_endpoint, &aliases.device_authorization_endpoint),
            (
                &mut self.pushed_authorization_request_endpoint,
                &aliases.pushed_authorization_request_endpoint,
            ),
            (&mut self.registration_endpoint, &aliases.registration_endpoint),
        ] {
            if alias.is_some() {
                endpoint.clone_from(alias);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The metadata of RFC 8705 §5.
    fn document(aliases: &str) -> String {
        format!(
            r#"{{"issuer":"https://server.example.com",
            "authorization_endpoint":"https://server.example.com/authz",
            "token_endpoint":"https://server.example.com/token",
            "introspection_endpoint":"https://server.example.com/introspect",
            "revocation_endpoint":"https://server.example.com/revo",
            "mtls_endpoint_aliases":{aliases}}}"#
        )
    }

    #[test]
    fn an_endpoint_that_has_an_alias_is_there_over_mutual_tls_and_nowhere_else() {
        let text = document(
            r#"{"token_endpoint":"https://mtls.example.com/token",
            "revocation_endpoint":"https://mtls.example.com/revo",
            "userinfo_endpoint":"https://mtls.example.com/me",
            "authorization_endpoint":"https://mtls.example.com/authz"}"#,
        );
        let plain = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap();
        let mutual = plain.clone().over_mtls();
        let at = |endpoint: &Option<Endpoint>| endpoint.as_ref().unwrap().as_str().to_owned();
        assert_eq!(at(&plain.token_endpoint), "https://server.example.com/token");
        assert_eq!(at(&mutual.token_endpoint), "https://mtls.example.com/token");
        assert_eq!(at(&mutual.revocation_endpoint), "https://mtls.example.com/revo");
        assert_eq!(at(&mutual.userinfo_endpoint), "https://mtls.example.com/me");
        assert_eq!(at(&mutual.introspection_endpoint), "https://server.example.com/introspect");
        // Browsers go there, and have no such certificate.
        assert_eq!(at(&mutual.authorization_endpoint), "https://server.example.com/authz");
    }

    #[test]
    fn aliases_are_addresses_like_the_others() {
        for (aliases, code) in [
            (r#"{"token_endpoint":"http://mtls.example.com/"}"#, "endpoint"),
            (r#"{"token_endpoint":7}"#, "type"),
            ("[]", "type"),
            (r#""https://mtls.example.com""#, "type"),
        ] {
            let text = document(aliases);
            let error = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{aliases}");
        }
        for aliases in ["null", "{}"] {
            let text = document(aliases);
            let metadata = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap();
            assert_eq!(metadata.mtls_endpoint_aliases, MtlsEndpointAliases::default());
        }
    }
}
