//! Reading and writing tokens through a store or through the application's own closures.

use std::future::Future;
use std::sync::Arc;

use protocol_core::{Error, StateError, digest, random};

use super::events::TokenUpdate;
use super::store::{MemoryTokenStore, StoredToken, TokenStore};
use crate::http::BoxFuture;
use crate::login::Seal;
use crate::token::Token;

/// A token and the version of it that this is.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) token: Token,
    pub(crate) version: u64,
}

type Answer<T> = BoxFuture<'static, Result<T, StateError>>;
pub(crate) type FetchToken = Arc<dyn Fn(String, String) -> Answer<Option<Token>> + Send + Sync>;
pub(crate) type UpdateToken = Arc<dyn Fn(TokenUpdate) -> Answer<()> + Send + Sync>;

/// What an application's closure may fail with.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn fetch_closure<F, Fut, E>(fetch: F) -> FetchToken
where
    F: Fn(String, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<Token>, E>> + Send + 'static,
    E: Into<Failure>,
{
    Arc::new(move |client, user| {
        let asked = fetch(client, user);
        Box::pin(async { asked.await.map_err(|error| failed("fetch_token", &error.into())) })
    })
}

pub(crate) fn update_closure<F, Fut, E>(update: F) -> UpdateToken
where
    F: Fn(TokenUpdate) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Failure>,
{
    Arc::new(move |event| {
        let told = update(event);
        Box::pin(async { told.await.map_err(|error| failed("update_token", &error.into())) })
    })
}

fn failed(what: &str, error: &Failure) -> StateError {
    StateError::new(what, error.to_string())
}

/// Where the tokens of a client are.
#[derive(Clone)]
pub(crate) enum Backend {
    /// In a store, sealed.
    Store { store: Arc<dyn TokenStore>, seal: Seal },
    /// Wherever the application's closures keep them.
    Closures { fetch: FetchToken, update: Option<UpdateToken> },
}

impl Default for Backend {
    fn default() -> Self {
        Backend::Store { store: Arc::new(MemoryTokenStore::new()), seal: Seal::generate() }
    }
}

impl Backend {
    pub(crate) async fn load(&self, client: &str, user: &str) -> Result<Option<Current>, Error> {
        match self {
            Backend::Store { store, seal } => {
                let Some(stored) = store.fetch_token(client, user).await? else { return Ok(None) };
                let plain = seal.open_bytes(&purpose(client, user), &stored.sealed);
                let token = plain.as_deref().and_then(|plain| std::str::from_utf8(plain).ok());
                let token = token.and_then(|text| Token::from_exposed_json(text).ok());
                let problem =
                    "it cannot be opened: is the key that sealed it still among the keys?";
                let unreadable = || StateError::new("stored token", problem).permanent();
                Ok(Some(Current { token: token.ok_or_else(unreadable)?, version: stored.version }))
            }
            Backend::Closures { fetch, .. } => {
                let token = fetch(client.to_owned(), user.to_owned()).await?;
                Ok(token.map(|token| Current { version: fingerprint(&token), token }))
            }
        }
    }

    /// Writes over the version that is expected. `None` if something else is there by now. With
    /// closures the update itself is the writing, and there is nothing to compare.
    pub(crate) async fn save(
        &self,
        update: &TokenUpdate,
        expected: Option<u64>,
    ) -> Result<Option<u64>, Error> {
        match self {
            Backend::Store { store, seal } => {
                let (client, user) = (&*update.client, &*update.user);
                let plain = update.token.to_exposed_json();
                let sealed = seal.seal_bytes(&purpose(client, user), plain.as_bytes());
                let version = u64::from_le_bytes(random::bytes()) >> 1;
                let token = StoredToken { sealed, version };
                let written = store.update_token(client, user, expected, token).await?;
                Ok(written.then_some(version))
            }
            Backend::Closures { update: Some(write), .. } => {
                write(update.clone()).await?;
                Ok(Some(fingerprint(&update.token)))
            }
            Backend::Closures { update: None, .. } => Ok(Some(fingerprint(&update.token))),
        }
    }

    pub(crate) async fn delete(&self, client: &str, user: &str) -> Result<(), Error> {
        match self {
            Backend::Store { store, .. } => Ok(store.delete_token(client, user).await?),
            // What the application keeps, it deletes.
            Backend::Closures { .. } => Ok(()),
        }
    }

    pub(crate) fn store(&self) -> Option<&dyn TokenStore> {
        match self {
            Backend::Store { store, .. } => Some(&**store),
            Backend::Closures { .. } => None,
        }
    }
}

/// What a token is sealed for. Names of clients have no slash, so it is unambiguous.
fn purpose(client: &str, user: &str) -> String {
    format!("token {client}/{user}")
}

/// A version for tokens that have none of their own.
fn fingerprint(token: &Token) -> u64 {
    let digest = digest::sha256(token.access_token().expose().as_bytes());
    u64::from_le_bytes(digest[..8].try_into().expect("32 bytes hold 8")) >> 1
}
