//! A finished login: the token, and who logged in.

use std::ops::Deref;

use oidc_core::{Claims, UserInfo};
use protocol_core::Error;
use serde_json::{Map, Value};

use crate::client::{CallToken, Client, ClientKind};
use crate::profile;
use crate::telemetry::{span, traced};
use crate::token::Token;

/// A finished login. It dereferences to its [`Token`].
#[derive(Clone)]
pub struct Authorized {
    client: Client,
    token: Token,
    claims: Option<Claims>,
    return_to: Option<String>,
    app_data: Option<String>,
    checks: Vec<Check>,
    extra: Vec<(String, String)>,
}

/// Something that was checked before a login counted as finished.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What: `state`, `PKCE`, `nonce`, `iss`, `signature`, …
    pub what: &'static str,
    /// How it held: for a signature, the algorithm.
    pub how: String,
}

impl Check {
    pub(crate) fn new(what: &'static str, how: impl Into<String>) -> Self {
        Check { what, how: how.into() }
    }

    /// What holds of a verified ID token.
    pub(crate) fn of_id_token(claims: &Claims) -> [Self; 2] {
        [
            Check::new("signature", claims.algorithm().name()),
            Check::new("ID token", "iss, aud, exp and iat hold"),
        ]
    }
}

impl Authorized {
    pub(crate) fn new(
        client: Client,
        token: Token,
        claims: Option<Claims>,
        checks: Vec<Check>,
    ) -> Self {
        let (return_to, app_data, extra) = (None, None, Vec::new());
        Authorized { client, token, claims, return_to, app_data, checks, extra }
    }

    pub(crate) fn going_on(self, return_to: Option<String>, app_data: Option<String>) -> Self {
        Authorized { return_to, app_data, ..self }
    }

    pub(crate) fn with_extra(mut self, extra: Vec<(String, String)>) -> Self {
        self.extra = extra;
        self
    }

    /// Who logged in.
    ///
    /// For OpenID Connect the claims of the ID token, completed from the UserInfo endpoint where
    /// claims that the scopes ask for are not in it (or always, or never, by the key `userinfo`);
    /// `sub` there must be the ID token's. Otherwise the provider's profile, asked for at
    /// `userinfo_endpoint` and put into the same words.
    ///
    /// # Errors
    /// [`Error::Unverified`] where the answer is about somebody else or nobody; [`Error::Config`]
    /// without a `userinfo_endpoint` where one is needed; [`Error::Rejected`],
    /// [`Error::Protocol`] and [`Error::Http`] from asking.
    pub async fn userinfo(&self) -> Result<UserInfo, Error> {
        traced(span!("userinfo", client = self.client.name()), self.ask_userinfo()).await
    }

    async fn ask_userinfo(&self) -> Result<UserInfo, Error> {
        match (&self.client.registered.kind, &self.claims) {
            (ClientKind::OAuth2(client), Some(claims)) => {
                client.userinfo(&self.client, &self.token, claims).await
            }
            _ => self.client.profile(Some(&self.token)).await,
        }
    }

    /// Keeps the token for `user`, whatever the application calls its users by: later requests of
    /// this user call APIs with it.
    ///
    /// # Errors
    /// As for [`Client::save_token`].
    pub async fn save_for(&self, user: &str) -> Result<(), Error> {
        self.client.save_token(user, &self.token).await
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The client that the login was with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The token, for keeping.
    pub fn into_token(self) -> Token {
        self.token
    }

    /// The verified claims of the ID token, for OpenID Connect.
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_ref()
    }

    /// What was checked.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Where the login's [`LoginOptions`](crate::LoginOptions) said to go on: a local path.
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// The application's own data of the login's [`LoginOptions`](crate::LoginOptions).
    pub fn app_data(&self) -> Option<&str> {
        self.app_data.as_deref()
    }

    /// What the callback brought besides, in its order: text from the browser, unverified.
    pub fn unverified_extra(&self) -> &[(String, String)] {
        &self.extra
    }
}

impl Client {
    /// Who the user is whose token calls of this client go with, as the provider says today: the
    /// claims of the UserInfo endpoint, whose `sub` must be that of the login's ID token, or the
    /// provider's profile in the same words. For whoever has just logged in there is
    /// [`Authorized::userinfo`], which knows what the ID token says.
    ///
    /// # Errors
    /// [`Error::NeedsLogin`] without a token; those of [`Authorized::userinfo`].
    pub async fn userinfo(&self) -> Result<UserInfo, Error> {
        traced(span!("userinfo", client = self.name()), self.userinfo_today()).await
    }

    async fn userinfo_today(&self) -> Result<UserInfo, Error> {
        let client = match &self.registered.kind {
            ClientKind::OAuth2(client) if client.is_openid() => client,
            _ => return self.profile(None).await,
        };
        let CallToken { token, kept } = self.call_token().await?;
        let token = token.ok_or_else(|| {
            Error::NeedsLogin(format!("no user of {:?} is asked about", self.name()))
        })?;
        match (client.userinfo_today(self, &token).await, kept) {
            (Err(Error::Rejected(refusal)), Some((user, version)))
                if refusal.status == Some(401) =>
            {
                let newer = self.call_token_after_refusal(&user, version).await?;
                client.userinfo_today(self, &newer).await
            }
            (outcome, _) => outcome,
        }
    }

    /// The provider's profile of the user whose token this is, or whose token calls go with.
    async fn profile(&self, token: Option<&Token>) -> Result<UserInfo, Error> {
        let registered = &self.registered;
        let endpoint = registered.userinfo_endpoint.as_deref().ok_or_else(|| {
            let what = format!("client {:?}: userinfo_endpoint", registered.name);
            Error::config(what, "expected the address of the profile, got nothing")
        })?;
        let ask = async |endpoint| {
            let request = self.get(endpoint);
            let request = match token {
                Some(token) => request.token(token),
                None => request,
            };
            Ok::<_, Error>(request.await?.up_to(PROFILE))
        };
        let answer = ask(endpoint).await?;
        let answer = answer.mended(|answer| registered.fix.profile(answer)).await?;
        let mut profile = answer.json::<Map<String, Value>>().await?;
        if let Some(endpoint) = registered.profile.emails {
            let answer = ask(endpoint).await?;
            // The user let us see the profile, and not the addresses.
            if !matches!(answer.status(), 403 | 404) {
                profile::add_emails(&mut profile, answer.json().await?);
            }
        }
        registered.profile.user_info(profile)
    }
}

/// The largest profile that is read, in bytes.
const PROFILE: u64 = 1024 * 1024;

impl Deref for Authorized {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.token
    }
}

/// Shows the client and what was checked.
impl std::fmt::Debug for Authorized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checks: Vec<_> = self.checks.iter().map(|check| check.what).collect();
        f.debug_struct("Authorized")
            .field("client", &self.client.name())
            .field("checks", &checks)
            .finish_non_exhaustive()
    }
}
