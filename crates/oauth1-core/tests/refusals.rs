//! What must be refused, a table each.

mod common;

use common::{NOW, base_string, client, form_pairs, signer, token};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use oauth1_core::{
    BaseString, Endpoint, Error, Flow, Placement, Reason, Secrets, Signer, TemporaryCredentials,
    TokenCredentials, Verifier, authorization, callback, flow,
};
use protocol_core::{Input, Step};
use std::collections::HashSet;
use std::time::Duration;

const FORM: &str = "application/x-www-form-urlencoded";

fn secrets() -> Secrets {
    Secrets::of_client(client().secret).with_token(token().token_secret)
}

#[test]
fn refusal_f1_odd_requests_are_signed_as_the_rfc_says() {
    let hosts = ["http", "https"];
    for (url, host, port, path, query) in [
        ("://h.example/p?a=1&a=1&a=0", "h.example", None, "/p", "a=1&a=1&a=0"),
        ("://h.example/p?a=&b&=&=c", "h.example", None, "/p", "a=&b&=&=c"),
        ("://h.example/p?a=x+y&b=x%20y&c=x%2By", "h.example", None, "/p", "a=x+y&b=x%20y&c=x%2By"),
        ("://h.example/p;v=1?a=1;b=2", "h.example", None, "/p;v=1", "a=1;b=2"),
        ("://H.EXAMPLE:80/P", "h.example", Some(80), "/P", ""),
        ("://H.Example:443/P", "h.example", Some(443), "/P", ""),
        ("://h.example:8443/", "h.example", Some(8443), "/", ""),
        ("://[2001:DB8::1]/p", "[2001:db8::1]", None, "/p", ""),
        ("://[2001:DB8::1]:8080/p", "[2001:db8::1]", Some(8080), "/p", ""),
        ("://user:pa%40ss@h.example/p", "h.example", None, "/p", ""),
        ("://h.example", "h.example", None, "", ""),
        ("://h.example?a=1", "h.example", None, "", "a=1"),
        ("://h.example/%7Ea/%2f/b%20c", "h.example", None, "/%7Ea/%2f/b%20c", ""),
        ("://h.example/p?a=%ff%FE&b=%zz&c=%", "h.example", None, "/p", "a=%ff%FE&b=%zz&c=%"),
    ] {
        for scheme in hosts {
            let url = format!("{scheme}{url}");
            let body = "c2&a3=2+q&a3=2%20q&a3=2%2Bq";
            let signer = Signer::hmac_sha1(client())
                .with_token(TokenCredentials::new("100%25%", "s%26&"))
                .with_callback("https://c.example/cb?x=1&y=é%20")
                .with_nonce("n");
            let mut request = Request::post(&url).header(CONTENT_TYPE, FORM).body(body).unwrap();
            signer.sign(&mut request, NOW).unwrap();
            let header = request.headers()[AUTHORIZATION].to_str().unwrap();
            let mut sent = authorization::parse(header).unwrap();
            let (_, signature) = sent.pop().unwrap();

            let mut all = form_pairs(query.as_bytes());
            all.extend(form_pairs(body.as_bytes()));
            all.extend(sent.iter().map(|(n, v)| (n.clone().into_bytes(), v.clone().into_bytes())));
            let expected = base_string("POST", scheme, (host, port), path, &all);
            assert_eq!(signature, signer.signature(&expected).unwrap(), "{url}");

            let mut text = String::new();
            let pairs = [("c2", ""), ("a3", "2 q"), ("a3", "2 q"), ("a3", "2+q")];
            signer.authorization_header("POST", &url, &pairs, "n", NOW, &mut text).unwrap();
            assert_eq!(text, header, "{url}");
        }
    }
    let base = BaseString::new("POST", "https://h.example/?oauth_signature=x&a=1").unwrap();
    let base = base.with_form(b"oauth%5Fsignature=x&b=2").with_pairs(&[("oauth_signature", "x")]);
    assert_eq!(base.parameters(), "a=1&b=2", "a signature does not cover itself");
    assert_eq!(base.text(), "POST&https%3A%2F%2Fh.example%2F&a%3D1%26b%3D2");
    for url in
        ["", "h.example", "/p", "https:///p", "https://", "https://:80/", "https://u@/", "://h"]
    {
        assert_eq!(BaseString::new("GET", url).unwrap_err().code(), "config", "{url}");
        let mut out = String::new();
        let none: [(&str, &str); 0] = [];
        assert!(signer().authorization_header("GET", url, &none, "n", NOW, &mut out).is_err());
    }
}

#[test]
fn refusal_f2_each_oauth_parameter_exactly_once_and_the_rest_untouched() {
    const NAMES: [&str; 7] = [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_nonce",
        "oauth_version",
        "oauth_signature",
    ];
    let count = |form: &str, name: &str| {
        form_pairs(form.as_bytes()).iter().filter(|(n, _)| n == name.as_bytes()).count()
    };
    for (url, rest) in [
        ("https://h.example/p", ""),
        ("https://h.example/p?", ""),
        ("https://h.example/p?a=%7e&a=b+c&&", "a=%7e&a=b+c&&"),
        // Those of an earlier signature are replaced, however they are spelt.
        ("https://h.example/p?a=1&oauth_token=old&oauth_nonce=x&b", "a=1&b"),
        ("https://h.example/p?oauth%5Ftoken=old&oauth_tokens=2", "oauth_tokens=2"),
    ] {
        let signer = signer().with_placement(Placement::Query);
        let mut request = Request::get(url).body("").unwrap();
        for _ in 0..2 {
            signer.sign(&mut request, NOW).unwrap();
            let query = request.uri().query().unwrap();
            for name in NAMES {
                assert_eq!(count(query, name), 1, "{query}");
            }
            assert!(query.starts_with(rest), "{query}");
            let verifier = Verifier::new();
            let signed = verifier.parse(&request).unwrap();
            verifier.verify(&signed, Some(&secrets()), NOW).unwrap();
        }

        let signer = signer.with_placement(Placement::Body);
        let form = url.split_once('?').map_or("", |(_, query)| query);
        let mut request = Request::post("https://h.example/p?keep=1")
            .header(CONTENT_TYPE, FORM)
            .body(form.as_bytes().to_vec())
            .unwrap();
        for _ in 0..2 {
            signer.sign_buffered(&mut request, NOW).unwrap();
            let body = std::str::from_utf8(request.body()).unwrap();
            for name in NAMES {
                assert_eq!(count(body, name), 1, "{body}");
            }
            assert!(body.starts_with(rest), "{body}");
            assert_eq!(request.uri().query(), Some("keep=1"));
        }
    }
    // Where the signer does not write, a protocol parameter cannot be taken away.
    for (placement, url, body) in [
        (Placement::Header, "https://h.example/p?oauth_token=x", ""),
        (Placement::Header, "https://h.example/p?oauth%5fnonce=x", ""),
        (Placement::Header, "https://h.example/p", "oauth_consumer_key=x"),
        (Placement::Query, "https://h.example/p", "oauth_token=x"),
        (Placement::Body, "https://h.example/p?oauth_version=1.0", ""),
    ] {
        let mut request =
            Request::post(url).header(CONTENT_TYPE, FORM).body(body.as_bytes().to_vec()).unwrap();
        let error =
            signer().with_placement(placement).sign_buffered(&mut request, NOW).unwrap_err();
        assert_eq!(error.code(), "config");
        assert!(error.to_string().contains("sent once"), "{error}");
        assert!(!request.headers().contains_key(AUTHORIZATION));
    }
}

#[test]
fn refusal_f3_a_realm_that_would_break_the_header() {
    for realm in ["a\"b", "a\r\nX-Evil: 1", "a\nb", "a\0b", "a\\", "é", "\t", "\u{7f}"] {
        let error = signer().with_realm(realm).unwrap_err();
        assert_eq!(error.code(), "config", "{realm:?}");
        assert!(!error.to_string().contains(realm), "{realm:?}");
    }
    for realm in ["", "Photos", "a b, oauth_token=c"] {
        let mut request = Request::get("https://h.example/").body("").unwrap();
        signer().with_realm(realm).unwrap().sign(&mut request, NOW).unwrap();
        let header = request.headers()[AUTHORIZATION].to_str().unwrap();
        assert!(header.starts_with(&format!("OAuth realm=\"{realm}\", oauth_consumer_key=")));
        assert_eq!(authorization::parse(header).unwrap()[0].1, realm);
    }
    // Nor can anything else: all of it is percent-encoded.
    let evil = "x\", oauth_token=\"y\r\nZ: 1";
    let signer = Signer::hmac_sha1(oauth1_core::ClientCredentials::new(evil, evil))
        .with_token(TokenCredentials::new(evil, evil))
        .with_callback(evil)
        .with_verifier(evil)
        .with_nonce(evil);
    let mut request = Request::get("https://h.example/").body("").unwrap();
    signer.sign(&mut request, NOW).unwrap();
    let header = request.headers()[AUTHORIZATION].to_str().unwrap();
    let sent = authorization::parse(header).unwrap();
    assert_eq!(sent.iter().filter(|(_, value)| value == evil).count(), 5);
    assert_eq!(sent.iter().filter(|(name, _)| name == "oauth_token").count(), 1);
}

#[test]
fn refusal_f4_only_a_form_body_is_signed() {
    let signature = |content_type: Option<&str>, body: &'static str, hash: bool| {
        let mut request = Request::post("https://h.example/p").body(body).unwrap();
        if let Some(content_type) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        let signer = signer().with_nonce("n");
        let signer = if hash { signer.with_body_hash() } else { signer };
        signer.sign(&mut request, NOW).unwrap();
        let header = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
        (header.contains("oauth_body_hash"), header)
    };
    let unsigned = signature(None, "", false);
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/json"),
        Some("multipart/form-data; boundary=x"),
    ] {
        for body in ["a=1&b=2", "{\"a\":1}", ""] {
            assert_eq!(signature(content_type, body, false), unsigned, "{content_type:?}");
            assert!(signature(content_type, body, true).0);
        }
        assert_ne!(signature(content_type, "a=1", true), signature(content_type, "a=2", true));
    }
    for content_type in [FORM, "APPLICATION/x-www-form-urlencoded ; charset=UTF-8"] {
        assert_ne!(signature(Some(content_type), "a=1", false), unsigned);
        assert!(!signature(Some(content_type), "a=1", true).0, "a form has no body hash");
    }
    let signer = signer().with_placement(Placement::Body);
    for (content_type, body) in
        [("application/json", "{}"), ("text/plain", "a=1"), ("text/plain", "")]
    {
        let mut request = Request::post("https://h.example/")
            .header(CONTENT_TYPE, content_type)
            .body(body.as_bytes().to_vec())
            .unwrap();
        assert_eq!(signer.sign_buffered(&mut request, NOW).unwrap_err().code(), "config");
        assert_eq!(request.body(), body.as_bytes());
    }
    let mut request = Request::post("https://h.example/").body("").unwrap();
    assert!(signer.sign(&mut request, NOW).unwrap_err().to_string().contains("sign_buffered"));
}

/// A request with these OAuth parameters in its header, as written.
fn launch(parameters: &str) -> Request<&'static str> {
    Request::get("https://h.example/p")
        .header(AUTHORIZATION, format!("OAuth {parameters}"))
        .body("")
        .unwrap()
}

fn refused(verifier: &Verifier, request: &Request<&'static str>) -> Error {
    let secrets = Some(secrets());
    verifier.verify_request(request, NOW, |_| Ok(secrets), |_| true).unwrap_err()
}

#[test]
fn refusal_f5_what_the_receiving_side_does_not_take() {
    let verifier = Verifier::new();
    let whole = "oauth_consumer_key=\"key\", oauth_token=\"token\", \
        oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1700000000\", oauth_nonce=\"n\", ";
    for signature in ["AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", "%C3%A9", "%00", "%25", "x"] {
        let request = launch(&format!("{whole}oauth_signature=\"{signature}\""));
        assert_eq!(refused(&verifier, &request).code(), "bad_signature", "{signature}");
    }
    for (from, to, code) in [
        ("oauth_nonce=\"n\"", "oauth_nonce=\"\"", "malformed_request"),
        ("oauth_nonce=\"n\", ", "", "malformed_request"),
        ("oauth_consumer_key=\"key\"", "oauth_consumer_key=\"\"", "malformed_request"),
        ("oauth_consumer_key=\"key\", ", "", "malformed_request"),
        ("oauth_signature_method=\"HMAC-SHA1\", ", "", "malformed_request"),
        ("HMAC-SHA1", "HMAC-MD5", "unsupported"),
        ("HMAC-SHA1", "hmac-sha1", "unsupported"),
        ("HMAC-SHA1", "PLAINTEXT", "unsupported"),
        ("HMAC-SHA1", "RSA-SHA1", "unsupported"),
        ("1700000000", "", "malformed_request"),
        ("1700000000", "-1", "malformed_request"),
        ("1700000000", "%2B1700000000", "malformed_request"),
        ("1700000000", "1.7e9", "malformed_request"),
        ("1700000000", "99999999999999999999999", "malformed_request"),
        ("1700000000", "18446744073709551615", "stale_timestamp"),
        ("1700000000", "1699999699", "stale_timestamp"),
        ("1700000000", "1700000301", "stale_timestamp"),
        ("1700000000", "0", "stale_timestamp"),
        ("oauth_nonce=\"n\"", "oauth_nonce=\"n\", oauth_version=\"2.0\"", "malformed_request"),
        ("oauth_nonce=\"n\"", "oauth_nonce=\"n\", oauth_nonce=\"n\"", "duplicate_param"),
        ("oauth_nonce=\"n\"", "oauth_nonce=n", "malformed_request"),
        ("oauth_nonce=\"n\"", "oauth_nonce=\"%ff\"", "malformed_request"),
    ] {
        let parameters = whole.replace(from, to);
        let request = launch(&format!("{parameters}oauth_signature=\"AAAA\""));
        assert_eq!(refused(&verifier, &request).code(), code, "{from} {to}");
    }
    for parameters in [whole, &format!("{whole}oauth_signature=\"\""), "", "oauth_signature=\"x\""]
    {
        assert_eq!(refused(&verifier, &launch(parameters)).code(), "malformed_request");
    }

    // Elsewhere than in the header too.
    let mut twice = launch(&format!("{whole}oauth_signature=\"AAAA\""));
    *twice.uri_mut() = "https://h.example/p?oauth_token=other".parse().unwrap();
    assert_eq!(refused(&verifier, &twice).code(), "duplicate_param");
    let mut headers = launch(whole);
    headers.headers_mut().append(AUTHORIZATION, "OAuth oauth_token=\"t\"".parse().unwrap());
    assert_eq!(refused(&verifier, &headers).code(), "malformed_request");
    let bare = Request::get("/p").body("").unwrap();
    assert_eq!(refused(&verifier, &bare).code(), "malformed_request");
}

#[test]
fn refusal_f5_a_reused_nonce_and_an_unknown_consumer() {
    let verifier = Verifier::new();
    let mut request = Request::get("https://h.example/p").body("").unwrap();
    signer().sign(&mut request, NOW).unwrap();
    let mut seen = HashSet::new();
    let mut receive = |request: &Request<&str>, known: bool| {
        let look_up = |_: &_| Ok(known.then(secrets));
        verifier
            .verify_request(request, NOW, look_up, |key| seen.insert(key.value.clone()))
            .map(|verified| verified.replay_key().until)
            .map_err(|error| error.code().to_owned())
    };
    assert_eq!(receive(&request, false), Err("unknown_consumer".to_owned()));
    assert_eq!(receive(&request, true), Ok(NOW.after(Duration::from_secs(300))));
    assert_eq!(receive(&request, true), Err("nonce_reused".to_owned()));
    signer().sign(&mut request, NOW).unwrap();
    assert!(receive(&request, true).is_ok(), "another nonce is another request");
    // A later check than the key is remembered for refuses the timestamp.
    let later = NOW.after(Duration::from_secs(301));
    let signed = verifier.parse(&request).unwrap();
    assert_eq!(
        verifier.verify(&signed, Some(&secrets()), later).unwrap_err().code(),
        "stale_timestamp"
    );
}

#[test]
fn refusal_f5_an_empty_secret_serves_no_attacker_who_chooses_the_method() {
    let verifier = Verifier::new().allow_plaintext().allow_rsa();
    for signer in [
        Signer::hmac_sha1(oauth1_core::ClientCredentials::new("key", "")),
        Signer::hmac_sha512(oauth1_core::ClientCredentials::new("key", "")),
        Signer::plaintext(oauth1_core::ClientCredentials::new("key", "")),
    ] {
        let mut request = Request::get("https://h.example/p").body("").unwrap();
        signer.sign(&mut request, NOW).unwrap();
        let signed = verifier.parse(&request).unwrap();
        let error = verifier.verify(&signed, Some(&Secrets::of_client("")), NOW).unwrap_err();
        assert_eq!(error.code(), "key_type_mismatch");
    }
    let request = launch(
        "oauth_consumer_key=\"key\", oauth_signature_method=\"RSA-SHA1\", \
         oauth_timestamp=\"1700000000\", oauth_nonce=\"n\", oauth_signature=\"AAAA\"",
    );
    assert_eq!(refused(&verifier, &request).code(), "key_type_mismatch");
}

#[test]
fn refusal_f5_a_body_that_is_not_the_one_hashed() {
    let verifier = Verifier::new();
    let signed = |body: &'static str| {
        let mut request = Request::put("https://h.example/p")
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        signer().with_body_hash().sign(&mut request, NOW).unwrap();
        request
    };
    let mut request = signed("{\"a\":1}");
    verifier.verify(&verifier.parse(&request).unwrap(), Some(&secrets()), NOW).unwrap();
    *request.body_mut() = "{\"a\":2}";
    assert_eq!(refused(&verifier, &request).code(), "bad_signature");
    request.headers_mut().insert(CONTENT_TYPE, FORM.parse().unwrap());
    assert_eq!(refused(&verifier, &request).code(), "malformed_request");

    let mut plain = Request::put("https://h.example/p").body("{}").unwrap();
    signer().sign(&mut plain, NOW).unwrap();
    verifier.verify(&verifier.parse(&plain).unwrap(), Some(&secrets()), NOW).unwrap();
    assert_eq!(refused(&verifier.require_body_hash(), &plain).code(), "malformed_request");
}

#[test]
fn behind_a_proxy_the_public_origin_counts() {
    let mut request = Request::post("https://tool.example/launch?x=1").body("").unwrap();
    signer().sign(&mut request, NOW).unwrap();
    *request.uri_mut() = "/launch?x=1".parse().unwrap();
    request.headers_mut().insert("host", "10.0.0.7:8080".parse().unwrap());
    assert_eq!(refused(&Verifier::new(), &request).code(), "bad_signature");
    let verifier = Verifier::new().at("https://tool.example/ignored").unwrap();
    let verified =
        verifier.verify_request(&request, NOW, |_| Ok(Some(secrets())), |_| true).unwrap();
    assert_eq!(verified.parameters(), [("x".to_owned(), "1".to_owned())]);
    request.headers_mut().insert("host", "tool.example".parse().unwrap());
    assert!(Verifier::new().parse(&request).is_ok());
    assert_eq!(Verifier::new().at("/launch").unwrap_err().code(), "config");
}

fn kept() -> TemporaryCredentials {
    TemporaryCredentials::new("ours", "canary")
}

fn leg_answer<T>(mut leg: impl Flow<Output = T>, response: Response<Vec<u8>>) -> Result<T, Error> {
    assert!(matches!(leg.step(Input::Start, NOW)?, Step::Send(_)));
    match leg.step(Input::Response(response), NOW)? {
        Step::Done(output) => Ok(output),
        _ => panic!("an answer ends a leg"),
    }
}

fn first_leg(status: u16, body: &str) -> Result<TemporaryCredentials, Error> {
    let endpoint = Endpoint::parse("e", "https://h.example/initiate").unwrap();
    let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
    leg_answer(flow::temporary_credentials(&endpoint, &signer(), "oob"), response)
}

#[test]
fn refusal_d8_a_callback_that_is_not_this_logins() {
    for (query, expected) in [
        ("oauth_token=theirs&oauth_verifier=v", Reason::TokenMismatch),
        ("oauth_token=OURS&oauth_verifier=v", Reason::TokenMismatch),
        ("oauth_token=&oauth_verifier=v", Reason::TokenMismatch),
        ("oauth_verifier=v", Reason::TokenMismatch),
        ("", Reason::TokenMismatch),
        ("token=ours&verifier=v", Reason::TokenMismatch),
        ("oauth_token=theirs&oauth_problem=user_refused", Reason::TokenMismatch),
        ("denied=theirs", Reason::TokenMismatch),
        ("oauth_token=ours", Reason::VerifierMissing),
        ("oauth_token=ours&oauth_verifier=", Reason::VerifierMissing),
    ] {
        let error = callback::parse(query).unwrap().check(&kept()).unwrap_err();
        assert!(matches!(error, Error::Unverified(got) if got == expected), "{query}");
    }
    for query in [
        "oauth_token=ours&oauth_token=theirs&oauth_verifier=v",
        "oauth_token=theirs&oauth_token=ours&oauth_verifier=v",
        "oauth_token=ours&oauth_verifier=v&oauth_verifier=v",
        "oauth_token=ours&oauth%5Ftoken=ours",
    ] {
        assert_eq!(callback::parse(query).unwrap_err().code(), "duplicate_param", "{query}");
    }
}

#[test]
fn refusal_d8_a_callback_that_is_not_confirmed() {
    for body in [
        "oauth_token=t&oauth_token_secret=s",
        "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false",
        "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=1",
        "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=",
    ] {
        assert_eq!(first_leg(200, body).unwrap_err().code(), "callback_not_confirmed", "{body}");
        let endpoint = Endpoint::parse("e", "https://h.example/initiate").unwrap();
        let leg =
            flow::temporary_credentials(&endpoint, &signer(), "oob").without_callback_confirmed();
        let response = Response::new(body.as_bytes().to_vec());
        assert_eq!(leg_answer(leg, response).unwrap().token, "t");
    }
    for confirmed in ["true", "True", "TRUE"] {
        let body =
            format!("oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed={confirmed}");
        assert_eq!(first_leg(200, &body).unwrap().token, "t", "{confirmed}");
    }
}

#[test]
fn refusal_d8_extra_parameters_never_overwrite_what_was_kept() {
    let query = "oauth_token=ours&oauth_verifier=v&oauth_token_secret=evil&token_secret=evil\
        &oauth_consumer_key=evil&oauth_callback_confirmed=true&__proto__=x";
    let callback = callback::parse(query).unwrap();
    assert_eq!(callback.check(&kept()).unwrap(), "v");
    assert_eq!(callback.extra().len(), 5);
    let endpoint = Endpoint::parse("e", "https://h.example/token").unwrap();
    let signer = Signer::hmac_sha1(client()).with_nonce("n");
    let mut leg = flow::token_credentials(&endpoint, &signer, &kept(), "v");
    let Step::Send(request) = leg.step(Input::Start, NOW).unwrap() else { panic!() };
    let secrets = Secrets::of_client(client().secret).with_token("canary");
    let verifier = Verifier::new();
    let verified =
        verifier.verify(&verifier.parse(&request).unwrap(), Some(&secrets), NOW).unwrap();
    assert_eq!((verified.consumer_key(), verified.token()), ("key", Some("ours")));
}

#[test]
fn refusal_d12_the_users_no() {
    for query in [
        "denied=ours",
        "denied=",
        "oauth_token=ours&denied=ours",
        "oauth_token=ours&denied=1",
        "oauth_problem=user_refused",
        "oauth_token=ours&oauth_problem=user_refused",
        "oauth_token=ours&oauth_verifier=v&oauth_problem=user_refused",
        "oauth_token=ours&oauth_problem=permission_denied",
        "oauth_token=ours&oauth_verifier=denied",
        "oauth_verifier=denied",
        "error=access_denied",
        "error=access_denied&error_description=The+user+said+no",
        "oauth_token=ours&error=access_denied&oauth_verifier=v",
    ] {
        let error = callback::parse(query).unwrap().check(&kept()).unwrap_err();
        assert!(matches!(error, Error::Rejected(_)), "{query}: {error}");
        assert_eq!((error.code(), error.status()), ("access_denied", 401), "{query}");
    }
    let query = "oauth_token=ours&oauth_problem=token_expired&oauth_problem_advice=log+in+again";
    let error = callback::parse(query).unwrap().check(&kept()).unwrap_err();
    assert_eq!(error.code(), "token_expired");
    assert!(error.to_string().contains("log in again"));
}

#[test]
fn answers_that_are_no_credentials_are_refused_and_not_repeated() {
    for (status, body, code) in [
        (200, "", "not_form_encoded"),
        (200, "{\"oauth_token\":\"canary\"}", "not_form_encoded"),
        (200, "[\"canary=1\"]", "not_form_encoded"),
        (200, "<html class=\"a\">canary</html>", "not_form_encoded"),
        (200, "canary", "not_form_encoded"),
        (200, "oauth_token=canary\0&oauth_token_secret=s", "not_form_encoded"),
        (200, "\x0boauth_token=canary&oauth_token_secret=s", "not_form_encoded"),
        (200, "\u{a0}oauth_token=canary&oauth_token_secret=s", "not_form_encoded"),
        (200, "\x0c\x0b\noauth_token=canary&oauth_token_secret=s", "not_form_encoded"),
        (200, "oauth_token=canary", "credentials_missing"),
        (200, "oauth_token_secret=canary", "credentials_missing"),
        (200, "oauth_token=&oauth_token_secret=canary", "credentials_missing"),
        (200, "oauth_token=canary&oauth_token=b&oauth_token_secret=s", "duplicate_param"),
        (200, "oauth_token=a&oauth_token_secret=canary&oauth_token_secret=s", "duplicate_param"),
        (302, "canary", "http_status"),
        (500, "canary", "http_status_retryable"),
        (503, "<html>canary", "http_status_retryable"),
        (401, "canary", "unauthorized"),
        (403, "{\"errors\":[\"canary\"]}", "forbidden"),
        (400, "", "bad_request"),
        (401, "oauth_problem=signature_invalid&debug=canary", "signature_invalid"),
        (200, "oauth_problem=nonce_used", "nonce_used"),
        (401, "oauth_problem=user_refused", "access_denied"),
    ] {
        let body_confirmed = format!("{body}&oauth_callback_confirmed=true");
        let body = if body.starts_with("oauth_token") { &*body_confirmed } else { body };
        let error = first_leg(status, body).unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(!error.to_string().contains("canary"), "{error}");
        if (400..500).contains(&status) {
            let Error::Rejected(rejection) = error else { panic!("{error}") };
            assert_eq!(rejection.status, Some(status));
        }
    }
    let whole = "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true";
    assert_eq!(first_leg(200, &format!("\t\r\n {whole}\x0c\r\n")).unwrap().token, "t");
    assert_eq!(first_leg(200, &format!("{whole}\r\r\x0b")).unwrap_err().code(), "not_form_encoded");
    let endpoint = Endpoint::parse("e", "https://h.example/token").unwrap();
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", "OAuth realm=\"x\", oauth_problem=\"token_rejected\"")
        .body(Vec::new())
        .unwrap();
    let leg = flow::token_credentials(&endpoint, &signer(), &kept(), "v");
    assert_eq!(leg_answer(leg, response).unwrap_err().code(), "token_rejected");
}

#[test]
fn refusal_b4_hostile_sizes_and_bytes_without_a_panic() {
    let many = "a&".repeat(200_000);
    let base = BaseString::new("GET", "https://h.example/").unwrap().with_form(many.as_bytes());
    assert!(base.text().len() > 1_000_000);
    let verifier = Verifier::new();
    for body in [many.into_bytes(), vec![0xff; 1_000_000], vec![b'%'; 100_000], vec![0; 1000]] {
        let request = Request::post("https://h.example/")
            .header(CONTENT_TYPE, FORM)
            .body(body.clone())
            .unwrap();
        assert_eq!(verifier.parse(&request).unwrap_err().code(), "malformed_request");
        let mut request =
            Request::post("https://h.example/").header(CONTENT_TYPE, FORM).body(body).unwrap();
        signer().sign(&mut request, NOW).unwrap();
        let signed = verifier.parse(&request).unwrap();
        verifier.verify(&signed, Some(&secrets()), NOW).unwrap();
    }
    for header in [&b"OAuth \xff=\"x\""[..], b"OAuth \xc3\xa9", b"OAuth ,,,,", b"OAuth =\"\""] {
        let request = Request::get("https://h.example/")
            .header(AUTHORIZATION, http::HeaderValue::from_bytes(header).unwrap())
            .body("")
            .unwrap();
        assert_eq!(verifier.parse(&request).unwrap_err().code(), "malformed_request");
    }
    let long = format!("denied={}", "x".repeat(1_000_000));
    assert!(callback::parse(&long).unwrap().check(&kept()).is_err());
}

#[test]
fn refusal_e10_debug_and_errors_hold_no_secret_and_no_token() {
    let mut request = Request::get("https://h.example/").body("").unwrap();
    let signer = Signer::hmac_sha1(client())
        .with_token(TokenCredentials::new("canary", "canary"))
        .with_verifier("canary");
    signer.sign(&mut request, NOW).unwrap();
    let verifier = Verifier::new();
    let signed = verifier.parse(&request).unwrap();
    let error = verifier.verify(&signed, Some(&secrets()), NOW).unwrap_err();
    let callback = callback::parse("oauth_token=canary&oauth_verifier=canary&x=canary").unwrap();
    let endpoint = Endpoint::parse("e", "https://h.example/token?k=canary").unwrap();
    let leg = flow::token_credentials(&endpoint, &signer, &kept(), "canary");
    let shown = format!(
        "{signer:?} {:?} {signed:?} {verifier:?} {error} {error:?} {callback:?} {:?} {leg:?}",
        secrets(),
        request.headers()
    );
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn refusal_f2_a_signature_that_is_there_already_is_not_joined_by_another() {
    for url in [
        "https://h.example/?oauth_signature",
        "https://h.example/?a=1&oauth_signature=x",
        "https://h.example/?oauth%5Fsignature=x",
    ] {
        let mut request = Request::get(url).body("").unwrap();
        let error = signer().sign(&mut request, NOW).unwrap_err();
        assert!(error.code() == "config" && error.to_string().contains("oauth_signature"), "{url}");
        assert!(!request.headers().contains_key(AUTHORIZATION), "{url}");
    }
}
