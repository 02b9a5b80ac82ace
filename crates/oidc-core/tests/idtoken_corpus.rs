//! Every case of the ID Token corpus: accepted, or refused for the reason that the case names.

use std::time::{Duration, Instant};

use oidc_core::UnixTime;
use oidc_core::id_token::Expected;
use oidc_core::jwk::jwe::{
    ContentEncryption, Decrypter, DecryptionKey, DecryptionKeySet, KeyManagement,
};
use oidc_core::jwk::{Algorithm, JwkSet};
use oidc_core::{AccessToken, Claims, ClientSecret, Error, IdTokenVerifier, Nonce, Original};
use serde_json::Value;

#[test]
fn every_case_comes_out_as_the_corpus_says() {
    let corpus: Value =
        serde_json::from_str(include_str!("data/idtoken_cases.json")).expect("the corpus is JSON");
    let (mut ran, mut wrong) = (0, Vec::new());
    for case in corpus["cases"].as_array().expect("cases") {
        ran += 1;
        let began = Instant::now();
        let outcome = run(case, &corpus["keysets"]);
        let took = began.elapsed();
        if matches!(outcome, Err(Error::Unsupported(_))) && is_beyond_this_build(case) {
            continue;
        }
        if let Err(why) = judge(case, outcome) {
            wrong.push(format!("{} {}: {why}", case["id"], case["title"]));
        }
        if took > Duration::from_secs(1) {
            wrong.push(format!("{} {}: took {took:?}", case["id"], case["title"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 450, "only {ran} cases");
}

/// A backend that lacks an algorithm says so (`ring` has no ES512 and little of JWE).
fn is_beyond_this_build(case: &Value) -> bool {
    let [algs, jwe_algs, jwe_encs] =
        ["allowed_algs", "jwe_algs", "jwe_encs"].map(|name| texts(&case["client"][name]));
    algs.iter().filter_map(|name| Algorithm::from_name(name)).any(|alg| !alg.is_supported())
        || key_management(&jwe_algs).any(|alg| !alg.is_supported())
        || content_encryption(&jwe_encs).any(|enc| !enc.is_supported())
}

fn key_management(names: &[String]) -> impl Iterator<Item = KeyManagement> {
    names.iter().filter_map(|name| KeyManagement::from_name(name))
}

fn content_encryption(names: &[String]) -> impl Iterator<Item = ContentEncryption> {
    names.iter().filter_map(|name| ContentEncryption::from_name(name))
}

fn run(case: &Value, keysets: &Value) -> Result<Claims, Error> {
    let client = &case["client"];
    let keys = match &case["jwks"] {
        Value::String(name) => &keysets[name],
        inline => inline,
    };
    // A provider whose key set cannot be read has published no key.
    let keys = JwkSet::parse(keys.to_string().as_bytes())
        .or_else(|_| JwkSet::parse(br#"{"keys": []}"#))?;
    let verifier = verifier(client)?;

    let nonce = client["nonce"].as_str();
    let access_token = client["access_token"].as_str().map(AccessToken::new);
    let acr = texts(&client["acr_values_essential"]);
    let original = original(&client["original"]);
    let mut expected = match (client["flow"].as_str(), &original) {
        (Some("refresh"), Some(original)) => Expected::refresh(original),
        (Some("implicit"), _) => Expected::implicit(nonce.expect("the implicit flow has a nonce")),
        (Some("hybrid"), _) => Expected::hybrid(
            nonce.expect("the hybrid flow has a nonce"),
            client["code"].as_str().expect("the hybrid flow has a code"),
        ),
        (Some("code"), _) => {
            let expected = Expected::code(nonce.map_or(Nonce::NotSent, Nonce::Expect));
            client["code"].as_str().map_or(expected, |code| expected.exchanged_code(code))
        }
        other => panic!("an unknown flow: {other:?}"),
    };
    if let Some(token) = &access_token {
        expected = expected.access_token(token);
    }
    if let Some(state) = client["state"].as_str() {
        expected = expected.state(state);
    }
    if let Some(max_age) = seconds(&client["max_age"]) {
        expected = expected.max_age(max_age);
    }
    expected = expected.acr(&acr);

    let now = UnixTime::from_seconds(client["now"].as_u64().expect("now"));
    verifier.verify_with(case["token"].as_str().expect("a token"), &keys, &expected, now)
}

fn verifier(client: &Value) -> Result<IdTokenVerifier, Error> {
    let text = |name: &str| client[name].as_str().expect("a text").to_owned();
    let algorithms = texts(&client["allowed_algs"]);
    let algorithms = algorithms.iter().filter_map(|name| Algorithm::from_name(name));
    let (symmetric, asymmetric): (Vec<_>, Vec<_>) = algorithms.partition(|alg| alg.is_symmetric());

    let mut verifier = IdTokenVerifier::new(text("issuer"), text("client_id"))
        .allow(asymmetric)
        .leeway(seconds(&client["leeway"]).expect("leeway"))
        .trust_audiences(texts(&client["trusted_audiences"]));
    if let Some(secret) = client["client_secret"].as_str().filter(|_| !symmetric.is_empty()) {
        verifier = verifier.allow_hmac(symmetric, &ClientSecret::new(secret))?;
    }
    if let Some(most) = seconds(&client["max_token_age"]) {
        verifier = verifier.max_token_age(most);
    }
    if let Some(most) = seconds(&client["iat_max_future"]) {
        verifier = verifier.max_future(most);
    }
    if let Some(most) = client["max_token_bytes"].as_u64() {
        verifier = verifier.max_token_bytes(usize::try_from(most).expect("a size"));
    }
    if client["require_encrypted"] == true {
        verifier = verifier.require_encrypted();
    }
    match decryption_keys(client)? {
        Some(keys) => Ok(verifier.decrypt(decrypter(client), keys)),
        None => Ok(verifier),
    }
}

/// The client's own keys, or else its secret if any algorithm may need it.
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

fn decrypter(client: &Value) -> Decrypter {
    let decrypter = Decrypter::new()
        .allow(key_management(&texts(&client["jwe_algs"])))
        .allow_enc(content_encryption(&texts(&client["jwe_encs"])));
    match client["max_decompressed_bytes"].as_u64() {
        Some(most) => decrypter.allow_zip(usize::try_from(most).expect("a size")),
        None => decrypter,
    }
}

fn original(value: &Value) -> Option<Original> {
    let mut value = value.as_object()?.clone();
    let aud = match value.remove("aud")? {
        one @ Value::String(_) => Value::Array(vec![one]),
        list => list,
    };
    value.insert("aud".into(), aud);
    Some(serde_json::from_value(value.into()).expect("claims of the first ID Token"))
}

fn judge(case: &Value, outcome: Result<Claims, Error>) -> Result<(), String> {
    let mut reasons = texts(&case["reason_alt"]);
    reasons.extend(case["reason"].as_str().map(str::to_owned));
    let alternatives = match &case["expect_alt"] {
        one @ Value::String(_) => texts(&Value::Array(vec![one.clone()])),
        list => texts(list),
    };
    reasons.extend(alternatives.iter().filter_map(|alt| Some(alt.strip_prefix("reject:")?.into())));
    let expect = case["expect"].as_str().unwrap_or_default();
    let may = |what: &str| expect == what || alternatives.iter().any(|alt| alt == what);

    match outcome {
        _ if may("either") => Ok(()),
        Ok(claims) if may("accept") => match &case["claims"] {
            Value::Null => Ok(()),
            expected if same(&Value::Object(claims.as_map().clone()), expected) => Ok(()),
            expected => Err(format!("expected {expected}, got {:?}", claims.as_map())),
        },
        Ok(_) => Err(format!("accepted; expected {expect} {reasons:?}")),
        Err(error) if reasons.iter().any(|reason| reason == error.code()) => Ok(()),
        Err(error) => Err(format!("{} ({error}); expected {expect} {reasons:?}", error.code())),
    }
}

/// Equality of JSON, where `1.5e1` is `15`.
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

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn seconds(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_secs)
}
