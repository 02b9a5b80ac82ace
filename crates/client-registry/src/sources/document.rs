//! Files and maps that hold a table of settings for each client.

use std::collections::BTreeMap;
use std::path::Path;

use protocol_core::Error;
use serde_json::{Map as JsonMap, Value};

use super::{Kind, Source, key_or_file, read_file};
use crate::settings::{Origin, Settings, unknown_key};

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

/// A JSON document with an object for each client, as [`Toml`] has tables:
///
/// ```
/// # use client_registry::Json;
/// let clients = Json::text(r#"{"google": {"client_id": "...", "scope": ["openid", "email"]}}"#)?;
/// # Ok::<(), client_registry::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Json(BTreeMap<String, Settings>);

/// Settings by client and key, from wherever the application has them:
///
/// ```
/// # use client_registry::Map;
/// let clients = Map::from([("google", [("client_id", "..."), ("client_secret", "...")])]);
/// ```
///
/// A key that is not known is an error of the registry's [`build`](crate::Builder::build).
#[derive(Clone, Debug)]
pub struct Map(Result<BTreeMap<String, Settings>, Error>);

impl Toml {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Config`]: the file cannot be read, is no TOML, or holds an unknown key.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (text, origin) = read(path.as_ref())?;
        Self::parse(&text, &origin)
    }

    /// Reads a text; errors speak of it as a map.
    ///
    /// # Errors
    /// As for [`Toml::file`].
    pub fn text(text: &str) -> Result<Self, Error> {
        Self::parse(text, &Origin::Map)
    }

    fn parse(text: &str, origin: &Origin) -> Result<Self, Error> {
        let document: toml::Table = toml::from_str(text).map_err(|error| {
            // The message, not the excerpt: the line may hold a secret.
            let line = error.span().map_or(0, |at| text[..at.start].matches('\n').count() + 1);
            let problem = format!("not TOML (line {line}): {}", error.message());
            Error::config(origin.to_string(), problem)
        })?;
        let tables = document.into_iter().map(|(client, table)| match table {
            toml::Value::Table(table) => {
                Ok((client, table.into_iter().map(|(key, value)| (key, json_of(value)))))
            }
            _ => Err(no_table(&client, origin)),
        });
        clients(tables, origin).map(Toml)
    }
}

impl Json {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Config`]: the file cannot be read, is no JSON object, or holds an unknown key.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (text, origin) = read(path.as_ref())?;
        Self::parse(&text, &origin)
    }

    /// Reads a text; errors speak of it as a map.
    ///
    /// # Errors
    /// As for [`Json::file`].
    pub fn text(text: &str) -> Result<Self, Error> {
        Self::parse(text, &Origin::Map)
    }

    fn parse(text: &str, origin: &Origin) -> Result<Self, Error> {
        let document: JsonMap<_, _> = protocol_core::json::object(text.as_bytes())
            .map_err(|error| Error::config(origin.to_string(), format!("not JSON: {error}")))?;
        let tables = document.into_iter().map(|(client, table)| match table {
            Value::Object(table) => {
                Ok((client, table.into_iter().map(|(key, value)| (key, Some(value)))))
            }
            _ => Err(no_table(&client, origin)),
        });
        clients(tables, origin).map(Json)
    }
}

impl<C, T, K, V> FromIterator<(C, T)> for Map
where
    C: Into<String>,
    T: IntoIterator<Item = (K, V)>,
    K: Into<String>,
    V: Into<String>,
{
    fn from_iter<I: IntoIterator<Item = (C, T)>>(tables: I) -> Self {
        let tables = tables.into_iter().map(|(client, table)| {
            let table = table.into_iter();
            Ok((client.into(), table.map(|(key, value)| (key.into(), Some(value.into().into())))))
        });
        Map(clients(tables, &Origin::Map))
    }
}

impl<C, T, K, V, const N: usize> From<[(C, T); N]> for Map
where
    C: Into<String>,
    T: IntoIterator<Item = (K, V)>,
    K: Into<String>,
    V: Into<String>,
{
    fn from(tables: [(C, T); N]) -> Self {
        Map::from_iter(tables)
    }
}

impl From<Toml> for Source {
    fn from(toml: Toml) -> Self {
        Source(Kind::Clients(Ok(toml.0)))
    }
}

impl From<Json> for Source {
    fn from(json: Json) -> Self {
        Source(Kind::Clients(Ok(json.0)))
    }
}

impl From<Map> for Source {
    fn from(map: Map) -> Self {
        Source(Kind::Clients(map.0))
    }
}

fn read(path: &Path) -> Result<(String, Origin), Error> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::config(&shown, format!("cannot be read: {error}")))?;
    Ok((text, Origin::File(shown)))
}

/// The settings of each client's table. A value that no JSON can hold is none.
fn clients<T: IntoIterator<Item = (String, Option<Value>)>>(
    tables: impl IntoIterator<Item = Result<(String, T), Error>>,
    origin: &Origin,
) -> Result<BTreeMap<String, Settings>, Error> {
    let mut clients = BTreeMap::new();
    for table in tables {
        let (client, table) = table?;
        let mut settings = Settings::default();
        for (name, value) in table {
            let (key, is_file) =
                key_or_file(&name).ok_or_else(|| unknown_key(&client, &name, origin))?;
            let text = value.as_ref().and_then(text_of).ok_or_else(|| {
                let problem = "expected a text, a whole number, a list or a table";
                Error::config(origin.to_string(), format!("{client}.{name}: {problem}"))
            })?;
            let text = if is_file { read_file(&text, origin)? } else { text };
            settings.set(key, text, origin.clone());
        }
        clients.insert(client, settings);
    }
    Ok(clients)
}

fn no_table(client: &str, origin: &Origin) -> Error {
    let problem = format!("expected a table for each client, got {client:?} = …");
    Error::config(origin.to_string(), problem)
}

/// A value in the text form that every key is read from: tables as JSON, lists of texts joined by
/// spaces.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Array(items) if items.iter().any(Value::is_object) => Some(value.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(text_of).collect();
            texts.map(|texts| texts.join(" "))
        }
        Value::Object(_) => Some(value.to_string()),
        Value::Number(_) | Value::Null => None,
    }
}

/// A TOML value as JSON; none for what JSON cannot hold.
fn json_of(value: toml::Value) -> Option<Value> {
    match value {
        toml::Value::String(text) => Some(text.into()),
        toml::Value::Integer(number) => Some(number.into()),
        toml::Value::Boolean(bool) => Some(bool.into()),
        toml::Value::Float(number) => Some(number.into()),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => {
            let members = table.into_iter().map(|(name, value)| Some((name, json_of(value)?)));
            members.collect::<Option<JsonMap<_, _>>>().map(Value::Object)
        }
        toml::Value::Datetime(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Key;

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_nearest() {
        let toml = Toml::text("[google]\nclient_id = \"a\"\nclient_secert = \"canary\"\n");
        let json = Json::text(r#"{"google": {"client_secert": "canary"}}"#);
        let Map(map) = Map::from([("google", [("client_secert", "canary")])]);
        for error in [toml.unwrap_err(), json.unwrap_err(), map.unwrap_err()] {
            let error = error.to_string();
            for part in ["a map", "google", "client_secert", "\"client_secret\""] {
                assert!(error.contains(part), "{error}");
            }
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_document_that_cannot_be_read_shows_no_line_of_it() {
        let toml = Toml::text("[google]\nclient_secret = canary").unwrap_err().to_string();
        assert!(toml.contains("line 2") && !toml.contains("canary"), "{toml}");
        for text in [
            r#"{"google": {"client_secret": canary}}"#,
            r#"{"google": {"scope": "a", "scope": "canary"}}"#,
            r#"{"google": {"client_secret": null}}"#,
            r#"{"google": {"client_secret": 1.5}}"#,
            r#"{"google": "canary"}"#,
            "[]",
            "",
        ] {
            let error = Json::text(text).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
        assert!(Toml::text("[g]\nclient_id = 1979-05-27\n").is_err());
        for error in
            [Toml::file("/nonexistent").unwrap_err(), Json::file("/nonexistent").unwrap_err()]
        {
            assert!(error.to_string().starts_with("/nonexistent"), "{error}");
        }
    }

    #[test]
    fn tables_lists_and_files_are_read_alike_in_toml_and_json() {
        let path = std::env::temp_dir().join(format!("client-secret-{}", std::process::id()));
        std::fs::write(&path, "s3cret\n").unwrap();
        let toml = format!(
            "[g]\nclient_secret_file = {path:?}\nscope = [\"a\", \"b\"]\nleeway = 5\n\
             authorize_params = {{x = 1, y = [\"b\", \"c\"]}}\njwks = {{keys = [{{kty = \"oct\"}}]}}\n"
        );
        let json = format!(
            r#"{{"g": {{"client_secret_file": {path:?}, "scope": ["a", "b"], "leeway": 5,
                "authorize_params": {{"x": 1, "y": ["b", "c"]}}, "jwks": {{"keys": [{{"kty": "oct"}}]}}}}}}"#
        );
        let (toml, json) = (Toml::text(&toml), Json::text(&json));
        std::fs::remove_file(&path).unwrap();
        for clients in [toml.unwrap().0, json.unwrap().0] {
            let value = |key| clients["g"].value(key).unwrap();
            assert_eq!(value(Key::ClientSecret), "s3cret");
            assert_eq!(value(Key::Scope), "a b");
            assert_eq!(value(Key::Leeway), "5");
            assert_eq!(value(Key::AuthorizeParams), r#"{"x":1,"y":["b","c"]}"#);
            assert_eq!(value(Key::Jwks), r#"{"keys":[{"kty":"oct"}]}"#);
        }
    }
}
