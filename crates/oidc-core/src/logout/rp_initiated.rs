//! Logout begun by the application (OpenID Connect RP-Initiated Logout 1.0).

use std::fmt;

use oauth2_core::State;
use protocol_core::{Endpoint, Error, Reason};

use super::once;

/// A request to the provider to end the user's session there (§2): the user's browser is sent to
/// [`url`](LogoutRequest::url).
///
/// ```
/// use oidc_core::logout::{LogoutRequest, LogoutResponse};
/// use oidc_core::{Endpoint, State};
///
/// let endpoint = Endpoint::parse("end_session_endpoint", "https://idp.example/logout")?;
/// let state = State::random(); // keep it for the user's browser
/// let url = LogoutRequest::new(&endpoint)
///     .id_token_hint("eyJ...")
///     .client_id("client-1")
///     .post_logout_redirect_uri("https://app.example/logged-out")
///     .state(&state)
///     .url()?;
/// assert!(url.starts_with("https://idp.example/logout?id_token_hint=eyJ...&client_id=client-1&"));
///
/// // The provider sends the browser back.
/// let response = LogoutResponse::query(&format!("state={}", state.expose()))?;
/// response.check(&state)?;
/// # Ok::<(), oidc_core::Error>(())
/// ```
#[derive(Clone)]
pub struct LogoutRequest {
    end_session_endpoint: Endpoint,
    pairs: Vec<(&'static str, String)>,
}

impl LogoutRequest {
    /// A request that says nothing of who is to be logged out: the provider will ask the user.
    pub fn new(end_session_endpoint: &Endpoint) -> Self {
        LogoutRequest { end_session_endpoint: end_session_endpoint.clone(), pairs: Vec::new() }
    }

    /// The ID Token of the session to be ended, though it may have expired. Providers ask the user
    /// where there is none, and many then do not send the browser back.
    #[must_use]
    pub fn id_token_hint(self, id_token: impl Into<String>) -> Self {
        self.set("id_token_hint", id_token.into())
    }

    /// The client, which must be the one that the hint was issued to.
    #[must_use]
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        self.set("client_id", client_id.into())
    }

    /// Where the provider is to send the browser back to, as it was registered there.
    #[must_use]
    pub fn post_logout_redirect_uri(self, uri: impl Into<String>) -> Self {
        self.set("post_logout_redirect_uri", uri.into())
    }

    /// What comes back with the browser: it ties the answer to this request.
    #[must_use]
    pub fn state(self, state: &State) -> Self {
        self.set("state", state.expose().to_owned())
    }

    /// Who is logging out, in the provider's own terms: an e-mail address, a session's id.
    #[must_use]
    pub fn logout_hint(self, hint: impl Into<String>) -> Self {
        self.set("logout_hint", hint.into())
    }

    /// Languages of the provider's pages by preference, as BCP 47 tags.
    #[must_use]
    pub fn ui_locales<T: AsRef<str>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(|tag| tag.as_ref().to_owned()).collect();
        self.set("ui_locales", tags.join(" "))
    }

    /// The parameters in the order in which they were set, not yet encoded: for a form that is sent
    /// by POST, so that the ID Token is in no address (§2 has providers take both).
    ///
    /// # Errors
    /// [`Error::Config`] for a `post_logout_redirect_uri` without `id_token_hint` and `client_id`,
    /// of which nobody could say whether it is registered (§3); for a `state` without one.
    pub fn to_pairs(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let has = |name| self.pairs.iter().any(|(n, _)| *n == name);
        if has("state") && !has("post_logout_redirect_uri") {
            let problem = "expected a post_logout_redirect_uri beside it, got none";
            return Err(Error::config("state", problem));
        }
        if has("post_logout_redirect_uri") && !has("id_token_hint") && !has("client_id") {
            let problem = "expected an id_token_hint or a client_id beside it, got neither";
            return Err(Error::config("post_logout_redirect_uri", problem));
        }
        Ok(self.pairs.clone())
    }

    /// Where to send the user's browser.
    ///
    /// # Errors
    /// As [`to_pairs`](LogoutRequest::to_pairs).
    pub fn url(&self) -> Result<String, Error> {
        Ok(self.end_session_endpoint.with_query(self.to_pairs()?))
    }

    fn set(mut self, name: &'static str, value: String) -> Self {
        self.pairs.retain(|(other, _)| *other != name);
        self.pairs.push((name, value));
        self
    }
}

/// Names the parameters: the values are a token and hints about a person.
impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("end_session_endpoint", &self.end_session_endpoint)
            .field("parameters", &self.pairs.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}

/// What the browser brought back from the provider's logout page (§3): a `state`, and nothing else.
/// That it came says that the provider sent the browser on, not that anybody was logged out.
#[derive(Clone)]
pub struct LogoutResponse {
    state: Option<String>,
}

impl LogoutResponse {
    /// The query of the request to the `post_logout_redirect_uri`, with or without its `?`.
    ///
    /// # Errors
    /// [`Reason::DuplicateParam`] for a state that is there twice; [`Reason::MalformedLogout`] for
    /// more than 64 KiB.
    pub fn query(query: &str) -> Result<Self, Error> {
        let query = query.strip_prefix('?').unwrap_or(query);
        Ok(LogoutResponse { state: once(query.as_bytes(), "state")? })
    }

    /// The state that it claims, unchecked: to find what was kept of the request by.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Whether it belongs to the request with this state.
    ///
    /// # Errors
    /// [`Reason::StateMissing`], [`Reason::StateMismatch`].
    pub fn check(&self, expected: &State) -> Result<(), Error> {
        match &self.state {
            None => Err(Reason::StateMissing.into()),
            Some(state) if expected.ct_eq(state) => Ok(()),
            Some(_) => Err(Reason::StateMismatch { error: None }.into()),
        }
    }
}

/// Says whether there is a state.
impl fmt::Debug for LogoutResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutResponse").field("has_state", &self.state.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> LogoutRequest {
        let url = "https://idp.example/logout?tenant=1";
        LogoutRequest::new(&Endpoint::parse("end_session_endpoint", url).unwrap())
    }

    #[test]
    fn the_url_is_byte_exact_and_keeps_the_endpoints_own_query() {
        let full = request()
            .id_token_hint("a.b.c")
            .client_id("client 1")
            .post_logout_redirect_uri("https://app.example/bye?x=1")
            .state(&State::new("s&t").unwrap())
            .logout_hint("jane@mail.example")
            .ui_locales(["fr-CA", "fr"]);
        assert_eq!(
            full.url().unwrap(),
            "https://idp.example/logout?tenant=1&id_token_hint=a.b.c&client_id=client+1\
             &post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye%3Fx%3D1&state=s%26t\
             &logout_hint=jane%40mail.example&ui_locales=fr-CA+fr"
        );
        assert_eq!(request().url().unwrap(), "https://idp.example/logout?tenant=1");
        assert_eq!(full.client_id("other").to_pairs().unwrap().len(), 6, "each parameter once");
    }

    #[test]
    fn a_request_that_no_provider_could_answer_is_refused_before_the_user_leaves() {
        let state = State::random();
        for (request, names) in [
            (request().client_id("c").state(&state), "state"),
            (request().post_logout_redirect_uri("https://a.example"), "post_logout_redirect_uri"),
        ] {
            let error = request.url().unwrap_err();
            assert_eq!(error.code(), "config");
            assert!(error.to_string().starts_with(names), "{error}");
        }
    }

    #[test]
    fn only_the_answer_with_our_state_is_taken() {
        let state = State::new("abc").unwrap();
        let outcome = |query: &str| {
            let checked = LogoutResponse::query(query).and_then(|response| response.check(&state));
            checked.map_or_else(|error| error.code().to_owned(), |()| "ok".to_owned())
        };
        for (query, expected) in [
            ("state=abc", "ok"),
            ("?state=abc&iss=x", "ok"),
            ("", "state_missing"),
            ("state=", "state_missing"),
            ("State=abc", "state_missing"),
            ("state=abd", "state_mismatch"),
            ("state=ab", "state_mismatch"),
            ("state=abc&state=abc", "duplicate_param"),
            ("state=&state=abc", "duplicate_param"),
            (&format!("state=abc&x={}", "y".repeat(70_000)), "malformed_logout"),
        ] {
            assert_eq!(outcome(query), expected, "{query:.60}");
        }
    }

    #[test]
    fn debug_holds_no_value() {
        let request = request().id_token_hint("canary").logout_hint("canary");
        let shown = format!("{request:?} {:?}", LogoutResponse::query("state=canary").unwrap());
        assert!(shown.contains("id_token_hint") && !shown.contains("canary"), "{shown}");
        assert!(!shown.contains("tenant"), "{shown}");
    }
}
