//! The three pairs of OAuth 1 (RFC 5849 §1.1): client, temporary and token credentials.

use std::fmt;

use protocol_core::{AccessToken, ClientSecret, TokenSecret};

/// The client's own identifier and shared secret; the identifier is sent as `oauth_consumer_key`.
#[derive(Clone)]
pub struct ClientCredentials {
    /// What the server knows the client by.
    pub identifier: String,
    /// The shared secret; empty where the signature method has none (RSA).
    pub secret: ClientSecret,
}

impl ClientCredentials {
    /// Both parts, as the server issued them.
    pub fn new(identifier: impl Into<String>, secret: impl Into<ClientSecret>) -> Self {
        ClientCredentials { identifier: identifier.into(), secret: secret.into() }
    }
}

/// What the first leg yields, and the login keeps until the callback (RFC 5849 §2.1).
#[derive(Clone)]
pub struct TemporaryCredentials {
    /// Sent to the user's browser and expected back in the callback, as `oauth_token`.
    pub token: String,
    /// Signs the request for token credentials.
    pub token_secret: TokenSecret,
    /// What else the server answered, in its order: untrusted data.
    pub extra: Vec<(String, String)>,
}

impl TemporaryCredentials {
    /// Both parts, as they were kept.
    pub fn new(token: impl Into<String>, token_secret: impl Into<TokenSecret>) -> Self {
        TemporaryCredentials {
            token: token.into(),
            token_secret: token_secret.into(),
            extra: Vec::new(),
        }
    }
}

/// What the third leg yields, and requests are signed with (RFC 5849 §2.3).
#[derive(Clone)]
pub struct TokenCredentials {
    /// Sent as `oauth_token`.
    pub token: AccessToken,
    /// Signs requests, together with the client's secret.
    pub token_secret: TokenSecret,
    /// What else the server answered, in its order (`user_id`, `screen_name`, ..): untrusted data.
    pub extra: Vec<(String, String)>,
}

impl TokenCredentials {
    /// Both parts, as they were kept.
    pub fn new(token: impl Into<AccessToken>, token_secret: impl Into<TokenSecret>) -> Self {
        TokenCredentials {
            token: token.into(),
            token_secret: token_secret.into(),
            extra: Vec::new(),
        }
    }

    /// The first value that the server answered under this name, besides the credentials.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }
}

/// Shows the identifier alone.
impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

/// Shows the kind alone.
impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemporaryCredentials(..)")
    }
}

/// Shows the kind alone.
impl fmt::Debug for TokenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCredentials(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_holds_no_secret_and_no_token() {
        let shown = format!(
            "{:?} {:?} {:?}",
            ClientCredentials::new("id", "canary"),
            TemporaryCredentials::new("canary", "canary"),
            TokenCredentials::new("canary", "canary"),
        );
        assert!(shown.contains("\"id\"") && !shown.contains("canary"), "{shown}");
    }
}
