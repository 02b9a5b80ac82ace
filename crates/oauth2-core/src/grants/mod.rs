//! The grants: what a client trades for tokens at the token endpoint (RFC 6749 §4), one file each.
//!
//! Each is a builder whose `flow` is the whole conversation. What a caller adds with `param` can
//! neither replace a parameter of the grant's own nor be repeated, but for `resource` (RFC 8707 §2)
//! and `audience`.

mod authorization_code;
mod client_credentials;
mod device_code;
mod refresh_token;

pub use authorization_code::AuthorizationCodeGrant;
pub use client_credentials::ClientCredentialsGrant;
pub use device_code::{
    DeviceAuthorization, DeviceAuthorizationRequest, DeviceCodeGrant, DevicePolling,
};
pub use refresh_token::RefreshTokenGrant;

use protocol_core::{Endpoint, Flow};

use crate::parameters::Parameters;
use crate::{Client, TokenResponse, TokenResponseRules};

/// One request to the token endpoint, and what its answer means.
fn token_request(
    token_endpoint: &Endpoint,
    client: &Client,
    parameters: &Parameters,
    rules: &TokenResponseRules,
) -> impl Flow<Output = TokenResponse> + Send + use<> {
    let rules = rules.clone();
    client.exchange(token_endpoint, parameters.pairs(), move |response, now| {
        TokenResponse::read(response, &rules, now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientAuthentication;
    use crate::testing::{answer, finish, start};
    use protocol_core::Error;

    const OK: &str = r#"{"access_token":"a","token_type":"Bearer"}"#;

    fn endpoint() -> Endpoint {
        Endpoint::parse("token_endpoint", "https://as.example/token?tenant=t").unwrap()
    }

    fn basic() -> Client {
        let authentication = ClientAuthentication::client_secret_basic("gX1fBat3bV").unwrap();
        Client::new("s6BhdRkqt3", authentication).unwrap()
    }

    fn public() -> Client {
        Client::new("s6BhdRkqt3", ClientAuthentication::none()).unwrap()
    }

    fn post() -> Client {
        let authentication = ClientAuthentication::client_secret_post("gX1f&Bat3bV").unwrap();
        Client::new("s6BhdRkqt3", authentication).unwrap()
    }

    const HEAD: &str = "POST https://as.example/token?tenant=t\n\
        content-type: application/x-www-form-urlencoded\naccept: application/json\n";
    const BASIC: &str = "authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n";

    #[test]
    fn the_request_for_a_code_is_byte_exact() {
        let grant = AuthorizationCodeGrant::new(&"SplxlOBeZQQYbYS6WxSbIA".into())
            .redirect_uri("https://client.example.org/cb?a=1&b= 2")
            .code_verifier(&"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        let form = "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA\
            &redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb%3Fa%3D1%26b%3D+2\
            &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let rules = TokenResponseRules::default();
        let table = [
            (basic(), format!("{HEAD}{BASIC}\n{form}")),
            (public(), format!("{HEAD}\n{form}&client_id=s6BhdRkqt3")),
            (post(), format!("{HEAD}\n{form}&client_id=s6BhdRkqt3&client_secret=gX1f%26Bat3bV")),
        ];
        for (client, expected) in table {
            let mut flow = grant.flow(&endpoint(), &client, &rules);
            assert_eq!(start(&mut flow), expected);
            let token = finish(&mut flow, answer(200, "application/json", OK)).unwrap();
            assert!(token.access_token.ct_eq("a"));
        }
    }

    #[test]
    fn the_request_to_refresh_is_byte_exact() {
        let grant = RefreshTokenGrant::new(&"tGzv3JOkF0XG5Qx2TlKWIA".into())
            .scope("")
            .scope("a b")
            .param("resource", "https://r.example/")
            .unwrap();
        let mut flow = grant.flow(&endpoint(), &basic(), &TokenResponseRules::default());
        let expected = format!(
            "{HEAD}{BASIC}\ngrant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA\
             &scope=a+b&resource=https%3A%2F%2Fr.example%2F"
        );
        assert_eq!(start(&mut flow), expected);
    }

    #[test]
    fn the_request_for_the_clients_own_token_is_byte_exact() {
        let grant = ClientCredentialsGrant::new().scope("");
        let mut flow = grant.flow(&endpoint(), &basic(), &TokenResponseRules::default());
        assert_eq!(start(&mut flow), format!("{HEAD}{BASIC}\ngrant_type=client_credentials"));
    }

    #[test]
    fn refusal_e7_repeated_parameters_of_a_grant_are_all_sent() {
        let grant = ClientCredentialsGrant::new()
            .scope("s")
            .param("resource", "https://r.example/1")
            .and_then(|grant| grant.param("audience", "x"))
            .and_then(|grant| grant.param("resource", "https://r.example/2"))
            .and_then(|grant| grant.param("audience", "y"))
            .unwrap();
        let mut flow = grant.flow(&endpoint(), &basic(), &TokenResponseRules::default());
        let expected = format!(
            "{HEAD}{BASIC}\ngrant_type=client_credentials&scope=s\
             &resource=https%3A%2F%2Fr.example%2F1&audience=x\
             &resource=https%3A%2F%2Fr.example%2F2&audience=y"
        );
        assert_eq!(start(&mut flow), expected);
    }

    #[test]
    fn a_callers_parameter_replaces_none_of_a_grants() {
        for name in ["grant_type", "code", "redirect_uri", "code_verifier", "client_id"] {
            let grant = AuthorizationCodeGrant::new(&"c".into());
            assert_eq!(grant.param(name, "x").unwrap_err().code(), "config", "{name}");
        }
        for name in ["grant_type", "refresh_token", "scope", "client_secret"] {
            let grant = RefreshTokenGrant::new(&"r".into());
            assert_eq!(grant.param(name, "x").unwrap_err().code(), "config", "{name}");
        }
        for name in ["grant_type", "scope", "client_assertion"] {
            let grant = ClientCredentialsGrant::new();
            assert_eq!(grant.param(name, "x").unwrap_err().code(), "config", "{name}");
        }
    }

    #[test]
    fn refusal_e1_a_redirect_from_the_token_endpoint_ends_the_flow() {
        for status in [300, 301, 302, 303, 304, 307, 308] {
            for body in [OK, "", r#"{"error":"invalid_grant"}"#] {
                let grant = AuthorizationCodeGrant::new(&"canary".into());
                let mut flow = grant.flow(&endpoint(), &basic(), &TokenResponseRules::default());
                start(&mut flow);
                let mut response = answer(status, "application/json", body);
                let location = http::HeaderValue::from_static("https://evil.example/canary");
                response.headers_mut().insert("location", location);
                let error = finish(&mut flow, response).unwrap_err();
                assert_eq!(error.code(), "http_status", "{status}");
                let shown = format!("{error} {error:?}");
                assert!(
                    !shown.contains("canary") && shown.contains(&status.to_string()),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn refusal_e6_invalid_client_hints_at_the_quirk() {
        let body = r#"{"error":"invalid_client","error_description":"no"}"#;
        for (client, hints) in [(basic(), true), (post(), false), (public(), false)] {
            let grant = ClientCredentialsGrant::new();
            let mut flow = grant.flow(&endpoint(), &client, &TokenResponseRules::default());
            start(&mut flow);
            let error = finish(&mut flow, answer(401, "application/json", body)).unwrap_err();
            let Error::Rejected(rejection) = error else { panic!("{error}") };
            assert_eq!((&*rejection.code, rejection.status), ("invalid_client", Some(401)));
            assert_eq!(rejection.hint.is_some_and(|hint| hint.contains("raw_basic")), hints);
        }
    }

    #[test]
    fn debug_of_a_grant_shows_names_alone() {
        let grants = [
            format!("{:?}", AuthorizationCodeGrant::new(&"canary".into())),
            format!("{:?}", RefreshTokenGrant::new(&"canary".into())),
        ];
        for shown in grants {
            assert!(shown.contains("grant_type") && !shown.contains("canary"), "{shown}");
        }
    }
}
