//! The claims of a verified ID Token (OIDC Core §2).

use std::fmt;

use jose_core::{Algorithm, jwt};
use protocol_core::{Error, Reason, UnixTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::userinfo::{Email, UserInfo};

/// The claims of an ID Token that was verified: only
/// [`IdTokenVerifier::verify`](crate::IdTokenVerifier::verify) makes them.
///
/// It serializes to the JSON object of the claims, as they came.
#[derive(Clone, PartialEq)]
pub struct Claims {
    algorithm: Algorithm,
    user: UserInfo,
    iss: String,
    aud: Vec<String>,
    exp: UnixTime,
    iat: UnixTime,
    nbf: Option<UnixTime>,
    auth_time: Option<UnixTime>,
    amr: Vec<String>,
}

impl Claims {
    /// The types that every ID Token's claims must have; nothing else is checked here.
    pub(crate) fn read(claims: jwt::Claims, algorithm: Algorithm) -> Result<Self, Error> {
        let iss = required(claims.iss(), "iss")?.to_owned();
        required(claims.sub(), "sub")?;
        if !claims.as_map().contains_key("aud") {
            return Err(Reason::MissingClaim("aud").into());
        }
        let aud = claims.aud().to_vec();
        let exp = claims.exp().ok_or(Reason::MissingClaim("exp"))?;
        let iat = claims.iat().ok_or(Reason::MissingClaim("iat"))?;
        let nbf = claims.nbf();
        for name in ["nonce", "azp", "at_hash", "c_hash", "s_hash"] {
            if !claims.as_map().get(name).is_some_and(Value::is_null) {
                claims.text(name)?;
            }
        }
        // One of another type is as good as none: it matters to those who asked for it.
        let auth_time = claims.time("auth_time").unwrap_or_default();
        let amr = match claims.as_map().get("amr") {
            Some(Value::Array(list)) => {
                list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
            }
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        let user = UserInfo::new(claims.into_map())?;
        Ok(Claims { algorithm, user, iss, aud, exp, iat, nbf, auth_time, amr })
    }

    /// The algorithm of the signature that was verified.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The issuer.
    pub fn iss(&self) -> &str {
        &self.iss
    }

    /// The subject: who it is, among the users of this issuer; never reassigned.
    pub fn sub(&self) -> &str {
        self.user.sub()
    }

    /// What to know a user by: issuer and subject, and nothing else (OIDC Core §5.7).
    pub fn identity(&self) -> (&str, &str) {
        (&self.iss, self.user.sub())
    }

    /// For whom the token is; this client is among them.
    pub fn aud(&self) -> &[String] {
        &self.aud
    }

    /// Until when the token is good. It says nothing about a session of your own.
    pub fn exp(&self) -> UnixTime {
        self.exp
    }

    /// When the token was issued.
    pub fn iat(&self) -> UnixTime {
        self.iat
    }

    /// When the user last authenticated.
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time
    }

    /// The nonce of the login, as the token holds it.
    pub fn nonce(&self) -> Option<&str> {
        self.text("nonce")
    }

    /// The authentication context class: how strong the authentication was.
    pub fn acr(&self) -> Option<&str> {
        self.text("acr")
    }

    /// The authentication methods (RFC 8176); empty where the provider says none.
    pub fn amr(&self) -> &[String] {
        &self.amr
    }

    /// The authorized party: the client that the token was issued to.
    pub fn azp(&self) -> Option<&str> {
        self.text("azp")
    }

    /// The session at the provider, for logout (OIDC Front-Channel Logout §3).
    pub fn sid(&self) -> Option<&str> {
        self.text("sid")
    }

    /// The full name, as it is to be shown.
    pub fn name(&self) -> Option<&str> {
        self.user.name()
    }

    /// The e-mail address, together with whether it is verified.
    pub fn email(&self) -> Option<Email<'_>> {
        self.user.email()
    }

    /// What the token says about the user.
    pub fn user_info(&self) -> &UserInfo {
        &self.user
    }

    /// What the token says about the user, taken out.
    pub fn into_user_info(self) -> UserInfo {
        self.user
    }

    /// The claim of this name as a `T`; `None` where it is missing or null.
    ///
    /// # Errors
    /// As [`UserInfo::get`].
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.user.get(name)
    }

    /// All claims as a type of your own.
    ///
    /// # Errors
    /// As [`UserInfo::parse`].
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.user.parse()
    }

    /// All claims as they came.
    pub fn as_map(&self) -> &Map<String, Value> {
        self.user.as_map()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.as_map().get(name)?.as_str()
    }

    pub(crate) fn nbf(&self) -> Option<UnixTime> {
        self.nbf
    }
}

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.user.serialize(to)
    }
}

/// Shows issuer, audience and times; of the claims about the user, the names.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("iss", &self.iss)
            .field("aud", &self.aud)
            .field("exp", &self.exp)
            .field("iat", &self.iat)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What a refreshed ID Token must agree with: claims of the first one (OIDC Core §12.2). Keep it
/// beside the refresh token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The issuer.
    pub iss: String,
    /// The subject.
    pub sub: String,
    /// The audiences.
    pub aud: Vec<String>,
    /// When the user authenticated, if the first token said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// The nonce, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

impl From<&Claims> for Original {
    fn from(claims: &Claims) -> Self {
        Original {
            iss: claims.iss.clone(),
            sub: claims.sub().to_owned(),
            aud: claims.aud.clone(),
            auth_time: claims.auth_time,
            nonce: claims.nonce().map(str::to_owned),
        }
    }
}

/// Leaves subject and nonce out.
impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original")
            .field("iss", &self.iss)
            .field("aud", &self.aud)
            .field("auth_time", &self.auth_time)
            .finish_non_exhaustive()
    }
}

pub(crate) fn required<'a>(value: Option<&'a str>, claim: &'static str) -> Result<&'a str, Reason> {
    match value {
        None => Err(Reason::MissingClaim(claim)),
        Some("") => Err(Reason::ClaimType { claim, expected: "a text that is not empty" }),
        Some(text) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Claims, Error> {
        let Value::Object(map) = value else { panic!("an object") };
        Claims::read(jwt::Claims::from_map(map)?, Algorithm::RS256)
    }

    fn good() -> Value {
        json!({"iss": "https://a.example", "sub": "u1", "aud": "c1", "exp": 20, "iat": 10})
    }

    #[test]
    fn registered_claims_are_typed_and_others_reachable() {
        let mut value = good();
        value["aud"] = json!(["c1", "c2"]);
        value["auth_time"] = json!(5.2);
        value["amr"] = json!(["pwd", 7, "otp"]);
        value["sid"] = json!("s1");
        value["groups"] = json!(["staff"]);
        value["email"] = json!("a@b.example");
        let claims = read(value.clone()).unwrap();
        assert_eq!(claims.identity(), ("https://a.example", "u1"));
        assert_eq!(claims.aud(), ["c1", "c2"]);
        assert_eq!((claims.exp().seconds(), claims.iat().seconds()), (20, 10));
        assert_eq!(claims.auth_time().unwrap().seconds(), 6);
        assert_eq!(claims.amr(), ["pwd", "otp"]);
        assert_eq!(claims.sid(), Some("s1"));
        assert_eq!(claims.get::<Vec<String>>("groups").unwrap().unwrap(), ["staff"]);
        assert!(!claims.email().unwrap().verified);
        #[derive(Deserialize)]
        struct Mine {
            groups: Vec<String>,
        }
        assert_eq!(claims.parse::<Mine>().unwrap().groups, ["staff"]);
        assert_eq!(serde_json::to_value(&claims).unwrap(), value);
    }

    #[test]
    fn a_null_counts_as_missing_where_a_claim_may_be_missing() {
        let mut value = good();
        for name in ["nonce", "azp", "acr", "at_hash", "auth_time", "amr", "sid"] {
            value[name] = Value::Null;
        }
        let claims = read(value).unwrap();
        assert_eq!((claims.nonce(), claims.acr(), claims.auth_time()), (None, None, None));
    }

    #[test]
    fn the_original_survives_being_kept() {
        let mut value = good();
        value["nonce"] = json!("canary");
        value["sub"] = json!("canary");
        let original = Original::from(&read(value).unwrap());
        let text = serde_json::to_string(&original).unwrap();
        assert_eq!(serde_json::from_str::<Original>(&text).unwrap(), original);
        assert!(!format!("{original:?}").contains("canary"));
    }

    #[test]
    fn debug_shows_nothing_about_the_user() {
        let mut value = good();
        value["sub"] = json!("canary");
        value["email"] = json!("canary@x.example");
        let shown = format!("{:?}", read(value).unwrap());
        assert!(shown.contains("https://a.example") && !shown.contains("canary"), "{shown}");
    }
}
