//! `idtoken-cases/1`: ID Tokens, each with its client and its key set.

use oidc_core::id_token::Expected;
use oidc_core::jwk::jwe::{
    ContentEncryption, Decrypter, DecryptionKey, DecryptionKeySet, KeyManagement,
};
use oidc_core::jwk::{Algorithm, JwkSet};
use oidc_core::{AccessToken, Claims, ClientSecret, Error, IdTokenVerifier, Nonce, Original};
use protocol_core::UnixTime;
use serde_json::Value;

use crate::case::{self, Differences, Outcome, either_way, seconds, text, texts};
use crate::jose;
use crate::report::File;

pub fn run(file: &mut File<'_>, cases: &Value) {
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        let keysets = &cases["keysets"];
        file.case(id, &case::Expected::of(case), || either_way(check(case, keysets)));
    }
}

/// The settings of a client that can be; `acr_values_voluntary` asks for nothing.
const SETTINGS: [&str; 24] = [
    "issuer",
    "client_id",
    "client_secret",
    "allowed_algs",
    "nonce",
    "now",
    "leeway",
    "flow",
    "access_token",
    "code",
    "state",
    "max_age",
    "acr_values_essential",
    "acr_values_voluntary",
    "trusted_audiences",
    "max_token_age",
    "iat_max_future",
    "max_token_bytes",
    "original",
    "decryption_keys",
    "jwe_algs",
    "jwe_encs",
    "require_encrypted",
    "max_decompressed_bytes",
];

/// What a case needs that is not built, by its own settings.
fn not_built(case: &Value) -> Option<&'static str> {
    let client = &case["client"];
    let token = case["token"].as_str().unwrap_or_default();
    let mut allowed = texts(&client["allowed_algs"]);
    allowed.extend(texts(&client["jwe_algs"]));
    let alg = jose::header(token)["alg"].as_str().unwrap_or_default().to_owned();
    if case["expect"] == "accept" && allowed.contains(&alg) && !jose::is_built(&alg) {
        return Some(jose::ALGORITHM_NOT_BUILT);
    }
    let front = matches!(client["flow"].as_str(), Some("implicit" | "hybrid"));
    if front && !client["nonce"].is_string() {
        return Some(
            "a response of the browser for which no nonce was sent (the API has no way to say that)",
        );
    }
    None
}

fn check(case: &Value, keysets: &Value) -> Result<Outcome, Outcome> {
    case::only_known(&case["client"], &SETTINGS)?;
    if let Some(predicate) = not_built(case) {
        return Err(Outcome::Skipped(predicate));
    }
    let claims = verify(case, keysets)?;
    let mut differences = Differences::default();
    if !case["claims"].is_null() {
        differences.compare("claims", claims.as_map().clone(), &case["claims"]);
    }
    Ok(Outcome::Taken("accept", differences))
}

fn verify(case: &Value, keysets: &Value) -> Result<Claims, Outcome> {
    let client = &case["client"];
    let keys = published(&case["jwks"], keysets);
    let verifier = verifier(client)?;

    let nonce = client["nonce"].as_str();
    let code = client["code"].as_str();
    let access_token = client["access_token"].as_str().map(AccessToken::new);
    let acr = texts(&client["acr_values_essential"]);
    let original = original(&client["original"]);
    let mut expected = match (client["flow"].as_str(), nonce, code) {
        (Some("implicit"), Some(nonce), _) => Expected::implicit(nonce),
        (Some("hybrid"), Some(nonce), Some(code)) => Expected::hybrid(nonce, code),
        (Some("hybrid"), ..) => return Err(Outcome::Unreadable("hybrid without a code".into())),
        (Some("refresh"), _, _) => match &original {
            Some(original) => Expected::refresh(original),
            None => return Err(Outcome::Unreadable("no claims of the first ID Token".into())),
        },
        (Some("code"), _, _) => {
            let expected = Expected::code(nonce.map_or(Nonce::NotSent, Nonce::Expect));
            code.map_or(expected, |code| expected.exchanged_code(code))
        }
        _ => return Err(Outcome::Skipped("a flow that is not built")),
    };
    if let Some(token) = &access_token {
        expected = expected.access_token(token);
    }
    if let Some(state) = client["state"].as_str() {
        expected = expected.state(state);
    }
    if let Some(max_age) = seconds(&client["max_age"])? {
        expected = expected.max_age(max_age);
    }
    expected = expected.acr(&acr);

    let now = client["now"].as_u64().ok_or_else(|| Outcome::Unreadable("no `now`".into()))?;
    let now = UnixTime::from_seconds(now);
    Ok(verifier.verify_with(text(case, "token")?, &keys, &expected, now)?)
}

/// The provider's keys: a set by name, or one written out, hostile ones among them. A provider whose
/// set cannot be read has published no key.
fn published(jwks: &Value, keysets: &Value) -> JwkSet {
    let written = match jwks.as_str().map(|name| (name, &keysets[name])) {
        Some((text, Value::Null)) => text.to_owned(),
        Some((_, set)) => set.to_string(),
        None => jwks.to_string(),
    };
    JwkSet::parse(written.as_bytes()).unwrap_or_default()
}

fn verifier(client: &Value) -> Result<IdTokenVerifier, Outcome> {
    let (issuer, client_id) = (text(client, "issuer")?, text(client, "client_id")?);
    let mut verifier = IdTokenVerifier::new(issuer, client_id);
    if client["allowed_algs"].is_array() {
        verifier = allow(verifier, client)?;
    }
    if let Some(leeway) = seconds(&client["leeway"])? {
        verifier = verifier.leeway(leeway);
    }
    if let Some(most) = seconds(&client["max_token_age"])? {
        verifier = verifier.max_token_age(most);
    }
    if let Some(most) = seconds(&client["iat_max_future"])? {
        verifier = verifier.max_future(most);
    }
    if let Some(most) = client["max_token_bytes"].as_u64() {
        verifier = verifier.max_token_bytes(usize::try_from(most).unwrap_or(usize::MAX));
    }
    if client["require_encrypted"] == true {
        verifier = verifier.require_encrypted();
    }
    if let Some(keys) = decryption_keys(client)? {
        verifier = verifier.decrypt(decrypter(client), keys);
    }
    Ok(verifier.trust_audiences(texts(&client["trusted_audiences"])))
}

/// The client's own keys; else, where algorithms are allowed, its secret.
fn decryption_keys(client: &Value) -> Result<Option<DecryptionKeySet>, Error> {
    let jwe_algs = texts(&client["jwe_algs"]);
    match (&client["decryption_keys"], client["client_secret"].as_str()) {
        (Value::Null, Some(secret)) if !jwe_algs.is_empty() => {
            let key = DecryptionKey::from_client_secret(&ClientSecret::new(secret))?;
            Ok(Some(key.into()))
        }
        (Value::Null, _) => Ok(None),
        (keys, _) => DecryptionKeySet::parse(keys.to_string().as_bytes()).map(Some),
    }
}

/// Unknown names, and RSA1_5, cannot be allowed: there is no such algorithm to name.
fn decrypter(client: &Value) -> Decrypter {
    let mut decrypter = Decrypter::new();
    if client["jwe_algs"].is_array() {
        let names = texts(&client["jwe_algs"]);
        decrypter = decrypter.allow(names.iter().filter_map(|name| KeyManagement::from_name(name)));
    }
    if client["jwe_encs"].is_array() {
        let names = texts(&client["jwe_encs"]);
        let encs = names.iter().filter_map(|name| ContentEncryption::from_name(name));
        decrypter = decrypter.allow_enc(encs);
    }
    match client["max_decompressed_bytes"].as_u64() {
        Some(most) => decrypter.allow_zip(usize::try_from(most).unwrap_or(usize::MAX)),
        None => decrypter,
    }
}

/// Unknown names, and `none`, cannot be allowed: there is no such algorithm to name. Of HMAC's those
/// are allowed that the secret is long enough for, if it is for any.
fn allow(verifier: IdTokenVerifier, client: &Value) -> Result<IdTokenVerifier, Error> {
    let names = texts(&client["allowed_algs"]);
    let algorithms = names.iter().filter_map(|name| Algorithm::from_name(name));
    let (symmetric, asymmetric): (Vec<_>, Vec<_>) = algorithms.partition(|alg| alg.is_symmetric());
    let verifier = verifier.allow(asymmetric);
    match client["client_secret"].as_str() {
        Some(secret) if !symmetric.is_empty() => {
            let fits = |alg: &Algorithm| secret.len() * 8 >= alg.min_key_bits();
            let fitting: Vec<_> = symmetric.iter().copied().filter(fits).collect();
            let symmetric = if fitting.is_empty() { symmetric } else { fitting };
            verifier.allow_hmac(symmetric, &ClientSecret::new(secret))
        }
        _ => Ok(verifier),
    }
}

fn original(value: &Value) -> Option<Original> {
    let mut value = value.as_object()?.clone();
    value.insert("aud".into(), texts(value.get("aud")?).into());
    serde_json::from_value(value.into()).ok()
}
