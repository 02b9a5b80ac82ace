//! Where settings come from: the environment, files, maps.
//!
//! By rising weight: preset, file or map, environment, code. The order in which sources are added
//! counts only among files and maps, where the later one wins.

mod document;
mod env;

pub use document::{Json, Map, Toml};
pub use env::Env;

use std::collections::BTreeMap;

use protocol_core::Error;

use crate::settings::{Key, Origin, Settings};

/// Settings of clients by name, from one place.
#[derive(Clone, Debug)]
pub struct Source(pub(crate) Kind);

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Env(Env),
    /// By client; a map's mistakes are told when the registry is built.
    Clients(Result<BTreeMap<String, Settings>, Error>),
}

/// What the sources say, kept for clients that are registered later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    envs: Vec<Env>,
    /// Of files and maps.
    tables: BTreeMap<String, Settings>,
}

impl Layers {
    pub(crate) fn new(sources: Vec<Source>) -> Result<Self, Error> {
        let mut layers = Layers::default();
        for Source(kind) in sources {
            match kind {
                Kind::Env(env) => layers.envs.push(env),
                Kind::Clients(clients) => {
                    for (name, settings) in clients? {
                        layers.tables.entry(name).or_default().overlay(&settings);
                    }
                }
            }
        }
        Ok(layers)
    }

    /// The clients that have a table.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &String> {
        self.tables.keys()
    }

    /// A client's table, its variables of the environment, and what looks like a mistake there.
    pub(crate) fn of(
        &self,
        client: &str,
    ) -> Result<(Option<&Settings>, Settings, Vec<String>), Error> {
        let mut settings = Settings::default();
        let mut near_misses = Vec::new();
        for env in &self.envs {
            let (of_env, misses) = env.settings(client)?;
            settings.overlay(&of_env);
            near_misses.extend(misses);
        }
        Ok((self.tables.get(client), settings, near_misses))
    }
}

/// A key by name, and whether the name ends in `_FILE` (those that may).
fn key_or_file(name: &str) -> Option<(Key, bool)> {
    if let Some(key) = Key::from_name(name) {
        return Some((key, false));
    }
    let cut = name.len().checked_sub("_file".len())?;
    let (stem, end) = (name.get(..cut)?, name.get(cut..)?);
    let key = Key::from_name(stem).filter(|key| key.may_be_a_file())?;
    end.eq_ignore_ascii_case("_file").then_some((key, true))
}

fn read_file(path: &str, origin: &Origin) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
        .map_err(|error| Error::config(origin.to_string(), format!("{path:?}: {error}")))
}
