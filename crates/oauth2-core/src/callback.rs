//! The authorization response: what the browser brings back (RFC 6749 §4.1.2, RFC 9207, OAuth 2.0
//! Form Post Response Mode).
//!
//! A [`Callback`] is what arrived, unchecked: good for finding the login it claims to belong to, by
//! [`Callback::state`], and for nothing else. [`Callback::check`] makes an [`AuthorizationResponse`]
//! of it, or says why it is none.

use std::fmt;
use std::time::Duration;

use protocol_core::{AccessToken, Error, Reason, Rejection, Secret, percent};
use serde_json::Value;

use crate::token::{self, TokenType};
use crate::{ResponseMode, ResponseType, State};

/// What arrived at the redirect URI, or why it could not be read. Reading never fails: the error
/// comes out of [`Callback::check`], where the login's record is at hand.
///
/// `Debug` shows how it came and the parameters' names.
#[derive(Clone, Debug)]
pub struct Callback(Result<Vec<Arrived>, Reason>);

/// The parameters that came in one place.
#[derive(Clone, Debug)]
struct Arrived {
    by: ResponseMode,
    params: Vec<(String, Secret)>,
}

impl Callback {
    /// The query of a GET, with or without its `?`.
    pub fn query(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        Callback(Arrived::read(ResponseMode::Query, query.as_bytes()).map(|arrived| vec![arrived]))
    }

    /// The text of a fragment, with or without its `#`.
    pub fn fragment(fragment: &str) -> Self {
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
        let arrived = Arrived::read(ResponseMode::Fragment, fragment.as_bytes());
        Callback(arrived.map(|arrived| vec![arrived]))
    }

    /// The body of a POST, by its content type, which must be that of a form.
    pub fn form(content_type: Option<&str>, body: &[u8]) -> Self {
        let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !media_type.is_some_and(|m| m.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        {
            return Callback(Err(Reason::MalformedCallback("the body is no form, by its type")));
        }
        Callback(Arrived::read(ResponseMode::FormPost, body).map(|arrived| vec![arrived]))
    }

    /// The whole URL, as a native application is handed it: query and fragment are both looked at.
    pub fn url(url: &str) -> Self {
        let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let arrived = [(ResponseMode::Query, query), (ResponseMode::Fragment, fragment)];
        Callback(arrived.into_iter().map(|(by, text)| Arrived::read(by, text.as_bytes())).collect())
    }

    /// How it came: where parameters of a response are. `None` where there are none.
    pub fn response_mode(&self) -> Option<ResponseMode> {
        self.arrived().iter().find(|arrived| arrived.is_response()).map(|arrived| arrived.by)
    }

    /// The `state` it claims, unchecked: to find the login's record by.
    pub fn state(&self) -> Option<&str> {
        self.param("state")
    }

    /// The `error` it claims, unchecked.
    pub fn error(&self) -> Option<&str> {
        self.param("error")
    }

    /// The first value of any parameter, unchecked; one without a value is absent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.arrived().iter().find_map(|arrived| arrived.param(name))
    }

    /// Checks it against what the request of this login said.
    ///
    /// The order is: how it came, parameters that occur twice, `state`, `iss`, then what it says. An
    /// error of the server is therefore believed only when it is bound to this login.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the server said no; [`Error::Unverified`] where the response does
    /// not hold, with the first rule that it breaks.
    pub fn check(&self, expected: &Expected) -> Result<AuthorizationResponse, Error> {
        let arrived = self.response(expected)?;
        if arrived.param("response").is_some() {
            return Err(Reason::UnexpectedJarm.into());
        }
        arrived.refuse_duplicates()?;
        expected.state.check(arrived)?;
        expected.iss.check(arrived)?;
        if let Some(code) = arrived.param("error") {
            let text = |name| arrived.param(name).map(str::to_owned);
            let rejection = Rejection::new(code);
            let rejection = rejection.explained(text("error_description"), text("error_uri"));
            return Err(Error::Rejected(rejection));
        }
        arrived.hand_over(expected.response_type)
    }

    /// The parameters that came as was asked.
    fn response(&self, expected: &Expected) -> Result<&Arrived, Error> {
        let all = self.0.as_deref().map_err(Clone::clone)?;
        let mode = expected.response_mode;
        let mismatch = |expected, got| Reason::ResponseModeMismatch { expected, got };
        let by_query = |arrived: &&Arrived| arrived.by == ResponseMode::Query;
        let tokens = expected.response_type.has_token() || expected.response_type.has_id_token();
        let leaked = all.iter().filter(by_query).any(|arrived| arrived.has("access_token"));
        if leaked || (tokens && mode == ResponseMode::Query) {
            return Err(mismatch("fragment or form_post", "query").into());
        }
        let fits = all.iter().find(|arrived| arrived.by == mode);
        let elsewhere = all.iter().find(|arrived| arrived.by != mode && arrived.is_response());
        match (fits, elsewhere) {
            (Some(fits), _) if fits.is_response() => Ok(fits),
            (_, Some(other)) => Err(mismatch(mode.as_str(), other.by.as_str()).into()),
            (Some(fits), None) => Ok(fits),
            (None, None) => Err(Reason::MalformedCallback("no parameters of a response").into()),
        }
    }

    fn arrived(&self) -> &[Arrived] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// What the request of a login said, for its response to be checked against.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Expected {
    /// What was asked for. Default: `code`.
    pub response_type: ResponseType,
    /// How it was to come. Default: by query.
    pub response_mode: ResponseMode,
    /// The `state` that was sent.
    pub state: StateExpected,
    /// The issuer that was asked.
    pub iss: IssExpected,
}

impl Expected {
    /// A code by query, with this `state`, from this issuer.
    pub fn new(state: StateExpected, iss: IssExpected) -> Self {
        let response_type = ResponseType::CODE;
        Expected { response_type, response_mode: ResponseMode::Query, state, iss }
    }

    /// What was asked for, and with it the mode in which it comes by default.
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.response_type = response_type;
        self.response_mode = response_type.default_response_mode();
        self
    }

    /// How it was to come.
    #[must_use]
    pub fn response_mode(mut self, response_mode: ResponseMode) -> Self {
        self.response_mode = response_mode;
        self
    }
}

/// The `state` that a response must have.
#[derive(Clone, Debug)]
pub enum StateExpected {
    /// This one.
    Exactly(State),
    /// The request had none, and so must the response.
    NotSent,
}

impl StateExpected {
    fn check(&self, arrived: &Arrived) -> Result<(), Reason> {
        let error = || arrived.param("error").map(cut);
        match (self, arrived.param("state")) {
            (StateExpected::Exactly(state), Some(got)) if state.ct_eq(got) => Ok(()),
            (StateExpected::Exactly(_), Some(_)) => Err(Reason::StateMismatch { error: error() }),
            (StateExpected::Exactly(_), None) => Err(match error() {
                Some(error) => Reason::ErrorWithoutState { error },
                None => Reason::StateMissing,
            }),
            (StateExpected::NotSent, Some(_)) => Err(Reason::StateUnexpected),
            (StateExpected::NotSent, None) => Ok(()),
        }
    }
}

/// The `iss` that a response must have (RFC 9207 §2.4), compared as a plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssExpected {
    /// This one, and it must be there: the server's metadata says
    /// `authorization_response_iss_parameter_supported`.
    Required(String),
    /// This one, where one is sent.
    IfSent(String),
    /// The server's issuer is not known, so whatever comes is data.
    Unchecked,
}

impl IssExpected {
    fn check(&self, arrived: &Arrived) -> Result<(), Reason> {
        match (self, arrived.param("iss")) {
            (IssExpected::Required(_), None) => Err(Reason::IssMissing),
            (IssExpected::Required(issuer) | IssExpected::IfSent(issuer), Some(got))
                if issuer != got =>
            {
                Err(Reason::IssMismatch { expected: issuer.clone(), got: cut(got) })
            }
            _ => Ok(()),
        }
    }
}

/// A response that belongs to this login. What was not asked for is not in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct AuthorizationResponse {
    /// The authorization code, where `code` was asked for.
    pub code: Option<Secret>,
    /// The ID Token, where `id_token` was asked for; not verified.
    pub id_token: Option<Secret>,
    /// The access token, where `token` was asked for. It is bound to nothing but by the ID Token's
    /// `at_hash`.
    pub access_token: Option<AccessToken>,
    /// The access token's type.
    pub token_type: Option<TokenType>,
    /// The access token's life, in whole seconds.
    pub expires_in: Option<Duration>,
    /// What was granted, where the response says so.
    pub scope: Option<String>,
    /// The issuer, as it came.
    pub iss: Option<String>,
    /// All other parameters, in order, as data that nobody has checked.
    pub extra: Vec<(String, String)>,
}

impl AuthorizationResponse {
    /// The authorization code.
    ///
    /// # Errors
    /// [`Reason::CodeMissing`] where none was asked for.
    pub fn code(&self) -> Result<&Secret, Error> {
        self.code.as_ref().ok_or_else(|| Reason::CodeMissing.into())
    }

    /// The first other parameter of this name.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }
}

/// Shows no value that may be a secret, and of other parameters the names.
impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("code", &self.code)
            .field("id_token", &self.id_token)
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("iss", &self.iss)
            .field("extra", &self.extra.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}

impl Arrived {
    fn read(by: ResponseMode, text: &[u8]) -> Result<Self, Reason> {
        if text.len() > MOST_BYTES {
            return Err(Reason::MalformedCallback("more than 64 KiB"));
        }
        let params = percent::form_pairs(text)
            .map(|(name, value)| (name.into_owned(), Secret::new(value)))
            .collect();
        Ok(Arrived { by, params })
    }

    /// A parameter without a value is treated as if it were not there (RFC 6749 §3.1).
    fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.expose())
    }

    fn has(&self, name: &str) -> bool {
        self.params.iter().any(|(n, _)| n == name)
    }

    fn is_response(&self) -> bool {
        ["code", "error", "state", "id_token", "access_token", "response"]
            .iter()
            .any(|name| self.has(name))
    }

    fn refuse_duplicates(&self) -> Result<(), Reason> {
        let twice = |name: &&&str| self.params.iter().filter(|(n, _)| n == **name).count() > 1;
        match KNOWN.iter().find(twice) {
            Some(name) => Err(Reason::DuplicateParam((*name).to_owned())),
            None => Ok(()),
        }
    }

    fn hand_over(&self, asked: ResponseType) -> Result<AuthorizationResponse, Error> {
        let due = |is_due: bool, name, missing: Reason| match (is_due, self.param(name)) {
            (true, None) => Err(missing),
            (true, Some(value)) => Ok(Some(value.to_owned())),
            (false, _) => Ok(None),
        };
        let code = due(asked.has_code(), "code", Reason::CodeMissing)?;
        let id_token = due(asked.has_id_token(), "id_token", Reason::IdTokenMissing)?;
        let token = due(asked.has_token(), "access_token", Reason::AccessTokenMissing)?;
        let with_token = |name| token.as_ref().and_then(|_| self.param(name));
        let seconds = with_token("expires_in").and_then(|s| token::seconds(&Value::from(s)));
        let others = self.params.iter().filter(|(name, _)| !KNOWN.contains(&&**name));
        Ok(AuthorizationResponse {
            code: code.map(Secret::new),
            id_token: id_token.map(Secret::new),
            token_type: with_token("token_type").map(TokenType::of),
            expires_in: seconds.map(Duration::from_secs),
            access_token: token.map(AccessToken::new),
            scope: self.param("scope").map(str::to_owned),
            iss: self.param("iss").map(str::to_owned),
            extra: others.map(|(name, value)| (name.clone(), value.expose().to_owned())).collect(),
        })
    }
}

/// The most that is read of a query, a fragment or a body.
const MOST_BYTES: usize = 64 * 1024;

/// The parameters that specifications give a meaning; each may occur once (RFC 6749 §3.1).
const KNOWN: &[&str] = &[
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "access_token",
    "token_type",
    "expires_in",
    "scope",
    "response",
];

/// The beginning of an untrusted text, for an error.
fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}
