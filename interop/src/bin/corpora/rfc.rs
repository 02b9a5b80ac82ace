//! `rfc-*/1`: the examples of RFC 7515 to 7519, 7638, 7797 and 8037.

use jose_core::jwe::{ContentEncryption, DecryptionKey};
use jose_core::{Algorithm, Jwk, danger};
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
    if jose::is_encrypted(token) {
        let decrypted = jose::decrypt(token, &case["key"])?;
        let mut differences = Differences::default();
        if let Some(plaintext) = decoded(case, "plaintext_b64u")? {
            differences.compare("plaintext", decrypted.plaintext(), &plaintext.into());
        }
        return Ok(Outcome::Taken("accept", differences));
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
    if written["kty"] == "oct" && alg.is_some_and(|alg| Algorithm::from_name(alg).is_none()) {
        return match DecryptionKey::from_jwk(written.to_string().as_bytes()) {
            Ok(key) => {
                let mut differences = Differences::default();
                differences.compare("kid", key.kid(), &written["kid"]);
                Outcome::Taken("accept", differences)
            }
            Err(error) => Outcome::refused(&error),
        };
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

/// Key agreements: what is encrypted with the key that a case derives, its recipient decrypts.
pub fn agreements(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::just("accept"), || either_way(agreement(case)));
    }
}

fn agreement(case: &Value) -> Result<Outcome, Outcome> {
    let mut header = case["header"].clone();
    let mut epk = case["producer_ephemeral_private"].clone();
    if let Some(members) = epk.as_object_mut() {
        members.remove("d");
    }
    header["epk"] = epk;
    let enc = header["enc"].as_str().and_then(ContentEncryption::from_name);
    let (enc, key) = enc
        .zip(decoded(case, "derived_key_b64u")?)
        .ok_or_else(|| Outcome::Unreadable("no enc, or no derived key".into()))?;
    let header = header.to_string();
    let token = danger::encrypt_with_header(enc, &key, header.as_bytes(), b"", b"text")?;
    let decrypted = jose::decrypt(&token, &case["consumer_private"])?;
    let mut differences = Differences::default();
    differences.compare("plaintext", decrypted.plaintext(), &b"text"[..].into());
    Ok(Outcome::Taken("accept", differences))
}

/// Content encryption under associated data that are no header, which only jose-core's own tests can
/// say.
pub fn content_encryption(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &Expected::just("accept"), || Outcome::Skipped(jose::NO_TOKEN));
    }
}

fn decoded(case: &Value, name: &str) -> Result<Option<Vec<u8>>, Outcome> {
    let Some(text) = case[name].as_str() else { return Ok(None) };
    let unreadable = |_| Outcome::Unreadable(format!("{name} is no base64url"));
    base64url::decode(text).map(Some).map_err(unreadable)
}
