//! The authorization request: the URL that a browser is sent to (RFC 6749 §4.1.1, RFC 7636 §4.3).

mod pkce;
mod pushed;
mod response_type;
mod state;

pub use pkce::{CodeChallengeMethod, Pkce};
pub use response_type::{ResponseMode, ResponseType};
pub use state::State;

use std::fmt;

use protocol_core::{Endpoint, Error};

use crate::parameters::Parameters;

/// An authorization request in the making; [`AuthorizationRequest::url`] ends it.
///
/// `response_type` is `code` unless another is set. Send a [`State`] and a [`Pkce`] with every
/// request: the first binds the answer to this browser, the second the code to this client.
#[derive(Clone)]
pub struct AuthorizationRequest {
    endpoint: Endpoint,
    parameters: Parameters,
}

impl AuthorizationRequest {
    /// A request of the client `client_id` to this authorization endpoint.
    pub fn new(authorization_endpoint: &Endpoint, client_id: &str) -> Self {
        let mut parameters = Parameters::new(OWN);
        parameters.set("response_type", ResponseType::CODE.to_string());
        parameters.set("client_id", client_id);
        AuthorizationRequest { endpoint: authorization_endpoint.clone(), parameters }
    }

    /// What is to come back. Default: `code`.
    #[must_use]
    pub fn response_type(self, response_type: ResponseType) -> Self {
        self.with("response_type", response_type.to_string())
    }

    /// How it is to come back. Default: not said, which is [`ResponseType::default_response_mode`].
    #[must_use]
    pub fn response_mode(self, response_mode: ResponseMode) -> Self {
        self.with("response_mode", response_mode.as_str())
    }

    /// Where the answer goes; say the same again at the token endpoint (RFC 6749 §4.1.3).
    #[must_use]
    pub fn redirect_uri(self, redirect_uri: &str) -> Self {
        self.with("redirect_uri", redirect_uri)
    }

    /// What is asked for, separated by spaces (RFC 6749 §3.3); an empty text asks for the server's
    /// default.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        if scope.is_empty() { self } else { self.with("scope", scope) }
    }

    /// The value that binds the answer to this browser (RFC 6749 §10.12).
    #[must_use]
    pub fn state(self, state: &State) -> Self {
        self.with("state", state.expose())
    }

    /// The challenge that binds the code to this client's verifier (RFC 7636 §4.3).
    #[must_use]
    pub fn pkce(self, pkce: &Pkce) -> Self {
        self.with("code_challenge", pkce.code_challenge())
            .with("code_challenge_method", pkce.code_challenge_method().as_str())
    }

    /// A parameter beside these. `resource` (RFC 8707 §2) and `audience` may be repeated.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter that has a method of its own here, and for another one that
    /// is there already.
    pub fn param(mut self, name: &str, value: &str) -> Result<Self, Error> {
        self.parameters.add(name, value)?;
        Ok(self)
    }

    /// The parameters, in order, as they would be pushed or signed instead of sent by URL.
    pub fn parameters(&self) -> &[(String, String)] {
        self.parameters.pairs()
    }

    /// The URL to send the browser to. A query that the endpoint has stays in front.
    pub fn url(&self) -> String {
        self.endpoint.with_query(self.parameters().iter().map(|(name, value)| (name, value)))
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.set(name, value);
        self
    }
}

/// Shows the endpoint and the parameters' names.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("endpoint", &self.endpoint)
            .field("parameters", &self.parameters)
            .finish()
    }
}

const OWN: &[&str] = &[
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "request_uri",
];

#[cfg(test)]
mod tests {
    use super::*;
    use protocol_core::CodeVerifier;

    fn request(endpoint: &str) -> AuthorizationRequest {
        let endpoint = Endpoint::parse("authorization_endpoint", endpoint).unwrap();
        AuthorizationRequest::new(&endpoint, "s6BhdRkqt3")
    }

    #[test]
    fn the_url_is_byte_exact() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let url = request("https://server.example.com/authorize")
            .redirect_uri("https://client.example.com/cb?a=b")
            .scope("openid e mail")
            .state(&State::new("xyz+1").unwrap())
            .pkce(&Pkce::s256(verifier).unwrap())
            .response_mode(ResponseMode::FormPost)
            .param("prompt", "consent")
            .unwrap()
            .url();
        assert_eq!(
            url,
            "https://server.example.com/authorize?response_type=code&client_id=s6BhdRkqt3\
             &redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb%3Fa%3Db&scope=openid+e+mail\
             &state=xyz%2B1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256&response_mode=form_post&prompt=consent"
        );
    }

    #[test]
    fn a_query_of_the_endpoint_stays_in_front_and_an_empty_scope_is_left_out() {
        let url = request("https://a.example/x?tenant=t%201")
            .scope("")
            .response_type(ResponseType::CODE_ID_TOKEN)
            .url();
        assert_eq!(
            url,
            "https://a.example/x?tenant=t%201&response_type=code+id_token&client_id=s6BhdRkqt3"
        );
    }

    #[test]
    fn refusal_e7_resource_and_audience_are_repeated_and_nothing_else_is() {
        let url = request("https://a.example/x")
            .param("resource", "https://r.example/1")
            .and_then(|r| r.param("resource", "https://r.example/2"))
            .and_then(|r| r.param("audience", "a"))
            .and_then(|r| r.param("audience", "b"))
            .unwrap()
            .url();
        assert!(
            url.ends_with(
                "&resource=https%3A%2F%2Fr.example%2F1&resource=https%3A%2F%2Fr.example%2F2\
                 &audience=a&audience=b"
            ),
            "{url}"
        );
        for name in OWN {
            let error = request("https://a.example/x").param(name, "v").unwrap_err();
            assert_eq!(error.code(), "config", "{name}");
        }
        let twice = request("https://a.example/x")
            .param("nonce", "1")
            .and_then(|request| request.param("nonce", "2"));
        assert_eq!(twice.unwrap_err().code(), "config");
    }

    #[test]
    fn debug_shows_names_alone() {
        let request = request("https://a.example/x").state(&State::new("canary").unwrap());
        let shown = format!("{request:?}");
        assert!(shown.contains("state") && !shown.contains("canary"), "{shown}");
    }
}
