//! What an authorization response is checked against: `state` (RFC 6749 §10.12) and `iss`
//! (RFC 9207 §2.4).

use protocol_core::Reason;

use super::Arrived;
use crate::{ResponseMode, ResponseType, State};

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
    pub(super) fn check(&self, arrived: &Arrived) -> Result<(), Reason> {
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
    pub(super) fn check(&self, arrived: &Arrived) -> Result<(), Reason> {
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

/// The beginning of an untrusted text, for an error.
fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}
