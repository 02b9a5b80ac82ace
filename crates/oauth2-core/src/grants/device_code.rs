//! The device authorization grant (RFC 8628): a device without a browser shows a code, the user
//! allows it on another one, and the device asks until that has happened.

use std::fmt;
use std::time::Duration;

use http::{Response, StatusCode};
use protocol_core::{Endpoint, Error, Flow, Input, Rejection, Secret, Step, UnixTime};
use serde_json::{Map, Value};

use crate::parameters::Parameters;
use crate::token::{seconds, text, type_of};
use crate::{Client, TokenResponse, TokenResponseRules, answer};

/// A device authorization request (RFC 8628 §3.1). `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct DeviceAuthorizationRequest(Parameters);

impl DeviceAuthorizationRequest {
    /// Asks for a code that the user is to be shown.
    pub fn new() -> Self {
        DeviceAuthorizationRequest(Parameters::new(&["scope"]))
    }

    /// What is asked for, separated by spaces. An empty text asks for the server's default.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        if !scope.is_empty() {
            self.0.set("scope", scope);
        }
        self
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

    /// The conversation. Its errors are those of [`DeviceAuthorization::read`].
    pub fn flow(
        &self,
        device_authorization_endpoint: &Endpoint,
        client: &Client,
    ) -> impl Flow<Output = DeviceAuthorization> + Send + use<> {
        client.exchange(device_authorization_endpoint, self.0.pairs(), DeviceAuthorization::read)
    }
}

impl Default for DeviceAuthorizationRequest {
    fn default() -> Self {
        Self::new()
    }
}

/// What the user is to be shown, and what the device asks with (RFC 8628 §3.2).
#[derive(Clone)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    /// What the device asks with. The user is never shown it.
    pub device_code: Secret,
    /// The code that the user enters at `verification_uri`: visible characters and spaces.
    pub user_code: String,
    /// Where the user goes. One that is called `verification_url` is taken for it, as it was called
    /// before RFC 8628 and is by Google.
    pub verification_uri: Endpoint,
    /// The same with the code in it, for a QR code. Show `user_code` beside it (RFC 8628 §3.3.1).
    pub verification_uri_complete: Option<Endpoint>,
    /// When both codes expire.
    pub expires_at: UnixTime,
    /// How long the device waits between two requests: 5 seconds unless the server says so, 1 second
    /// at least.
    pub interval: Duration,
    /// All other members, as data that nobody has checked.
    pub extra: Map<String, Value>,
}

impl DeviceAuthorization {
    /// Reads an answer that came at `now`.
    ///
    /// # Errors
    /// [`Error::Rejected`] for an error answer (RFC 6749 §5.2).
    /// [`Error::Protocol`] for all else, with one of these codes: `http_status`,
    /// `http_status_retryable` (5xx and 429), `not_json`, `not_object`, `duplicate_member`,
    /// `missing_member`, `type`, `malformed` (a user code that is not to be shown), `endpoint` (an
    /// address off https and loopback), `too_large`. No error holds a code or the body.
    pub fn read(response: &Response<Vec<u8>>, now: UnixTime) -> Result<Self, Error> {
        if response.status() != StatusCode::OK {
            return Err(answer::refusal(WHAT, response));
        }
        let mut members = answer::members(WHAT, response.body())?;
        let device_code = Secret::new(required(&mut members, "device_code")?);
        let user_code = required(&mut members, "user_code")?;
        // It goes to a screen or a terminal as it is.
        if user_code.len() > LONGEST_USER_CODE || user_code.contains(is_unfit_to_show) {
            let expected = "user_code, at most 256 bytes of visible characters";
            return Err(Error::protocol("malformed", WHAT, expected, "another text"));
        }
        let earlier = members.remove("verification_url").unwrap_or_default();
        if !members.contains_key("verification_uri") && !earlier.is_null() {
            members.insert("verification_uri".to_owned(), earlier);
        }
        let verification_uri = required(&mut members, "verification_uri")?;
        let complete = text(&mut members, "verification_uri_complete")?;
        let life = duration(&mut members, "expires_in")?.ok_or_else(|| missing("expires_in"))?;
        let interval = duration(&mut members, "interval")?.unwrap_or(INTERVAL);
        Ok(DeviceAuthorization {
            device_code,
            user_code,
            verification_uri: endpoint("verification_uri", &verification_uri)?,
            verification_uri_complete: complete
                .map(|text| endpoint("verification_uri_complete", &text))
                .transpose()?,
            expires_at: now.after(life),
            interval: interval.max(SHORTEST_INTERVAL),
            extra: members,
        })
    }
}

/// Shows neither the codes nor the address that holds one, and of other members the names.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("verification_uri", &self.verification_uri)
            .field("expires_at", &self.expires_at)
            .field("interval", &self.interval)
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A device code, to be traded for tokens once the user has allowed it. `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct DeviceCodeGrant {
    parameters: Parameters,
    interval: Duration,
    expires_at: UnixTime,
}

impl DeviceCodeGrant {
    /// Trades the code of this answer.
    pub fn new(authorization: &DeviceAuthorization) -> Self {
        let mut parameters = Parameters::new(&["grant_type", "device_code"]);
        parameters.set("grant_type", GRANT_TYPE);
        parameters.set("device_code", authorization.device_code.expose());
        let DeviceAuthorization { interval, expires_at, .. } = *authorization;
        DeviceCodeGrant { parameters, interval, expires_at }
    }

    /// A parameter beside these.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter of the grant's or the client's own, and for another one that
    /// is there already.
    pub fn param(mut self, name: &str, value: &str) -> Result<Self, Error> {
        self.parameters.add(name, value)?;
        Ok(self)
    }

    /// The conversation: asks until the user has decided, or the code has expired.
    pub fn flow(
        &self,
        token_endpoint: &Endpoint,
        client: &Client,
        rules: &TokenResponseRules,
    ) -> DevicePolling {
        DevicePolling {
            grant: self.clone(),
            token_endpoint: token_endpoint.clone(),
            client: client.clone(),
            rules: rules.clone(),
            turn: Turn::Begin,
            failures: 0,
        }
    }
}

/// Asks for the token until the user has decided (RFC 8628 §3.4, §3.5): each time after the
/// interval, the first time too. `slow_down` makes that 5 seconds longer for good; a server that
/// cannot be reached or answers 5xx is asked again after twice the time, and twice that.
///
/// ```
/// # use oauth2_core::{Client, ClientAuthentication, DeviceAuthorization, DeviceCodeGrant, Endpoint};
/// # use oauth2_core::{Flow, Input, Step, TokenResponseRules, UnixTime};
/// let now = UnixTime::from_seconds(1_700_000_000);
/// let answer = br#"{"device_code": "d", "user_code": "WDJB-MJHT", "expires_in": 600,
///     "verification_uri": "https://as.example/device"}"#;
/// let device = DeviceAuthorization::read(&http::Response::new(answer.to_vec()), now)?;
/// println!("Go to {} and enter {}", device.verification_uri, device.user_code);
///
/// let token_endpoint = Endpoint::parse("token_endpoint", "https://as.example/token")?;
/// let client = Client::new("tv-1", ClientAuthentication::none())?;
/// let rules = TokenResponseRules::default();
/// let mut polling = DeviceCodeGrant::new(&device).flow(&token_endpoint, &client, &rules);
/// let Step::WaitUntil(time) = polling.step(Input::Start, now)? else { panic!("it waits first") };
/// assert_eq!(time.since(now), device.interval);
/// # Ok::<(), oauth2_core::Error>(())
/// ```
///
/// One that was dropped in the middle goes on by [`Input::Start`], no faster than before; what the
/// server would have said is lost then.
///
/// Its errors are those of [`TokenResponse::read`]. `access_denied` is the user's no;
/// `expired_token` comes from the server, or from here once the code has expired.
pub struct DevicePolling {
    grant: DeviceCodeGrant,
    token_endpoint: Endpoint,
    client: Client,
    rules: TokenResponseRules,
    turn: Turn,
    /// How often in a row the server could not be asked.
    failures: u32,
}

enum Turn {
    Begin,
    WaitUntil(UnixTime),
    /// Since then.
    Asked(UnixTime),
    Over,
}

impl Flow for DevicePolling {
    type Output = TokenResponse;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<TokenResponse>, Error> {
        let step = self.turn(input, now);
        if !matches!(step, Ok(Step::Send(_) | Step::WaitUntil(_))) {
            self.turn = Turn::Over;
        }
        step
    }
}

impl DevicePolling {
    fn turn(&mut self, input: Input, now: UnixTime) -> Result<Step<TokenResponse>, Error> {
        let outcome = match (input, &self.turn) {
            (Input::Start, Turn::Begin) => return Ok(self.wait(now)),
            (Input::Start, Turn::WaitUntil(time)) => return Ok(Step::WaitUntil(*time)),
            (Input::Start, Turn::Asked(since)) => return Ok(self.wait(*since)),
            (Input::Elapsed, Turn::WaitUntil(time)) if now < *time => {
                return Ok(Step::WaitUntil(*time));
            }
            (Input::Elapsed, Turn::WaitUntil(_)) => return self.ask(now),
            (Input::Response(response), Turn::Asked(_)) => {
                TokenResponse::read(&response, &self.rules, now)
            }
            (Input::Failed(error), Turn::Asked(_)) => Err(Error::Http(error)),
            _ => {
                let problem = "it was stepped out of turn, or is over";
                return Err(Error::config("device polling", problem));
            }
        };
        match outcome {
            Ok(token) => return Ok(Step::Done(token)),
            Err(Error::Rejected(rejection)) if rejection.code == "authorization_pending" => {
                self.failures = 0;
            }
            Err(Error::Rejected(rejection)) if rejection.code == "slow_down" => {
                self.failures = 0;
                self.grant.interval = self.grant.interval.saturating_add(SLOWER);
            }
            // RFC 8628 §3.5: of what cannot be reached less is asked.
            Err(error) if error.is_retryable() => self.failures += 1,
            Err(error) => return Err(self.client.explain(error)),
        }
        Ok(self.wait(now))
    }

    fn wait(&mut self, since: UnixTime) -> Step<TokenResponse> {
        let times = 2_u32.saturating_pow(self.failures);
        let next =
            since.after(self.grant.interval.saturating_mul(times)).min(self.grant.expires_at);
        self.turn = Turn::WaitUntil(next);
        Step::WaitUntil(next)
    }

    fn ask(&mut self, now: UnixTime) -> Result<Step<TokenResponse>, Error> {
        if now >= self.grant.expires_at {
            let why = "the code expired before the user had entered it".to_owned();
            return Err(Error::Rejected(Rejection::new(EXPIRED).explained(Some(why), None)));
        }
        self.turn = Turn::Asked(now);
        let form = self.grant.parameters.pairs().to_vec();
        self.client.post(&self.token_endpoint, form, now).map(Step::Send)
    }
}

/// Shows how long is waited, and until when.
impl fmt::Debug for DevicePolling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevicePolling")
            .field("token_endpoint", &self.token_endpoint)
            .field("interval", &self.grant.interval)
            .field("expires_at", &self.grant.expires_at)
            .finish_non_exhaustive()
    }
}

fn required(members: &mut Map<String, Value>, name: &'static str) -> Result<String, Error> {
    let text = text(members, name)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| missing(name))
}

fn missing(name: &'static str) -> Error {
    Error::protocol("missing_member", WHAT, format!("{name} to be there"), "none")
}

fn duration(
    members: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<Duration>, Error> {
    let value = match members.remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let seconds = seconds(&value)
        .ok_or_else(|| Error::protocol("type", name, "a number of seconds", type_of(&value)))?;
    Ok(Some(Duration::from_secs(seconds)))
}

fn endpoint(name: &'static str, text: &str) -> Result<Endpoint, Error> {
    let refused = |error| match error {
        // What is wrong, and not the address: it may hold the code.
        Error::Config { .. } => {
            Error::protocol("endpoint", name, "an https URL (http on loopback)", "another one")
        }
        other => other,
    };
    Endpoint::parse(name, text).map_err(refused)
}

/// What moves a terminal's cursor, or turns text around.
fn is_unfit_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const WHAT: &str = "device authorization response";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXPIRED: &str = "expired_token";
/// Where the answer names none (RFC 8628 §3.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// What `slow_down` adds (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_USER_CODE: usize = 256;

#[cfg(test)]
mod tests {
    use protocol_core::{HttpError, HttpErrorKind};
    use serde_json::json;

    use super::*;
    use crate::ClientAuthentication;
    use crate::testing::{NOW, answer, finish, start};

    fn public() -> Client {
        Client::new("459691054427", ClientAuthentication::none()).unwrap()
    }

    fn at(path: &str) -> Endpoint {
        Endpoint::parse("endpoint", &format!("https://server.example.com{path}")).unwrap()
    }

    fn request(
        request: &DeviceAuthorizationRequest,
        client: &Client,
    ) -> impl Flow<Output = DeviceAuthorization> + use<> {
        request.flow(&at("/device_authorization"), client)
    }

    /// The answer of RFC 8628 §3.2 with these changes; null takes a member out.
    fn body(changes: &Value) -> String {
        let mut body = json!({
            "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
            "user_code": "WDJB-MJHT",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
            "expires_in": 1800,
            "interval": 5,
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        body.to_string()
    }

    fn read(status: u16, body: impl Into<Vec<u8>>) -> Result<DeviceAuthorization, Error> {
        let mut flow = request(&DeviceAuthorizationRequest::new(), &public());
        start(&mut flow);
        finish(&mut flow, answer(status, "application/json", body))
    }

    fn polling(changes: &Value) -> DevicePolling {
        let grant = DeviceCodeGrant::new(&read(200, body(changes)).unwrap());
        grant.flow(&at("/token"), &public(), &TokenResponseRules::default())
    }

    /// Polls with these answers in turn; after how many seconds each was asked for, and the end.
    fn poll(
        polling: &mut DevicePolling,
        answers: impl IntoIterator<Item = Input>,
    ) -> (Vec<u64>, Option<Result<TokenResponse, Error>>) {
        let (mut answers, mut now, mut asked_at) = (answers.into_iter(), NOW, Vec::new());
        let mut input = Input::Start;
        loop {
            input = match polling.step(input, now) {
                Ok(Step::WaitUntil(time)) => {
                    now = time;
                    Input::Elapsed
                }
                Ok(Step::Send(_)) => {
                    asked_at.push(now.since(NOW).as_secs());
                    match answers.next() {
                        Some(answer) => answer,
                        None => return (asked_at, None),
                    }
                }
                Ok(Step::Done(token)) => return (asked_at, Some(Ok(token))),
                Err(error) => return (asked_at, Some(Err(error))),
            }
        }
    }

    fn error(code: &str) -> Input {
        Input::Response(answer(400, "application/json", format!(r#"{{"error":"{code}"}}"#)))
    }

    fn token() -> Input {
        let body = r#"{"access_token":"a","token_type":"Bearer"}"#;
        Input::Response(answer(200, "application/json", body))
    }

    fn lost() -> Input {
        Input::Failed(HttpError::new(HttpErrorKind::Timeout, "no answer"))
    }

    const HEAD: &str =
        "content-type: application/x-www-form-urlencoded\naccept: application/json\n";

    #[test]
    fn both_requests_are_byte_exact() {
        let asked = DeviceAuthorizationRequest::new()
            .scope("")
            .scope("openid example_scope")
            .param("resource", "https://r.example/")
            .unwrap();
        let form = "scope=openid+example_scope&resource=https%3A%2F%2Fr.example%2F";
        let to = "POST https://server.example.com/device_authorization\n";
        assert_eq!(
            start(&mut request(&asked, &public())),
            format!("{to}{HEAD}\n{form}&client_id=459691054427")
        );
        let secret = ClientAuthentication::client_secret_basic("gX1fBat3bV").unwrap();
        let basic = Client::new("s6BhdRkqt3", secret).unwrap();
        let authorization = "authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n";
        assert_eq!(
            start(&mut request(&asked, &basic)),
            format!("{to}{HEAD}{authorization}\n{form}")
        );

        let mut polling = polling(&json!({}));
        let Step::WaitUntil(time) = polling.step(Input::Start, NOW).unwrap() else { panic!() };
        assert_eq!(time, NOW.after(Duration::from_secs(5)));
        let Step::Send(sent) = polling.step(Input::Elapsed, time).unwrap() else { panic!() };
        assert_eq!(sent.uri(), "https://server.example.com/token");
        let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
            &device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=459691054427";
        assert_eq!(std::str::from_utf8(sent.body()).unwrap(), form);
    }

    #[test]
    fn an_answer_is_read_with_its_defaults() {
        let whole = read(200, body(&json!({"x": 1}))).unwrap();
        assert!(whole.device_code.ct_eq("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"));
        assert_eq!(whole.user_code, "WDJB-MJHT");
        assert_eq!(whole.verification_uri.as_str(), "https://example.com/device");
        let complete = whole.verification_uri_complete.unwrap();
        assert_eq!(complete.as_str(), "https://example.com/device?user_code=WDJB-MJHT");
        assert_eq!(whole.expires_at, NOW.after(Duration::from_secs(1800)));
        assert_eq!(Value::Object(whole.extra), json!({"x": 1}));
        let table = [
            (json!(null), 5),
            (json!(7), 7),
            (json!("7"), 7),
            (json!(0), 1),
            (json!(-3), 1),
            (json!(1.5), 1),
        ];
        for (interval, expected) in table {
            let read = read(200, body(&json!({"interval": interval}))).unwrap();
            assert_eq!(read.interval.as_secs(), expected, "{interval}");
        }
        let google = body(&json!({
            "verification_uri": null, "verification_uri_complete": null,
            "verification_url": "https://www.google.com/device",
        }));
        let google = read(200, google).unwrap();
        assert_eq!(google.verification_uri.as_str(), "https://www.google.com/device");
        assert!(google.verification_uri_complete.is_none() && google.extra.is_empty());
    }

    #[test]
    fn an_answer_that_cannot_be_shown_or_asked_with_is_refused() {
        let far = "http://evil.example/canary";
        let table = [
            (json!({"device_code": null}), "missing_member"),
            (json!({"device_code": ""}), "missing_member"),
            (json!({"user_code": null}), "missing_member"),
            (json!({"verification_uri": null}), "missing_member"),
            (json!({"expires_in": null}), "missing_member"),
            (json!({"device_code": 1}), "type"),
            (json!({"user_code": ["canary"]}), "type"),
            (json!({"expires_in": "soon"}), "type"),
            (json!({"interval": true}), "type"),
            (json!({"verification_uri_complete": 1}), "type"),
            (json!({"user_code": "canary\u{1b}[2J"}), "malformed"),
            (json!({"user_code": "canary\r\n"}), "malformed"),
            (json!({"user_code": "canary\u{202e}"}), "malformed"),
            (json!({"user_code": "canary".repeat(100)}), "malformed"),
            (json!({"verification_uri": far}), "endpoint"),
            (json!({"verification_uri": "javascript:canary"}), "endpoint"),
            (json!({"verification_uri": "https://u:canary@idp.example/"}), "endpoint"),
            (json!({"verification_uri": null, "verification_url": far}), "endpoint"),
            (json!({"verification_uri_complete": far}), "endpoint"),
        ];
        for (changes, code) in table {
            let error = read(200, body(&changes)).unwrap_err();
            assert_eq!(error.code(), code, "{changes}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
        for (status, body, code) in [
            (400, r#"{"error":"invalid_scope"}"#, "invalid_scope"),
            (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
            (404, "", "http_status"),
            (503, "busy", "http_status_retryable"),
            (200, "[]", "not_object"),
            (200, r#"{"user_code":"a","user_code":"b"}"#, "duplicate_member"),
        ] {
            assert_eq!(read(status, body).unwrap_err().code(), code, "{status} {body}");
        }
    }

    #[test]
    fn refusal_e1_a_redirect_from_the_device_authorization_endpoint_ends_the_flow() {
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(read(status, body(&json!({}))).unwrap_err().code(), "http_status");
        }
    }

    #[test]
    fn polling_waits_each_time_and_slower_for_good_where_it_is_told_to() {
        let answers = [
            error("authorization_pending"),
            error("slow_down"),
            error("authorization_pending"),
            error("slow_down"),
            token(),
        ];
        let (asked_at, end) = poll(&mut polling(&json!({})), answers);
        assert_eq!(asked_at, [5, 10, 20, 30, 45]);
        assert!(end.unwrap().unwrap().access_token.ct_eq("a"));
    }

    #[test]
    fn a_server_out_of_reach_is_asked_less_until_it_answers() {
        let busy = || Input::Response(answer(503, "text/plain", "busy"));
        let answers = [lost(), busy(), lost(), error("authorization_pending"), token()];
        let (asked_at, end) = poll(&mut polling(&json!({"interval": 2})), answers);
        assert_eq!(asked_at, [2, 6, 14, 30, 32]);
        assert!(end.unwrap().is_ok());

        let refused = HttpError::new(HttpErrorKind::Refused, "http beyond loopback");
        let (asked_at, end) = poll(&mut polling(&json!({})), [Input::Failed(refused)]);
        assert_eq!((asked_at.len(), end.unwrap().unwrap_err().code()), (1, "http_refused"));
    }

    #[test]
    fn the_users_no_and_every_other_refusal_end_it() {
        for code in ["access_denied", "expired_token", "invalid_grant", "unsupported_grant_type"] {
            let mut polling = polling(&json!({}));
            let answers = [error("authorization_pending"), error(code)];
            let (asked_at, end) = poll(&mut polling, answers);
            assert_eq!((asked_at.len(), end.unwrap().unwrap_err().code()), (2, code));
            assert_eq!(polling.step(Input::Elapsed, NOW).unwrap_err().code(), "config");
            assert_eq!(polling.step(Input::Start, NOW).unwrap_err().code(), "config");
        }
        let redirect = Input::Response(answer(302, "text/plain", ""));
        let (_, end) = poll(&mut polling(&json!({})), [redirect]);
        assert_eq!(end.unwrap().unwrap_err().code(), "http_status");
    }

    #[test]
    fn nobody_is_asked_once_the_code_has_expired() {
        let pending = || std::iter::repeat_with(|| error("authorization_pending"));
        let (asked_at, end) = poll(&mut polling(&json!({"expires_in": 12})), pending());
        assert_eq!(asked_at, [5, 10]);
        assert_eq!(end.unwrap().unwrap_err().code(), "expired_token");
        let lost = std::iter::repeat_with(lost);
        let (asked_at, end) = poll(&mut polling(&json!({"expires_in": 600})), lost);
        assert_eq!(asked_at, [5, 15, 35, 75, 155, 315]);
        assert_eq!(end.unwrap().unwrap_err().code(), "expired_token");
        for expires_in in [0, -5] {
            let (asked_at, end) = poll(&mut polling(&json!({"expires_in": expires_in})), []);
            assert!(asked_at.is_empty() && end.unwrap().is_err());
        }
        let far = json!({"expires_in": u64::MAX, "interval": u64::MAX});
        let (asked_at, _) = poll(&mut polling(&far), [error("slow_down"), token()]);
        assert!(asked_at.len() <= 1, "{asked_at:?}");
    }

    #[test]
    fn polling_that_is_dropped_again_and_again_keeps_its_pace() {
        let at = |seconds| NOW.after(Duration::from_secs(seconds));
        let waits = |step: Result<Step<_>, _>, time: u64| {
            assert!(matches!(step, Ok(Step::WaitUntil(until)) if until == at(time)));
        };
        let mut polling = polling(&json!({}));
        // While it waits, as under a countdown that is drawn anew each second.
        for second in 0..5 {
            waits(polling.step(Input::Start, at(second)), 5);
        }
        // While the server is asked: what it would have said is lost.
        assert!(matches!(polling.step(Input::Elapsed, at(5)), Ok(Step::Send(_))));
        waits(polling.step(Input::Start, at(7)), 10);
        assert!(matches!(polling.step(Input::Elapsed, at(10)), Ok(Step::Send(_))));
        waits(polling.step(error("slow_down"), at(11)), 21);
        waits(polling.step(Input::Start, at(40)), 21);
        assert!(matches!(polling.step(Input::Elapsed, at(40)), Ok(Step::Send(_))));
        assert!(matches!(polling.step(token(), at(41)), Ok(Step::Done(_))));
    }

    #[test]
    fn a_step_out_of_turn_or_too_early_sends_nothing() {
        let mut polling = polling(&json!({}));
        let Step::WaitUntil(time) = polling.step(Input::Start, NOW).unwrap() else { panic!() };
        let early = polling.step(Input::Elapsed, NOW).unwrap();
        assert!(matches!(early, Step::WaitUntil(again) if again == time));
        assert_eq!(polling.step(token(), time).unwrap_err().code(), "config");
        assert_eq!(polling.step(Input::Elapsed, time).unwrap_err().code(), "config");
    }

    #[test]
    fn a_callers_parameter_replaces_none_and_debug_shows_no_code() {
        let authorization = read(200, body(&json!({"device_code": "canary", "x": "canary"})));
        let mut authorization = authorization.unwrap();
        authorization.user_code = "canary".to_owned();
        let grant = DeviceCodeGrant::new(&authorization);
        for name in ["grant_type", "device_code", "client_id"] {
            assert_eq!(grant.clone().param(name, "x").unwrap_err().code(), "config", "{name}");
        }
        let polling = grant.flow(&at("/token"), &public(), &TokenResponseRules::default());
        let shown = format!("{authorization:?} {grant:?} {polling:?}");
        assert!(!shown.contains("canary"), "{shown}");
        let request = DeviceAuthorizationRequest::new();
        assert_eq!(request.param("scope", "x").unwrap_err().code(), "config");
    }
}
