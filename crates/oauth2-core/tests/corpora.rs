//! The shared corpora: callbacks, token responses and challenges, each case with its outcome and,
//! where it is refused, the class of the reason.

use http::Response;
use oauth2_core::{
    AccessToken, Callback, Challenge, Error, Expected, IssExpected, RefreshToken, Secret, State,
    StateExpected, TokenResponse, TokenResponseRules, UnixTime,
};
use protocol_core::base64url;
use serde_json::Value;

/// What a case came to, in the words of the corpora.
#[derive(Debug)]
enum Outcome {
    Good,
    OauthError(Value),
    Refused(String),
}

#[test]
fn callbacks() {
    run(include_str!("data/callback.json"), 51, |case| {
        let client = &case["client"];
        let state = match client["expected_state"].as_str() {
            Some(state) => StateExpected::Exactly(State::new(state).unwrap()),
            None => StateExpected::NotSent,
        };
        let issuer = text(&client["issuer"]);
        let iss = match client["iss_parameter_supported"] == true {
            true => IssExpected::Required(issuer),
            false => IssExpected::IfSent(issuer),
        };
        let expected = Expected::new(state, iss)
            .response_type(text(&client["response_type"]).parse().unwrap())
            .response_mode(text(&client["response_mode"]).parse().unwrap());
        let response = &case["response"];
        let callback = match &*text(&response["method"]) {
            "GET" => Callback::url(&text(&response["url"])),
            _ => {
                let body = text(&response["body"]);
                Callback::form(response["content_type"].as_str(), body.as_bytes())
            }
        };
        match callback.check(&expected) {
            Ok(response) => {
                let got = |name: &str| match name {
                    "code" => response.code.as_ref().map(Secret::expose),
                    "id_token" => response.id_token.as_ref().map(Secret::expose),
                    "access_token" => response.access_token.as_ref().map(AccessToken::expose),
                    "state" => callback.state(),
                    "iss" => response.iss.as_deref(),
                    "scope" => response.scope.as_deref(),
                    other => response.extra(other),
                };
                for (name, value) in case["params"].as_object().into_iter().flatten() {
                    assert_eq!(got(name), value.as_str(), "{} {name}", case["id"]);
                }
                Outcome::Good
            }
            Err(error) => refused(&error),
        }
    });
}

#[test]
fn token_responses() {
    run(include_str!("data/token_response.json"), 40, |case| {
        let mut rules = TokenResponseRules::default();
        let settings = &case["settings"];
        rules.accept_form_encoded = settings["accept_form_encoded"] == true;
        rules.require_token_type = settings["require_token_type"] == true;
        rules.recognized_token_types =
            settings["recognized_token_types"].as_array().unwrap().iter().map(text).collect();
        let body = match case["body_b64"].as_str() {
            Some(encoded) => base64url::decode_standard(encoded).unwrap(),
            None => text(&case["body"]).into_bytes(),
        };
        let mut response =
            Response::builder().status(u16::try_from(case["status"].as_u64().unwrap()).unwrap());
        for (name, value) in case["headers"].as_object().unwrap() {
            response = response.header(name, text(value));
        }
        let response = response.body(body).unwrap();
        match TokenResponse::read(&response, &rules, UnixTime::from_seconds(1_700_000_000)) {
            Ok(token) => {
                let got = |name: &str| match name {
                    "access_token" => token.access_token.expose().into(),
                    "token_type" => token.token_type.as_str().to_lowercase().into(),
                    "expires_in" => token.expires_in.map(|life| life.as_secs()).into(),
                    "refresh_token" => {
                        token.refresh_token.as_ref().map(RefreshToken::expose).into()
                    }
                    "id_token" => token.id_token.as_ref().map(Secret::expose).into(),
                    "scope" => token.scope.clone().into(),
                    other => token.extra.get(other).cloned().unwrap_or_default(),
                };
                for (name, value) in case["result"].as_object().into_iter().flatten() {
                    assert_eq!(&got(name), value, "{} {name}", case["id"]);
                }
                Outcome::Good
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                let body = String::from_utf8_lossy(response.body());
                let is_word = |c: char| c.is_ascii_alphanumeric();
                let words = body.split(|c| !is_word(c)).filter(|word| word.len() >= 20);
                for word in words {
                    assert!(!shown.contains(word), "{} shows {word}", case["id"]);
                }
                refused(&error)
            }
        }
    });
}

#[test]
fn challenges() {
    run(include_str!("data/www_authenticate.json"), 22, |case| {
        let lines: Vec<_> = case["header_values"].as_array().unwrap().iter().map(text).collect();
        match Challenge::parse(&lines) {
            Ok(challenges) => {
                let got = challenges.iter().map(|challenge| {
                    let params: serde_json::Map<_, _> = challenge
                        .params
                        .iter()
                        .map(|(n, v)| (n.clone(), v.clone().into()))
                        .collect();
                    let (scheme, token68) = (&challenge.scheme, &challenge.token68);
                    serde_json::json!({"scheme": scheme, "token68": token68, "params": params})
                });
                if let Some(expected) = case["challenges"].as_array() {
                    assert_eq!(&got.collect::<Vec<_>>(), expected, "{}", case["id"]);
                }
                Outcome::Good
            }
            Err(error) => refused(&error),
        }
    });
}

/// Runs the cases of a file and asserts that each came out as it says.
fn run(file: &str, count: usize, outcome: impl Fn(&Value) -> Outcome) {
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), count);
    let failures: Vec<_> = cases
        .iter()
        .map(|case| (case, outcome(case)))
        .filter(|(case, outcome)| !is_expected(case, outcome))
        .map(|(case, outcome)| format!("{} {}: {outcome:?}", case["id"], case["title"]))
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

fn is_expected(case: &Value, outcome: &Outcome) -> bool {
    let expect = text(&case["expect"]);
    if expect == "either" {
        return true;
    }
    let alternatives = strings(&case["expect_alt"]);
    match outcome {
        Outcome::Good => ["accept", "token", "challenges"].contains(&&*expect),
        Outcome::OauthError(got) => {
            let is_same = |(name, value): (&String, &Value)| &got[name] == value;
            let holds = case["error"].as_object().is_none_or(|error| error.iter().all(is_same));
            holds && (expect == "oauth_error" || alternatives.contains(&"oauth_error".to_owned()))
        }
        Outcome::Refused(code) => {
            let mut reasons = strings(&case["reason_alt"]);
            reasons.extend(strings(&case["reason"]));
            let is_class = reasons.contains(code) || expect == "malformed" && code == "malformed";
            let is_alternative = |other: &String| {
                other == "reject" || other == "invalid" || *other == format!("reject:{code}")
            };
            ["reject", "invalid", "malformed"].contains(&&*expect) && is_class
                || alternatives.iter().any(is_alternative)
        }
    }
}

fn refused(error: &Error) -> Outcome {
    match error {
        Error::Rejected(rejection) => Outcome::OauthError(serde_json::json!({
            "error": rejection.code,
            "error_description": rejection.description,
            "error_uri": rejection.uri,
        })),
        // The same class, told apart for those who would try again.
        other if other.code() == "http_status_retryable" => Outcome::Refused("http_status".into()),
        other => Outcome::Refused(other.code().to_owned()),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// One text, a list of them, or none.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}
