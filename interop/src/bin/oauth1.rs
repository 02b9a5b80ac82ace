//! Signs and verifies OAuth 1.0 requests for a program that is not in Rust: a JSON object a line in, one a
//! line out (`interop/oauth1.py` asks, and checks with oauthlib).
//!
//! `{"do": "sign", "request": R, "method": M, "placement": P, "client": [ID, SECRET], "token": [ID, SECRET]?,
//! "rsa_key": PEM?, "realm": R?, "body_hash": BOOL}` answers `{"request": R}`; `{"do": "verify", "request": R,
//! "secrets": [CLIENT, TOKEN], "public_key": PEM?}` answers `{"consumer_key": ID, "parameters": PAIRS}`.
//! A request is `{"method": M, "url": U, "headers": PAIRS, "body": TEXT}`. What fails answers `{"error": CODE}`.

use std::io::{self, BufRead as _, Write as _};
use std::time::SystemTime;

use http::Request;
use oauth1_core::{
    ClientCredentials, Error, Placement, RsaPrivateKey, RsaPublicKey, Secrets, Signer,
    TokenCredentials, UnixTime, Verifier,
};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let answer = match text(&asked["do"]) {
            "sign" => sign(&asked),
            "verify" => verify(&asked),
            other => panic!("expected sign or verify, got {other:?}"),
        };
        let answer = answer.unwrap_or_else(|error| json!({"error": error.code()}));
        writeln!(io::stdout(), "{answer}")?;
    }
    Ok(())
}

fn sign(asked: &Value) -> Result<Value, Error> {
    let client = ClientCredentials::new(text(&asked["client"][0]), text(&asked["client"][1]));
    let key = asked["rsa_key"].as_str().map(RsaPrivateKey::from_pem).transpose()?;
    let mut signer = Signer::by_name(text(&asked["method"]), client, key)?;
    if let [token, secret] = asked["token"].as_array().map_or(&[][..], Vec::as_slice) {
        signer = signer.with_token(TokenCredentials::new(text(token), text(secret)));
    }
    if let Some(realm) = asked["realm"].as_str() {
        signer = signer.with_realm(realm)?;
    }
    if asked["body_hash"] == true {
        signer = signer.with_body_hash();
    }
    let placement = match text(&asked["placement"]) {
        "query" => Placement::Query,
        "body" => Placement::Body,
        _ => Placement::Header,
    };
    let mut request = request(&asked["request"]);
    signer.with_placement(placement).sign_buffered(&mut request, now())?;
    let headers = request.headers().iter();
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect();
    Ok(json!({"request": {
        "method": request.method().as_str(),
        "url": request.uri().to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(request.body()),
    }}))
}

fn verify(asked: &Value) -> Result<Value, Error> {
    let mut secrets = Secrets::of_client(text(&asked["secrets"][0]));
    secrets.public_key = asked["public_key"].as_str().map(RsaPublicKey::from_pem).transpose()?;
    let secrets = secrets.with_token(text(&asked["secrets"][1]));
    let verifier = Verifier::new().allow_rsa().allow_plaintext().require_body_hash();
    let request = request(&asked["request"]);
    let verified = verifier.verify_request(&request, now(), |_| Ok(Some(secrets)), |_| true)?;
    Ok(json!({"consumer_key": verified.consumer_key(), "parameters": verified.parameters()}))
}

fn request(value: &Value) -> Request<Vec<u8>> {
    let mut request = Request::builder().method(text(&value["method"])).uri(text(&value["url"]));
    for pair in value["headers"].as_array().into_iter().flatten() {
        request = request.header(text(&pair[0]), text(&pair[1]));
    }
    request.body(text(&value["body"]).into()).expect("a request that HTTP can send")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::from_seconds(since.expect("a clock after 1970").as_secs())
}
