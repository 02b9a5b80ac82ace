//! The callback between the second and the third leg (RFC 5849 §2.2).

use std::fmt;

use protocol_core::{Error, Reason, error::Rejection, percent, secret};

use crate::TemporaryCredentials;

/// What the server told us by way of the user's browser; not to be trusted before
/// [`Callback::check`].
#[derive(Clone)]
pub struct Callback {
    token: Option<String>,
    verifier: Option<String>,
    denied: Option<String>,
    problem: Option<String>,
    problem_advice: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    extra: Vec<(String, String)>,
}

/// Reads the query of the callback's URL, without its `?`.
///
/// # Errors
/// [`Reason::DuplicateParam`] for a parameter of the protocol that is there twice.
///
/// ```
/// use oauth1_core::{TemporaryCredentials, callback};
///
/// let kept = TemporaryCredentials::new("hh5s93j4hdidpola", "hdhd0244k9j7ao03");
/// let callback = callback::parse("oauth_token=hh5s93j4hdidpola&oauth_verifier=hfdp7dh39dks9884")?;
/// assert_eq!(callback.check(&kept)?, "hfdp7dh39dks9884");
/// # Ok::<(), oauth1_core::Error>(())
/// ```
pub fn parse(query: &str) -> Result<Callback, Error> {
    let mut callback = Callback {
        token: None,
        verifier: None,
        denied: None,
        problem: None,
        problem_advice: None,
        error: None,
        error_description: None,
        extra: Vec::new(),
    };
    for (name, value) in percent::form_pairs(query.as_bytes()) {
        let place = match &*name {
            "oauth_token" => &mut callback.token,
            "oauth_verifier" => &mut callback.verifier,
            "denied" => &mut callback.denied,
            "oauth_problem" => &mut callback.problem,
            "oauth_problem_advice" => &mut callback.problem_advice,
            "error" => &mut callback.error,
            "error_description" => &mut callback.error_description,
            _ => {
                callback.extra.push((name.into_owned(), value.into_owned()));
                continue;
            }
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Reason::DuplicateParam(name.into_owned()).into());
        }
    }
    Ok(callback)
}

impl Callback {
    /// The `oauth_token` that it speaks of, or the token of a `denied`: what a store of logins is
    /// asked for.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().or(self.denied.as_deref().filter(|token| !token.is_empty()))
    }

    /// Whether it says that the user, or the server, refused. A refusal may name no token at all.
    pub fn is_denial(&self) -> bool {
        self.refusal().is_some()
    }

    fn refusal(&self) -> Option<&str> {
        let problem = [&self.problem, &self.error].into_iter().flatten();
        let problem = problem.map(String::as_str).find(|problem| !problem.is_empty());
        let by_verifier = self.verifier.as_deref() == Some("denied");
        problem.or((self.denied.is_some() || by_verifier).then_some("user_refused"))
    }

    /// What came besides, in its order: untrusted data.
    pub fn extra(&self) -> &[(String, String)] {
        &self.extra
    }

    /// The verifier, once the callback is known to belong to the login that `temporary` began.
    ///
    /// # Errors
    /// [`Reason::TokenMismatch`] if it is another login's; [`Error::Rejected`] with the code
    /// `access_denied` if the user or the server said no (`denied`, `oauth_problem`, a verifier
    /// `denied`, or `error` as of OAuth 2.0), whatever else the server named kept as the
    /// description; [`Reason::VerifierMissing`].
    pub fn check(&self, temporary: &TemporaryCredentials) -> Result<&str, Error> {
        let is_ours = |token: &str| secret::ct_eq(token.as_bytes(), temporary.token.as_bytes());
        let refusal = self.refusal();
        // A refusal need not repeat the token (the Problem Reporting extension says nothing of
        // it), but may not name another.
        if !self.token().map_or(refusal.is_some(), is_ours) {
            return Err(Reason::TokenMismatch.into());
        }
        if let Some(problem) = refusal {
            let advice = self.problem_advice.as_deref().or(self.error_description.as_deref());
            return Err(denial(problem, advice));
        }
        match self.verifier.as_deref() {
            None | Some("") => Err(Reason::VerifierMissing.into()),
            Some(verifier) => Ok(verifier),
        }
    }
}

/// The user's no keeps OAuth 2's word for it; any other problem keeps the server's.
fn denial(problem: &str, advice: Option<&str>) -> Error {
    let code = match problem {
        "user_refused" | "permission_denied" => "access_denied",
        other => other,
    };
    let description = advice.map(str::to_owned).or_else(|| Some(problem.to_owned()));
    Error::Rejected(Rejection::new(code).explained(description, None))
}

/// Shows names alone: the verifier is as good as a password for a moment.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("has_verifier", &self.verifier.is_some())
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
