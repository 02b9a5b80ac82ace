//! Logouts that the provider tells of: server to server (OpenID Connect Back-Channel Logout 1.0) or
//! through the browser (Front-Channel Logout 1.0).

use oidc_core::LogoutToken;
use oidc_core::logout::{self, FrontChannelLogout};
use protocol_core::{Error, Reason};

use crate::client::Client;
use crate::session::Session;
use crate::sign_in::id;

/// The answer to a provider that told of a logout: to be sent as it is, and what has ended.
#[derive(Clone, Debug)]
pub struct LogoutAnswer {
    content_type: &'static str,
    body: String,
    outcome: Result<SessionEnded, Error>,
}

/// What a provider has ended: one session, or all of a user's.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionEnded {
    /// The issuer.
    pub iss: String,
    /// The user, where it is known.
    pub sub: Option<String>,
    /// The session; all of the user's, where it is not named.
    pub sid: Option<String>,
}

/// Shows the issuer, not whose session it is.
impl std::fmt::Debug for SessionEnded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionEnded").field("iss", &self.iss).finish_non_exhaustive()
    }
}

impl LogoutAnswer {
    /// The HTTP status: 200 or 400, which is all that the specification has.
    pub fn status(&self) -> u16 {
        if self.outcome.is_ok() { 200 } else { 400 }
    }

    /// The headers, by lower-case names.
    pub fn headers(&self) -> [(&'static str, &'static str); 2] {
        [("cache-control", "no-store"), ("content-type", self.content_type)]
    }

    /// The body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// What has ended, for an application that keeps sessions of its own; or why nothing has.
    ///
    /// # Errors
    /// [`Error::Unverified`] for a request that does not hold; what keeps the provider's metadata
    /// and keys from being had; [`Error::State`] from store and cache.
    pub fn outcome(&self) -> Result<&SessionEnded, &Error> {
        self.outcome.as_ref()
    }
}

impl Session {
    /// Answers a POST to the client's `backchannel_logout_uri`, by its media type and body: verifies
    /// the logout token, ends the session that it names (or all of the user's), and forgets the
    /// token that was kept for it, unless that was granted `offline_access` (§2.7).
    ///
    /// It needs no cookie; a session of no browser will do. Where the application runs in several
    /// processes they must share a [cache](crate::Builder::cache): only those that do learn of it.
    pub async fn back_channel_logout(
        &self,
        client: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> LogoutAnswer {
        let outcome = self.back_channel(client, content_type, body).await;
        if let Err(error) = &outcome {
            tracing::warn!(client = crate::registry::shown(client), %error, "a back-channel logout");
        }
        let body = outcome.as_ref().map_or_else(refusal, |_| String::new());
        LogoutAnswer { content_type: "application/json", body, outcome }
    }

    /// Answers a GET of the client's `frontchannel_logout_uri`, which a page of the provider loads in
    /// a frame, by its query: ends the session that `iss` and `sid` name.
    ///
    /// Nothing in such a request is signed. It ends a session by which somebody was signed in here
    /// ([`Session::sign_in`]), and of others remembers nothing, so that a flood of them fills no
    /// cache. It needs no cookie: browsers keep cookies from frames of other sites. The answer must
    /// be allowed to be framed by the provider.
    pub async fn front_channel_logout(&self, client: &str, query: &str) -> LogoutAnswer {
        let outcome = self.front_channel(client, query).await;
        if let Err(error) = &outcome {
            tracing::warn!(client = crate::registry::shown(client), %error, "a front-channel logout");
        }
        LogoutAnswer { content_type: "text/html; charset=utf-8", body: String::new(), outcome }
    }

    async fn back_channel(
        &self,
        client: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<SessionEnded, Error> {
        let client = self.client(client)?;
        let raw = logout::logout_token(content_type, body)?;
        let token: LogoutToken =
            client.openid("logout")?.verify_logout_token(&client, &raw).await?;
        let registry = self.registry();
        if registry.is_used(&token.replay_key().value).await? {
            return Err(Reason::LogoutReplayed.into());
        }
        let ended = self.end(&client, token.iss(), token.sub(), token.sid()).await?;
        // Last: what could not be ended may be told again.
        let left = token.replay_key().until.since(registry.0.clock.now());
        registry.use_up(&token.replay_key().value, left).await?;
        Ok(ended)
    }

    async fn front_channel(&self, client: &str, query: &str) -> Result<SessionEnded, Error> {
        let client = self.client(client)?;
        let request = FrontChannelLogout::query(query)?;
        let (iss, sid) = request.check(&client.openid("logout")?.issuer_rule(&client).await?)?;
        let registry = self.registry();
        let sub = registry.sub_of_session(self.seal(), client.name(), iss, sid).await?;
        match sub {
            Some(sub) => self.end(&client, iss, Some(&sub), Some(sid)).await,
            None => Ok(SessionEnded { iss: iss.to_owned(), sub: None, sid: Some(sid.to_owned()) }),
        }
    }

    /// Ends a session, or all of a user's where none is named.
    async fn end(
        &self,
        client: &Client,
        iss: &str,
        sub: Option<&str>,
        sid: Option<&str>,
    ) -> Result<SessionEnded, Error> {
        let registry = self.registry();
        let known = match (sub, sid) {
            (None, Some(sid)) => {
                registry.sub_of_session(self.seal(), client.name(), iss, sid).await?
            }
            (sub, _) => sub.map(str::to_owned),
        };
        match (sid, &known) {
            (Some(sid), _) => registry.end_session(iss, sid).await?,
            (None, Some(sub)) => registry.end_all_of(iss, sub).await?,
            (None, None) => {}
        }
        if let Some(sub) = &known {
            client.drop_token_of_session(&id(iss, sub), sid).await?;
        }
        Ok(SessionEnded { iss: iss.to_owned(), sub: known, sid: sid.map(str::to_owned) })
    }
}

impl Client {
    /// Forgets the token of a session that has ended: unless it is another session's, or for use
    /// without the user.
    async fn drop_token_of_session(&self, user: &str, sid: Option<&str>) -> Result<(), Error> {
        let Some(token) = self.registry().kept_token(&self.registered, user).await? else {
            return Ok(());
        };
        let another = matches!((token.sid(), sid), (Some(of_token), Some(sid)) if of_token != sid);
        if another || token.is_for_offline_access() {
            return Ok(());
        }
        self.delete_token(user).await
    }
}

/// Back-Channel Logout §2.8: what the provider may learn of why.
fn refusal(error: &Error) -> String {
    let code = match error {
        Error::Unverified(_) => "invalid_request",
        _ => "server_error",
    };
    serde_json::json!({ "error": code }).to_string()
}
