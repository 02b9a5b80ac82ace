//! Assertions by which a client authenticates: `private_key_jwt` and `client_secret_jwt` (RFC 7523
//! §2.2 and §3, OIDC Core §9).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use protocol_core::{Endpoint, Error, UnixTime, random};
use serde_json::json;

/// Makes assertions; who signs them is the caller's.
#[derive(Clone)]
pub(crate) struct Assertion {
    method: &'static str,
    audience: Option<String>,
    sign: Sign,
}

type Sign = Arc<dyn Fn(&[u8]) -> Result<String, Error> + Send + Sync>;

impl Assertion {
    pub(crate) fn new(
        method: &'static str,
        sign: impl Fn(&[u8]) -> Result<String, Error> + Send + Sync + 'static,
    ) -> Self {
        Assertion { method, audience: None, sign: Arc::new(sign) }
    }

    pub(crate) fn with_audience(self, audience: String) -> Self {
        Assertion { audience: Some(audience), ..self }
    }

    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    /// What authenticates a request to `endpoint`.
    pub(crate) fn parameters(
        &self,
        client_id: &str,
        endpoint: &Endpoint,
        now: UnixTime,
    ) -> Result<[(String, String); 2], Error> {
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": self.audience.as_deref().unwrap_or(endpoint.as_str()),
            "jti": random::token(),
            "iat": now.seconds(),
            "exp": now.after(LIFE).seconds(),
        });
        let assertion = (self.sign)(claims.to_string().as_bytes())?;
        Ok([
            ("client_assertion_type".to_owned(), JWT_BEARER.to_owned()),
            ("client_assertion".to_owned(), assertion),
        ])
    }
}

/// Shows the method and the audience.
impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.method).field("audience", &self.audience).finish_non_exhaustive()
    }
}

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const LIFE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, ClientAuthentication};
    use protocol_core::percent;
    use serde_json::Value;

    /// The claims of a request's assertion, which is not signed here but shown.
    fn claims(authentication: ClientAuthentication, endpoint: &str) -> Value {
        let endpoint = Endpoint::parse("token_endpoint", endpoint).unwrap();
        let client = Client::new("s6BhdRkqt3", authentication).unwrap();
        let form = vec![("grant_type".to_owned(), "x".to_owned())];
        let request = client.post(&endpoint, form, UnixTime::from_seconds(1000)).unwrap();
        assert!(!request.headers().contains_key("authorization"));
        let pairs: Vec<_> = percent::form_pairs(request.body()).collect();
        let names: Vec<_> = pairs.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["grant_type", "client_id", "client_assertion_type", "client_assertion"]);
        assert_eq!((&*pairs[1].1, &*pairs[2].1), ("s6BhdRkqt3", JWT_BEARER));
        serde_json::from_str(&pairs[3].1).unwrap()
    }

    fn shown(payload: &[u8]) -> Result<String, Error> {
        Ok(String::from_utf8(payload.to_vec()).unwrap())
    }

    #[test]
    fn an_assertion_is_made_out_to_where_it_goes_for_a_minute_and_once() {
        let made = ClientAuthentication::private_key_jwt(shown);
        assert_eq!(made.method(), "private_key_jwt");
        let first = claims(made.clone(), "https://as.example/token?tenant=t");
        assert_eq!((&first["iss"], &first["sub"]), (&json!("s6BhdRkqt3"), &json!("s6BhdRkqt3")));
        assert_eq!(first["aud"], "https://as.example/token?tenant=t");
        assert_eq!((&first["iat"], &first["exp"]), (&json!(1000), &json!(1060)));
        let second = claims(made, "https://as.example/revoke");
        assert_eq!(second["aud"], "https://as.example/revoke");
        assert!(first["jti"].as_str().unwrap().len() >= 20 && first["jti"] != second["jti"]);
    }

    #[test]
    fn the_audience_may_be_the_issuer() {
        let made = ClientAuthentication::client_secret_jwt(shown);
        assert_eq!(made.method(), "client_secret_jwt");
        let claims = claims(made.with_audience("https://as.example"), "https://as.example/token");
        assert_eq!(claims["aud"], "https://as.example");
        let none = ClientAuthentication::none().with_audience("https://as.example");
        assert_eq!(none.method(), "none");
    }

    #[test]
    fn a_signature_that_fails_sends_nothing() {
        let fails = |_: &[u8]| Err(Error::config("key", "it is locked"));
        let client = Client::new("id", ClientAuthentication::private_key_jwt(fails)).unwrap();
        let endpoint = Endpoint::parse("token_endpoint", "https://as.example/token").unwrap();
        let error = client.post(&endpoint, vec![], UnixTime::from_seconds(0)).unwrap_err();
        assert_eq!(error.code(), "config");
        assert!(format!("{client:?}").contains("private_key_jwt"));
    }
}
