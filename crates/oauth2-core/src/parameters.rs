//! The parameters of a request, in order, each at most once (RFC 6749 §3.1, §3.2).

use std::fmt;

use protocol_core::{AccessToken, Error, RefreshToken, percent};

/// Pairs of a form or a query. A caller's own parameters can neither replace those that the request
/// sets itself nor be repeated, but for `resource` (RFC 8707 §2) and `audience` (RFC 8693 §2.1).
#[derive(Clone)]
pub(crate) struct Parameters {
    reserved: &'static [&'static str],
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// No parameters yet; those named in `reserved` are the request's own.
    pub(crate) fn new(reserved: &'static [&'static str]) -> Self {
        Parameters { reserved, pairs: Vec::new() }
    }

    /// Those of a request about an access token (RFC 7009 §2.1, RFC 7662 §2.1).
    pub(crate) fn about_access_token(token: &AccessToken) -> Self {
        Self::about(token.expose(), "access_token")
    }

    /// Those of a request about a refresh token.
    pub(crate) fn about_refresh_token(token: &RefreshToken) -> Self {
        Self::about(token.expose(), "refresh_token")
    }

    fn about(token: &str, token_type_hint: &str) -> Self {
        let mut parameters = Parameters::new(&["token", "token_type_hint"]);
        parameters.set("token", token);
        parameters.set("token_type_hint", token_type_hint);
        parameters
    }

    /// Sets a parameter of the request's own; what it was before is gone.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        match self.pairs.iter_mut().find(|(n, _)| n == name) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((name.to_owned(), value)),
        }
    }

    /// Adds a parameter of the caller's.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let problem = if name.is_empty() {
            "expected a name, got none"
        } else if self.reserved.contains(&name) || SECRET.contains(&name) {
            "expected a parameter of the caller's own, got one that the request sets itself"
        } else if !REPEATABLE.contains(&name) && self.pairs.iter().any(|(n, _)| n == name) {
            "expected each parameter once (only resource and audience may be repeated)"
        } else {
            self.pairs.push((name.to_owned(), value.to_owned()));
            return Ok(());
        };
        Err(Error::config(format!("parameter {name:?}"), problem))
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}

/// Shows names alone: values may be secrets.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}

/// The pairs as a form body or a query.
pub(crate) fn form(pairs: &[(String, String)]) -> String {
    percent::form_body(pairs.iter().map(|(name, value)| (name, value)))
}

const REPEATABLE: &[&str] = &["resource", "audience"];

/// Set by client authentication, and never a part of a URL.
const SECRET: &[&str] =
    &["client_id", "client_secret", "client_assertion", "client_assertion_type"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_e7_repeated_parameters_are_all_sent() {
        let mut parameters = Parameters::new(&["scope"]);
        for (name, value) in [("resource", "a"), ("audience", "x"), ("resource", "b c")] {
            parameters.add(name, value).unwrap();
        }
        assert_eq!(form(parameters.pairs()), "resource=a&audience=x&resource=b+c");
    }

    #[test]
    fn a_callers_parameter_replaces_nothing() {
        let mut parameters = Parameters::new(&["scope"]);
        parameters.add("prompt", "login").unwrap();
        for name in ["scope", "client_id", "client_secret", "client_assertion", "prompt", ""] {
            let error = parameters.add(name, "canary").unwrap_err();
            assert_eq!(error.code(), "config", "{name}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        parameters.set("scope", "a");
        parameters.set("scope", "b");
        assert_eq!(form(parameters.pairs()), "prompt=login&scope=b");
        assert_eq!(format!("{parameters:?}"), r#"["prompt", "scope"]"#);
    }
}
