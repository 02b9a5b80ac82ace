//! The language-neutral cases of `tests/data`, each of them.

use oauth1_core::{
    BaseString, ClientCredentials, RsaPrivateKey, Signer, TokenCredentials, UnixTime, authorization,
};
use serde_json::Value;

fn corpus(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn rfc5849() -> Value {
    corpus(include_str!("data/oauth1_rfc5849.json"))
}

fn vectors() -> Value {
    corpus(include_str!("data/oauth1_vectors.json"))
}

fn cases<'a>(rfc: &'a Value, vectors: &'a Value) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    [rfc, vectors]
        .into_iter()
        .flat_map(|corpus| corpus["cases"].as_array().unwrap().iter().map(|c| (c, &corpus["keys"])))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str()
}

fn pairs(value: &Value) -> Vec<(&str, &str)> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect()
}

fn is_form(case: &Value) -> bool {
    text(case, "content_type").is_some_and(|content_type| {
        let essence = content_type.split(';').next().unwrap().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// What a case expects, or what a WHATWG parser of URLs leads to, which passes as well.
fn fits(case: &Value, member: &str, got: &str) -> bool {
    let whatwg = &case["expected_if_whatwg_normalized"];
    case["expected"][member] == got || (whatwg.is_object() && whatwg[member] == got)
}

/// None where a case needs RSA and its features are off.
fn signer(case: &Value, keys: &Value) -> Option<Signer> {
    let find = |name: &str| {
        pairs(&case["oauth_params"]).into_iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    };
    let client = ClientCredentials::new(
        find("oauth_consumer_key").unwrap_or_default(),
        text(case, "client_secret").unwrap(),
    );
    let key = match text(case, "rsa_key") {
        Some(_) if cfg!(not(any(feature = "openssl", feature = "rsa"))) => return None,
        Some(name) => {
            Some(RsaPrivateKey::from_pem(keys[name]["private_pem"].as_str().unwrap()).unwrap())
        }
        None => None,
    };
    let method = text(case, "signature_method").unwrap();
    // The secret of a token counts even where the token itself is not sent.
    let token = TokenCredentials::new(
        find("oauth_token").unwrap_or_default(),
        text(case, "token_secret").unwrap(),
    );
    Some(Signer::by_name(method, client, key).unwrap().with_token(token))
}

fn base_string(case: &Value) -> (String, String, String) {
    let oauth = pairs(&case["oauth_params"]);
    let mut base = BaseString::new(text(case, "method").unwrap(), text(case, "url").unwrap())
        .unwrap()
        .with_pairs(&oauth);
    if is_form(case) {
        base = base.with_form(text(case, "body").unwrap().as_bytes());
    }
    if let Some(host) = text(case, "host_header") {
        base = base.with_host(host);
    }
    (base.uri(), base.parameters(), base.text())
}

#[test]
fn base_strings_and_signatures_of_all_cases_are_met() {
    let (rfc, vectors) = (rfc5849(), vectors());
    let mut met = 0;
    for (case, keys) in cases(&rfc, &vectors) {
        let id = text(case, "id").unwrap();
        let (uri, parameters, base) = base_string(case);
        assert!(fits(case, "base_string_uri", &uri), "{id}: {uri}");
        assert!(fits(case, "normalized_params", &parameters), "{id}: {parameters}");
        assert!(fits(case, "base_string", &base), "{id}: {base}");
        if let Some(signer) = signer(case, keys) {
            let signature = signer.signature(&base).unwrap();
            assert!(fits(case, "signature", &signature), "{id}: {signature}");
        }
        met += 1;
    }
    assert_eq!(met, 9 + 176);
}

/// The signer's own way to a header, from URL, pairs and nonce, answers the same signatures.
#[test]
fn headers_carry_the_expected_signatures() {
    let (rfc, vectors) = (rfc5849(), vectors());
    let mut met = 0;
    for (case, keys) in cases(&rfc, &vectors) {
        let Some(mut signer) = signer(case, keys) else { continue };
        let id = text(case, "id").unwrap();
        let oauth = pairs(&case["oauth_params"]);
        let find = |name: &str| oauth.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        let (Some(nonce), Some(timestamp)) = (find("oauth_nonce"), find("oauth_timestamp")) else {
            continue;
        };
        // Its own parameters are always whole; a case that leaves the token out has none to give.
        if find("oauth_token").is_none() || case["host_header"].is_string() {
            continue;
        }
        if find("oauth_version").is_none() {
            signer = signer.without_version();
        }
        if let Some(callback) = find("oauth_callback") {
            signer = signer.with_callback(callback);
        }
        if let Some(verifier) = find("oauth_verifier") {
            signer = signer.with_verifier(verifier);
        }
        let now = UnixTime::from_seconds(timestamp.parse().unwrap());
        let body = if is_form(case) { text(case, "body").unwrap() } else { "" };
        let decoded: Vec<(String, String)> = protocol_core::percent::form_pairs(body.as_bytes())
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        let (method, url) = (text(case, "method").unwrap(), text(case, "url").unwrap());
        let mut header = String::from("old");
        signer.authorization_header(method, url, &decoded, nonce, now, &mut header).unwrap();
        let parsed = authorization::parse(&header).unwrap();
        let (last, sent) = parsed.split_last().unwrap();
        assert_eq!(last.0, "oauth_signature", "{id}");
        assert!(fits(case, "signature", &last.1), "{id}: {header}");
        let mut expected: Vec<_> =
            oauth.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let mut sent = sent.to_vec();
        expected.sort();
        sent.sort();
        assert_eq!(sent, expected, "{id}");
        met += 1;
    }
    assert!(met > 80, "{met}");
}

#[test]
fn percent_encoding_cases_are_met() {
    for case in rfc5849()["percent_encoding"].as_array().unwrap() {
        let input = text(case, "input").unwrap();
        let got = BaseString::new("GET", "http://h.example")
            .unwrap()
            .with_pairs(&[(input, "")])
            .parameters();
        assert_eq!(got, format!("{}=", text(case, "expected").unwrap()));
    }
}

#[test]
fn normalization_cases_are_met() {
    for case in rfc5849()["normalization"].as_array().unwrap() {
        let given = pairs(&case["params"]);
        let base = BaseString::new("GET", "http://h.example").unwrap().with_pairs(&given);
        assert_eq!(base.parameters(), text(case, "expected").unwrap());
    }
}

#[test]
fn authorization_header_cases_are_met() {
    for case in rfc5849()["authorization_header_parse"].as_array().unwrap() {
        let parsed = authorization::parse(text(case, "header").unwrap()).unwrap();
        let expected = pairs(&case["parsed"]);
        assert!(parsed.iter().map(|(n, v)| (&**n, &**v)).eq(expected));
    }
}

#[test]
fn token_response_cases_are_met() {
    use oauth1_core::{Endpoint, Flow as _, flow};
    use protocol_core::{Input, Step};
    for case in rfc5849()["token_response_parse"].as_array().unwrap() {
        let endpoint = Endpoint::parse("request_token_url", "https://h.example/initiate").unwrap();
        let signer = Signer::hmac_sha1(ClientCredentials::new("id", "secret"));
        let mut leg = flow::temporary_credentials(&endpoint, &signer, "oob");
        let now = UnixTime::from_seconds(1);
        leg.step(Input::Start, now).unwrap();
        let answer = http::Response::new(text(case, "body").unwrap().as_bytes().to_vec());
        let Step::Done(got) = leg.step(Input::Response(answer), now).unwrap() else { panic!() };
        assert_eq!(got.token, case["parsed"]["oauth_token"].as_str().unwrap());
        assert!(got.token_secret.ct_eq(case["parsed"]["oauth_token_secret"].as_str().unwrap()));
    }
}
