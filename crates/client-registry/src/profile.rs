//! Profiles in a provider's own words, turned into the claims of OpenID Connect.

use oidc_core::UserInfo;
use protocol_core::Error;
use serde_json::{Map, Value};

/// Where a provider's profile answer holds each claim of OIDC Core 5.1: pairs of a claim and a JSON
/// pointer (RFC 6901).
pub(crate) type Mapping = &'static [(&'static str, &'static str)];

/// The user that a profile answer is about, read by `mapping`; without one, by what most call it.
///
/// # Errors
/// [`Error::Unverified`] where the profile names no user.
pub(crate) fn user_info(
    profile: Map<String, Value>,
    mapping: Option<Mapping>,
) -> Result<UserInfo, Error> {
    if let Some(mapping) = mapping {
        return UserInfo::from_profile(profile, mapping);
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
        let user = user_info(profile.as_object().unwrap().clone(), None).unwrap();
        assert_eq!((user.sub(), user.preferred_username()), ("583231", Some("octocat")));
        assert_eq!(user.name(), None);
        assert_eq!(user_info(Map::new(), None).unwrap_err().code(), "missing_claim");
    }
}
