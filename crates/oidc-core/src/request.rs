//! What OpenID Connect adds to an authorization request (OIDC Core §3.1.2.1, §5.5).

use std::fmt;
use std::time::Duration;

use protocol_core::Error;
use serde_json::{Map, Value, json};

/// The parameters of OpenID Connect, for the authorization request of any flow.
///
/// ```
/// use std::time::Duration;
/// use oidc_core::request::AuthenticationRequest;
///
/// let asked = AuthenticationRequest::new()
///     .prompt(["login", "consent"])
///     .max_age(Duration::from_secs(300))
///     .id_token_claim_essential("acr", ["urn:example:gold"]);
/// let pairs = asked.to_pairs()?;
/// assert_eq!(pairs[0], ("prompt", "login consent".to_owned()));
/// assert_eq!(pairs[1], ("max_age", "300".to_owned()));
/// # Ok::<(), oidc_core::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct AuthenticationRequest {
    texts: Vec<(&'static str, String)>,
    prompt: Vec<String>,
    max_age: Option<Duration>,
    acr_values: Vec<String>,
    essential_acr: Vec<String>,
    userinfo_claims: Map<String, Value>,
    id_token_claims: Map<String, Value>,
}

impl AuthenticationRequest {
    /// A request that asks for nothing beyond a login.
    pub fn new() -> Self {
        AuthenticationRequest::default()
    }

    /// Whether and how the user is asked: `none`, `login`, `consent`, `select_account`, `create`.
    #[must_use]
    pub fn prompt<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.prompt = values.into_iter().map(Into::into).collect();
        self
    }

    /// The longest time since the user last authenticated, in whole seconds. Ask for the same in
    /// [`Expected::max_age`](crate::id_token::Expected::max_age).
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Authentication contexts by preference: a wish, and the ID Token may name another.
    #[must_use]
    pub fn acr_values<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// What the provider may put into the login name field.
    #[must_use]
    pub fn login_hint(self, hint: impl Into<String>) -> Self {
        self.text("login_hint", hint.into())
    }

    /// An ID Token that the provider issued before: who is expected to log in.
    #[must_use]
    pub fn id_token_hint(self, id_token: impl Into<String>) -> Self {
        self.text("id_token_hint", id_token.into())
    }

    /// How the provider shows its pages: `page`, `popup`, `touch`, `wap`.
    #[must_use]
    pub fn display(self, display: impl Into<String>) -> Self {
        self.text("display", display.into())
    }

    /// Languages of the provider's pages by preference, as BCP 47 tags.
    #[must_use]
    pub fn ui_locales<T: AsRef<str>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(|tag| tag.as_ref().to_owned()).collect();
        self.text("ui_locales", tags.join(" "))
    }

    /// A claim in the ID Token, as a wish.
    #[must_use]
    pub fn id_token_claim(mut self, name: impl Into<String>) -> Self {
        self.id_token_claims.insert(name.into(), Value::Null);
        self
    }

    /// A claim in the ID Token as essential; with one of `values`, where there are any. For `acr`,
    /// expect the same in [`Expected::acr`](crate::id_token::Expected::acr) (OIDC Core §5.5.1.1).
    #[must_use]
    pub fn id_token_claim_essential<T: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let name = name.into();
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        let wanted = essential(&values);
        if name == "acr" {
            self.essential_acr = values;
        }
        self.id_token_claims.insert(name, wanted);
        self
    }

    /// A claim from the UserInfo endpoint, as a wish.
    #[must_use]
    pub fn userinfo_claim(mut self, name: impl Into<String>) -> Self {
        self.userinfo_claims.insert(name.into(), Value::Null);
        self
    }

    /// A claim from the UserInfo endpoint as essential. The provider may leave it out all the same.
    #[must_use]
    pub fn userinfo_claim_essential(mut self, name: impl Into<String>) -> Self {
        self.userinfo_claims.insert(name.into(), essential(&[]));
        self
    }

    /// The `max_age` that was asked for, to be kept with the login.
    pub fn asked_max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The values of `acr` that were asked for as essential, to be kept with the login.
    pub fn asked_acr(&self) -> &[String] {
        &self.essential_acr
    }

    /// The parameters, in a fixed order, not yet encoded.
    ///
    /// # Errors
    /// [`Error::Config`] where `prompt` has `none` together with another value, or where a value
    /// of a list holds a space (OIDC Core §3.1.2.1).
    pub fn to_pairs(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let mut pairs = Vec::new();
        if self.prompt.len() > 1 && self.prompt.iter().any(|value| value == "none") {
            return Err(Error::config("prompt", "expected none alone, got it with other values"));
        }
        if !self.prompt.is_empty() {
            pairs.push(("prompt", spaced("prompt", &self.prompt)?));
        }
        if let Some(max_age) = self.max_age {
            pairs.push(("max_age", max_age.as_secs().to_string()));
        }
        if !self.acr_values.is_empty() {
            pairs.push(("acr_values", spaced("acr_values", &self.acr_values)?));
        }
        pairs.extend(self.texts.iter().cloned());
        let mut claims = Map::new();
        for (place, wanted) in
            [("userinfo", &self.userinfo_claims), ("id_token", &self.id_token_claims)]
        {
            if !wanted.is_empty() {
                claims.insert(place.to_owned(), Value::Object(wanted.clone()));
            }
        }
        if !claims.is_empty() {
            pairs.push(("claims", Value::Object(claims).to_string()));
        }
        Ok(pairs)
    }

    fn text(mut self, name: &'static str, value: String) -> Self {
        self.texts.retain(|(other, _)| *other != name);
        self.texts.push((name, value));
        self
    }
}

/// Names the parameters; hints are about a person, and `id_token_hint` is a token.
impl fmt::Debug for AuthenticationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.texts.iter().map(|(name, _)| name).collect();
        f.debug_struct("AuthenticationRequest")
            .field("prompt", &self.prompt)
            .field("max_age", &self.max_age)
            .field("acr_values", &self.acr_values)
            .field("others", &names)
            .finish_non_exhaustive()
    }
}

fn essential(values: &[String]) -> Value {
    match values {
        [] => json!({"essential": true}),
        [value] => json!({"essential": true, "value": value}),
        _ => json!({"essential": true, "values": values}),
    }
}

fn spaced(name: &str, values: &[String]) -> Result<String, Error> {
    if values.iter().any(|value| value.is_empty() || value.contains(' ')) {
        return Err(Error::config(name, "expected values without spaces, got one that has some"));
    }
    Ok(values.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_in_a_fixed_order() {
        let asked = AuthenticationRequest::new()
            .userinfo_claim("email")
            .userinfo_claim_essential("name")
            .id_token_claim("auth_time")
            .id_token_claim_essential("acr", ["a", "b"])
            .id_token_claim_essential("sub", ["u1"])
            .ui_locales(["de-CH", "de"])
            .login_hint("one")
            .login_hint("two")
            .acr_values(["x", "y"])
            .max_age(Duration::ZERO)
            .prompt(["login"]);
        let claims = json!({
            "userinfo": {"email": null, "name": {"essential": true}},
            "id_token": {
                "auth_time": null,
                "acr": {"essential": true, "values": ["a", "b"]},
                "sub": {"essential": true, "value": "u1"},
            },
        });
        let mut pairs = asked.to_pairs().unwrap();
        let last = pairs.pop().unwrap();
        assert_eq!(last.0, "claims");
        assert_eq!(serde_json::from_str::<Value>(&last.1).unwrap(), claims);
        let expected = [
            ("prompt", "login"),
            ("max_age", "0"),
            ("acr_values", "x y"),
            ("ui_locales", "de-CH de"),
            ("login_hint", "two"),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(asked.asked_acr(), ["a", "b"]);
        assert_eq!(asked.asked_max_age(), Some(Duration::ZERO));
        assert!(AuthenticationRequest::new().to_pairs().unwrap().is_empty());
    }

    #[test]
    fn debug_holds_no_hint() {
        let asked = AuthenticationRequest::new().id_token_hint("canary").login_hint("canary");
        let shown = format!("{asked:?}");
        assert!(shown.contains("id_token_hint") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn contradictions_are_refused_before_the_user_leaves() {
        for request in [
            AuthenticationRequest::new().prompt(["none", "login"]),
            AuthenticationRequest::new().prompt(["login consent", "x"]),
            AuthenticationRequest::new().acr_values(["a b"]),
            AuthenticationRequest::new().acr_values([""]),
        ] {
            assert_eq!(request.to_pairs().unwrap_err().code(), "config", "{request:?}");
        }
        assert!(AuthenticationRequest::new().prompt(["none"]).to_pairs().is_ok());
    }
}
