//! Who logged in: the standard claims about a user (OIDC Core §5.1), read leniently.
//!
//! What a provider says about a name or a picture never fails a login: a claim of another type than
//! the specification's is read where it can be and left aside where not. URLs among the claims are
//! text here: nothing in this crate fetches them.

use std::fmt;

use protocol_core::{Error, Reason, UnixTime, percent};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::date;

/// An e-mail address and whether the provider vouches for it.
///
/// It is no identity: two users of two issuers can show the same address, and an address changes
/// hands. A user is known by [`UserInfo::identity`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Email<'a> {
    /// The address as it came.
    pub address: &'a str,
    /// Whether the provider says that it checked that the address is this user's. A provider that
    /// says nothing has not said so.
    pub verified: bool,
}

impl<'a> Email<'a> {
    /// This address, and whether somebody who was asked says that it is the user's.
    pub fn new(address: &'a str, verified: bool) -> Self {
        Email { address, verified }
    }
}

impl fmt::Debug for Email<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("verified", &self.verified).finish_non_exhaustive()
    }
}

/// The claims about a user, from an ID Token, the UserInfo endpoint or another profile answer.
///
/// It serializes to the JSON object of its claims.
#[derive(Clone, PartialEq)]
pub struct UserInfo {
    sub: String,
    claims: Map<String, Value>,
    /// The answer that the claims were read from, where it was in other words.
    raw: Option<Map<String, Value>>,
}

impl UserInfo {
    /// Claims that hold a `sub` (OIDC Core §5.3.2).
    ///
    /// # Errors
    /// [`Error::Unverified`] (`missing_claim`, `claim_type`) where `sub` is missing or is no text.
    pub fn new(claims: Map<String, Value>) -> Result<Self, Error> {
        match claims.get("sub") {
            Some(Value::String(sub)) if !sub.is_empty() => {
                Ok(UserInfo { sub: sub.clone(), claims, raw: None })
            }
            None | Some(Value::Null) => Err(Reason::MissingClaim("sub").into()),
            Some(_) => {
                let expected = "a text that is not empty";
                Err(Reason::ClaimType { claim: "sub", expected }.into())
            }
        }
    }

    /// The profile answer of a provider that speaks no OpenID Connect. `mapping` says where the
    /// standard claims are found: pairs of a claim and the name of a member of `profile`, or a JSON
    /// pointer (RFC 6901) where it begins with `/`, or a text with pointers in braces
    /// (`https://cdn.example/{/id}.png`), each replaced by what is there, percent-encoded unless the
    /// text begins with it. A number
    /// becomes a text, except in `email_verified` and `updated_at`. A mapped claim that is not found
    /// is absent, whatever `profile` itself holds under its name; the other members of `profile` stay
    /// beside the claims. [`UserInfo::raw`] is `profile` as it came.
    ///
    /// ```
    /// use oidc_core::UserInfo;
    ///
    /// let profile = r#"{"id": 583231, "login": "octocat", "avatar_url": "https://a.example/u"}"#;
    /// let mapping = [("sub", "id"), ("preferred_username", "login"), ("picture", "avatar_url")];
    /// let user = UserInfo::from_profile(serde_json::from_str(profile)?, &mapping)?;
    /// assert_eq!(user.sub(), "583231");
    /// assert_eq!(user.preferred_username(), Some("octocat"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`UserInfo::new`].
    pub fn from_profile(
        profile: Map<String, Value>,
        mapping: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let found: Vec<(String, Option<Value>)> = mapping
            .iter()
            .map(|(claim, at)| {
                let value = match at.contains('{') {
                    true => composed(&profile, at).map(Value::String),
                    false => find(&profile, at).filter(|value| !value.is_null()).cloned(),
                };
                ((*claim).to_owned(), value.map(|value| as_claim(claim, value)))
            })
            .collect();
        let mut claims = profile.clone();
        // Any API could name somebody else's issuer here, and a user is issuer and subject.
        claims.remove("iss");
        for (claim, value) in found {
            match value {
                Some(value) => claims.insert(claim, value),
                None => claims.remove(&claim),
            };
        }
        Ok(UserInfo { raw: Some(profile), ..UserInfo::new(claims)? })
    }

    /// The same user, as one of this issuer.
    #[must_use]
    pub fn with_iss(mut self, issuer: impl Into<String>) -> Self {
        self.claims.insert("iss".to_owned(), Value::String(issuer.into()));
        self
    }

    /// The same user, the e-mail address verified: for a provider that shows no other.
    #[must_use]
    pub fn with_email_verified(mut self) -> Self {
        self.claims.insert("email_verified".to_owned(), Value::Bool(true));
        self
    }

    /// The subject: who it is, among the users of one issuer; never reassigned.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The issuer, where it is known.
    pub fn iss(&self) -> Option<&str> {
        self.text("iss")
    }

    /// What to know a user by: issuer and subject, and nothing else (OIDC Core §5.7). `None` where
    /// the issuer is not known; the name of the client then takes its place.
    pub fn identity(&self) -> Option<(&str, &str)> {
        Some((self.iss()?, self.sub()))
    }

    /// The full name, as it is to be shown.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The given name or first names.
    pub fn given_name(&self) -> Option<&str> {
        self.text("given_name")
    }

    /// The surname or last names.
    pub fn family_name(&self) -> Option<&str> {
        self.text("family_name")
    }

    /// A short name the user likes to go by; not unique, and it changes (OIDC Core §5.7).
    pub fn preferred_username(&self) -> Option<&str> {
        self.text("preferred_username")
    }

    /// The e-mail address, together with whether it is verified. `email_verified` is read from
    /// `true` and from the text `"true"`.
    pub fn email(&self) -> Option<Email<'_>> {
        let address = self.text("email").filter(|address| !address.is_empty())?;
        let verified = match self.claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        };
        Some(Email { address, verified })
    }

    /// The address of a picture: text from the provider, never fetched here.
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// The locale, a BCP 47 tag in most cases (`en-US`, also seen as `en_US`).
    pub fn locale(&self) -> Option<&str> {
        self.text("locale")
    }

    /// When these claims last changed; read from a number, from a number as text, and from an
    /// RFC 3339 date and time.
    pub fn updated_at(&self) -> Option<UnixTime> {
        date::lenient(self.claims.get("updated_at")?)
    }

    /// The claim of this name as a `T`; `None` where it is missing or null.
    ///
    /// # Errors
    /// [`Error::Protocol`] (`claim_type`) where it is there and does not fit `T`. The error holds
    /// nothing of the value.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.claims.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|_| misfit::<T>("a claim", format!("{} in {name}", kind(value)))),
        }
    }

    /// All claims as a type of your own.
    ///
    /// # Errors
    /// [`Error::Protocol`] (`claim_type`) where they do not fit. The error holds nothing of them.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let value = Value::Object(self.claims.clone());
        T::deserialize(value).map_err(|_| misfit::<T>("the claims", "others".to_owned()))
    }

    /// All claims, in the words of OpenID Connect where they have any.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The answer as it came, in the provider's own words; the claims where it speaks OpenID Connect.
    pub fn raw(&self) -> &Map<String, Value> {
        self.raw.as_ref().unwrap_or(&self.claims)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }
}

impl Serialize for UserInfo {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.claims.serialize(to)
    }
}

/// Names the claims and shows no value: they are about a person.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.claims.keys().collect();
        f.debug_struct("UserInfo").field("claims", &names).finish_non_exhaustive()
    }
}

/// What kind of JSON value it is, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn misfit<T>(what: &'static str, got: String) -> Error {
    Error::protocol("claim_type", what, std::any::type_name::<T>(), got)
}

fn find<'a>(profile: &'a Map<String, Value>, at: &str) -> Option<&'a Value> {
    match at.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, ""))) {
        None => profile.get(at),
        Some((first, "")) => profile.get(first),
        Some((first, rest)) => profile.get(first)?.pointer(&format!("/{rest}")),
    }
}

/// A text with pointers in braces, filled; `None` where one points at neither a text nor a number.
fn composed(profile: &Map<String, Value>, template: &str) -> Option<String> {
    let mut parts = template.split('{');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (at, rest) = part.split_once('}')?;
        match find(profile, at)? {
            Value::String(value) if value.is_empty() => return None,
            Value::String(value) if text.is_empty() => text += value,
            Value::String(value) => text += &percent::encode(value),
            Value::Number(value) => text += &value.to_string(),
            _ => return None,
        }
        text += rest;
    }
    Some(text)
}

fn as_claim(claim: &str, value: Value) -> Value {
    match value {
        Value::Number(number) if !matches!(claim, "email_verified" | "updated_at") => {
            Value::String(number.to_string())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(value: Value) -> UserInfo {
        let Value::Object(mut map) = value else { panic!("an object") };
        map.entry("sub").or_insert("u1".into());
        UserInfo::new(map).unwrap()
    }

    #[test]
    fn odd_profile_claims_are_read_where_they_can_be_and_left_aside_where_not() {
        let odd = user(json!({
            "email": "a@b.example", "email_verified": "true", "updated_at": "1700000000",
            "locale": {"language": "en"}, "name": ["x"], "picture": 7, "given_name": null,
        }));
        assert_eq!(odd.email(), Some(Email { address: "a@b.example", verified: true }));
        assert_eq!(odd.updated_at(), Some(UnixTime::from_seconds(1_700_000_000)));
        assert_eq!((odd.locale(), odd.name(), odd.picture()), (None, None, None));
        assert_eq!(odd.given_name(), None);
    }

    #[test]
    fn refusal_c15_an_issuer_in_a_plain_profile_is_none() {
        let profile = json!({"iss": "https://bank.example", "id": 7});
        let profile = profile.as_object().unwrap().clone();
        let user = UserInfo::from_profile(profile.clone(), &[("sub", "id")]).unwrap();
        assert_eq!((user.identity(), user.sub()), (None, "7"));
        assert_eq!(user.raw(), &profile);
        let mapped = UserInfo::from_profile(profile, &[("sub", "id"), ("iss", "iss")]).unwrap();
        assert_eq!(
            mapped.identity(),
            Some(("https://bank.example", "7")),
            "where that is asked for"
        );
    }

    #[test]
    fn refusal_c15_an_email_comes_with_its_verified_flag_and_is_no_identity() {
        let verified = [
            (json!({"email_verified": true}), true),
            (json!({"email_verified": "True"}), true),
            (json!({"email_verified": false}), false),
            (json!({"email_verified": "false"}), false),
            (json!({"email_verified": "yes"}), false),
            (json!({"email_verified": 1}), false),
            (json!({"email_verified": null}), false),
            (json!({}), false),
        ];
        for (mut claims, expected) in verified {
            claims["email"] = "a@b.example".into();
            assert_eq!(user(claims.clone()).email().unwrap().verified, expected, "{claims}");
        }
        assert_eq!(user(json!({"email_verified": true})).email(), None);
        assert_eq!(user(json!({"email": "", "email_verified": true})).email(), None);

        let email = json!({"email": "a@b.example", "email_verified": true});
        let one = user(email.clone()).with_iss("https://one.example");
        let other = user(email).with_iss("https://other.example");
        assert_ne!(one.identity(), other.identity());
        let changed = user(json!({"email": "new@b.example"})).with_iss("https://one.example");
        assert_eq!(one.identity(), changed.identity());
        assert_eq!(user(json!({})).identity(), None);
    }

    #[test]
    fn refusal_c14_urls_in_claims_stay_text() {
        let claims = json!({
            "picture": "file:///etc/passwd", "profile": "https://evil.example/",
            "_claim_sources": {"src1": {"endpoint": "https://evil.example/claims"}},
        });
        let user = user(claims);
        assert_eq!(user.picture(), Some("file:///etc/passwd"));
        assert_eq!(
            user.get::<String>("profile").unwrap().as_deref(),
            Some("https://evil.example/")
        );
        assert!(user.as_map().contains_key("_claim_sources"));
    }

    #[test]
    fn a_profile_without_sub_is_mapped() {
        let profile =
            json!({"data": {"id": "42", "username": "x"}, "id": 7, "name": "N", "sub": "evil"});
        let Value::Object(profile) = profile else { panic!() };
        let mapping = [("sub", "/data/id"), ("preferred_username", "/data/username")];
        let user = UserInfo::from_profile(profile.clone(), &mapping).unwrap();
        assert_eq!((user.sub(), user.preferred_username()), ("42", Some("x")));
        assert_eq!(UserInfo::from_profile(profile.clone(), &[("sub", "id")]).unwrap().sub(), "7");
        let error = UserInfo::from_profile(profile, &[("sub", "missing")]).unwrap_err();
        assert_eq!(error.code(), "missing_claim");
    }

    #[test]
    fn a_claim_is_composed_of_what_the_profile_holds_and_the_profile_stays_as_it_came() {
        let Value::Object(profile) = json!({"id": 7, "avatar": "a/b", "none": null}) else {
            panic!("an object")
        };
        let picture = |template: &str| {
            let mapping = [("sub", "/id"), ("picture", template)];
            let user = UserInfo::from_profile(profile.clone(), &mapping).unwrap();
            assert_eq!(user.raw(), &profile);
            user.picture().map(str::to_owned)
        };
        let whole = picture("https://cdn.example/{/id}/{/avatar}.png");
        assert_eq!(whole.as_deref(), Some("https://cdn.example/7/a%2Fb.png"));
        assert_eq!(picture("{/avatar}/{/id}").as_deref(), Some("a/b/7"));
        for incomplete in ["https://cdn.example/{/none}", "{/missing}", "{/id", "{/id}{/none}"] {
            assert_eq!(picture(incomplete), None, "{incomplete}");
        }
        let plain = user(json!({"email": "a@b.example"}));
        assert_eq!(plain.raw(), plain.as_map());
    }

    #[test]
    fn a_claim_that_does_not_fit_is_an_error_without_its_value() {
        let user = user(json!({"groups": ["canary"], "name": null}));
        assert_eq!(user.get::<Vec<String>>("groups").unwrap().unwrap(), ["canary"]);
        assert_eq!(user.get::<String>("name").unwrap(), None);
        let error = user.get::<u64>("groups").unwrap_err();
        assert_eq!(error.code(), "claim_type");
        assert!(error.to_string().contains("groups") && !error.to_string().contains("canary"));
        #[derive(Debug, serde::Deserialize)]
        struct Mine {
            #[allow(dead_code)]
            groups: u64,
        }
        assert!(!user.parse::<Mine>().unwrap_err().to_string().contains("canary"));
    }

    #[test]
    fn debug_names_claims_and_shows_no_value() {
        let user = user(json!({"sub": "canary", "email": "canary@x.example"}));
        let shown = format!("{user:?} {:?}", user.email());
        assert!(shown.contains("email") && !shown.contains("canary"), "{shown}");
        assert_eq!(serde_json::to_value(&user).unwrap()["sub"], "canary");
    }
}
