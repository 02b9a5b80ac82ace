//! Token introspection (RFC 7662): what the server knows of a token that somebody brought.

use std::fmt;

use http::{Response, StatusCode};
use protocol_core::{AccessToken, Endpoint, Error, Flow, RefreshToken, UnixTime};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::parameters::Parameters;
use crate::token::{scope, text, type_of};
use crate::{Client, answer};

/// A token to be looked up. `Debug` shows names alone.
///
/// ```
/// # use oauth2_core::{AccessToken, Client, ClientAuthentication, Endpoint, Flow, Input, Introspection};
/// # use oauth2_core::{Step, UnixTime};
/// let endpoint = Endpoint::parse("introspection_endpoint", "https://as.example/introspect")?;
/// let client = Client::new("api-1", ClientAuthentication::client_secret_basic("s3cret")?)?;
/// let mut flow = Introspection::access_token(&AccessToken::new("t0ken")).flow(&endpoint, &client);
/// let now = UnixTime::from_seconds(1_700_000_000);
/// let Step::Send(request) = flow.step(Input::Start, now)? else { panic!("it asks first") };
/// assert_eq!(request.body(), b"token=t0ken&token_type_hint=access_token");
///
/// let answer = br#"{"active": true, "sub": "alice", "aud": "https://api.example"}"#;
/// let answer = Input::Response(http::Response::new(answer.to_vec()));
/// let Step::Done(known) = flow.step(answer, now)? else { panic!("one request is all") };
/// assert!(known.active && known.aud == ["https://api.example"]);
/// # Ok::<(), oauth2_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Introspection(Parameters);

impl Introspection {
    /// Looks this access token up.
    pub fn access_token(token: &AccessToken) -> Self {
        Introspection(Parameters::about_access_token(token))
    }

    /// Looks this refresh token up.
    pub fn refresh_token(token: &RefreshToken) -> Self {
        Introspection(Parameters::about_refresh_token(token))
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

    /// The conversation. Its errors are those of [`IntrospectionResponse::read`].
    pub fn flow(
        &self,
        introspection_endpoint: &Endpoint,
        client: &Client,
    ) -> impl Flow<Output = IntrospectionResponse> + Send + use<> {
        let read = |response: &Response<Vec<u8>>, _now| IntrospectionResponse::read(response);
        client.exchange(introspection_endpoint, self.0.pairs(), read)
    }
}

impl From<&AccessToken> for Introspection {
    fn from(token: &AccessToken) -> Self {
        Introspection::access_token(token)
    }
}

impl From<&RefreshToken> for Introspection {
    fn from(token: &RefreshToken) -> Self {
        Introspection::refresh_token(token)
    }
}

/// What the server says of a token (RFC 7662 §2.2). Of one that is not active it says nothing else,
/// whatever came: all other members are then empty.
///
/// That a token is active does not make it one for you: look at `aud`, `iss` and `scope`.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct IntrospectionResponse {
    /// Whether the token is good now: issued by this server, neither revoked nor expired.
    pub active: bool,
    /// What it was granted, as it came (a list of texts is joined by spaces).
    pub scope: Option<String>,
    /// The client that asked for it.
    pub client_id: Option<String>,
    /// The user who allowed it, in words that people read. Know users by `iss` and `sub`.
    pub username: Option<String>,
    /// How it is to be used, as in a token answer: `Bearer`, `DPoP`.
    pub token_type: Option<String>,
    /// When it expires. A fraction counts as the whole second after it.
    pub exp: Option<UnixTime>,
    /// When it was issued.
    pub iat: Option<UnixTime>,
    /// From when on it is good.
    pub nbf: Option<UnixTime>,
    /// Whom it is about: the user who allowed it, as a rule.
    pub sub: Option<String>,
    /// For whom it is. Empty where the server does not say.
    pub aud: Vec<String>,
    /// Who issued it.
    pub iss: Option<String>,
    /// The token's own name.
    pub jti: Option<String>,
    members: Map<String, Value>,
}

impl IntrospectionResponse {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`Error::Rejected`] for an error answer: `invalid_client` by 401, where the client's own
    /// authentication did not hold (RFC 7662 §2.3).
    /// [`Error::Protocol`] for all else, with one of these codes: `http_status`,
    /// `http_status_retryable` (5xx and 429), `not_json`, `not_object`, `duplicate_member`,
    /// `active_missing`, `type` (an `active` that is no boolean among it), `too_large`. No error
    /// holds the body or a part of it.
    pub fn read(response: &Response<Vec<u8>>) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(answer::refusal(WHAT, response));
        }
        let members = answer::object(WHAT, response.body())?;
        match members.get("active") {
            Some(Value::Bool(true)) => Self::of_active(members),
            Some(Value::Bool(false)) => Ok(IntrospectionResponse::default()),
            None => Err(Error::protocol("active_missing", WHAT, "active, true or false", "none")),
            Some(other) => Err(wrong_type("active", "true or false", other)),
        }
    }

    fn of_active(members: Map<String, Value>) -> Result<Self, Error> {
        let mut rest = members.clone();
        let mut word = |name| text(&mut rest, name);
        let time = |name| time(&members, name);
        Ok(IntrospectionResponse {
            active: true,
            client_id: word("client_id")?,
            username: word("username")?,
            token_type: word("token_type")?,
            sub: word("sub")?,
            iss: word("iss")?,
            jti: word("jti")?,
            scope: scope(&mut rest)?,
            exp: time("exp")?,
            iat: time("iat")?,
            nbf: time("nbf")?,
            aud: audience(&members)?,
            members,
        })
    }

    /// Any member as a `T`; `None` where it is absent or null, and of a token that is not active.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the code `type` where it is no `T`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|_| {
                let got = format!("{} in {name:?}", type_of(value));
                Error::protocol("type", WHAT, std::any::type_name::<T>(), got)
            }),
        }
    }

    /// All members as they came; none of a token that is not active.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.members
    }
}

/// Shows whether it is active, and of the members the names: they say of a person.
impl fmt::Debug for IntrospectionResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionResponse")
            .field("active", &self.active)
            .field("members", &self.members.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A number of seconds since 1970 (RFC 7519 §2); one out of range is cut to it.
fn time(members: &Map<String, Value>, name: &'static str) -> Result<Option<UnixTime>, Error> {
    let value = match members.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    // A cast from a float saturates.
    let seconds = value.as_u64().or_else(|| value.as_f64().map(|seconds| seconds.ceil() as u64));
    let seconds = seconds.ok_or_else(|| wrong_type(name, "a number", value))?;
    Ok(Some(UnixTime::from_seconds(seconds)))
}

fn audience(members: &Map<String, Value>) -> Result<Vec<String>, Error> {
    let list = match members.get("aud") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(one)) => return Ok(vec![one.clone()]),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_type("aud", "a text or a list of texts", other)),
    };
    let text = |item: &Value| match item {
        Value::String(text) => Ok(text.clone()),
        other => Err(wrong_type("aud", "a text or a list of texts", other)),
    };
    list.iter().map(text).collect()
}

fn wrong_type(member: &'static str, expected: &'static str, got: &Value) -> Error {
    Error::protocol("type", member, expected, type_of(got))
}

const WHAT: &str = "introspection response";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientAuthentication;
    use crate::testing::{answer, finish, start};

    fn flow(
        introspection: &Introspection,
    ) -> impl Flow<Output = IntrospectionResponse> + Send + use<> {
        let endpoint =
            Endpoint::parse("introspection_endpoint", "https://as.example/introspect?t=1").unwrap();
        let secret = ClientAuthentication::client_secret_basic("gX1fBat3bV").unwrap();
        introspection.flow(&endpoint, &Client::new("s6BhdRkqt3", secret).unwrap())
    }

    fn read(status: u16, body: impl Into<Vec<u8>>) -> Result<IntrospectionResponse, Error> {
        let mut flow = flow(&Introspection::access_token(&"canary".into()));
        start(&mut flow);
        finish(&mut flow, answer(status, "application/json", body))
    }

    #[test]
    fn the_request_is_byte_exact() {
        let head = "POST https://as.example/introspect?t=1\n\
            content-type: application/x-www-form-urlencoded\naccept: application/json\n\
            authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n\n";
        let access = Introspection::from(&AccessToken::new("2YotnFZFEjr1zCsicMWpAA"));
        assert_eq!(
            start(&mut flow(&access)),
            format!("{head}token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token")
        );
        let refresh = Introspection::from(&RefreshToken::new("a b")).param("x", "y").unwrap();
        assert_eq!(
            start(&mut flow(&refresh)),
            format!("{head}token=a+b&token_type_hint=refresh_token&x=y")
        );
        for name in ["token", "token_type_hint", "client_secret"] {
            let error = refresh.clone().param(name, "canary").unwrap_err();
            assert!(error.code() == "config" && !error.to_string().contains("canary"), "{error}");
        }
        assert!(!format!("{:?}", Introspection::access_token(&"canary".into())).contains("canary"));
    }

    #[test]
    fn every_member_is_read_and_the_others_by_the_type_that_is_asked_for() {
        let response = read(
            200,
            r#"{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe","token_type":"Bearer",
                "scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis","aud":"https://p.example/r",
                "iss":"https://server.example.com/","exp":1419356238,"iat":1419350238.2,"nbf":null,
                "jti":"j","extension_field":["twenty-seven"]}"#,
        )
        .unwrap();
        assert!(response.active);
        assert_eq!(response.client_id.as_deref(), Some("l238j323ds-23ij4"));
        assert_eq!(response.username.as_deref(), Some("jdoe"));
        assert_eq!(response.token_type.as_deref(), Some("Bearer"));
        assert_eq!(response.scope.as_deref(), Some("read write dolphin"));
        assert_eq!(response.sub.as_deref(), Some("Z5O3upPC88QrAjx00dis"));
        assert_eq!(response.aud, ["https://p.example/r"]);
        assert_eq!(response.iss.as_deref(), Some("https://server.example.com/"));
        assert_eq!(response.exp, Some(UnixTime::from_seconds(1_419_356_238)));
        assert_eq!(response.iat, Some(UnixTime::from_seconds(1_419_350_239)));
        assert_eq!((response.nbf, response.jti.as_deref()), (None, Some("j")));
        let field: Option<Vec<String>> = response.get("extension_field").unwrap();
        assert_eq!(field.unwrap(), ["twenty-seven"]);
        assert_eq!(response.get::<String>("absent").unwrap(), None);
        let error = response.get::<u64>("extension_field").unwrap_err();
        assert!(error.code() == "type" && !error.to_string().contains("twenty"), "{error}");

        let lists = read(200, r#"{"active":true,"aud":["a","b"],"scope":["s","t"]}"#).unwrap();
        assert_eq!((lists.aud.len(), lists.scope.as_deref()), (2, Some("s t")));
    }

    #[test]
    fn of_a_token_that_is_not_active_nothing_else_is_given() {
        let body = r#"{"active":false,"sub":"canary","scope":"admin","exp":"soon"}"#;
        let response = read(200, body).unwrap();
        assert_eq!(response, IntrospectionResponse::default());
        assert!(!response.active && response.as_map().is_empty());
        assert_eq!(response.get::<String>("sub").unwrap(), None);
    }

    #[test]
    fn an_answer_that_leaves_open_whether_the_token_is_active_is_refused() {
        let table = [
            ("{}", "active_missing"),
            (r#"{"sub":"canary","exp":1}"#, "active_missing"),
            (r#"{"error":"invalid_token"}"#, "active_missing"),
            (r#"{"active":"true"}"#, "type"),
            (r#"{"active":1}"#, "type"),
            (r#"{"active":null}"#, "type"),
            (r#"{"active":[true]}"#, "type"),
            (r#"{"active":true,"active":false}"#, "duplicate_member"),
            (r#"{"Active":true}"#, "active_missing"),
            ("true", "not_object"),
            ("", "not_json"),
            ("eyJhbGciOiJub25lIn0.e30.", "not_json"),
        ];
        for (body, code) in table {
            let error = read(200, body).unwrap_err();
            assert_eq!(error.code(), code, "{body}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_member_of_another_type_is_refused_and_named() {
        for (member, value) in [
            ("scope", "1"),
            ("client_id", "{}"),
            ("username", "[]"),
            ("token_type", "true"),
            ("exp", "\"1419356238\""),
            ("exp", "true"),
            ("iat", "[]"),
            ("nbf", "{}"),
            ("sub", "7"),
            ("aud", "7"),
            ("aud", "[\"a\",7]"),
            ("iss", "false"),
            ("jti", "1"),
        ] {
            let error = read(200, format!(r#"{{"active":true,"{member}":{value}}}"#)).unwrap_err();
            assert_eq!(error.code(), "type", "{member}");
            assert!(error.to_string().contains(member), "{error}");
        }
        // Left out it would mean a token without an end.
        assert_eq!(read(200, r#"{"active":true,"exp":1e400}"#).unwrap_err().code(), "not_json");
        let far = read(200, r#"{"active":true,"exp":1e300,"iat":-5}"#).unwrap();
        assert_eq!(far.exp, Some(UnixTime::from_seconds(u64::MAX)));
        assert_eq!(far.iat, Some(UnixTime::from_seconds(0)));
    }

    #[test]
    fn a_refusal_says_why_and_another_status_is_no_answer() {
        let yes = r#"{"active":true}"#;
        let table = [
            (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
            (400, r#"{"error":"invalid_request","error_description":"no"}"#, "invalid_request"),
            (403, r#"{"error":"access_denied"}"#, "access_denied"),
            (401, "", "http_status"),
            (201, yes, "http_status"),
            (404, yes, "http_status"),
            (503, yes, "http_status_retryable"),
            (429, "", "http_status_retryable"),
        ];
        for (status, body, code) in table {
            let error = read(status, body).unwrap_err();
            assert_eq!(error.code(), code, "{status} {body}");
            let Error::Rejected(rejection) = error else { continue };
            assert_eq!(rejection.status, Some(status));
            assert_eq!(rejection.hint.is_some(), code == "invalid_client");
        }
    }

    #[test]
    fn refusal_e1_a_redirect_from_the_introspection_endpoint_ends_the_flow() {
        for status in [300, 301, 302, 303, 307, 308] {
            for body in [r#"{"active":true}"#, r#"{"error":"x"}"#, ""] {
                assert_eq!(read(status, body).unwrap_err().code(), "http_status", "{status}");
            }
        }
    }

    #[test]
    fn refusal_b1_a_huge_introspection_response() {
        let body = format!(r#"{{"active":true,"x":"{}"}}"#, "canary".repeat(2_000_000));
        let error = read(200, body).unwrap_err();
        assert_eq!(error.code(), "too_large");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn debug_shows_of_the_members_the_names() {
        let shown = format!("{:?}", read(200, r#"{"active":true,"sub":"canary"}"#).unwrap());
        assert!(shown.contains("sub") && !shown.contains("canary"), "{shown}");
    }
}
