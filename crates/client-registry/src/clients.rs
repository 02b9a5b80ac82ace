//! The clients by name: looked up without waiting, changed while others look.
//!
//! A reader sees the table as it was before a change or as it is after it. A change copies the part
//! of the table that it touches, and the rest is shared, so it costs little among many clients.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;
use protocol_core::Error;

use crate::client::Registered;
use crate::provider::Provider;
use crate::registry::{Inner, shown};
use crate::settings::Key;

/// The clients of a registry while they are being changed; see
/// [`Registry::update`](crate::Registry::update).
pub struct Clients<'a> {
    registry: &'a Inner,
    table: Table,
}

impl<'a> Clients<'a> {
    pub(crate) fn of(registry: &'a Inner, table: Table) -> Self {
        Clients { registry, table }
    }

    pub(crate) fn into_table(self) -> Table {
        self.table
    }

    /// Registers a provider under a name, with the settings that the registry's sources have for
    /// it. True if it replaces a client of that name: logins that were begun with the other one
    /// can only be finished where client identifier and issuer are still the same.
    ///
    /// # Errors
    /// As for [`Builder::build`](crate::Builder::build).
    pub fn register(
        &mut self,
        name: impl Into<String>,
        provider: &Provider,
    ) -> Result<bool, Error> {
        let name = name.into();
        self.table.check_name(&name)?;
        let (client, warnings) = self.registry.client_of(&name, provider)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let replaced = self.table.insert(Arc::new(client)).is_some();
        tracing::info!(client = name, replaced, "registered");
        Ok(replaced)
    }

    /// Takes a client out. False if there is none of that name.
    pub fn unregister(&mut self, name: &str) -> bool {
        let removed = self.table.remove(name).is_some();
        if removed {
            tracing::info!(client = name, "unregistered");
        }
        removed
    }

    /// Whether there is a client of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.table.find(name).is_some()
    }

    /// The names of all clients, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.table.iter().map(|client| client.name.clone()).collect();
        names.sort_unstable();
        names
    }
}

impl std::fmt::Debug for Clients<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Clients").field(&self.names()).finish()
    }
}

/// Clients by name. A clone shares what neither of the two changes.
#[derive(Clone)]
pub(crate) struct Table {
    shards: Vec<Arc<HashTable<Arc<Registered>>>>,
    hasher: RandomState,
}

impl Default for Table {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Arc::default()).collect();
        Table { shards, hasher: RandomState::new() }
    }
}

impl Table {
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Registered>> {
        if name.len() > LONGEST_NAME {
            return None;
        }
        let hash = hash(&self.hasher, name);
        self.shards[shard(hash)].find(hash, |client| client.name == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Registered>> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    /// Puts a client in; the one that had its name comes back.
    pub(crate) fn insert(&mut self, client: Arc<Registered>) -> Option<Arc<Registered>> {
        let replaced = self.remove(&client.name);
        let hash = hash(&self.hasher, &client.name);
        let hasher = &self.hasher;
        Arc::make_mut(&mut self.shards[shard(hash)])
            .insert_unique(hash, client, |client| self::hash(hasher, &client.name));
        replaced
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Arc<Registered>> {
        self.find(name)?;
        let hash = hash(&self.hasher, name);
        let shard = Arc::make_mut(&mut self.shards[shard(hash)]);
        let entry = shard.find_entry(hash, |client| client.name == name).ok()?;
        Some(entry.remove().0)
    }

    /// Names are letters, digits, `-` and `_`, and no two share their variables of the environment.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            let problem = "expected 1 to 64 letters, digits, - and _";
            return Err(Error::config(format!("client {:?}", shown(name)), problem));
        }
        match self.alike(name) {
            Some(other) if other.name != name => {
                let variable = Key::ClientId.name().to_ascii_uppercase();
                let other = &other.name;
                let problem =
                    format!("would share variables like {variable} with the client {other:?}");
                Err(Error::config(format!("client {name:?}"), problem))
            }
            _ => Ok(()),
        }
    }

    /// The client of that name, or of one that the environment cannot tell from it.
    fn alike(&self, name: &str) -> Option<&Arc<Registered>> {
        if name.len() > LONGEST_NAME {
            return None;
        }
        let hash = hash(&self.hasher, name);
        self.shards[shard(hash)].find(hash, |client| {
            client.name.len() == name.len()
                && client.name.bytes().map(folded).eq(name.bytes().map(folded))
        })
    }
}

/// Names that the environment cannot tell apart have the same.
fn hash(hasher: &RandomState, name: &str) -> u64 {
    let mut text = [0; LONGEST_NAME];
    for (to, byte) in text.iter_mut().zip(name.bytes()) {
        *to = folded(byte);
    }
    hasher.hash_one(&text[..name.len().min(LONGEST_NAME)])
}

fn folded(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() }
}

/// By bits that the table in a shard uses neither for the place nor for the tag.
fn shard(hash: u64) -> usize {
    (hash >> 40) as usize % SHARDS
}

/// A change of one client among 100,000 copies 400 pointers.
const SHARDS: usize = 256;

const LONGEST_NAME: usize = 64;
