//! Authorization server metadata (RFC 8414), the members that OAuth uses.
//!
//! OpenID Connect Discovery builds on the same [`Document`] and reads further members from it.

use http::header::ACCEPT;
use http::{HeaderValue, Request, Response, StatusCode};
use protocol_core::json::{self, JsonError};
use protocol_core::{Endpoint, Error, Flow, Reason, flow};
use serde_json::{Map, Value};
use url::Url;

use crate::{IssExpected, answer};

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
    let url = Url::parse(issuer).map_err(|_| Error::config("issuer", "expected a URL"))?;
    let path_length = if issuer.ends_with(url.path()) { url.path().len() } else { 0 };
    let (origin, path) = issuer.split_at(issuer.len() - path_length);
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
        if text.len() > MOST_BYTES {
            return Err(Error::protocol("too_large", WHAT, "at most 1 MiB", "a larger document"));
        }
        json::object(text).map(Document).map_err(|error| {
            let code = match error {
                JsonError::NotAnObject => "not_object",
                JsonError::DuplicateMember(_) => "duplicate_member",
                _ => "not_json",
            };
            Error::protocol(code, WHAT, "one JSON object, each member once", error.to_string())
        })
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
const MOST_BYTES: usize = 1024 * 1024;
