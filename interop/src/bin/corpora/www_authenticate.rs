//! `www_authenticate/1`: challenges.

use oauth2_core::Challenge;
use serde_json::{Map, Value, json};

use crate::case::{Differences, Expected, Outcome, texts};
use crate::report::File;

pub fn run(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::of(case), || parse(case));
    }
}

fn parse(case: &Value) -> Outcome {
    let lines = &case["header_values"];
    if !lines.is_array() {
        return Outcome::Unreadable("no list `header_values`".to_owned());
    }
    match Challenge::parse(&texts(lines)) {
        Ok(challenges) => {
            let mut differences = Differences::default();
            if case["challenges"].is_array() {
                let got: Vec<_> = challenges.iter().map(shown).collect();
                differences.compare("challenges", got, &case["challenges"]);
            }
            Outcome::Taken("challenges", differences)
        }
        Err(error) => Outcome::refused(&error),
    }
}

fn shown(challenge: &Challenge) -> Value {
    let params: Map<_, _> = challenge
        .params
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    json!({ "scheme": challenge.scheme, "token68": challenge.token68, "params": params })
}
