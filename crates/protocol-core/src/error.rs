//! One error for every crate, by who is at fault.
//!
//! No error holds a token, a body or the query of a URL. [`Error::code`] is stable and fit for
//! metrics; the `Display` text says what was expected and what came, and is for whoever runs the
//! application, not for the user in front of it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What went wrong, by who is at fault.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// You: a setting or a call that cannot work.
    #[error("{what}: {problem}")]
    Config {
        /// The setting or the call.
        what: String,
        /// What was expected, and what came.
        problem: String,
    },
    /// No client is registered under this name.
    #[error("no client is registered under the name {0:?}")]
    UnknownClient(String),
    /// The server said no.
    #[error(transparent)]
    Rejected(Rejection),
    /// The server broke the protocol.
    #[error(transparent)]
    Protocol(Violation),
    /// A signature, a claim or a callback did not hold.
    #[error("not verified: {0}")]
    Unverified(Reason),
    /// An algorithm or a method that this build does not have.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// The network.
    #[error(transparent)]
    Http(HttpError),
    /// A store or a cache.
    #[error(transparent)]
    State(StateError),
    /// The user must log in (again): there is no token, or the one there was is no longer good.
    #[error("a login is needed: {0}")]
    NeedsLogin(String),
}

impl Error {
    /// A setting or a call that cannot work.
    pub fn config(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Error::Config { what: what.into(), problem: problem.into() }
    }

    /// The server broke the protocol; see [`Violation`].
    pub fn protocol(
        code: &'static str,
        what: &'static str,
        expected: impl Into<Cow<'static, str>>,
        got: impl Into<String>,
    ) -> Self {
        Error::Protocol(Violation { code, what, expected: expected.into(), got: clip(got.into()) })
    }

    /// A stable name of what happened: the specification's word where it has one.
    pub fn code(&self) -> &str {
        match self {
            Error::Config { .. } => "config",
            Error::UnknownClient(_) => "unknown_client",
            Error::Rejected(rejection) => &rejection.code,
            Error::Protocol(violation) => violation.code,
            Error::Unverified(reason) => reason.code(),
            Error::Unsupported(_) => "unsupported",
            Error::Http(error) => error.kind.code(),
            Error::State(_) => "state",
            Error::NeedsLogin(_) => "needs_login",
        }
    }

    /// Whether the same call may work a little later, nothing else changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Http(error) => error.kind.is_retryable(),
            Error::State(error) => error.retryable,
            Error::Rejected(rejection) => {
                matches!(&*rejection.code, "temporarily_unavailable" | "server_error" | "slow_down")
            }
            Error::Protocol(violation) => violation.code == "http_status_retryable",
            _ => false,
        }
    }

    /// Whether only a new login of the user can help.
    pub fn needs_login(&self) -> bool {
        matches!(self, Error::NeedsLogin(_))
    }

    /// The status of the web answer that tells a browser about it.
    pub fn status(&self) -> u16 {
        match self {
            Error::UnknownClient(_) => 404,
            Error::NeedsLogin(_) => 401,
            Error::Unverified(reason) if reason.is_about_the_callback() => 400,
            Error::Unverified(_) => 401,
            Error::Rejected(rejection) if rejection.is_the_users_no() => 401,
            Error::Rejected(_) | Error::Protocol(_) | Error::Http(_) => 502,
            Error::State(_) => 503,
            Error::Config { .. } | Error::Unsupported(_) => 500,
        }
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Error::Unverified(reason)
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        Error::Http(error)
    }
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        Error::State(error)
    }
}

/// The server said no (RFC 6749 §4.1.2.1, §5.2; OAuth 1 denials in the same words). Every text is
/// the server's own, cut to a bounded length and otherwise as it came: escape it before showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The error code; one that no specification knows survives as it came.
    pub code: String,
    /// The server's own explanation.
    pub description: Option<String>,
    /// Where the server explains it.
    pub uri: Option<String>,
    /// The HTTP status, where the answer was an HTTP response and not a redirect to us.
    pub status: Option<u16>,
    /// What may help, from us.
    pub hint: Option<&'static str>,
}

impl Rejection {
    /// A refusal with this code.
    pub fn new(code: impl Into<String>) -> Self {
        let code = clip(code.into());
        Rejection { code, description: None, uri: None, status: None, hint: None }
    }

    /// With the server's explanation and its address.
    #[must_use]
    pub fn explained(mut self, description: Option<String>, uri: Option<String>) -> Self {
        self.description = description.map(clip);
        self.uri = uri.map(clip);
        self
    }

    /// With the HTTP status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With a word of ours on what may help.
    #[must_use]
    pub fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Whether it is the user who declined, or who must act first (RFC 6749 §4.1.2.1, OIDC Core
    /// 3.1.2.6).
    pub fn is_the_users_no(&self) -> bool {
        matches!(
            &*self.code,
            "access_denied"
                | "login_required"
                | "interaction_required"
                | "consent_required"
                | "account_selection_required"
        )
    }
}

impl std::error::Error for Rejection {}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server refused: {}", self.code.escape_debug())?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        if let Some(description) = &self.description {
            write!(f, ": {}", description.escape_debug())?;
        }
        if let Some(uri) = &self.uri {
            write!(f, " <{}>", uri.escape_debug())?;
        }
        if let Some(hint) = self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// The server broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, got {}", got.escape_debug())]
#[non_exhaustive]
pub struct Violation {
    /// A stable name of the rule that was broken.
    pub code: &'static str,
    /// Where: the document, the member, the header.
    pub what: &'static str,
    /// What the specification asks for there.
    pub expected: Cow<'static, str>,
    /// What came, in words; never a secret, never a body.
    pub got: String,
}

/// Why a token, a key or a callback did not hold. [`Reason::code`] is stable.
///
/// A failed signature or decryption says nothing more: detail is an oracle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // Each variant's text says what it is; `expected` and `got` are those.
pub enum Reason {
    // The token's shape.
    #[error("malformed token: {0}")]
    MalformedToken(&'static str),
    #[error("malformed header: {0}")]
    MalformedHeader(&'static str),
    #[error("malformed payload: {0}")]
    MalformedPayload(&'static str),
    #[error("the {0} is not canonical base64url")]
    NonCanonicalBase64(&'static str),
    #[error("the member {0:?} twice in one JSON object")]
    DuplicateMember(String),
    #[error("the token has {got} bytes, at most {limit} are taken")]
    TokenTooLarge { limit: usize, got: usize },

    // Algorithms and keys.
    #[error("the token is not signed (alg none)")]
    AlgNone,
    #[error("expected a signature by one of {allowed}, got {got:?}")]
    AlgNotAllowed { allowed: String, got: String },
    #[error("no support for the algorithm {0:?}")]
    UnsupportedAlg(String),
    #[error("bad signature")]
    BadSignature,
    #[error("no key for it (kid {kid:?}, alg {alg})")]
    NoMatchingKey { kid: Option<String>, alg: String },
    #[error("{count} keys fit or more, and the token does not say which")]
    AmbiguousKey { count: usize },
    #[error("the key is not for this use")]
    KeyUse,
    #[error("the key is not for this operation")]
    KeyOps,
    #[error("the key is for {expected}, the token says {got}")]
    KeyAlgMismatch { expected: String, got: String },
    #[error("the key's type or curve does not fit {alg}")]
    KeyTypeMismatch { alg: String },
    #[error("weak key: {0}")]
    WeakKey(&'static str),
    #[error("invalid key: {0}")]
    InvalidKey(&'static str),
    #[error("crit: {0}")]
    CritUnsupported(String),
    #[error("an unencoded payload (b64 false) is not taken here")]
    B64Unsupported,
    #[error("typ: expected {expected}, got {got:?}")]
    TypMismatch { expected: &'static str, got: String },

    // Encryption.
    #[error("no key of ours to decrypt it with (kid {kid:?}, alg {alg})")]
    NoDecryptionKey { kid: Option<String>, alg: String },
    #[error("decryption failed")]
    DecryptFailed,
    #[error("expected encryption by one of {allowed}, got {got:?}")]
    JweAlgNotAllowed { allowed: String, got: String },
    #[error("expected content encryption by one of {allowed}, got {got:?}")]
    JweEncNotAllowed { allowed: String, got: String },
    #[error("invalid ephemeral key")]
    InvalidEpk,
    #[error("p2c is over {limit}")]
    P2cTooLarge { limit: u64 },
    #[error("the content inflates to more than {limit} bytes")]
    DecompressionLimit { limit: usize },
    #[error("compressed content is not taken")]
    ZipNotAllowed,
    #[error("the token is not encrypted, and must be")]
    NotEncrypted,

    // Claims.
    #[error("the claim {0} is missing")]
    MissingClaim(&'static str),
    #[error("the claim {claim} is not {expected}")]
    ClaimType { claim: &'static str, expected: &'static str },
    #[error("iss: expected {expected:?}, got {got:?}")]
    IssMismatch { expected: String, got: String },
    #[error("aud: expected {expected:?} among it, got {got}")]
    AudMismatch { expected: String, got: String },
    #[error("aud names {0:?}, which is not trusted")]
    UntrustedAud(String),
    #[error("azp is missing, with several audiences")]
    AzpMissing,
    #[error("azp: expected {expected:?}, got {got:?}")]
    AzpMismatch { expected: String, got: String },
    #[error("sub is another than before")]
    SubMismatch,
    #[error("expired at {exp}, it is {now}")]
    Expired { exp: u64, now: u64 },
    #[error("valid from {nbf}, it is {now}")]
    NotYetValid { nbf: u64, now: u64 },
    #[error("issued at {iat}, in the future; it is {now}")]
    IatInFuture { iat: u64, now: u64 },
    #[error("issued at {iat}, more than {most} seconds ago; it is {now}")]
    IatTooOld { iat: u64, now: u64, most: u64 },
    #[error("nonce is missing")]
    NonceMissing,
    #[error("nonce is not the one that was sent")]
    NonceMismatch,
    #[error("at_hash is missing")]
    AtHashMissing,
    #[error("at_hash does not belong to the access token")]
    AtHashMismatch,
    #[error("c_hash is missing")]
    CHashMissing,
    #[error("c_hash does not belong to the code")]
    CHashMismatch,
    #[error("s_hash does not belong to the state")]
    SHashMismatch,
    #[error("auth_time is missing, and max_age was asked")]
    AuthTimeMissing,
    #[error("the user authenticated at {auth_time}, more than {max_age} seconds ago; it is {now}")]
    AuthTimeTooOld { auth_time: u64, max_age: u64, now: u64 },
    #[error("auth_time is another than before")]
    AuthTimeMismatch,
    #[error("acr: expected one of {expected:?}, got {got:?}")]
    AcrMismatch { expected: String, got: Option<String> },
    /// A check of the application's own.
    #[error("refused by the application's own check: {0}")]
    OwnCheck(String),

    // The callback.
    #[error("the callback has no code")]
    CodeMissing,
    #[error("an ID token was due and is missing")]
    IdTokenMissing,
    #[error("an access token was due and is missing")]
    AccessTokenMissing,
    #[error("the parameter {0:?} twice")]
    DuplicateParam(String),
    #[error("the callback has no state")]
    StateMissing,
    /// `error` is what the unbound callback said went wrong: untrusted text.
    #[error("the callback has no state (it says error {error:?})")]
    ErrorWithoutState { error: String },
    /// `error` is what the unbound callback said went wrong: untrusted text.
    #[error("the callback's state belongs to no login of this browser{}", said(error))]
    StateMismatch { error: Option<String> },
    #[error("the callback has a state and none was sent")]
    StateUnexpected,
    #[error("the callback has no iss, which the server promises")]
    IssMissing,
    #[error("expected the response by {expected}, got it by {got}")]
    ResponseModeMismatch { expected: &'static str, got: &'static str },
    #[error("a response in a JWT, which was not asked for")]
    UnexpectedJarm,
    #[error("malformed callback: {0}")]
    MalformedCallback(&'static str),
    #[error("this login (or logout) took too long and has expired")]
    LoginExpired,
    #[error("this login (or logout) has already been finished")]
    LoginReplayed,
    #[error("a login of {began:?} was delivered to the callback of {delivered:?}")]
    WrongClient { began: String, delivered: String },
    #[error("oauth_token is not the one this login began with")]
    TokenMismatch,
    #[error("oauth_verifier is missing")]
    VerifierMissing,
    /// A request from another site where only our own pages may ask.
    #[error("the request came from another site ({0:?})")]
    CrossSite(String),
    /// Where to go on after the login, where it must be a path of the application's own.
    #[error("return_to: {0}")]
    NotALocalPath(&'static str),

    // Logout.
    #[error("malformed logout request: {0}")]
    MalformedLogout(&'static str),
    #[error("this logout token was used before")]
    LogoutReplayed,

    // The receiving side of OAuth 1 (RFC 5849 §3.2).
    #[error("malformed OAuth parameters: {0}")]
    MalformedRequest(&'static str),
    #[error("the consumer key is unknown")]
    UnknownConsumer,
    #[error("the timestamp {got} is outside the window around {now}")]
    StaleTimestamp { got: u64, now: u64 },
    #[error("the nonce was used before")]
    NonceReused,
}

impl Reason {
    /// A stable name, fit for metrics.
    pub fn code(&self) -> &'static str {
        use Reason::*;
        match self {
            MalformedToken(_) => "malformed_token",
            MalformedHeader(_) => "malformed_header",
            MalformedPayload(_) => "malformed_payload",
            NonCanonicalBase64(_) => "non_canonical_base64",
            DuplicateMember(_) => "duplicate_member",
            TokenTooLarge { .. } => "token_too_large",
            AlgNone => "alg_none",
            AlgNotAllowed { .. } => "alg_not_allowed",
            UnsupportedAlg(_) => "unsupported_alg",
            BadSignature => "bad_signature",
            NoMatchingKey { .. } | NoDecryptionKey { .. } => "no_matching_key",
            AmbiguousKey { .. } => "ambiguous_key",
            KeyUse => "key_use",
            KeyOps => "key_ops",
            KeyAlgMismatch { .. } => "key_alg_mismatch",
            KeyTypeMismatch { .. } => "key_type_mismatch",
            WeakKey(_) => "weak_key",
            InvalidKey(_) => "invalid_key",
            CritUnsupported(_) => "crit_unsupported",
            B64Unsupported => "b64_unsupported",
            TypMismatch { .. } => "typ_mismatch",
            DecryptFailed => "decrypt_failed",
            JweAlgNotAllowed { .. } => "jwe_alg_not_allowed",
            JweEncNotAllowed { .. } => "jwe_enc_not_allowed",
            InvalidEpk => "invalid_epk",
            P2cTooLarge { .. } => "p2c_too_large",
            DecompressionLimit { .. } => "decompression_limit",
            ZipNotAllowed => "zip_not_allowed",
            NotEncrypted => "not_encrypted",
            MissingClaim(_) => "missing_claim",
            ClaimType { .. } => "claim_type",
            IssMismatch { .. } => "iss_mismatch",
            AudMismatch { .. } => "aud_mismatch",
            UntrustedAud(_) => "untrusted_aud",
            AzpMissing => "azp_missing",
            AzpMismatch { .. } => "azp_mismatch",
            SubMismatch => "sub_mismatch",
            Expired { .. } => "expired",
            NotYetValid { .. } => "not_yet_valid",
            IatInFuture { .. } => "iat_in_future",
            IatTooOld { .. } => "iat_too_old",
            NonceMissing => "nonce_missing",
            NonceMismatch => "nonce_mismatch",
            AtHashMissing => "at_hash_missing",
            AtHashMismatch => "at_hash_mismatch",
            CHashMissing => "c_hash_missing",
            CHashMismatch => "c_hash_mismatch",
            SHashMismatch => "s_hash_mismatch",
            AuthTimeMissing => "auth_time_missing",
            AuthTimeTooOld { .. } => "auth_time_too_old",
            AuthTimeMismatch => "auth_time_mismatch",
            AcrMismatch { .. } => "acr_mismatch",
            OwnCheck(_) => "own_check",
            CodeMissing => "code_missing",
            IdTokenMissing => "id_token_missing",
            AccessTokenMissing => "access_token_missing",
            DuplicateParam(_) => "duplicate_param",
            StateMissing | ErrorWithoutState { .. } => "state_missing",
            StateMismatch { .. } => "state_mismatch",
            StateUnexpected => "state_unexpected",
            IssMissing => "iss_missing",
            ResponseModeMismatch { .. } => "response_mode_mismatch",
            UnexpectedJarm => "unexpected_jarm",
            MalformedCallback(_) => "malformed",
            LoginExpired => "login_expired",
            LoginReplayed => "login_replayed",
            WrongClient { .. } => "wrong_client",
            TokenMismatch => "token_mismatch",
            VerifierMissing => "verifier_missing",
            CrossSite(_) => "cross_site",
            NotALocalPath(_) => "not_a_local_path",
            MalformedLogout(_) => "malformed_logout",
            LogoutReplayed => "logout_replayed",
            MalformedRequest(_) => "malformed_request",
            UnknownConsumer => "unknown_consumer",
            StaleTimestamp { .. } => "stale_timestamp",
            NonceReused => "nonce_reused",
        }
    }

    /// Whether it is the request to us that did not hold, rather than what a provider sent.
    pub fn is_about_the_callback(&self) -> bool {
        use Reason::*;
        matches!(
            self,
            CodeMissing
                | DuplicateParam(_)
                | StateMissing
                | ErrorWithoutState { .. }
                | StateMismatch { .. }
                | StateUnexpected
                | IssMissing
                | ResponseModeMismatch { .. }
                | UnexpectedJarm
                | MalformedCallback(_)
                | LoginExpired
                | LoginReplayed
                | WrongClient { .. }
                | TokenMismatch
                | VerifierMissing
                | CrossSite(_)
                | NotALocalPath(_)
                | MalformedLogout(_)
                | LogoutReplayed
        )
    }
}

/// The network: no response came.
#[derive(Clone, Debug, thiserror::Error)]
#[error("HTTP ({}){}: {message}", kind.code(), host.as_deref().map(|h| format!(" to {h}")).unwrap_or_default())]
#[non_exhaustive]
pub struct HttpError {
    /// What kind of failure it was.
    pub kind: HttpErrorKind,
    /// The host that was asked.
    pub host: Option<String>,
    /// What happened, without a URL's query.
    pub message: String,
    /// What the HTTP client said.
    #[source]
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl HttpError {
    /// A failure of this kind.
    pub fn new(kind: HttpErrorKind, message: impl Into<String>) -> Self {
        HttpError { kind, host: None, message: message.into(), source: None }
    }

    /// With the host that was asked.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// With what the HTTP client said.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

/// Kinds of network failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// No connection: refused, unreachable, unknown host, TLS.
    Connect,
    /// No (whole) answer in time.
    Timeout,
    /// An answer over the size that is taken.
    TooLarge,
    /// An address that the client does not go to: http beyond loopback, a private network.
    Refused,
    /// Anything else, a connection that broke among it.
    Other,
}

impl HttpErrorKind {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            HttpErrorKind::Connect => "http_connect",
            HttpErrorKind::Timeout => "http_timeout",
            HttpErrorKind::TooLarge => "http_too_large",
            HttpErrorKind::Refused => "http_refused",
            HttpErrorKind::Other => "http_other",
        }
    }

    fn is_retryable(self) -> bool {
        matches!(self, HttpErrorKind::Connect | HttpErrorKind::Timeout | HttpErrorKind::Other)
    }
}

/// A store or a cache failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}: {message}")]
#[non_exhaustive]
pub struct StateError {
    /// Which store, and what it was asked.
    pub what: String,
    /// What happened; never a key's or a value's text.
    pub message: String,
    /// Whether the same call may work a little later.
    pub retryable: bool,
    /// What the store said.
    #[source]
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl StateError {
    /// A failure that may pass.
    pub fn new(what: impl Into<String>, message: impl Into<String>) -> Self {
        StateError { what: what.into(), message: message.into(), retryable: true, source: None }
    }

    /// With what the store said.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// A failure that will not pass by itself.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.retryable = false;
        self
    }
}

/// The most that an error keeps of a text from outside, in bytes.
const CLIP: usize = 1024;

fn said(error: &Option<String>) -> String {
    error.as_ref().map_or_else(String::new, |error| format!(" (it says error {error:?})"))
}

fn clip(mut text: String) -> String {
    if text.len() > CLIP {
        let end = (0..=CLIP).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_shows_codes_and_escapes_what_the_server_wrote() {
        let rejection = Rejection::new("invalid_client")
            .explained(Some("bad\r\n\u{1b}[31msecret".into()), None)
            .with_status(401)
            .with_hint("try x");
        assert_eq!(
            rejection.to_string(),
            "the server refused: invalid_client (HTTP 401): bad\\r\\n\\u{1b}[31msecret; try x"
        );
    }

    #[test]
    fn refusal_e12_text_from_outside_is_cut() {
        let huge = "é".repeat(100_000);
        let rejection = Rejection::new(&*huge).explained(Some(huge.clone()), Some(huge.clone()));
        assert!(rejection.code.len() < 1100 && rejection.description.unwrap().len() < 1100);
        let error = Error::protocol("c", "what", "that", huge);
        assert!(error.to_string().len() < 2000);
    }

    #[test]
    fn statuses_and_codes_follow_the_fault() {
        let table = [
            (Error::config("a", "b"), "config", 500, false),
            (Error::UnknownClient("x".into()), "unknown_client", 404, false),
            (Error::Rejected(Rejection::new("access_denied")), "access_denied", 401, false),
            (Error::Rejected(Rejection::new("server_error")), "server_error", 502, true),
            (Error::protocol("not_json", "a", "b", "c"), "not_json", 502, false),
            (Reason::StateMissing.into(), "state_missing", 400, false),
            (Reason::NotALocalPath("x").into(), "not_a_local_path", 400, false),
            (Reason::BadSignature.into(), "bad_signature", 401, false),
            (HttpError::new(HttpErrorKind::Timeout, "t").into(), "http_timeout", 502, true),
            (HttpError::new(HttpErrorKind::TooLarge, "t").into(), "http_too_large", 502, false),
            (StateError::new("store", "m").into(), "state", 503, true),
            (Error::NeedsLogin("no token".into()), "needs_login", 401, false),
        ];
        for (error, code, status, retryable) in table {
            assert_eq!(
                (error.code(), error.status(), error.is_retryable()),
                (code, status, retryable)
            );
        }
    }
}
