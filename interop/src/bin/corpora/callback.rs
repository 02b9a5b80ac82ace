//! `callback/1`: authorization responses.

use oauth2_core::{
    AccessToken, Callback, Error, Expected, IssExpected, Secret, State, StateExpected,
};
use serde_json::Value;

use crate::case::{self, Differences, Outcome, either_way, text};
use crate::report::File;

pub fn run(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &case::Expected::of(case), || either_way(check(case)));
    }
}

/// The settings of a client that can be; where a response arrives is for whoever routes it there.
const SETTINGS: [&str; 7] = [
    "issuer",
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "expected_state",
    "iss_parameter_supported",
];

fn check(case: &Value) -> Result<Outcome, Outcome> {
    case::only_known(&case["client"], &SETTINGS)?;
    let expected = expected(&case["client"])?;
    let response = &case["response"];
    let callback = match text(response, "method")? {
        "POST" => {
            let body = response["body"].as_str().unwrap_or_default();
            Callback::form(response["content_type"].as_str(), body.as_bytes())
        }
        "GET" => Callback::url(text(response, "url")?),
        other => return Err(Outcome::Unreadable(format!("the method {other:?}"))),
    };
    match callback.check(&expected) {
        Ok(response) => {
            let got = |name: &str| match name {
                "code" => response.code.as_ref().map(Secret::expose).into(),
                "id_token" => response.id_token.as_ref().map(Secret::expose).into(),
                "access_token" => response.access_token.as_ref().map(AccessToken::expose).into(),
                "token_type" => callback.param("token_type").into(),
                "expires_in" => callback.param("expires_in").into(),
                "state" => callback.state().into(),
                "iss" => response.iss.as_deref().into(),
                "scope" => response.scope.as_deref().into(),
                other => response.extra(other).into(),
            };
            let mut differences = Differences::default();
            differences.compare_members(got, &case["params"]);
            Ok(Outcome::Taken("accept", differences))
        }
        Err(error) => Ok(server_error_or_refused(case, error)),
    }
}

/// A server's own error is taken for what it says; anything else is a refusal of ours.
pub fn server_error_or_refused(case: &Value, error: Error) -> Outcome {
    let Error::Rejected(rejection) = error else { return Outcome::refused(&error) };
    let got = |name: &str| match name {
        "error" => rejection.code.as_str().into(),
        "error_description" => rejection.description.as_deref().into(),
        "error_uri" => rejection.uri.as_deref().into(),
        _ => Value::Null,
    };
    let mut differences = Differences::default();
    match &case["error"] {
        code @ Value::String(_) => differences.compare("error", got("error"), code),
        members => differences.compare_members(got, members),
    }
    Outcome::Taken("oauth_error", differences)
}

fn expected(client: &Value) -> Result<Expected, Outcome> {
    let state = match client["expected_state"].as_str() {
        Some(state) => StateExpected::Exactly(State::new(state)?),
        None => StateExpected::NotSent,
    };
    let promised = client["iss_parameter_supported"] == true;
    let iss = match client["issuer"].as_str().map(str::to_owned) {
        Some(issuer) if promised => IssExpected::Required(issuer),
        Some(issuer) => IssExpected::IfSent(issuer),
        None => IssExpected::Unchecked,
    };
    let mut expected = Expected::new(state, iss);
    if let Some(response_type) = client["response_type"].as_str() {
        let response_type = response_type
            .parse()
            .map_err(|_| Outcome::Skipped("a response type that is not built"))?;
        expected = expected.response_type(response_type);
    }
    if let Some(mode) = client["response_mode"].as_str() {
        let mode =
            mode.parse().map_err(|_| Outcome::Skipped("a response mode that is not built"))?;
        expected = expected.response_mode(mode);
    }
    Ok(expected)
}
