//! The three legs (RFC 5849 §2) as [`Flow`]s, and the renewal of a token (OAuth Session extension).
//!
//! ```
//! use oauth1_core::{ClientCredentials, Endpoint, Flow, Signer, UnixTime, flow};
//! use protocol_core::{Input, Step};
//!
//! let signer = Signer::hmac_sha1(ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"));
//! let initiate = Endpoint::parse("request_token_url", "https://photos.example.net/initiate")?;
//! let now = UnixTime::from_seconds(137_131_200);
//!
//! let mut leg = flow::temporary_credentials(&initiate, &signer, "https://printer.example/ready");
//! let Step::Send(_request) = leg.step(Input::Start, now)? else { panic!("it asks first") };
//! let answer = "oauth_token=hh5s93j4hdidpola&oauth_token_secret=hdhd0244k9j7ao03\
//!               &oauth_callback_confirmed=true";
//! let answer = http::Response::new(answer.as_bytes().to_vec());
//! let Step::Done(temporary) = leg.step(Input::Response(answer), now)? else { panic!("done") };
//!
//! let authorize = Endpoint::parse("authorize_url", "https://photos.example.net/authorize")?;
//! assert_eq!(
//!     flow::authorization_url(&authorize, &temporary, &[]),
//!     "https://photos.example.net/authorize?oauth_token=hh5s93j4hdidpola"
//! );
//! # Ok::<(), oauth1_core::Error>(())
//! ```

use std::fmt;

use http::header::WWW_AUTHENTICATE;
use http::{Method, Request, Response, StatusCode};
use protocol_core::{Endpoint, Error, Flow, Input, Step, UnixTime, error::Rejection, percent};

use crate::authorization;
use crate::{Placement, Signer, TemporaryCredentials, TokenCredentials};

/// The first leg (§2.1): asks for temporary credentials. `callback` is where the user comes back,
/// or `oob` if there is no such place.
///
/// The flow answers [`Error::Rejected`] if the server says no, and [`Error::Protocol`] for an
/// answer that is no credentials or does not confirm the callback.
pub fn temporary_credentials(
    endpoint: &Endpoint,
    signer: &Signer,
    callback: &str,
) -> Leg<TemporaryCredentials> {
    let signer = signer.clone().with_callback(callback);
    Leg::new("temporary credentials", endpoint, signer, |mut answer, rules| {
        let confirmed = answer.take("oauth_callback_confirmed");
        // Servers write the language's own true as well: Python's is `True`.
        let is_true = confirmed.as_ref().is_some_and(|text| text.eq_ignore_ascii_case("true"));
        if rules.callback_confirmed && !is_true {
            let got = if confirmed.is_some() { "another value" } else { "none" };
            return Err(Error::protocol(
                "callback_not_confirmed",
                "oauth_callback_confirmed",
                "true (RFC 5849 §2.1)",
                got,
            ));
        }
        let (token, token_secret) = answer.credentials()?;
        let extra = answer.pairs;
        Ok(TemporaryCredentials { token, token_secret: token_secret.into(), extra })
    })
}

/// The second leg (§2.2): where to send the user's browser. `parameters` come after the token.
pub fn authorization_url(
    endpoint: &Endpoint,
    temporary: &TemporaryCredentials,
    parameters: &[(&str, &str)],
) -> String {
    let token = ("oauth_token", temporary.token.as_str());
    endpoint.with_query(std::iter::once(token).chain(parameters.iter().copied()))
}

/// The third leg (§2.3): asks for token credentials, with the verifier that
/// [`Callback::check`](crate::Callback::check) answered.
///
/// The flow answers [`Error::Rejected`] if the server says no, and [`Error::Protocol`] for an
/// answer that is no credentials.
pub fn token_credentials(
    endpoint: &Endpoint,
    signer: &Signer,
    temporary: &TemporaryCredentials,
    verifier: &str,
) -> Leg<TokenCredentials> {
    let signer = signer.clone().with_temporary(temporary).with_verifier(verifier);
    Leg::new("token credentials", endpoint, signer, |answer, _| answer.token())
}

/// Renews a token (OAuth Session extension): `session_handle` is the `oauth_session_handle` that
/// came with it, in [`TokenCredentials::extra`].
pub fn renewed_token_credentials(
    endpoint: &Endpoint,
    signer: &Signer,
    token: &TokenCredentials,
    session_handle: &str,
) -> Leg<TokenCredentials> {
    let signer = signer.clone().with_token(token.clone()).with_session_handle(session_handle);
    Leg::new("token credentials", endpoint, signer, |answer, _| answer.token())
}

/// One request for credentials: a [`Flow`] with a few settings.
pub struct Leg<T> {
    what: &'static str,
    endpoint: Endpoint,
    signer: Signer,
    method: Method,
    parameters: Vec<(String, String)>,
    rules: Rules,
    read: fn(Answer, Rules) -> Result<T, Error>,
    state: State,
}

#[derive(Clone, Copy)]
struct Rules {
    callback_confirmed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ready,
    Waiting,
    Over,
}

impl<T> Leg<T> {
    fn new(
        what: &'static str,
        endpoint: &Endpoint,
        signer: Signer,
        read: fn(Answer, Rules) -> Result<T, Error>,
    ) -> Self {
        Leg {
            what,
            endpoint: endpoint.clone(),
            signer,
            method: Method::POST,
            parameters: Vec::new(),
            rules: Rules { callback_confirmed: true },
            read,
            state: State::Ready,
        }
    }

    /// The HTTP method; POST by default (RFC 5849 §2.1 recommends it, some servers want GET).
    #[must_use]
    pub fn with_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Parameters of the provider's own, in a form body, or in the query for GET.
    #[must_use]
    pub fn with_parameters<K: Into<String>, V: Into<String>>(
        mut self,
        parameters: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.parameters.extend(parameters.into_iter().map(|(k, v)| (k.into(), v.into())));
        self
    }

    fn request(&self, now: UnixTime) -> Result<Request<Vec<u8>>, Error> {
        let builder = Request::builder().method(self.method.clone());
        let in_body = self.method == Method::POST || self.method == Method::PUT;
        let request = if in_body && !self.parameters.is_empty() {
            let body = percent::form_body(self.parameters.iter().map(|(k, v)| (k, v)));
            let builder = builder.uri(self.endpoint.uri());
            builder.header(http::header::CONTENT_TYPE, crate::signer::FORM).body(body.into_bytes())
        } else {
            let url = self.endpoint.with_query(self.parameters.iter().map(|(k, v)| (k, v)));
            builder.uri(url).body(Vec::new())
        };
        let mut request =
            request.map_err(|_| Error::config(self.what, "expected a URL that can be sent"))?;
        if self.signer.placement() == Placement::Body && !in_body {
            let problem = format!("expected POST for parameters in a body, got {}", self.method);
            return Err(Error::config(self.what, problem));
        }
        self.signer.sign_buffered(&mut request, now)?;
        Ok(request)
    }
}

impl Leg<TemporaryCredentials> {
    /// Takes an answer without `oauth_callback_confirmed=true`: a server of OAuth 1.0, before
    /// revision A, does not send it, and with such a server anyone can start a login that another
    /// user finishes (session fixation, RFC 5849 §4.12's reason for it). For providers known to do
    /// the rest of revision A and to forget this parameter.
    #[must_use]
    pub fn without_callback_confirmed(mut self) -> Self {
        self.rules.callback_confirmed = false;
        self
    }
}

/// Shows what is asked, and where.
impl<T> fmt::Debug for Leg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leg({} at {:?})", self.what, self.endpoint)
    }
}

impl<T> Flow for Leg<T> {
    type Output = T;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<T>, Error> {
        match (input, self.state) {
            (Input::Start, State::Ready) => {
                self.state = State::Waiting;
                self.request(now).map(Step::Send)
            }
            (Input::Response(response), State::Waiting) => {
                self.state = State::Over;
                let answer = Answer::read(self.what, &response)?;
                (self.read)(answer, self.rules).map(Step::Done)
            }
            (Input::Failed(error), _) => {
                self.state = State::Over;
                Err(Error::Http(error))
            }
            _ => Err(Error::config("flow", "it was stepped out of turn")),
        }
    }
}

/// An answer with credentials: form-encoded pairs (§2.1, §2.3).
struct Answer {
    what: &'static str,
    pairs: Vec<(String, String)>,
}

impl Answer {
    fn read(what: &'static str, response: &Response<Vec<u8>>) -> Result<Self, Error> {
        let pairs = form(response.body());
        let status = response.status();
        let header = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let challenge = header.and_then(|header| authorization::parse(header).ok());
        let named = pairs.as_deref().and_then(problem);
        if let Some(rejection) = named.or_else(|| challenge.as_deref().and_then(problem)) {
            return Err(Error::Rejected(rejection.with_status(status.as_u16())));
        }
        if status.is_client_error() {
            let code = match status {
                StatusCode::UNAUTHORIZED => "unauthorized",
                StatusCode::FORBIDDEN => "forbidden",
                _ => "bad_request",
            };
            return Err(Error::Rejected(Rejection::new(code).with_status(status.as_u16())));
        }
        let broken = |expected: &'static str, got: String| {
            let code =
                if status.is_server_error() { "http_status_retryable" } else { "http_status" };
            Error::protocol(code, what, expected, got)
        };
        if !status.is_success() {
            return Err(broken("status 200 (RFC 5849 §2)", format!("status {}", status.as_u16())));
        }
        match pairs {
            Some(pairs) => Ok(Answer { what, pairs }),
            None => Err(Error::protocol(
                "not_form_encoded",
                what,
                "form-encoded credentials (RFC 5849 §2.1)",
                kind(response.body()),
            )),
        }
    }

    /// Removes the value under this name, which the credentials do not need to repeat.
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(n, _)| n == name)?;
        Some(self.pairs.remove(at).1)
    }

    fn credentials(&mut self) -> Result<(String, String), Error> {
        let (what, mut found) = (self.what, Vec::new());
        for name in ["oauth_token", "oauth_token_secret"] {
            let value = self.take(name);
            if self.pairs.iter().any(|(n, _)| n == name) {
                let got = format!("{name} twice");
                return Err(Error::protocol("duplicate_param", what, "each parameter once", got));
            }
            let value = value.ok_or_else(|| {
                Error::protocol("credentials_missing", what, name, format!("no {name}"))
            })?;
            if value.is_empty() && name == "oauth_token" {
                let got = "an empty one";
                return Err(Error::protocol("credentials_missing", what, name, got));
            }
            found.push(value);
        }
        let secret = found.pop().unwrap_or_default();
        Ok((found.pop().unwrap_or_default(), secret))
    }

    fn token(mut self) -> Result<TokenCredentials, Error> {
        let (token, token_secret) = self.credentials()?;
        let extra = self.pairs;
        Ok(TokenCredentials { token: token.into(), token_secret: token_secret.into(), extra })
    }
}

/// The pairs of a form-encoded body; servers declare it under any type, so its shape decides.
/// Around it, line breaks and blanks of ASCII are no part of it.
fn form(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = body.trim_ascii();
    let is_form = text.iter().all(|b| matches!(b, b'!'..=b'~') && !b"<>\"{}".contains(b));
    (is_form && text.contains(&b'=')).then(|| {
        let pairs = percent::form_pairs(text);
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    })
}

/// The Problem Reporting extension's refusal.
fn problem(pairs: &[(String, String)]) -> Option<Rejection> {
    let find = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let code = find("oauth_problem").filter(|code| !code.is_empty())?;
    let code = if code == "user_refused" { "access_denied".to_owned() } else { code };
    Some(Rejection::new(code).explained(find("oauth_problem_advice"), None))
}

/// What a body looks like, in a word that repeats nothing of it.
fn kind(body: &[u8]) -> &'static str {
    match body.trim_ascii().first() {
        None => "an empty body",
        Some(b'{' | b'[') => "JSON",
        Some(b'<') => "HTML or XML",
        Some(_) => "something else",
    }
}
