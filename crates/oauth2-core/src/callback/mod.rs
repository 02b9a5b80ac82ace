//! The authorization response: what the browser brings back (RFC 6749 §4.1.2, RFC 9207, OAuth 2.0
//! Form Post Response Mode).
//!
//! A [`Callback`] is what arrived, unchecked: good for finding the login it claims to belong to, by
//! [`Callback::state`], and for nothing else. [`Callback::check`] makes an [`AuthorizationResponse`]
//! of it, or says why it is none.

mod expected;

pub use expected::{Expected, IssExpected, StateExpected};

use std::fmt;
use std::time::Duration;

use protocol_core::{AccessToken, Error, Reason, Rejection, Secret, percent};
use serde_json::Value;

use crate::token::{self, TokenType};
use crate::{ResponseMode, ResponseType};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn expected() -> Expected {
        let state = State::new("st4te").unwrap();
        let iss = IssExpected::IfSent("https://as.example".to_owned());
        Expected::new(StateExpected::Exactly(state), iss)
    }

    fn code_of(callback: &Callback, expected: &Expected) -> String {
        callback.check(expected).unwrap_err().code().to_owned()
    }

    #[test]
    fn a_code_comes_out_with_what_else_the_server_sent() {
        let callback =
            Callback::query("?code=c%2Bd&state=st4te&user=%7B%7D&foo=1&foo=2&id_token=i.i.i");
        assert_eq!((callback.state(), callback.error()), (Some("st4te"), None));
        assert_eq!(callback.response_mode(), Some(ResponseMode::Query));
        let response = callback.check(&expected()).unwrap();
        assert_eq!(response.code().unwrap().expose(), "c+d");
        assert_eq!(response.extra("user"), Some("{}"));
        assert_eq!(response.extra.len(), 3);
        assert!(response.id_token.is_none(), "one that was not asked for is dropped");
    }

    #[test]
    fn every_response_type_hands_over_what_it_names() {
        let all = "code=c&id_token=i&access_token=a&token_type=bearer&expires_in=60&state=st4te";
        for text in ["code id_token", "code token", "id_token", "id_token token", "token", "none"] {
            let asked: ResponseType = text.parse().unwrap();
            let expected = expected().response_type(asked).response_mode(ResponseMode::Fragment);
            let response = Callback::fragment(all).check(&expected).unwrap();
            assert_eq!(response.code.is_some(), asked.has_code(), "{text}");
            assert_eq!(response.id_token.is_some(), asked.has_id_token(), "{text}");
            assert_eq!(response.access_token.is_some(), asked.has_token(), "{text}");
            assert_eq!(response.token_type.is_some(), asked.has_token(), "{text}");
            assert_eq!(response.expires_in.is_some(), asked.has_token(), "{text}");
            for (name, is_due, code) in [
                ("code=", asked.has_code(), "code_missing"),
                ("id_token=", asked.has_id_token(), "id_token_missing"),
                ("access_token=", asked.has_token(), "access_token_missing"),
            ] {
                let without = Callback::fragment(&all.replace(name, "x="));
                let got = without.check(&expected).err().map(|error| error.code().to_owned());
                assert_eq!(got.as_deref(), is_due.then_some(code), "{text} {name}");
            }
        }
    }

    #[test]
    fn a_fragment_that_is_no_response_does_no_harm() {
        let callback = Callback::url("https://app.example/cb?code=c&state=st4te#_=_");
        assert!(callback.check(&expected()).is_ok());
    }

    #[test]
    fn refusal_d2_state_missing_empty_twice_or_anothers() {
        let table = [
            ("code=c", "state_missing"),
            ("code=c&state=", "state_missing"),
            ("code=c&state=st4te&state=st4te", "duplicate_param"),
            ("code=c&state=st4te&state=x", "duplicate_param"),
            ("code=c&state=&state=st4te", "duplicate_param"),
            ("code=c&state=other", "state_mismatch"),
            ("code=c&state=ST4TE", "state_mismatch"),
            ("code=c&state=st4te%00", "state_mismatch"),
            ("code=c&state=st4te+", "state_mismatch"),
            ("code=c&State=st4te", "state_missing"),
            ("code=c;state=st4te", "state_missing"),
        ];
        for (query, code) in table {
            assert_eq!(code_of(&Callback::query(query), &expected()), code, "{query}");
            let form = Callback::form(Some(FORM), query.as_bytes());
            let expected = expected().response_mode(ResponseMode::FormPost);
            assert_eq!(code_of(&form, &expected), code, "{query}");
        }
        let none = Expected::new(StateExpected::NotSent, IssExpected::Unchecked);
        assert_eq!(code_of(&Callback::query("code=c&state=x"), &none), "state_unexpected");
        assert!(Callback::query("code=c").check(&none).is_ok());
    }

    #[test]
    fn refusal_d4_iss_wrong_or_missing() {
        let issuer = "https://as.example".to_owned();
        let required = Expected { iss: IssExpected::Required(issuer), ..expected() };
        let table = [
            ("", Some("iss_missing"), None),
            ("&iss=", Some("iss_missing"), None),
            ("&iss=https://as.example", None, None),
            ("&iss=https%3A%2F%2Fas.example", None, None),
            ("&iss=https://as.example/", Some("iss_mismatch"), Some("iss_mismatch")),
            ("&iss=https://AS.example", Some("iss_mismatch"), Some("iss_mismatch")),
            ("&iss=https://as.example:443", Some("iss_mismatch"), Some("iss_mismatch")),
            ("&iss=https://evil.example", Some("iss_mismatch"), Some("iss_mismatch")),
        ];
        for (iss, when_required, when_optional) in table {
            for what in ["code=c", "error=access_denied"] {
                let callback = Callback::query(&format!("{what}&state=st4te{iss}"));
                let accepted = (what != "code=c").then_some("access_denied");
                for (expected, code) in [(&required, when_required), (&expected(), when_optional)] {
                    let got = callback.check(expected).err().map(|error| error.code().to_owned());
                    assert_eq!(got.as_deref(), code.or(accepted), "{what}{iss}");
                }
            }
        }
        let huge = format!("code=c&state=st4te&iss={}", "x".repeat(60_000));
        let error = Callback::query(&huge).check(&required).unwrap_err();
        assert!(error.to_string().len() < 1000);
    }

    #[test]
    fn refusal_d5_an_error_is_the_servers_only_with_a_valid_state() {
        let error =
            "error=access_denied&error_description=no%20%3Cb%3E&error_uri=https://as.example/e";
        for mode in [ResponseMode::Query, ResponseMode::FormPost] {
            let arrive = |text: &str| match mode {
                ResponseMode::Query => Callback::query(text),
                _ => Callback::form(Some(FORM), text.as_bytes()),
            };
            let expected = expected().response_mode(mode);
            let bound = arrive(&format!("{error}&state=st4te")).check(&expected).unwrap_err();
            let Error::Rejected(rejection) = bound else { panic!("{bound}") };
            assert_eq!(rejection.code, "access_denied");
            assert_eq!(rejection.description.as_deref(), Some("no <b>"));
            assert_eq!(rejection.uri.as_deref(), Some("https://as.example/e"));
            assert!(rejection.is_the_users_no());

            let wrong = arrive(&format!("{error}&state=x")).check(&expected).unwrap_err();
            let Error::Unverified(Reason::StateMismatch { error: Some(code) }) = &wrong else {
                panic!("{wrong}")
            };
            assert_eq!(code, "access_denied");
            for unbound in [error.to_owned(), format!("{error}&state=")] {
                let missing = arrive(&unbound).check(&expected).unwrap_err();
                let Error::Unverified(Reason::ErrorWithoutState { error: code }) = &missing else {
                    panic!("{missing}")
                };
                assert_eq!((&**code, missing.code()), ("access_denied", "state_missing"));
            }
        }
        let both = Callback::query("code=c&error=server_error&state=st4te");
        assert_eq!(code_of(&both, &expected()), "server_error");
        let huge = format!("error={}&state=x", "e".repeat(60_000));
        let error = Callback::query(&huge).check(&expected()).unwrap_err();
        assert!(error.to_string().len() < 1000);
    }

    #[test]
    fn refusal_d6_twice_leaked_or_in_the_wrong_place() {
        let ok = "code=c&state=st4te";
        let hybrid = expected().response_type(ResponseType::CODE_ID_TOKEN);
        let by_form = expected().response_mode(ResponseMode::FormPost);
        let tokens_by_query =
            expected().response_type(ResponseType::TOKEN).response_mode(ResponseMode::Query);
        let url = |rest: &str| Callback::url(&format!("https://app.example/cb{rest}"));
        let wrong_place = "response_mode_mismatch";
        let table = [
            (Callback::query("code=c&code=c&state=st4te"), expected(), "duplicate_param"),
            (Callback::query("code=c&code=d&state=st4te"), expected(), "duplicate_param"),
            (Callback::query(&format!("{ok}&iss=a&iss=b")), expected(), "duplicate_param"),
            (Callback::query("error=a&error=b&state=st4te"), expected(), "duplicate_param"),
            (Callback::query(&format!("{ok}&access_token=a")), expected(), wrong_place),
            (Callback::query("access_token=a&state=st4te"), tokens_by_query, wrong_place),
            (Callback::query(ok), hybrid.clone(), wrong_place),
            (Callback::query(ok), by_form.clone(), wrong_place),
            (Callback::fragment(ok), expected(), wrong_place),
            (Callback::form(Some(FORM), ok.as_bytes()), expected(), wrong_place),
            (url(&format!("#{ok}")), expected(), wrong_place),
            (url(&format!("?{ok}")), hybrid.clone(), wrong_place),
            (url(&format!("?access_token=a#{ok}&id_token=i")), hybrid, wrong_place),
            (Callback::query("response=e.e.e"), expected(), "unexpected_jarm"),
            (Callback::query(&format!("{ok}&response=e.e.e")), expected(), "unexpected_jarm"),
            (Callback::query(""), expected(), "state_missing"),
            (Callback::query("state=st4te"), expected(), "code_missing"),
            (Callback::query("code=&state=st4te"), expected(), "code_missing"),
            (Callback::form(None, ok.as_bytes()), by_form.clone(), "malformed"),
            (Callback::form(Some("text/plain"), ok.as_bytes()), by_form.clone(), "malformed"),
            (Callback::form(Some("multipart/form-data"), b"x"), by_form, "malformed"),
        ];
        for (callback, expected, code) in table {
            assert_eq!(code_of(&callback, &expected), code, "{callback:?}");
        }
    }

    #[test]
    fn refusal_b1_a_callback_over_64_kib() {
        let huge = format!("code={}&state=st4te", "canary".repeat(2_000_000));
        let by_form = expected().response_mode(ResponseMode::FormPost);
        for (callback, expected) in [
            (Callback::query(&huge), expected()),
            (Callback::url(&format!("https://app.example/cb?{huge}")), expected()),
            (Callback::form(Some(FORM), huge.as_bytes()), by_form),
        ] {
            let error = callback.check(&expected).unwrap_err();
            assert_eq!((error.code(), error.status()), ("malformed", 400));
            assert!(!format!("{error:?} {callback:?}").contains("canary"));
        }
        let most = format!("state=st4te&code={}", "c".repeat(64 * 1024 - 17));
        assert_eq!(most.len(), 64 * 1024);
        assert!(Callback::query(&most).check(&expected()).is_ok());
    }

    #[test]
    fn refusal_e12_text_in_a_denial_is_cut_and_escaped() {
        for text in ["%3Cscript%3Ealert(1)%3C/script%3E", "%1b[31m%0d%0aX:+y", &"x".repeat(30_000)]
        {
            let query = format!(
                "error=access_denied&state=st4te&error_description={text}&error_uri={text}"
            );
            let error = Callback::query(&query).check(&expected()).unwrap_err();
            let shown = error.to_string();
            assert!(shown.len() < 2400 && !shown.contains(char::is_control), "{shown}");
            let Error::Rejected(rejection) = error else { panic!("{error}") };
            assert!(rejection.description.unwrap().len() < 1100);
        }
    }

    #[test]
    fn debug_shows_names_alone() {
        let callback =
            Callback::query("code=canary&state=st4te&user=canary&iss=https://as.example");
        let response = callback.check(&expected()).unwrap();
        for shown in [format!("{callback:?}"), format!("{response:?}")] {
            assert!(shown.contains("user") && !shown.contains("canary"), "{shown}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_server_encodes_arrives(code in ".+", state in ".+", user in ".*") {
            let pairs = [("code", &code), ("state", &state), ("user", &user)];
            let query = percent::form_body(pairs);
            let exactly = StateExpected::Exactly(State::new(state.clone()).unwrap());
            let expected = Expected::new(exactly, IssExpected::Unchecked);
            let response = Callback::query(&query).check(&expected).unwrap();
            proptest::prop_assert_eq!(response.code().unwrap().expose(), &code);
            proptest::prop_assert_eq!(response.extra("user"), Some(&*user));
        }
    }
}
