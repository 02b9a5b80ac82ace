//! The JOSE cookbook (RFC 7520 and its kin): files without a schema, one example or one key each.

use protocol_core::base64url;
use serde_json::{Value, json};

use crate::case::{Differences, Expected, Outcome};
use crate::report::File;
use crate::{jose, rfc};

/// Whether this is a file of the cookbook, by its shape.
pub fn is_one(file: &Value) -> bool {
    is_key(file) || is_example(file) || (is_example(&file["sign"]) && is_example(&file["encrypt"]))
}

pub fn run(file: &mut File<'_>, cases: &Value) {
    let accept = Expected::just("accept");
    if is_key(cases) {
        return file.case("key", &accept, || rfc::key_is_read(cases));
    }
    for (name, example) in [("", cases), ("sign ", &cases["sign"]), ("encrypt ", &cases["encrypt"])]
    {
        for (form, written) in example["output"].as_object().into_iter().flatten() {
            file.case(&format!("{name}{form}"), &accept, || match written.as_str() {
                Some(token) => compact(token, example),
                None => Outcome::Skipped(jose::JSON_SERIALIZATION),
            });
        }
    }
}

fn is_key(file: &Value) -> bool {
    file["kty"].is_string()
}

fn is_example(file: &Value) -> bool {
    file["input"].is_object() && file["output"].is_object()
}

fn compact(token: &str, example: &Value) -> Outcome {
    if let Some(predicate) = jose::not_built(token) {
        return Outcome::Skipped(predicate);
    }
    let input = &example["input"];
    if jose::is_encrypted(token) {
        return encrypted(token, input);
    }
    if token.contains("..") && input["payload"] != "" {
        return Outcome::Skipped(jose::DETACHED);
    }
    let verified = match jose::verify(token, &input["key"]) {
        Ok(verified) => verified,
        Err(error) => return Outcome::refused(&error),
    };
    let mut differences = Differences::default();
    let payload = String::from_utf8_lossy(verified.payload());
    differences.compare("payload", &*payload, &input["payload"]);
    if let Some(same) = jose::signs_the_same(token, verified.payload(), &input["key"]) {
        differences.compare("signed again, the same token", same, &true.into());
    }
    Outcome::Taken("accept", differences)
}

fn encrypted(token: &str, input: &Value) -> Outcome {
    let key = match input["pwd"].as_str() {
        Some(password) => json!({"kty": "oct", "k": base64url::encode(password)}),
        None => input["key"].clone(),
    };
    match jose::decrypt(token, &key) {
        Ok(decrypted) => {
            let mut differences = Differences::default();
            let plaintext = String::from_utf8_lossy(decrypted.plaintext());
            differences.compare("plaintext", &*plaintext, &input["plaintext"]);
            Outcome::Taken("accept", differences)
        }
        Err(error) => Outcome::refused(&error),
    }
}
