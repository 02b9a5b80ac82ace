//! A login that has begun: what the callback is checked against, and what the token request needs.

use protocol_core::{
    CodeVerifier, Error, Reason, TokenSecret, UnixTime, base64url, digest, secret,
};
use serde::{Deserialize, Serialize};

/// A login that has begun. It is made when the user is sent away, kept for the user's browser alone,
/// and consumed by finishing the login.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingLogin {
    #[serde(rename = "n")]
    pub(crate) client: String,
    #[serde(rename = "c")]
    pub(crate) client_id: String,
    #[serde(rename = "r")]
    pub(crate) redirect_uri: String,
    #[serde(rename = "t")]
    pub(crate) began: UnixTime,
    /// Where to return to after the login: a local path.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) return_to: Option<String>,
    /// The application's own data.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub(crate) app_data: Option<String>,
    #[serde(rename = "k")]
    pub(crate) kind: PendingKind,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum PendingKind {
    #[serde(rename = "1")]
    OAuth1 {
        #[serde(rename = "o")]
        token: String,
        #[serde(rename = "s", with = "secret::exposed")]
        token_secret: TokenSecret,
    },
    #[serde(rename = "2")]
    OAuth2 {
        #[serde(rename = "s")]
        state: String,
        #[serde(rename = "v", with = "secret::exposed::option", default)]
        code_verifier: Option<CodeVerifier>,
        #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
        #[serde(rename = "f", default, skip_serializing_if = "std::ops::Not::not")]
        form_post: bool,
        #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
        scope: String,
        #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
        max_age: Option<u64>,
        #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
        essential_acr: Vec<String>,
    },
    /// A logout at the provider, under way like a login: its redirect_uri is the
    /// post_logout_redirect_uri.
    #[serde(rename = "o")]
    Logout {
        #[serde(rename = "s")]
        state: String,
        #[serde(rename = "a")]
        at_provider: bool,
    },
}

impl PendingLogin {
    /// The client that the login is with.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Where the provider was told to send the user back to.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// When it began.
    pub fn began(&self) -> UnixTime {
        self.began
    }

    /// What ties the callback to this login: `state`, or the `oauth_token` of OAuth 1.0.
    pub(crate) fn key(&self) -> LoginKey {
        match &self.kind {
            PendingKind::OAuth1 { token, .. } => LoginKey::of(token),
            PendingKind::OAuth2 { state, .. } | PendingKind::Logout { state, .. } => {
                LoginKey::of(state)
            }
        }
    }

    /// What finishing it once is remembered by: with the time, since an OAuth 1.0 server may hand out
    /// one token twice.
    pub(crate) fn once(&self) -> String {
        format!("{} {}", self.key().as_str(), self.began)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers and lists are JSON")
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Shows the client and the time: the rest are secrets, or tie the login to its browser.
impl std::fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingLogin")
            .field("client", &self.client)
            .field("began", &self.began)
            .finish_non_exhaustive()
    }
}

/// The name of a login in cookies and caches: a digest of its `state`, so that neither shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LoginKey(String);

impl LoginKey {
    pub(crate) fn of(state: &str) -> Self {
        LoginKey(base64url::encode(&digest::sha256(state.as_bytes())[..12]))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place of our own to return to after the login: a path, and nothing that a browser could take
/// for another host.
///
/// # Errors
/// [`Reason::NotALocalPath`] for `//host`, `/\host`, an absolute URL, `javascript:` and whatever
/// else is no local path.
pub(crate) fn local_path(text: &str) -> Result<String, Error> {
    let refused = |problem| Err(Reason::NotALocalPath(problem).into());
    if text.len() > 1024 {
        return refused("expected at most 1024 bytes");
    }
    if text.bytes().any(|byte| byte <= b' ' || byte == b'\\' || byte >= 0x7f) {
        return refused("expected a path in plain ASCII, without spaces, controls and backslashes");
    }
    if !text.starts_with('/') || text.starts_with("//") {
        return refused("expected a local path that begins with a single slash");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_d9_return_to_takes_local_paths_only() {
        for text in [
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /x",
            "javascript:alert(1)",
            "x",
            "",
            "/é",
        ] {
            assert_eq!(local_path(text).unwrap_err().code(), "not_a_local_path", "{text:?}");
        }
        for text in ["/", "/a/b?c=%20d#e", "/a//b"] {
            assert_eq!(local_path(text).unwrap(), text);
        }
    }
}
