//! The environment, read once.

use std::collections::BTreeMap;

use protocol_core::{Error, Secret};

use super::{Kind, Source, key_or_file, read_file};
use crate::settings::{Key, Origin, Settings, nearest_key};

/// The environment: `{NAME}_{KEY}` in upper case, `-` in a name written as `_`. Secrets also as
/// `{NAME}_{KEY}_FILE`, the path of a file that holds the value.
#[derive(Clone)]
pub struct Env(BTreeMap<String, Secret>);

impl Env {
    /// Reads the process's environment, once. Variables that are not UTF-8 are left out.
    pub fn read() -> Self {
        Env::from_vars(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// The same from pairs of one's own.
    pub fn from_vars<K: Into<String>, V: Into<String>>(
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Env(vars.into_iter().map(|(name, value)| (name.into(), Secret::new(value))).collect())
    }

    /// Whether the variable `{NAME}_{KEY}` is set to a text.
    pub fn has(&self, client: &str, key: Key) -> bool {
        let name = format!("{}{}", prefix(client), key.name().to_ascii_uppercase());
        self.0.get(&name).is_some_and(|value| !value.is_empty())
    }

    /// The settings for `client`, and the near misses among the variables of its prefix. Variables
    /// that are no near miss belong to somebody else.
    pub(crate) fn settings(&self, client: &str) -> Result<(Settings, Vec<String>), Error> {
        let prefix = prefix(client);
        let mut settings = Settings::default();
        let mut warnings = Vec::new();
        for (name, value) in self.0.range(prefix.clone()..) {
            let Some(key_name) = name.strip_prefix(&prefix) else { break };
            let origin = Origin::Env(name.clone());
            match key_or_file(key_name) {
                Some((key, false)) => settings.set(key, value.expose(), origin),
                Some((key, true)) => settings.set(key, read_file(value.expose(), &origin)?, origin),
                None => warnings.extend(nearest_key(key_name).map(|key| {
                    let nearest = key.name().to_ascii_uppercase();
                    format!("{name} is set, and no key; is {prefix}{nearest} meant?")
                })),
            }
        }
        Ok((settings, warnings))
    }
}

/// Shows how many variables there are.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Env({} variables)", self.0.len())
    }
}

fn prefix(client: &str) -> String {
    format!("{}_", client.to_ascii_uppercase().replace('-', "_"))
}

impl From<Env> for Source {
    fn from(env: Env) -> Self {
        Source(Kind::Env(env))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_by_prefix_and_a_near_miss_is_a_warning() {
        let env = Env::from_vars([
            ("MY_IDP_CLIENT_ID", "id"),
            ("MY_IDP_CLIENT_SECERT", "canary"),
            ("MY_IDP_TOKEN", "somebody else's"),
            ("OTHER_CLIENT_ID", "other"),
        ]);
        let (settings, warnings) = env.settings("my-idp").unwrap();
        assert_eq!(settings.value(Key::ClientId), Some("id"));
        assert_eq!(settings.value(Key::ClientSecret), None);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("MY_IDP_CLIENT_SECRET") && !warnings[0].contains("canary"));
        assert!(env.has("my-idp", Key::ClientId) && !env.has("my", Key::ClientId));
    }
}
