//! Profiles in a provider's own words, turned into the claims of OpenID Connect.

use std::sync::Arc;

use oidc_core::UserInfo;
use protocol_core::Error;
use serde_json::{Map, Value};

/// How a provider's profile answer becomes a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    /// Pairs of a claim of OIDC Core 5.1 and where the answer holds it, in the words of
    /// [`UserInfo::from_profile`]. Without any, claims are found by what most call them.
    pub(crate) claims: &'static [(&'static str, &'static str)],
    /// The application's own, in place of those.
    pub(crate) own: Option<Arc<[(String, String)]>>,
    /// Where a list of the user's e-mail addresses is to be had, which becomes the member `emails`.
    pub(crate) emails: Option<&'static str>,
    /// Whether an address is shown only once the provider has verified it.
    pub(crate) shows_verified_email_only: bool,
}

impl Profile {
    /// The user that an answer is about.
    ///
    /// # Errors
    /// [`Error::Unverified`] where it names no user.
    pub(crate) fn user_info(&self, profile: Map<String, Value>) -> Result<UserInfo, Error> {
        let own: Option<Vec<_>> = self
            .own
            .as_ref()
            .map(|own| own.iter().map(|(claim, at)| (claim.as_str(), at.as_str())).collect());
        let claims = own.as_deref().unwrap_or(self.claims);
        if !claims.is_empty() {
            let user = UserInfo::from_profile(profile, claims)?;
            let shown = self.shows_verified_email_only && user.email().is_some();
            return Ok(if shown { user.with_email_verified() } else { user });
        }
        let there = |name: &str| profile.get(name).is_some_and(|value| !value.is_null());
        let guessed: Vec<_> = GUESSES
            .iter()
            .filter_map(|(claim, names)| {
                names.iter().find(|name| there(name)).map(|name| (*claim, *name))
            })
            .collect();
        UserInfo::from_profile(profile, &guessed)
    }
}

/// Puts the addresses of a second answer beside the profile, the primary one first.
pub(crate) fn add_emails(profile: &mut Map<String, Value>, mut emails: Vec<Value>) {
    emails.sort_by_key(|email| email["primary"] != Value::Bool(true));
    profile.insert("emails".to_owned(), Value::Array(emails));
}

/// Names that claims go by, the likeliest first.
const GUESSES: &[(&str, &[&str])] = &[
    ("sub", &["sub", "id", "id_str", "user_id", "uid"]),
    ("name", &["name", "display_name", "displayName"]),
    ("preferred_username", &["preferred_username", "login", "username", "screen_name"]),
    ("email_verified", &["email_verified", "verified_email"]),
    ("picture", &["picture", "avatar_url"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_numbered_user_gets_a_textual_sub_and_nulls_are_passed_over() {
        let profile = json!({"sub": null, "id": 583231, "login": "octocat", "name": null});
        let guess = Profile::default();
        let user = guess.user_info(profile.as_object().unwrap().clone()).unwrap();
        assert_eq!((user.sub(), user.preferred_username()), ("583231", Some("octocat")));
        assert_eq!(user.name(), None);
        assert_eq!(guess.user_info(Map::new()).unwrap_err().code(), "missing_claim");
    }

    #[test]
    fn the_primary_address_comes_first() {
        let mut profile = Map::new();
        let (first, primary) = (json!({"email": "a", "primary": false}), json!({"primary": true}));
        add_emails(&mut profile, vec![first.clone(), "odd".into(), primary.clone()]);
        assert_eq!(profile["emails"], json!([primary, first, "odd"]));
    }
}
