//! Tokens of every protocol, in one type without parameters.

use oidc_core::claims::Original;
use protocol_core::{
    AccessToken, Error, RefreshToken, Secret, TokenSecret, UnixTime, base64url, json, secret,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a login yields and an API call needs: an OAuth 2.0 token, or OAuth 1.0 token credentials.
///
/// `Debug` shows no secret. To keep one, see [`Token::to_exposed_json`].
#[derive(Clone)]
pub struct Token(pub(crate) Data);

impl Token {
    /// A bearer token from elsewhere.
    pub fn bearer(access_token: impl Into<AccessToken>) -> Self {
        let token_type = Some("bearer".to_owned());
        Token(Data { token_type, ..Data::new(access_token.into()) })
    }

    /// OAuth 1.0 token credentials from elsewhere.
    pub fn oauth1(token: impl Into<AccessToken>, secret: impl Into<TokenSecret>) -> Self {
        Token(Data { token_secret: Some(secret.into()), ..Data::new(token.into()) })
    }

    /// The access token; of OAuth 1.0 token credentials, the token.
    pub fn access_token(&self) -> &AccessToken {
        &self.0.access_token
    }

    /// The secret of OAuth 1.0 token credentials.
    pub fn token_secret(&self) -> Option<&TokenSecret> {
        self.0.token_secret.as_ref()
    }

    /// The token type, in lower case.
    pub fn token_type(&self) -> Option<&str> {
        self.0.token_type.as_deref()
    }

    /// The refresh token.
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.0.refresh_token.as_ref()
    }

    /// When the access token expires; `None` where the server did not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.0.expires_at
    }

    /// The scopes that were granted, separated by spaces; `None` where the server did not say.
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// The ID token as it was signed; what came encrypted has been decrypted. It was verified when the
    /// login was finished.
    pub fn id_token(&self) -> Option<&Secret> {
        self.0.id_token.as_ref()
    }

    /// The session at the provider, by the ID token, which was verified before it was kept.
    pub(crate) fn sid(&self) -> Option<String> {
        let payload = self.id_token()?.expose().split('.').nth(1)?;
        let claims = json::object(&base64url::decode(payload).ok()?).ok()?;
        Some(claims.get("sid")?.as_str()?.to_owned())
    }

    /// Whether it was granted for use while the user is away (OIDC Core §11).
    pub(crate) fn is_for_offline_access(&self) -> bool {
        self.scope().is_some_and(|scope| scope.split(' ').any(|scope| scope == "offline_access"))
    }

    /// Whatever else the answer held, unverified.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.0.extra
    }

    /// The token as JSON with its secrets in the clear: whoever calls this answers for where it
    /// goes.
    pub fn to_exposed_json(&self) -> String {
        serde_json::to_string(&self.0).expect("texts, numbers and JSON are JSON")
    }

    /// Reads what [`Token::to_exposed_json`] wrote.
    ///
    /// # Errors
    /// [`Error::Config`], holding nothing of the text.
    pub fn from_exposed_json(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json)
            .map(Token)
            .map_err(|_| Error::config("token", "expected JSON of Token::to_exposed_json"))
    }
}

/// Shows what kind it is and when it expires.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("token_type", &self.0.token_type)
            .field("expires_at", &self.0.expires_at)
            .field("scope", &self.0.scope)
            .finish_non_exhaustive()
    }
}

/// A token's parts. Only [`Token::to_exposed_json`] writes them out.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Data {
    #[serde(with = "secret::exposed")]
    pub(crate) access_token: AccessToken,
    #[serde(with = "secret::exposed::option", default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_secret: Option<TokenSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_type: Option<String>,
    #[serde(with = "secret::exposed::option", default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<RefreshToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(with = "secret::exposed::option", default, skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) extra: Map<String, Value>,
    /// When it was issued to us: how long it lives tells when to refresh it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) obtained_at: Option<UnixTime>,
    /// What a refreshed ID token must agree with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) original: Option<Original>,
}

impl Data {
    pub(crate) fn new(access_token: AccessToken) -> Self {
        Data {
            access_token,
            token_secret: None,
            token_type: None,
            refresh_token: None,
            expires_at: None,
            scope: None,
            id_token: None,
            extra: Map::new(),
            obtained_at: None,
            original: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_kept_and_shows_nothing() {
        let mut token = Token::oauth1("canary-token", "canary-secret");
        token.0.expires_at = Some(UnixTime::from_seconds(5));
        let back = Token::from_exposed_json(&token.to_exposed_json()).unwrap();
        assert!(back.access_token().ct_eq("canary-token"));
        assert!(back.token_secret().unwrap().ct_eq("canary-secret"));
        assert_eq!(back.expires_at(), Some(UnixTime::from_seconds(5)));
        assert!(!format!("{token:?}").contains("canary"));
        let error = Token::from_exposed_json("canary").unwrap_err();
        assert!(!error.to_string().contains("canary"));
    }
}
