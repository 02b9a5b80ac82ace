//! Who is signed in to the application: what its cookie holds.

use oidc_core::{Claims, Email, UserInfo};
use protocol_core::{Secret, UnixTime, secret};
use serde::{Deserialize, Serialize};

/// Who is signed in to the application, by [`Session::sign_in`](crate::Session::sign_in).
///
/// A user is issuer and subject ([`id`](SignedIn::id)), never an e-mail address. Name and address
/// are as they were at the login.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignedIn {
    #[serde(rename = "c")]
    pub(crate) client: String,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) iss: Option<String>,
    #[serde(rename = "u")]
    pub(crate) sub: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(rename = "v", default, skip_serializing_if = "std::ops::Not::not")]
    email_verified: bool,
    #[serde(rename = "t")]
    pub(crate) since: UnixTime,
    /// When the cookie was last set.
    #[serde(rename = "r")]
    pub(super) renewed: UnixTime,
    /// This sign-in and no other.
    #[serde(rename = "o")]
    pub(crate) once: String,
    #[serde(
        rename = "h",
        with = "secret::exposed::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) id_token: Option<Secret>,
}

impl SignedIn {
    pub(super) fn new(
        client: &str,
        user: &UserInfo,
        claims: Option<&Claims>,
        once: String,
        now: UnixTime,
    ) -> Self {
        let email = user.email().filter(|email| email.address.len() <= LONGEST_EMAIL);
        SignedIn {
            client: client.to_owned(),
            // Of the ID token alone: any API could put somebody's issuer into its profile.
            iss: claims.map(|claims| claims.iss().to_owned()),
            sub: user.sub().to_owned(),
            sid: claims.and_then(Claims::sid).map(str::to_owned),
            name: user.name().map(|name| name.chars().take(LONGEST_NAME).collect()),
            email_verified: email.is_some_and(|email| email.verified),
            email: email.map(|email| email.address.to_owned()),
            since: now,
            renewed: now,
            once,
            id_token: None,
        }
    }

    /// What the registry knows the user by: issuer, a space, and subject (an issuer is a URL, and
    /// has none). Where the protocol has no issuers, the client's name stands in its place. Tokens
    /// are kept under this id.
    pub fn id(&self) -> String {
        id(self.realm(), &self.sub)
    }

    /// Among whose users the subject is one.
    pub(crate) fn realm(&self) -> &str {
        self.iss.as_deref().unwrap_or(&self.client)
    }

    /// The client by which the user logged in.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The issuer, for OpenID Connect.
    pub fn iss(&self) -> Option<&str> {
        self.iss.as_deref()
    }

    /// The subject: who it is, among the users of this issuer, or of this client's provider.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The session at the provider, for OpenID Connect where the provider names it.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The name to show, of up to 100 characters; escape it like any text from outside.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The e-mail address, together with whether the provider has verified it.
    pub fn email(&self) -> Option<Email<'_>> {
        let address = self.email.as_deref()?;
        Some(Email::new(address, self.email_verified))
    }

    /// When the user signed in.
    pub fn since(&self) -> UnixTime {
        self.since
    }
}

/// [`SignedIn::id`] of this user.
pub(crate) fn id(realm: &str, sub: &str) -> String {
    format!("{realm} {sub}")
}

/// Shows the client and the time, and nothing about the user.
impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn")
            .field("client", &self.client)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// Bytes of an e-mail address (RFC 5321 §4.5.3.1.3); a longer one is left out.
const LONGEST_EMAIL: usize = 254;
