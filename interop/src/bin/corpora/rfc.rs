//! `rfc-*/1`: the examples of RFC 7515 to 7519, 7638, 7797 and 8037.

use jose_core::Jwk;
use protocol_core::base64url;
use serde_json::Value;

use crate::case::{Differences, Expected, Outcome, either_way, text};
use crate::jose;
use crate::report::File;

/// JWS, JWT and JWE.
pub fn tokens(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        let said = case["expect"].as_str().unwrap_or("accept");
        // "accept only where none was explicitly allowed", "accept (as JWS with b64 support ..)"
        let expected =
            if said.starts_with("accept") { Expected::just("accept") } else { Expected::of(case) };
        file.case(id, &expected, || either_way(token(case)));
    }
}

fn token(case: &Value) -> Result<Outcome, Outcome> {
    if case["json"].is_object() {
        return Err(Outcome::Skipped(jose::JSON_SERIALIZATION));
    }
    let token = text(case, "compact")?;
    let refused = case["expect"] == "reject";
    if case["detached_payload_b64u"].is_string() && jose::header(token)["b64"] != false {
        return Err(Outcome::Skipped(jose::DETACHED));
    }
    if let Some(predicate) = jose::not_built(token).filter(|_| !refused) {
        return Err(Outcome::Skipped(predicate));
    }
    let payload = decoded(case, "payload_b64u")?;
    if jose::header(token)["alg"] == "none" && !refused {
        let payload = payload.or_else(|| base64url::decode(token.split('.').nth(1)?).ok());
        return Ok(jose::only_danger_reads(token, &payload.unwrap_or_default()));
    }
    let verified = jose::verify(token, &case["key"])?;
    let mut differences = Differences::default();
    if let Some(payload) = payload {
        differences.compare("payload", verified.payload(), &payload.into());
    }
    if case["header"].is_object() {
        let got = |name: &str| match name {
            "alg" => verified.header().alg().into(),
            other => verified.header().member(other).cloned().unwrap_or_default(),
        };
        differences.compare_members(got, &case["header"]);
    }
    if case["claims"].is_object() {
        differences.compare("claims", verified.claims()?.into_map(), &case["claims"]);
    }
    if let Some(same) = jose::signs_the_same(token, verified.payload(), &case["key"]) {
        differences.compare("signed again, the same token", same, &true.into());
    }
    Ok(Outcome::Taken("accept", differences))
}

/// JWKs and JWK Sets: each key is read, and says of itself what its JSON says.
pub fn keys(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        let one = [case["jwk"].clone()];
        let each = case["jwks"]["keys"].as_array().map_or(&one[..], Vec::as_slice);
        for (index, key) in each.iter().enumerate() {
            file.case(&format!("{id}[{index}]"), &Expected::just("accept"), || key_is_read(key));
        }
    }
}

/// Reads one JWK and compares what it says.
pub fn key_is_read(written: &Value) -> Outcome {
    let alg = written["alg"].as_str();
    if written["kty"] == "oct" && alg.is_some_and(|alg| !jose::is_built(alg)) {
        return Outcome::Skipped(jose::ENCRYPTED);
    }
    let key = match Jwk::from_value(written) {
        Ok(key) => key,
        Err(error) => return Outcome::refused(&error),
    };
    let mut differences = Differences::default();
    differences.compare("kty", key.key_type().name(), &written["kty"]);
    differences.compare("crv", key.curve().map(|curve| curve.name()), &written["crv"]);
    differences.compare("kid", key.kid(), &written["kid"]);
    differences.compare("alg", key.alg(), &written["alg"]);
    differences.compare("use", key.key_use(), &written["use"]);
    for (name, value) in key.public_only().iter().flat_map(Value::as_object).flatten() {
        differences.compare(name, value.clone(), &written[name]);
    }
    Outcome::Taken("accept", differences)
}

pub fn thumbprints(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::just("accept"), || match Jwk::from_value(&case["jwk"]) {
            Ok(key) => {
                let mut differences = Differences::default();
                differences.compare("sha256", key.thumbprint(), &case["sha256"]);
                Outcome::Taken("accept", differences)
            }
            Err(error) => Outcome::refused(&error),
        });
    }
}

/// Key derivation and content encryption, the parts of JWE.
pub fn encryption(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::just("accept"), || Outcome::Skipped(jose::ENCRYPTED));
    }
}

fn decoded(case: &Value, name: &str) -> Result<Option<Vec<u8>>, Outcome> {
    let Some(text) = case[name].as_str() else { return Ok(None) };
    let unreadable = |_| Outcome::Unreadable(format!("{name} is no base64url"));
    base64url::decode(text).map(Some).map_err(unreadable)
}
