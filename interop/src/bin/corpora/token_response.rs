//! `token_response/1`: answers of the token endpoint.

use http::Response;
use oauth2_core::{RefreshToken, Secret, TokenResponse, TokenResponseRules, UnixTime};
use protocol_core::base64url;
use serde_json::Value;

use crate::callback::server_error_or_refused;
use crate::case::{Differences, Expected, Outcome, either_way, only_known, texts};
use crate::report::File;

pub fn run(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::of(case), || either_way(read(case)));
    }
}

const SETTINGS: [&str; 3] = ["accept_form_encoded", "require_token_type", "recognized_token_types"];

fn read(case: &Value) -> Result<Outcome, Outcome> {
    only_known(&case["settings"], &SETTINGS)?;
    let now = UnixTime::from_seconds(1_700_000_000);
    match TokenResponse::read(&response(case)?, &rules(&case["settings"]), now) {
        Ok(token) => {
            let got = |name: &str| match name {
                "access_token" => token.access_token.expose().into(),
                "token_type" => token.token_type.as_str().to_lowercase().into(),
                "expires_in" => token.expires_in.map(|life| life.as_secs()).into(),
                "refresh_token" => token.refresh_token.as_ref().map(RefreshToken::expose).into(),
                "id_token" => token.id_token.as_ref().map(Secret::expose).into(),
                "scope" => token.scope.as_deref().into(),
                other => token.extra.get(other).cloned().unwrap_or_default(),
            };
            let mut differences = Differences::default();
            differences.compare_members(got, &case["result"]);
            Ok(Outcome::Taken("token", differences))
        }
        Err(error) => Ok(match server_error_or_refused(case, error) {
            // The same class; ours tells those apart that may be tried again.
            Outcome::Refused(class, shown) if class == "http_status_retryable" => {
                Outcome::Refused("http_status".to_owned(), shown)
            }
            outcome => outcome,
        }),
    }
}

fn response(case: &Value) -> Result<Response<Vec<u8>>, Outcome> {
    let unreadable = |what: &str| Outcome::Unreadable(what.to_owned());
    let body = match case["body_b64"].as_str() {
        Some(encoded) => {
            base64url::decode_standard(encoded).map_err(|_| unreadable("body_b64 is no base64"))?
        }
        None => case["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
    };
    let status = case["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let mut response = Response::builder().status(status.ok_or_else(|| unreadable("no status"))?);
    for (name, values) in case["headers"].as_object().into_iter().flatten() {
        for value in texts(values) {
            response = response.header(name, value);
        }
    }
    response.body(body).map_err(|error| unreadable(&error.to_string()))
}

fn rules(settings: &Value) -> TokenResponseRules {
    let mut rules = TokenResponseRules::default();
    if let Some(accept) = settings["accept_form_encoded"].as_bool() {
        rules.accept_form_encoded = accept;
    }
    if let Some(require) = settings["require_token_type"].as_bool() {
        rules.require_token_type = require;
    }
    if settings["recognized_token_types"].is_array() {
        rules.recognized_token_types = texts(&settings["recognized_token_types"]);
    }
    rules
}
