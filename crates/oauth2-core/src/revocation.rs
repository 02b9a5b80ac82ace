//! Token revocation (RFC 7009).

use http::Response;
use protocol_core::{AccessToken, Endpoint, Error, Flow, RefreshToken};

use crate::parameters::Parameters;
use crate::{Client, answer};

/// A token to be revoked. Revoking a refresh token ends the access tokens made of it too, where the
/// server can (RFC 7009 §2.1). `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct Revocation(Parameters);

impl Revocation {
    /// Revokes this access token.
    pub fn access_token(token: &AccessToken) -> Self {
        Revocation(Parameters::about_access_token(token))
    }

    /// Revokes this refresh token.
    pub fn refresh_token(token: &RefreshToken) -> Self {
        Revocation(Parameters::about_refresh_token(token))
    }

    /// A parameter beside these.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter of the request's or the client's own, and for another one
    /// that is there already.
    pub fn param(mut self, name: &str, value: &str) -> Result<Self, Error> {
        self.0.add(name, value)?;
        Ok(self)
    }

    /// The conversation. A token that the server does not know is revoked as well (RFC 7009 §2.2).
    /// Its errors are [`Error::Rejected`] and [`Error::Protocol`] (`http_status`,
    /// `http_status_retryable`).
    pub fn flow(
        &self,
        revocation_endpoint: &Endpoint,
        client: &Client,
    ) -> impl Flow<Output = ()> + Send + use<> {
        client.exchange(revocation_endpoint, self.0.pairs(), |response, _now| revoked(response))
    }
}

/// The body of a success means nothing (RFC 7009 §2.2).
fn revoked(response: &Response<Vec<u8>>) -> Result<(), Error> {
    if response.status().is_success() {
        return Ok(());
    }
    Err(answer::refusal("revocation response", response))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientAuthentication;
    use crate::testing::{answer, finish, start};

    fn flow(revocation: &Revocation) -> impl Flow<Output = ()> + Send + use<> {
        let endpoint = Endpoint::parse("revocation_endpoint", "https://as.example/revoke").unwrap();
        let client = Client::new("id", ClientAuthentication::none()).unwrap();
        revocation.flow(&endpoint, &client)
    }

    #[test]
    fn the_request_is_byte_exact() {
        let head = "POST https://as.example/revoke\n\
            content-type: application/x-www-form-urlencoded\naccept: application/json\n\n";
        let revocation = Revocation::refresh_token(&"45ghiukldjahdnhzdauz".into());
        assert_eq!(
            start(&mut flow(&revocation)),
            format!("{head}token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token&client_id=id")
        );
        let revocation = Revocation::access_token(&"a b".into()).param("x", "y").unwrap();
        assert_eq!(
            start(&mut flow(&revocation)),
            format!("{head}token=a+b&token_type_hint=access_token&x=y&client_id=id")
        );
    }

    #[test]
    fn any_success_is_a_success_whatever_its_body() {
        for (status, body) in [(200, ""), (200, "<html>"), (204, "")] {
            let mut flow = flow(&Revocation::access_token(&"t".into()));
            start(&mut flow);
            assert!(finish(&mut flow, answer(status, "text/html", body)).is_ok());
        }
    }

    #[test]
    fn a_refusal_says_why_and_a_redirect_is_none() {
        let table = [
            (400, r#"{"error":"unsupported_token_type"}"#, "unsupported_token_type"),
            (503, "busy", "http_status_retryable"),
            (404, "", "http_status"),
            (302, r#"{"error":"x"}"#, "http_status"),
        ];
        for (status, body, code) in table {
            let mut flow = flow(&Revocation::access_token(&"canary".into()));
            start(&mut flow);
            let error = finish(&mut flow, answer(status, "text/plain", body)).unwrap_err();
            assert_eq!(error.code(), code, "{status}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
