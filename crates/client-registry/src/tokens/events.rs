//! The token-update signal.

use protocol_core::{AccessToken, RefreshToken};
use tokio::sync::broadcast;

use crate::token::Token;

/// A token has been replaced by a newer one, which is already saved.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenUpdate {
    /// The client's name.
    pub client: String,
    /// The user; empty for the client's own token (client credentials).
    pub user: String,
    /// The new token.
    pub token: Token,
    /// The refresh token before, if there was one: how an application that keeps tokens elsewhere
    /// finds the row.
    pub old_refresh_token: Option<RefreshToken>,
    /// The access token before.
    pub old_access_token: Option<AccessToken>,
    /// Why the ID token of the refresh was left aside and the old one kept, by the stable code of
    /// the error: a changed `auth_time`, keys out of reach.
    pub id_token_left_aside: Option<String>,
}

impl TokenUpdate {
    /// The token of a login, which replaces whatever was there.
    pub(crate) fn of_login(client: &str, user: &str, token: Token) -> Self {
        TokenUpdate {
            client: client.to_owned(),
            user: user.to_owned(),
            token,
            old_refresh_token: None,
            old_access_token: None,
            id_token_left_aside: None,
        }
    }
}

/// Tells of every [`TokenUpdate`] from now on, to as many as listen. Lossy by design: who is more
/// than 256 updates behind loses the oldest. What must not be missed belongs into the `update_token`
/// hook, which is awaited.
#[derive(Debug)]
pub struct TokenUpdates(pub(crate) broadcast::Receiver<TokenUpdate>);

impl TokenUpdates {
    /// The next update; `None` once the registry is gone.
    pub async fn next(&mut self) -> Option<TokenUpdate> {
        loop {
            match self.0.recv().await {
                Ok(update) => return Some(update),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// How many updates wait for a listener that is behind.
pub(crate) const BEHIND: usize = 256;
