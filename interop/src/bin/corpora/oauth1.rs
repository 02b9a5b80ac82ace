//! `oauth1/1`: base strings and signatures (RFC 5849 §3.4), and what stands around them.

use oauth1_core::{
    BaseString, ClientCredentials, Endpoint, Flow as _, RsaPrivateKey, Signer, TokenCredentials,
    UnixTime, authorization, flow,
};
use protocol_core::{Input, Step, percent};
use serde_json::{Value, json};

use crate::case::{Differences, Expected, Outcome, either_way, pairs, text};
use crate::report::File;

const METHODS: [&str; 7] = [
    "HMAC-SHA1",
    "HMAC-SHA256",
    "HMAC-SHA512",
    "RSA-SHA1",
    "RSA-SHA256",
    "RSA-SHA512",
    "PLAINTEXT",
];

pub fn run(file: &mut File<'_>, cases: &Value) {
    type Section = fn(&Value) -> Result<Outcome, Outcome>;
    let accept = Expected::just("accept");
    for case in cases["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("without id");
        file.case(id, &accept, || either_way(signed(case, &cases["keys"])));
    }
    let sections: [(&str, Section); 4] = [
        ("percent_encoding", percent_encoding),
        ("normalization", normalization),
        ("authorization_header_parse", authorization_header),
        ("token_response_parse", token_response),
    ];
    for (section, check) in sections {
        for (index, case) in cases[section].as_array().into_iter().flatten().enumerate() {
            file.case(&format!("{section}[{index}]"), &accept, || either_way(check(case)));
        }
    }
}

/// What a case asks for; what a WHATWG parser of URLs leads to passes as well, where it is named.
struct Asked<'a> {
    case: &'a Value,
    differences: Differences,
}

impl Asked<'_> {
    fn compare(&mut self, name: &str, got: &str) {
        let whatwg = &self.case["expected_if_whatwg_normalized"][name];
        let expected = &self.case["expected"][name];
        if !expected.is_null() && whatwg != got {
            self.differences.compare(name, got, expected);
        }
    }
}

fn signed(case: &Value, keys: &Value) -> Result<Outcome, Outcome> {
    let method = text(case, "signature_method")?;
    if !METHODS.contains(&method) {
        return Err(Outcome::Skipped("a signature method that is not built"));
    }
    let oauth = pairs(&case["oauth_params"]);
    let mut asked = Asked { case, differences: Differences::default() };

    let mut base = BaseString::new(text(case, "method")?, text(case, "url")?)?.with_pairs(&oauth);
    if let Some(body) = form(case) {
        base = base.with_form(body.as_bytes());
    }
    if let Some(host) = case["host_header"].as_str() {
        base = base.with_host(host);
    }
    let text = base.text();
    asked.compare("base_string_uri", &base.uri());
    asked.compare("normalized_params", &base.parameters());
    asked.compare("base_string", &text);

    let signer = signer(case, method, &oauth, keys)?;
    asked.compare("signature", &signer.signature(&text)?);
    if let Some(signature) = by_header(case, signer, &oauth)? {
        asked.compare("signature", &signature);
    }
    Ok(Outcome::Taken("accept", asked.differences))
}

fn form(case: &Value) -> Option<&str> {
    let essence = case["content_type"].as_str()?.split(';').next()?.trim();
    let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    case["body"].as_str().filter(|_| is_form)
}

fn find<'a>(pairs: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
}

fn signer(
    case: &Value,
    method: &str,
    oauth: &[(&str, &str)],
    keys: &Value,
) -> Result<Signer, Outcome> {
    let secret = |name: &str| case[name].as_str().unwrap_or_default();
    let key = match case["rsa_key"].as_str() {
        Some(name) => Some(RsaPrivateKey::from_pem(private_pem(&keys[name])?)?),
        None => None,
    };
    let identifier = find(oauth, "oauth_consumer_key").unwrap_or_default();
    let client = ClientCredentials::new(identifier, secret("client_secret"));
    // The secret of a token counts even where the token itself is not sent.
    let token = find(oauth, "oauth_token").unwrap_or_default();
    let token = TokenCredentials::new(token, secret("token_secret"));
    Ok(Signer::by_name(method, client, key)?.with_token(token))
}

/// A key is a PEM text, or an object with one.
fn private_pem(key: &Value) -> Result<&str, Outcome> {
    match key {
        Value::String(pem) => Ok(pem),
        other => text(other, "private_pem"),
    }
}

/// The signature by the signer's own way, from URL, body and nonce to a header, where the case's
/// parameters are those that it sends.
fn by_header(
    case: &Value,
    mut signer: Signer,
    oauth: &[(&str, &str)],
) -> Result<Option<String>, Outcome> {
    let known = [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_nonce",
        "oauth_version",
        "oauth_callback",
        "oauth_verifier",
    ];
    let names: Vec<_> = oauth.iter().map(|(name, _)| *name).collect();
    let sent = |name: &&str| names.contains(name);
    let whole = known[..5].iter().all(sent);
    let (method, url) = (text(case, "method")?, text(case, "url")?);
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let body = form(case).unwrap_or_default();
    // A signer sends each protocol parameter once, so it takes no request that has some already.
    let is_new = [query, body].into_iter().all(|form| {
        percent::form_pairs(form.as_bytes()).all(|(name, _)| !name.starts_with("oauth_"))
    });
    let plain = names.iter().all(|name| known.contains(name))
        && find(oauth, "oauth_version").is_none_or(|version| version == "1.0")
        && case["host_header"].is_null()
        && is_new;
    let timestamp = find(oauth, "oauth_timestamp").and_then(|seconds| seconds.parse().ok());
    let (true, Some(timestamp), Some(nonce)) =
        (whole && plain, timestamp, find(oauth, "oauth_nonce"))
    else {
        return Ok(None);
    };
    if find(oauth, "oauth_version").is_none() {
        signer = signer.without_version();
    }
    if let Some(callback) = find(oauth, "oauth_callback") {
        signer = signer.with_callback(callback);
    }
    if let Some(verifier) = find(oauth, "oauth_verifier") {
        signer = signer.with_verifier(verifier);
    }
    let body: Vec<_> = percent::form_pairs(body.as_bytes()).collect();
    let mut header = String::new();
    let now = UnixTime::from_seconds(timestamp);
    signer.authorization_header(method, url, &body, nonce, now, &mut header)?;
    let sent = authorization::parse(&header)?;
    Ok(sent.into_iter().find(|(name, _)| name == "oauth_signature").map(|(_, value)| value))
}

fn percent_encoding(case: &Value) -> Result<Outcome, Outcome> {
    let (input, expected) = (text(case, "input")?, text(case, "expected")?);
    let normalized =
        BaseString::new("GET", "https://h.example")?.with_pairs(&[(input, "")]).parameters();
    let mut differences = Differences::default();
    differences.compare("by itself", &*percent::encode(input), &case["expected"]);
    differences.compare("in a base string", normalized, &format!("{expected}=").into());
    Ok(Outcome::Taken("accept", differences))
}

fn normalization(case: &Value) -> Result<Outcome, Outcome> {
    let params = pairs(&case["params"]);
    let base = BaseString::new("GET", "https://h.example")?.with_pairs(&params);
    let mut differences = Differences::default();
    differences.compare("normalized", base.parameters(), &case["expected"]);
    Ok(Outcome::Taken("accept", differences))
}

fn authorization_header(case: &Value) -> Result<Outcome, Outcome> {
    let parsed = authorization::parse(text(case, "header")?)?;
    let parsed: Vec<_> = parsed.into_iter().map(|(name, value)| json!([name, value])).collect();
    let mut differences = Differences::default();
    differences.compare("parsed", parsed, &case["parsed"]);
    Ok(Outcome::Taken("accept", differences))
}

/// The answer to the first leg where it confirms the callback, else that to the third.
fn token_response(case: &Value) -> Result<Outcome, Outcome> {
    let body = text(case, "body")?;
    let endpoint = Endpoint::parse("endpoint", "https://h.example/token")?;
    let signer = Signer::hmac_sha1(ClientCredentials::new("id", "secret"));
    let now = UnixTime::from_seconds(1);
    let answer = || Input::Response(http::Response::new(body.as_bytes().to_vec()));

    let mut parsed = serde_json::Map::new();
    if case["parsed"]["oauth_callback_confirmed"].is_null() {
        let temporary = oauth1_core::TemporaryCredentials::new("temporary", "secret");
        let mut leg = flow::token_credentials(&endpoint, &signer, &temporary, "verifier");
        leg.step(Input::Start, now)?;
        if let Step::Done(token) = leg.step(answer(), now)? {
            parsed.insert("oauth_token".into(), token.token.expose().into());
            parsed.insert("oauth_token_secret".into(), token.token_secret.expose().into());
            for (name, _) in case["parsed"].as_object().into_iter().flatten() {
                if let Some(value) = token.extra(name) {
                    parsed.insert(name.clone(), value.into());
                }
            }
        }
    } else {
        let mut leg = flow::temporary_credentials(&endpoint, &signer, "oob");
        leg.step(Input::Start, now)?;
        if let Step::Done(temporary) = leg.step(answer(), now)? {
            parsed.insert("oauth_token".into(), temporary.token.into());
            parsed.insert("oauth_token_secret".into(), temporary.token_secret.expose().into());
            parsed.insert("oauth_callback_confirmed".into(), "true".into());
        }
    }
    let mut differences = Differences::default();
    differences
        .compare_members(|name| parsed.get(name).cloned().unwrap_or_default(), &case["parsed"]);
    Ok(Outcome::Taken("accept", differences))
}
