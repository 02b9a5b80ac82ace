//! Project Wycheproof's JOSE tests: groups of one key, or one key set, and many tokens.

use serde_json::Value;

use crate::case::{Differences, Expected, Outcome};
use crate::jose;
use crate::report::File;

pub fn run(file: &mut File<'_>, cases: &Value) {
    let doubts = Doubts::beside(file);
    for group in cases["testGroups"].as_array().into_iter().flatten() {
        let private = &group["private"];
        let public = if group["public"].is_null() { private } else { &group["public"] };
        for test in group["tests"].as_array().into_iter().flatten() {
            let tc_id = test["tcId"].as_u64().unwrap_or_default();
            let comment = test["comment"].as_str().unwrap_or_default();
            let expected = doubts.expected(tc_id, test["result"].as_str().unwrap_or_default());
            file.case(&format!("{tc_id} {comment}"), &expected, || match &test["jwe"] {
                Value::Null => verify(test, public),
                token => decrypt(test, &written(token), private),
            });
        }
    }
}

fn verify(test: &Value, key: &Value) -> Outcome {
    let token = written(&test["jws"]);
    let valid = test["result"] == "valid";
    if let Some(predicate) = jose::not_built(&token).filter(|_| valid) {
        return Outcome::Skipped(predicate);
    }
    match jose::verify(&token, key) {
        Ok(_) => Outcome::taken("accept"),
        Err(error) => Outcome::refused(&error),
    }
}

fn decrypt(test: &Value, token: &str, key: &Value) -> Outcome {
    let valid = test["result"] == "valid";
    if let Some(predicate) = jose::not_built(token).filter(|_| valid) {
        return Outcome::Skipped(predicate);
    }
    match jose::decrypt(token, key) {
        Ok(decrypted) => {
            let octets = decrypted.plaintext().iter();
            let plaintext: String = octets.map(|octet| format!("{octet:02x}")).collect();
            let mut differences = Differences::default();
            if test["pt"].is_string() {
                differences.compare("plaintext", plaintext, &test["pt"]);
            }
            Outcome::Taken("accept", differences)
        }
        Err(error) => Outcome::refused(&error),
    }
}

/// A token, also where it is written in JSON.
fn written(token: &Value) -> String {
    token.as_str().map_or_else(|| token.to_string(), str::to_owned)
}

/// The corpus's own list of tests whose result should not be taken as it stands.
struct Doubts(Vec<(Vec<u64>, Doubt)>);

#[derive(Clone, Copy)]
enum Doubt {
    /// No normative answer.
    Either,
    /// It says valid and is not.
    Invalid,
}

impl Doubts {
    fn beside(file: &File<'_>) -> Self {
        let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let list = std::fs::read(file.path().with_file_name("DOUBTFUL.json")).ok();
        let list: Value =
            list.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let rows = list["cases"].as_array().into_iter().flatten();
        let doubts = rows.filter(|row| row["file"] == name).filter_map(|row| {
            let why = row["why"].as_str().unwrap_or_default();
            let doubt = if why.contains("Score as invalid") {
                Doubt::Invalid
            } else if why.contains("Keep") {
                return None;
            } else {
                Doubt::Either
            };
            let ids = row["tcIds"].as_array().into_iter().flatten();
            Some((ids.filter_map(Value::as_u64).collect(), doubt))
        });
        Doubts(doubts.collect())
    }

    fn expected(&self, tc_id: u64, result: &str) -> Expected {
        let doubt = self.0.iter().find(|(ids, _)| ids.contains(&tc_id)).map(|(_, doubt)| doubt);
        Expected::just(match (doubt, result) {
            (Some(Doubt::Either), _) => "either",
            (Some(Doubt::Invalid), _) => "reject",
            (None, "valid") => "accept",
            (None, _) => "reject",
        })
    }
}
