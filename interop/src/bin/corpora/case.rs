//! What a case says and what it came to, and whether the two agree.

use std::time::Duration;

use protocol_core::Error;
use serde_json::Value;

/// What running a case led to.
pub enum Outcome {
    /// It was taken, in the corpora's word for that: `accept`, `token`, `challenges`, `oauth_error`.
    Taken(&'static str, Differences),
    /// It was refused, with a class of reasons and, for the reader, the whole error.
    Refused(String, String),
    /// It was not run: it needs what these crates do not have. The text is the predicate.
    Skipped(&'static str),
    /// The case itself lacks something.
    Unreadable(String),
}

impl Outcome {
    /// Taken as `word`, with nothing to compare.
    pub fn taken(word: &'static str) -> Self {
        Outcome::Taken(word, Differences::default())
    }

    /// The class is the error's code.
    pub fn refused(error: &Error) -> Self {
        Outcome::Refused(error.code().to_owned(), error.to_string())
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Outcome::refused(&error)
    }
}

/// `Ok` and `Err` are the same to a runner: `?` ends a case early.
pub fn either_way(result: Result<Outcome, Outcome>) -> Outcome {
    result.unwrap_or_else(|early| early)
}

/// Where a result is not what the case asks for.
#[derive(Default)]
pub struct Differences(Vec<String>);

impl Differences {
    /// Compares one value, if the case names one.
    pub fn compare(&mut self, name: &str, got: impl Into<Value>, expected: &Value) {
        let got = got.into();
        if !same(&got, expected) {
            self.0.push(format!("{name}: expected {expected}, got {got}"));
        }
    }

    /// Compares each member of `expected`, if it is an object.
    pub fn compare_members(&mut self, got: impl Fn(&str) -> Value, expected: &Value) {
        for (name, value) in expected.as_object().into_iter().flatten() {
            self.compare(name, got(name), value);
        }
    }

    /// What differs, in words; `None` where nothing does.
    pub fn shown(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("; "))
    }
}

/// Equality of JSON, where `15` is `1.5e1`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// What a case expects.
pub struct Expected {
    expect: String,
    alternatives: Vec<String>,
    reasons: Vec<String>,
}

impl Expected {
    /// From `expect`, `expect_alt`, `reason` and `reason_alt`.
    pub fn of(case: &Value) -> Self {
        let mut reasons = texts(&case["reason"]);
        reasons.extend(texts(&case["reason_alt"]));
        let expect = case["expect"].as_str().unwrap_or_default().to_owned();
        Expected { expect, alternatives: texts(&case["expect_alt"]), reasons }
    }

    /// For cases that say it in another way.
    pub fn just(expect: &str) -> Self {
        Expected { expect: expect.to_owned(), alternatives: Vec::new(), reasons: Vec::new() }
    }

    /// Whether there is no normative answer.
    pub fn is_either(&self) -> bool {
        self.words().any(|word| word == "either")
    }

    /// Whether this outcome passes.
    pub fn met_by(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Taken(word, differences) => {
                self.words().any(|expected| expected == *word) && differences.shown().is_none()
            }
            Outcome::Refused(class, _) => {
                let any_class = self.reasons.is_empty() && is_refusal(&self.expect);
                let by_class = is_refusal(&self.expect) && self.reasons.contains(class);
                let by_alternative = self.alternatives.iter().any(|alternative| {
                    is_refusal(alternative) || alternative.strip_prefix("reject:") == Some(class)
                });
                any_class || by_class || by_alternative
            }
            Outcome::Skipped(_) | Outcome::Unreadable(_) => false,
        }
    }

    /// In one line.
    pub fn shown(&self) -> String {
        let mut shown = self.expect.clone();
        if !self.reasons.is_empty() {
            shown.push_str(&format!(" ({})", self.reasons.join(" or ")));
        }
        for alternative in &self.alternatives {
            shown.push_str(&format!(" or {alternative}"));
        }
        shown
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.expect).chain(&self.alternatives).map(String::as_str)
    }
}

/// The corpora's words for a refusal.
fn is_refusal(word: &str) -> bool {
    ["reject", "invalid", "malformed"].contains(&word)
}

/// A text that the case must have.
pub fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Outcome> {
    value[name].as_str().ok_or_else(|| Outcome::Unreadable(format!("no text {name:?}")))
}

/// One text, a list of texts, or none.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// A list of [name, value].
pub fn pairs(value: &Value) -> Vec<(&str, &str)> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?))).collect()
}

/// A length of time in whole seconds, or none.
pub fn seconds(value: &Value) -> Result<Option<Duration>, Outcome> {
    match value {
        Value::Null => Ok(None),
        other => {
            let seconds = other.as_u64().map(Duration::from_secs).map(Some);
            seconds.ok_or_else(|| Outcome::Unreadable(format!("{other} is no length of time")))
        }
    }
}

/// That each setting is one that is known here: what another one asks for is not known either.
pub fn only_known(settings: &Value, known: &[&str]) -> Result<(), Outcome> {
    let mut names = settings.as_object().into_iter().flatten().map(|(name, _)| &**name);
    if names.all(|name| known.contains(&name)) {
        return Ok(());
    }
    Err(Outcome::Skipped("a setting that is not known here"))
}
