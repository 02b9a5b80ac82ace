//! Who asks and who answers: the clients of this provider and the people who log in.

use jose_core::Algorithm;
use protocol_core::{ClientSecret, digest};
use url::Url;

/// An application that this provider knows. It may use every protocol: `client_id` and
/// `client_secret` are also its OAuth 1.0a consumer key and secret.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name on the wire (RFC 6749 §2.2).
    pub client_id: String,
    /// Its secret; `None` for a public client, which must then use PKCE.
    pub client_secret: Option<ClientSecret>,
    /// Its name on the consent page.
    pub name: String,
    /// Where answers may go, compared as written. A loopback http URI without a port stands for
    /// every port (RFC 8252 §7.3).
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after a logout, compared as written.
    pub post_logout_redirect_uris: Vec<String>,
    /// What the logout page loads in a frame, with `iss` and `sid` (OpenID Connect Front-Channel
    /// Logout 1.0).
    pub frontchannel_logout_uri: Option<String>,
    /// Where a logout token is posted at a logout (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// By what its ID tokens are signed.
    pub id_token_signed_response_alg: Algorithm,
}

impl Client {
    /// A client with a secret, and nothing else yet.
    pub fn confidential(client_id: &str, client_secret: &str) -> Self {
        Client { client_secret: Some(client_secret.into()), ..Client::public(client_id) }
    }

    /// A client without a secret, and nothing else yet.
    pub fn public(client_id: &str) -> Self {
        Client {
            client_id: client_id.into(),
            client_secret: None,
            name: client_id.into(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            frontchannel_logout_uri: None,
            backchannel_logout_uri: None,
            id_token_signed_response_alg: Algorithm::RS256,
        }
    }

    /// With this name on the consent page; default: the client id.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// With one more place where answers may go.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.redirect_uris.push(redirect_uri.into());
        self
    }

    /// With one more place where the browser may go after a logout.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: &str) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// With what the logout page loads in a frame.
    #[must_use]
    pub fn frontchannel_logout_uri(mut self, uri: &str) -> Self {
        self.frontchannel_logout_uri = Some(uri.into());
        self
    }

    /// With where a logout token is posted at a logout.
    #[must_use]
    pub fn backchannel_logout_uri(mut self, uri: &str) -> Self {
        self.backchannel_logout_uri = Some(uri.into());
        self
    }

    /// With ID tokens signed by `alg`; default: RS256.
    #[must_use]
    pub fn id_token_signed_response_alg(mut self, alg: Algorithm) -> Self {
        self.id_token_signed_response_alg = alg;
        self
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri || is_same_but_port(known, uri))
    }
}

/// RFC 8252 §7.3: a native application learns its loopback port only when it starts.
fn is_same_but_port(known: &str, uri: &str) -> bool {
    let (Ok(known), Ok(mut uri)) = (Url::parse(known), Url::parse(uri)) else { return false };
    known.scheme() == "http"
        && known.port().is_none()
        && protocol_core::endpoint::is_loopback(&known)
        && uri.set_port(None).is_ok()
        && known == uri
}

/// Somebody who can log in, with any password.
#[derive(Clone, Debug)]
pub struct User {
    /// What is typed into the login page; 1 to 64 letters, digits, `.`, `_`, `-`.
    pub username: String,
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the address is said to be verified.
    pub email_verified: bool,
}

impl User {
    /// The user that a bare name stands for: `alice` is Alice, alice@example.test, verified.
    pub fn new(username: &str) -> Self {
        let mut letters = username.chars();
        let name = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        User {
            username: username.into(),
            name: name.unwrap_or_default(),
            email: format!("{username}@example.test"),
            email_verified: true,
        }
    }

    /// With this full name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// With this e-mail address.
    #[must_use]
    pub fn email(mut self, email: &str, verified: bool) -> Self {
        (self.email, self.email_verified) = (email.into(), verified);
        self
    }

    /// The `sub` of this user's ID tokens (OIDC Core §2): `user-` and the user name.
    pub fn sub(&self) -> String {
        format!("user-{}", self.username)
    }

    /// The number that the OAuth 2.0 profile has as `id`.
    pub fn id(&self) -> u32 {
        let [a, b, c, d, ..] = digest::sha256(self.username.as_bytes());
        u32::from_be_bytes([a, b, c, d])
    }

    pub(crate) fn is_a_username(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (1..=64).contains(&text.len()) && text.chars().all(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_compared_as_written_but_for_a_loopback_port() {
        let client = Client::public("c")
            .redirect_uri("http://127.0.0.1/cb?x=1")
            .redirect_uri("http://localhost:9/fixed")
            .redirect_uri("https://app.example/cb");
        for uri in [
            "http://127.0.0.1/cb?x=1",
            "http://127.0.0.1:51000/cb?x=1",
            "http://localhost:9/fixed",
            "https://app.example/cb",
        ] {
            assert!(client.may_redirect_to(uri), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:51000/cb",
            "http://127.0.0.1:51000/cb?x=1#f",
            "http://127.0.0.2:51000/cb?x=1",
            "http://localhost:10/fixed",
            "https://app.example:444/cb",
            "https://app.example/cb/",
            "https://app.example.evil.example/cb",
            "",
        ] {
            assert!(!client.may_redirect_to(uri), "{uri}");
        }
    }
}
