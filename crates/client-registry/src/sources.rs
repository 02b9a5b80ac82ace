//! Where settings come from: the environment, files, maps.
//!
//! By rising weight: preset, file or map, environment, code. The order in which sources are added
//! counts only among files and maps, where the later one wins.

use std::collections::BTreeMap;
use std::path::Path;

use protocol_core::{Error, Secret};

use crate::settings::{Key, Origin, Settings, nearest_key, unknown_key};

/// Settings of clients by name, from one place.
#[derive(Clone, Debug)]
pub struct Source(pub(crate) Kind);

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Env(Env),
    Clients(BTreeMap<String, Settings>),
}

impl From<Env> for Source {
    fn from(env: Env) -> Self {
        Source(Kind::Env(env))
    }
}

impl From<Toml> for Source {
    fn from(toml: Toml) -> Self {
        Source(Kind::Clients(toml.0))
    }
}

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

/// A TOML document with a table for each client:
///
/// ```toml
/// [google]                 # a preset of that name fills in the rest
/// client_id = "..."
/// scope = "openid email profile"
/// authorize_params = { access_type = "offline" }
/// ```
///
/// A key that is not known is an error that names the nearest one.
#[derive(Clone, Debug)]
pub struct Toml(BTreeMap<String, Settings>);

impl Toml {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Config`]: the file cannot be read, is no TOML, or holds an unknown key.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let shown = path.as_ref().display().to_string();
        let text = std::fs::read_to_string(path.as_ref())
            .map_err(|error| Error::config(&shown, format!("cannot be read: {error}")))?;
        Self::parse(&text, &Origin::File(shown))
    }

    /// Reads a text; errors speak of it as a map.
    ///
    /// # Errors
    /// As for [`Toml::file`].
    pub fn text(text: &str) -> Result<Self, Error> {
        Self::parse(text, &Origin::Map)
    }

    fn parse(text: &str, origin: &Origin) -> Result<Self, Error> {
        let problem = |problem: String| Error::config(origin.to_string(), problem);
        let document: toml::Table = toml::from_str(text).map_err(|error| {
            // The message, not the excerpt: the line may hold a secret.
            let line = error.span().map_or(0, |at| text[..at.start].matches('\n').count() + 1);
            problem(format!("not TOML (line {line}): {}", error.message()))
        })?;
        let mut clients = BTreeMap::new();
        for (client, table) in document {
            let toml::Value::Table(table) = table else {
                return Err(problem(format!(
                    "expected a table for each client, got {client:?} = …"
                )));
            };
            let mut settings = Settings::default();
            for (name, value) in table {
                let (key, is_file) =
                    key_or_file(&name).ok_or_else(|| unknown_key(&name, origin))?;
                let text = text_of(value).ok_or_else(|| {
                    problem(format!("{client}.{name}: expected a text, a number or a flat table"))
                })?;
                let text = if is_file { read_file(&text, origin)? } else { text };
                settings.set(key, text, origin.clone());
            }
            clients.insert(client, settings);
        }
        Ok(Toml(clients))
    }
}

/// A TOML value in the text form that every key is read from: tables as JSON, lists of texts
/// joined by spaces.
fn text_of(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(bool) => Some(bool.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<String>> = items.into_iter().map(text_of).collect();
            texts.map(|texts| texts.join(" "))
        }
        table @ toml::Value::Table(_) => serde_json::to_string(&table).ok(),
        toml::Value::Float(_) | toml::Value::Datetime(_) => None,
    }
}

/// A key by name, and whether the name ends in `_FILE` (secrets only).
fn key_or_file(name: &str) -> Option<(Key, bool)> {
    if let Some(key) = Key::from_name(name) {
        return Some((key, false));
    }
    let cut = name.len().checked_sub("_file".len())?;
    let (stem, end) = (name.get(..cut)?, name.get(cut..)?);
    let key = Key::from_name(stem).filter(|key| key.is_secret())?;
    end.eq_ignore_ascii_case("_file").then_some((key, true))
}

fn read_file(path: &str, origin: &Origin) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
        .map_err(|error| Error::config(origin.to_string(), format!("{path:?}: {error}")))
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

    #[test]
    fn a_file_with_an_unknown_key_names_the_nearest() {
        let toml = "[google]\nclient_id = \"a\"\nclient_secert = \"canary\"\n";
        let error = Toml::text(toml).unwrap_err().to_string();
        assert!(error.contains("client_secret") && !error.contains("canary"), "{error}");
        let error = Toml::text("[google]\nclient_secret = canary").unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("canary"), "{error}");
    }

    #[test]
    fn tables_lists_and_secret_files_are_read() {
        let path = std::env::temp_dir().join(format!("client-secret-{}", std::process::id()));
        std::fs::write(&path, "s3cret\n").unwrap();
        let toml = format!(
            "[g]\nclient_secret_file = {path:?}\nscope = [\"a\", \"b\"]\nauthorize_params = {{x = 1}}\n"
        );
        let Toml(clients) = Toml::text(&toml).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(clients["g"].value(Key::ClientSecret), Some("s3cret"));
        assert_eq!(clients["g"].value(Key::Scope), Some("a b"));
        assert_eq!(clients["g"].value(Key::AuthorizeParams), Some(r#"{"x":1}"#));
        let missing = Env::from_vars([("G_CLIENT_SECRET_FILE", "/nonexistent/file")]);
        assert_eq!(missing.settings("g").unwrap_err().code(), "config");
    }
}
