//! Pushed authorization requests (RFC 9126): the request goes to the server by the client itself,
//! and the browser carries a reference to it.

use http::{Response, StatusCode};
use protocol_core::{Endpoint, Error, Flow};
use serde_json::Value;

use super::AuthorizationRequest;
use crate::parameters::Parameters;
use crate::{Client, answer};

impl AuthorizationRequest {
    /// Pushes the request; yields the URL to send the browser to, at once: the server keeps the
    /// request for a short time, and for one use (RFC 9126 §2.2).
    ///
    /// Its errors are [`Error::Rejected`], as of an authorization endpoint or of client
    /// authentication (§2.3), and [`Error::Protocol`]: `http_status`, `http_status_retryable`,
    /// `missing_member`, and those of JSON.
    pub fn push(
        &self,
        pushed_authorization_request_endpoint: &Endpoint,
        client: &Client,
    ) -> impl Flow<Output = String> + Send + use<> {
        let (endpoint, client_id) = (self.endpoint.clone(), client.client_id().to_owned());
        let pairs = self.parameters.pairs();
        client.exchange(pushed_authorization_request_endpoint, pairs, move |response, _now| {
            let mut parameters = Parameters::new(&[]);
            parameters.set("client_id", client_id);
            parameters.set("request_uri", request_uri(response)?);
            Ok(endpoint.with_query(parameters.pairs().iter().map(|(name, value)| (name, value))))
        })
    }
}

/// The reference that an answer names.
fn request_uri(response: &Response<Vec<u8>>) -> Result<String, Error> {
    // RFC 9126 §2.2 says 201; that it was taken is what matters.
    if !matches!(response.status(), StatusCode::CREATED | StatusCode::OK) {
        return Err(answer::refusal(WHAT, response));
    }
    match answer::members(WHAT, response.body())?.remove("request_uri") {
        Some(Value::String(uri)) if (1..=LONGEST).contains(&uri.len()) => Ok(uri),
        other => {
            let got = match other {
                None => "none",
                Some(Value::String(text)) if text.is_empty() => "an empty text",
                Some(Value::String(_)) => "a longer one",
                Some(_) => "another type",
            };
            let expected = "request_uri, a text of at most 2048 bytes";
            Err(Error::protocol("missing_member", WHAT, expected, got))
        }
    }
}

const WHAT: &str = "pushed authorization response";

/// What fits an address that a browser takes.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{answer, finish, start};
    use crate::{ClientAuthentication, State};

    fn push(client: &Client) -> impl Flow<Output = String> + Send + use<> {
        let at = |url| Endpoint::parse("endpoint", url).unwrap();
        AuthorizationRequest::new(&at("https://as.example/authorize?tenant=t"), "s6BhdRkqt3")
            .redirect_uri("https://client.example/cb")
            .state(&State::new("canary").unwrap())
            .push(&at("https://as.example/par"), client)
    }

    fn public() -> Client {
        Client::new("s6BhdRkqt3", ClientAuthentication::none()).unwrap()
    }

    const HEAD: &str = "POST https://as.example/par\n\
        content-type: application/x-www-form-urlencoded\naccept: application/json\n";
    const FORM: &str = "response_type=code&client_id=s6BhdRkqt3\
        &redirect_uri=https%3A%2F%2Fclient.example%2Fcb&state=canary";

    #[test]
    fn the_push_is_byte_exact_and_the_browser_carries_a_reference_alone() {
        let secret = ClientAuthentication::client_secret_post("s&t").unwrap();
        let post = Client::new("s6BhdRkqt3", secret).unwrap();
        for (client, secret) in [(public(), ""), (post, "&client_secret=s%26t")] {
            for status in [201, 200] {
                let mut flow = push(&client);
                assert_eq!(start(&mut flow), format!("{HEAD}\n{FORM}{secret}"));
                let body =
                    r#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc","expires_in":60}"#;
                let url = finish(&mut flow, answer(status, "application/json", body)).unwrap();
                assert_eq!(
                    url,
                    "https://as.example/authorize?tenant=t&client_id=s6BhdRkqt3\
                     &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_names_no_reference_is_refused() {
        let long = format!(r#"{{"request_uri":"{}"}}"#, "u".repeat(2049));
        for (status, body, code) in [
            (400, r#"{"error":"invalid_request"}"#, "invalid_request"),
            (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
            (302, r#"{"request_uri":"urn:x"}"#, "http_status"),
            (503, "busy", "http_status_retryable"),
            (201, r#"{"expires_in":60}"#, "missing_member"),
            (201, r#"{"request_uri":""}"#, "missing_member"),
            (201, r#"{"request_uri":7}"#, "missing_member"),
            (201, &long, "missing_member"),
            (201, r#"{"request_uri":"a","request_uri":"b"}"#, "duplicate_member"),
            (201, "<html>", "not_json"),
        ] {
            let mut flow = push(&public());
            start(&mut flow);
            let error = finish(&mut flow, answer(status, "application/json", body)).unwrap_err();
            assert_eq!(error.code(), code, "{body}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
