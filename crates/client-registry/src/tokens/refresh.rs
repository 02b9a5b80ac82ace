//! One flight: getting a newer token, saving it, telling about it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use protocol_core::{Error, StateError, base64url, digest, random};

use super::backend::{Backend, Current};
use super::events::TokenUpdate;
use super::{Key, Need, Outcome, lock, need, no_token};
use crate::client::{ClientKind, Registered};
use crate::oauth2::OAuth2Client;
use crate::registry::Registry;
use crate::telemetry::{span, traced};
use crate::token::Token;

impl Registry {
    /// A token that is newer than `seen`: somebody else's, if there is one by now, else a new one.
    /// Runs in a task of its own, once at a time for a client and user.
    pub(super) async fn renew(
        &self,
        registered: &Arc<Registered>,
        user: &str,
        seen: Option<u64>,
    ) -> Outcome {
        let flight = Flight {
            registry: self,
            registered,
            backend: registered.backend.as_ref().unwrap_or(&self.0.tokens.backend),
            key: (registered.name.clone(), user.to_owned()),
            holder: random::token(),
        };
        if let Some(saved) = flight.save_what_was_not().await? {
            return Ok(saved);
        }
        let waits =
            std::iter::successors(Some(FIRST_WAIT), |wait| Some(LONGEST_WAIT.min(*wait * 2)));
        for wait in waits.take(WAITS) {
            if let Some(newer) = flight.newer_than(seen).await? {
                return Ok(newer);
            }
            if flight.lease().await? {
                let outcome = flight.with_the_lease(seen).await;
                flight.release().await;
                return outcome;
            }
            tokio::time::sleep(wait).await;
        }
        Err(StateError::new("refresh", "another process has been at it for too long").into())
    }
}

struct Flight<'a> {
    registry: &'a Registry,
    registered: &'a Arc<Registered>,
    backend: &'a Backend,
    key: Key,
    /// Who we are to the store's lease.
    holder: String,
}

impl Flight<'_> {
    /// Gets the token and saves it, with a sign of life to the store's lease now and then.
    async fn with_the_lease(&self, seen: Option<u64>) -> Outcome {
        let mut work = pin!(async {
            // Whoever had the lease before us may have finished while we waited.
            match self.newer_than(seen).await? {
                Some(newer) => Ok(newer),
                None => self.get_and_save().await,
            }
        });
        loop {
            match tokio::time::timeout(self.registry.0.tokens.lease / 3, &mut work).await {
                Ok(outcome) => return outcome,
                Err(_) => {
                    if let Err(error) = self.lease().await {
                        tracing::warn!(client = self.key.0, %error, "a lease could not be kept");
                    }
                }
            }
        }
    }

    /// The stored token, if it is not the one that was seen and is good.
    async fn newer_than(&self, seen: Option<u64>) -> Result<Option<Current>, Error> {
        let now = self.registry.0.clock.now();
        let current = self.backend.load(&self.key.0, &self.key.1).await?;
        Ok(current.filter(|current| {
            Some(current.version) != seen && need(&current.token, now) != Need::Now
        }))
    }

    async fn get_and_save(&self) -> Outcome {
        let current = self.backend.load(&self.key.0, &self.key.1).await?;
        let ClientKind::OAuth2(client) = &self.registered.kind else {
            return Err(Error::NeedsLogin("tokens of OAuth 1.0 are not refreshed".to_owned()));
        };
        let Some(current) = current else {
            if !self.key.1.is_empty() {
                return Err(no_token(&self.key));
            }
            let token = self.own_token(client).await?;
            return self.save(None, token, None).await;
        };
        if self.key.1.is_empty() {
            let token = self.own_token(client).await?;
            return self.save(Some(current), token, None).await;
        }
        if lock(&self.registry.0.tokens.refused).get(&self.key) == Some(&current.version) {
            return Err(refresh_refused());
        }
        let span = span!("refresh", client = self.key.0);
        match traced(span, client.refresh(self.registry, &current.token)).await {
            Ok((token, left_aside)) => self.save(Some(current), token, left_aside).await,
            Err(Error::Rejected(rejection)) if rejection.code == "invalid_grant" => {
                // Somebody without our lease may have used it before us.
                if let Some(newer) = self.newer_than(Some(current.version)).await? {
                    return Ok(newer);
                }
                let mut refused = lock(&self.registry.0.tokens.refused);
                if refused.len() >= REFUSED {
                    refused.clear(); // It spares requests, no more.
                }
                refused.insert(self.key.clone(), current.version);
                Err(refresh_refused())
            }
            Err(error) => Err(error),
        }
    }

    /// The client's own token, anew.
    async fn own_token(&self, client: &OAuth2Client) -> Result<Token, Error> {
        let span = span!("exchange", client = self.key.0, grant = "client_credentials");
        traced(span, client.token_by_client_credentials(self.registry)).await
    }

    /// Saves a new token and tells about it. Where saving fails again and again it is kept in
    /// memory, handed to nobody, and saved by the next flight: the old one may be of no use any
    /// more.
    async fn save(
        &self,
        old: Option<Current>,
        token: Token,
        id_token_left_aside: Option<String>,
    ) -> Outcome {
        let expected = old.as_ref().map(|old| old.version);
        let update = TokenUpdate {
            client: self.key.0.clone(),
            user: self.key.1.clone(),
            token,
            old_refresh_token: old.as_ref().and_then(|old| old.token.refresh_token().cloned()),
            old_access_token: old.as_ref().map(|old| old.token.access_token().clone()),
            id_token_left_aside,
        };
        lock(&self.registry.0.tokens.unsaved).insert(self.key.clone(), (update.clone(), expected));
        let pauses = std::iter::successors(Some(FIRST_WAIT), |pause| Some(*pause * 3));
        let mut outcome = self.save_once(&update, expected).await;
        for pause in pauses.take(SAVE_RETRIES) {
            match &outcome {
                Err(error) if error.is_retryable() => {
                    tracing::warn!(client = self.key.0, %error, "a new token could not be saved");
                }
                _ => break,
            }
            tokio::time::sleep(pause).await;
            outcome = self.save_once(&update, expected).await;
        }
        outcome
    }

    /// Writes the token, calls the hook, sends the signal.
    async fn save_once(&self, update: &TokenUpdate, expected: Option<u64>) -> Outcome {
        let version = self.backend.save(update, expected).await?;
        let tokens = &self.registry.0.tokens;
        lock(&tokens.unsaved).remove(&self.key);
        let Some(version) = version else {
            // A login or a logout was faster, and is what the user did last.
            let theirs = self.backend.load(&self.key.0, &self.key.1).await?;
            return theirs.ok_or_else(|| no_token(&self.key));
        };
        if let Some(hook) = &tokens.on_update
            && let Err(error) = hook(update.clone()).await
        {
            // The token is in the store already: nothing is lost but the hook's own doing.
            tracing::error!(client = self.key.0, %error, "the update_token hook failed");
        }
        // Nobody may be listening.
        let _ = tokens.signal.send(update.clone());
        Ok(Current { token: update.token.clone(), version })
    }

    /// A token that an earlier flight got and could not save.
    async fn save_what_was_not(&self) -> Result<Option<Current>, Error> {
        let unsaved = lock(&self.registry.0.tokens.unsaved).get(&self.key).cloned();
        match unsaved {
            Some((update, expected)) => self.save_once(&update, expected).await.map(Some),
            None => Ok(None),
        }
    }

    async fn lease(&self) -> Result<bool, Error> {
        let (tokens, holder) = (&self.registry.0.tokens, &*self.holder);
        let leased = match (&tokens.lease_by, self.backend.store()) {
            (Some(lease), _) => lease.lease(&self.lease_key(), holder, tokens.lease).await?,
            (None, Some(store)) => {
                store.lease(&self.key.0, &self.key.1, holder, tokens.lease).await?
            }
            (None, None) => true,
        };
        Ok(leased)
    }

    async fn release(&self) {
        let released = match (&self.registry.0.tokens.lease_by, self.backend.store()) {
            (Some(lease), _) => lease.release(&self.lease_key(), &self.holder).await,
            (None, Some(store)) => store.release(&self.key.0, &self.key.1, &self.holder).await,
            (None, None) => Ok(()),
        };
        if let Err(error) = released {
            // It ends by itself in a while.
            tracing::warn!(client = self.key.0, %error, "a lease could not be given back");
        }
    }

    /// The lease of this token: a digest, since a user's name may be of any length and is nobody
    /// else's business. Names of clients have no slash, so it is unambiguous.
    fn lease_key(&self) -> String {
        let named = format!("{}/{}", self.key.0, self.key.1);
        format!("lease:{}", base64url::encode(digest::sha256(named.as_bytes())))
    }
}

/// How long to wait for another process's refresh before looking again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How often to look: for about a minute in all.
const WAITS: usize = 125;

/// How often saving is tried again, after 20, 60, 180, 540 and 1620 ms.
const SAVE_RETRIES: usize = 5;

/// How many refused refresh tokens are remembered.
const REFUSED: usize = 10_000;

fn refresh_refused() -> Error {
    Error::NeedsLogin("the server refused the refresh token (invalid_grant)".to_owned())
}
