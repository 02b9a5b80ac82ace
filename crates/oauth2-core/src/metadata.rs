//! Authorization server metadata (RFC 8414), the members that OAuth uses.
//!
//! OpenID Connect Discovery builds on the same [`Document`] and reads further members from it.

use http::header::ACCEPT;
use http::{HeaderValue, Request, Response, StatusCode};
use protocol_core::{Endpoint, Error, Flow, Reason, flow};
use serde_json::{Map, Value};

use crate::{IssExpected, MtlsEndpointAliases, answer};

/// What an authorization server says of itself (RFC 8414 §2). Members that are not named here are
/// ignored; no member is ever a setting of an HTTP client.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are those of the specification.
pub struct AuthorizationServerMetadata {
    /// The issuer, as written; see [`AuthorizationServerMetadata::require_issuer`].
    pub issuer: String,
    pub authorization_endpoint: Option<Endpoint>,
    pub token_endpoint: Option<Endpoint>,
    pub jwks_uri: Option<Endpoint>,
    /// OpenID Connect Discovery §3.
    pub userinfo_endpoint: Option<Endpoint>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Endpoint>,
    /// RFC 7662.
    pub introspection_endpoint: Option<Endpoint>,
    /// RFC 8628.
    pub device_authorization_endpoint: Option<Endpoint>,
    /// RFC 9126.
    pub pushed_authorization_request_endpoint: Option<Endpoint>,
    /// RFC 7591.
    pub registration_endpoint: Option<Endpoint>,
    /// OpenID Connect RP-Initiated Logout §2.1.
    pub end_session_endpoint: Option<Endpoint>,
    /// RFC 8705 §5; see [`AuthorizationServerMetadata::over_mtls`].
    pub mtls_endpoint_aliases: MtlsEndpointAliases,
    /// RFC 9126 §5. Absent is false.
    pub require_pushed_authorization_requests: bool,
    /// RFC 9207 §3. Absent is false.
    pub authorization_response_iss_parameter_supported: bool,
    pub scopes_supported: Option<Vec<String>>,
    pub response_types_supported: Option<Vec<String>>,
    pub response_modes_supported: Option<Vec<String>>,
    pub grant_types_supported: Option<Vec<String>>,
    pub code_challenge_methods_supported: Option<Vec<String>>,
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    /// OpenID Connect Discovery §3.
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// RFC 9449 §5.1.
    pub dpop_signing_alg_values_supported: Option<Vec<String>>,
}

impl AuthorizationServerMetadata {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Protocol`], naming the member: see [`Document`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::from_document(&Document::parse(text)?)
    }

    /// Reads the answer to [`request`].
    ///
    /// # Errors
    /// As [`AuthorizationServerMetadata::parse`]; `http_status` or `http_status_retryable` for any
    /// status but 200, redirects among them.
    pub fn from_response(response: &Response<Vec<u8>>) -> Result<Self, Error> {
        Self::from_document(&Document::from_response(response)?)
    }

    /// Reads the members from a document that is already parsed.
    ///
    /// # Errors
    /// [`Error::Protocol`], naming the member, for one of another type than the specification's.
    pub fn from_document(document: &Document) -> Result<Self, Error> {
        let endpoint = |name| document.endpoint(name);
        let texts = |name| document.texts(name);
        let flag = |name| document.flag(name).map(Option::unwrap_or_default);
        Ok(AuthorizationServerMetadata {
            issuer: document.issuer()?,
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            revocation_endpoint: endpoint("revocation_endpoint")?,
            introspection_endpoint: endpoint("introspection_endpoint")?,
            device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
            pushed_authorization_request_endpoint: endpoint(
                "pushed_authorization_request_endpoint",
            )?,
            registration_endpoint: endpoint("registration_endpoint")?,
            end_session_endpoint: endpoint("end_session_endpoint")?,
            mtls_endpoint_aliases: MtlsEndpointAliases::read(document)?,
            require_pushed_authorization_requests: flag("require_pushed_authorization_requests")?,
            authorization_response_iss_parameter_supported: flag(
                "authorization_response_iss_parameter_supported",
            )?,
            scopes_supported: texts("scopes_supported")?,
            response_types_supported: texts("response_types_supported")?,
            response_modes_supported: texts("response_modes_supported")?,
            grant_types_supported: texts("grant_types_supported")?,
            code_challenge_methods_supported: texts("code_challenge_methods_supported")?,
            token_endpoint_auth_methods_supported: texts("token_endpoint_auth_methods_supported")?,
            token_endpoint_auth_signing_alg_values_supported: texts(
                "token_endpoint_auth_signing_alg_values_supported",
            )?,
            id_token_signing_alg_values_supported: texts("id_token_signing_alg_values_supported")?,
            dpop_signing_alg_values_supported: texts("dpop_signing_alg_values_supported")?,
        })
    }

    /// Refuses a document of another issuer: they must be equal as texts (RFC 8414 §3.3).
    ///
    /// # Errors
    /// [`Reason::IssMismatch`].
    pub fn require_issuer(&self, issuer: &str) -> Result<(), Error> {
        if self.issuer == issuer {
            return Ok(());
        }
        let got = self.issuer.chars().take(200).collect();
        Err(Reason::IssMismatch { expected: issuer.to_owned(), got }.into())
    }

    /// What an authorization response of this server must have as `iss` (RFC 9207 §2.4).
    pub fn iss_expected(&self) -> IssExpected {
        let issuer = self.issuer.clone();
        if self.authorization_response_iss_parameter_supported {
            IssExpected::Required(issuer)
        } else {
            IssExpected::IfSent(issuer)
        }
    }
}

/// Where the metadata of `issuer` is: the well-known part goes between its host and its path
/// (RFC 8414 §3.1).
///
/// # Errors
/// [`Error::Config`] for an issuer that is no https URL (http on loopback), or has a query or a
/// fragment.
pub fn well_known_url(issuer: &str) -> Result<Endpoint, Error> {
    Endpoint::parse("issuer", issuer)?;
    if issuer.contains('?') {
        return Err(Error::config("issuer", "expected no query in the URL"));
    }
    let host = issuer.find("://").map_or(0, |at| at + "://".len());
    let path = issuer[host..].find('/').map_or(issuer.len(), |at| host + at);
    let (origin, path) = issuer.split_at(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    Endpoint::parse("issuer", &format!("{origin}/.well-known/oauth-authorization-server{path}"))
}

/// The request for a metadata document at this address.
pub fn request(url: &Endpoint) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = url.uri();
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}

/// Fetches the metadata of `issuer` from [`well_known_url`], and refuses another issuer's.
///
/// # Errors
/// [`Error::Config`] as [`well_known_url`].
pub fn fetch(
    issuer: &str,
) -> Result<impl Flow<Output = AuthorizationServerMetadata> + Send + use<>, Error> {
    let (request, issuer) = (request(&well_known_url(issuer)?), issuer.to_owned());
    Ok(flow::exchange(request, move |response, _now| {
        let metadata = AuthorizationServerMetadata::from_response(&response)?;
        metadata.require_issuer(&issuer)?;
        Ok(metadata)
    }))
}

/// A metadata document: a JSON object without duplicate members, whose members are read by type.
///
/// A member that is missing or null is `None`. One of another type is [`Error::Protocol`] with the
/// code `type`, an endpoint off https and loopback one with the code `endpoint`; both name the
/// member.
#[derive(Clone, Debug)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `not_json`, `not_object`, `duplicate_member`, `too_large` (1 MiB).
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        answer::object(WHAT, text).map(Document)
    }

    /// Reads the document in an answer of HTTP 200.
    ///
    /// # Errors
    /// As [`Document::parse`]; `http_status` or `http_status_retryable` for another status.
    pub fn from_response(response: &Response<Vec<u8>>) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(answer::unexpected_status(WHAT, response));
        }
        Self::parse(response.body())
    }

    /// The issuer, which must be there.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`, `issuer_missing`.
    pub fn issuer(&self) -> Result<String, Error> {
        let issuer = self.text("issuer")?.filter(|issuer| !issuer.is_empty());
        let missing = || Error::protocol("issuer_missing", "issuer", "a text", "none");
        issuer.map(str::to_owned).ok_or_else(missing)
    }

    /// A member that is an endpoint's address.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`, `endpoint`.
    pub fn endpoint(&self, name: &'static str) -> Result<Option<Endpoint>, Error> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        Endpoint::parse(name, text).map(Some).map_err(|error| {
            let got = match error {
                Error::Config { problem, .. } => format!("one that is refused: {problem}"),
                other => other.code().to_owned(),
            };
            Error::protocol("endpoint", name, "an https URL (http on loopback)", got)
        })
    }

    /// A member that is a text.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        self.member(name, "a text", Value::as_str)
    }

    /// A member that is true or false.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, Error> {
        self.member(name, "true or false", Value::as_bool)
    }

    /// A member that is a list of texts.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`.
    pub fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, Error> {
        self.member(name, "a list of texts", |value| {
            let items = value.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A member that is an object: its members are read in the same way.
    ///
    /// # Errors
    /// [`Error::Protocol`]: `type`.
    pub fn object(&self, name: &'static str) -> Result<Option<Document>, Error> {
        let object = self.member(name, "an object", Value::as_object)?;
        Ok(object.cloned().map(Document))
    }

    /// A member as it came, for those that have a shape of their own.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn member<'a, T>(
        &'a self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(Error::protocol("type", name, expected, "another type")),
            },
        }
    }
}

const WHAT: &str = "server metadata";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{answer, finish, start};

    const ISSUER: &str = "https://as.example/tenant";

    fn document(more: &str) -> String {
        format!(r#"{{"issuer":"{ISSUER}","token_endpoint":"https://as.example/token"{more}}}"#)
    }

    #[test]
    fn the_members_of_a_whole_document_are_read() {
        let text = br#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a?x=1",
            "token_endpoint":"https://as.example/t","jwks_uri":"https://as.example/j",
            "userinfo_endpoint":null,"require_pushed_authorization_requests":true,
            "authorization_response_iss_parameter_supported":true,
            "code_challenge_methods_supported":["S256","plain"],"scopes_supported":[],"x":{"y":[1]}}"#;
        let metadata = AuthorizationServerMetadata::parse(text).unwrap();
        let written =
            |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|e| e.as_str().to_owned());
        assert_eq!(
            written(&metadata.authorization_endpoint).as_deref(),
            Some("https://as.example/a?x=1")
        );
        assert_eq!(written(&metadata.token_endpoint).as_deref(), Some("https://as.example/t"));
        assert_eq!(written(&metadata.userinfo_endpoint), None);
        assert_eq!(written(&metadata.revocation_endpoint), None);
        assert!(metadata.require_pushed_authorization_requests);
        assert_eq!(
            metadata.code_challenge_methods_supported.as_deref().unwrap(),
            ["S256", "plain"]
        );
        assert_eq!(metadata.scopes_supported.as_deref(), Some(&[][..]));
        assert_eq!(metadata.grant_types_supported, None);
        let required = IssExpected::Required("https://as.example".to_owned());
        assert_eq!(metadata.iss_expected(), required);
        let metadata = AuthorizationServerMetadata::parse(document("").as_bytes()).unwrap();
        assert!(!metadata.require_pushed_authorization_requests);
        assert_eq!(metadata.iss_expected(), IssExpected::IfSent(ISSUER.to_owned()));
    }

    #[test]
    fn the_well_known_part_goes_between_host_and_path() {
        let table = [
            ("https://a.example", "https://a.example/.well-known/oauth-authorization-server"),
            ("https://a.example/", "https://a.example/.well-known/oauth-authorization-server"),
            (
                "https://a.example:8443/issuer1",
                "https://a.example:8443/.well-known/oauth-authorization-server/issuer1",
            ),
            (
                "http://127.0.0.1:9/a%20b/c/",
                "http://127.0.0.1:9/.well-known/oauth-authorization-server/a%20b/c",
            ),
        ];
        for (issuer, expected) in table {
            assert_eq!(well_known_url(issuer).unwrap().as_str(), expected);
        }
        for issuer in [
            "",
            "a.example",
            "http://a.example",
            "https://a.example?x",
            "https://a.b/#x",
            "https://a.example/a/../b",
        ] {
            assert_eq!(well_known_url(issuer).unwrap_err().code(), "config", "{issuer}");
        }
    }

    #[test]
    fn fetching_asks_the_well_known_url_and_reads_the_answer() {
        let mut flow = fetch(ISSUER).unwrap();
        let sent = start(&mut flow);
        assert_eq!(
            sent,
            "GET https://as.example/.well-known/oauth-authorization-server/tenant\n\
             accept: application/json\n\n"
        );
        let metadata = finish(&mut flow, answer(200, "application/json", document(""))).unwrap();
        assert_eq!(metadata.issuer, ISSUER);
    }

    #[test]
    fn refusal_e3_settings_in_metadata_are_ignored() {
        let more = r#","timeout":1,"proxy":"http://evil.example","verify":false,"headers":{"X":"y"},
            "max_redirects":9,"client_secret":"s","redirect_policy":"follow""#;
        let metadata = AuthorizationServerMetadata::parse(document(more).as_bytes()).unwrap();
        assert_eq!(metadata.token_endpoint.unwrap().as_str(), "https://as.example/token");
    }

    #[test]
    fn refusal_e3_another_issuer() {
        for other in [
            "https://as.example/tenant/",
            "https://as.example/Tenant",
            "https://as.example:443/tenant",
            "https://evil.example",
        ] {
            let body = format!(r#"{{"issuer":"{other}"}}"#);
            let mut flow = fetch(ISSUER).unwrap();
            start(&mut flow);
            let error = finish(&mut flow, answer(200, "application/json", body)).unwrap_err();
            assert_eq!(error.code(), "iss_mismatch", "{other}");
        }
        for (issuer, code) in [("1", "type"), ("[]", "type"), ("null", "issuer_missing")] {
            let body = format!(r#"{{"issuer":{issuer}}}"#);
            let error = AuthorizationServerMetadata::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{issuer}");
        }
        let error = AuthorizationServerMetadata::parse(b"{}").unwrap_err();
        assert_eq!(error.code(), "issuer_missing");
    }

    #[test]
    fn refusal_e3_endpoints_of_another_type_or_on_http() {
        let endpoints = [
            "authorization_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "revocation_endpoint",
            "introspection_endpoint",
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "registration_endpoint",
            "end_session_endpoint",
        ];
        let values = [
            ("1", "type"),
            ("true", "type"),
            (r#"["https://as.example/"]"#, "type"),
            (r#"{"url":"https://as.example/"}"#, "type"),
            (r#""http://as.example/""#, "endpoint"),
            (r#""http://localhost@evil.example/""#, "endpoint"),
            (r#""https://user:canary@as.example/""#, "endpoint"),
            (r#""file:///etc/passwd""#, "endpoint"),
            (r#""/relative""#, "endpoint"),
            (r#""""#, "endpoint"),
        ];
        for member in endpoints {
            for (value, code) in values {
                let text = document(&format!(r#","{member}":{value}"#));
                let error = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap_err();
                assert_eq!(error.code(), code, "{member} {value}");
                let shown = error.to_string();
                assert!(shown.starts_with(member) && !shown.contains("canary"), "{shown}");
            }
        }
        for (member, value) in [
            ("require_pushed_authorization_requests", r#""true""#),
            ("authorization_response_iss_parameter_supported", "1"),
            ("scopes_supported", r#""openid""#),
            ("code_challenge_methods_supported", "[1]"),
        ] {
            let text = document(&format!(r#","{member}":{value}"#));
            let error = AuthorizationServerMetadata::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "type", "{member}");
            assert!(error.to_string().starts_with(member), "{error}");
        }
    }

    #[test]
    fn refusal_a14_duplicate_members_in_metadata() {
        for more in [
            r#","token_endpoint":"https://evil.example/token""#,
            r#","x":1,"x":1"#,
            r#","x":{"a":1,"a":2}"#,
            r#","\u0069ssuer":"https://as.example""#,
        ] {
            let error = AuthorizationServerMetadata::parse(document(more).as_bytes()).unwrap_err();
            assert_eq!(error.code(), "duplicate_member", "{more}");
        }
    }

    #[test]
    fn refusal_b4_metadata_that_is_deep_or_no_object() {
        let deep = document(&format!(r#","x":{}"#, "[".repeat(100_000)));
        let closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let table: [(&[u8], &str); 7] = [
            (deep.as_bytes(), "not_json"),
            (closed.as_bytes(), "not_json"),
            (b"{\"issuer\":\"\xff\"}", "not_json"),
            (b"{\"issuer\":\"https://a.example\"}\0", "not_json"),
            (b"<html>", "not_json"),
            (b"", "not_json"),
            (b"[{}]", "not_object"),
        ];
        for (text, code) in table {
            assert_eq!(AuthorizationServerMetadata::parse(text).unwrap_err().code(), code);
        }
    }

    #[test]
    fn refusal_b6_metadata_over_the_cap_a_redirect_a_500_and_html() {
        let huge = document(&format!(r#","x":"{}""#, "canary".repeat(2_000_000)));
        let table = [
            (200, huge, "too_large"),
            (200, "<html>canary</html>".to_owned(), "not_json"),
            (301, document(""), "http_status"),
            (302, document(""), "http_status"),
            (307, document(""), "http_status"),
            (308, document(""), "http_status"),
            (404, document(""), "http_status"),
            (500, document(""), "http_status_retryable"),
        ];
        for (status, body, code) in table {
            let response = answer(status, "text/html", body);
            let error = AuthorizationServerMetadata::from_response(&response).unwrap_err();
            assert_eq!(error.code(), code, "{status}");
            let shown = format!("{error} {error:?}");
            assert!(shown.len() < 1000 && !shown.contains("canary"), "{shown}");
        }
    }
}
