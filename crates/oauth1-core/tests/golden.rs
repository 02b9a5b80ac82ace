//! Requests, byte for byte.

mod common;

use common::{NOW, client, signer, token};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use oauth1_core::{
    ClientCredentials, Endpoint, Flow, Placement, Signer, TokenCredentials, UnixTime, callback,
    flow,
};
use protocol_core::{Input, Step};

const FORM: &str = "application/x-www-form-urlencoded";

/// RFC 5849 §1.2, the resource request; its signature is the RFC's.
#[test]
fn the_header_of_the_rfcs_resource_request() {
    let signer = Signer::hmac_sha1(ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"))
        .with_token(TokenCredentials::new("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"))
        .with_realm("Photos")
        .unwrap()
        .without_version()
        .with_nonce("chapoH");
    let mut request =
        Request::get("http://photos.example.net/photos?file=vacation.jpg&size=original")
            .body("")
            .unwrap();
    signer.sign(&mut request, UnixTime::from_seconds(137_131_202)).unwrap();
    let header = &request.headers()[AUTHORIZATION];
    assert_eq!(
        header.to_str().unwrap(),
        "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", \
         oauth_signature_method=\"HMAC-SHA1\", oauth_token=\"nnch734d00sl2jdk\", \
         oauth_timestamp=\"137131202\", oauth_nonce=\"chapoH\", \
         oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""
    );
    assert!(header.is_sensitive());
}

#[test]
fn placed_in_the_query_the_rest_of_it_stays() {
    let signer = signer().with_placement(Placement::Query).with_nonce("n");
    let mut request = Request::get("https://h.example/p?b=2&a=%7e&&c")
        .header(AUTHORIZATION, "OAuth oauth_token=\"old\"")
        .body("")
        .unwrap();
    signer.sign(&mut request, NOW).unwrap();
    let expected = "https://h.example/p?b=2&a=%7e&&c&oauth_consumer_key=key\
        &oauth_signature_method=HMAC-SHA1&oauth_token=token&oauth_version=1.0\
        &oauth_timestamp=1700000000&oauth_nonce=n&oauth_signature=XlQ4Se2I1GOCpA7g%2F1bxZ5ibP1k%3D";
    assert_eq!(request.uri().to_string(), expected);
    assert!(!request.headers().contains_key(AUTHORIZATION));
}

#[test]
fn placed_in_the_body_the_rest_of_it_stays_and_the_length_follows() {
    let signer = signer().with_placement(Placement::Body).with_nonce("n");
    let mut request = Request::post("https://h.example/p?q=1")
        .header(CONTENT_TYPE, FORM)
        .header(CONTENT_LENGTH, "11")
        .body(b"status=a+%7".to_vec())
        .unwrap();
    signer.sign_buffered(&mut request, NOW).unwrap();
    let body = String::from_utf8(request.body().clone()).unwrap();
    assert!(body.starts_with(
        "status=a+%7&oauth_consumer_key=key&oauth_signature_method=HMAC-SHA1&oauth_token=token\
         &oauth_version=1.0&oauth_timestamp=1700000000&oauth_nonce=n&oauth_signature="
    ));
    assert_eq!(request.headers()[CONTENT_LENGTH], body.len().to_string());
    assert_eq!(request.uri(), "https://h.example/p?q=1");
    assert!(!request.headers().contains_key(AUTHORIZATION));

    let mut untyped = Request::post("https://h.example/p").body(Vec::new()).unwrap();
    signer.sign_buffered(&mut untyped, NOW).unwrap();
    assert_eq!(untyped.headers()[CONTENT_TYPE], FORM);
    assert!(untyped.body().starts_with(b"oauth_consumer_key=key&"));
}

#[test]
fn without_a_token_none_is_sent_and_a_nonce_is_made_anew() {
    let signer = Signer::hmac_sha1(client());
    let mut headers = Vec::new();
    for _ in 0..2 {
        let mut request = Request::get("https://h.example/").body("").unwrap();
        signer.sign(&mut request, NOW).unwrap();
        headers.push(request.headers()[AUTHORIZATION].to_str().unwrap().to_owned());
    }
    assert!(!headers[0].contains("oauth_token"));
    assert_ne!(headers[0], headers[1]);
    let (_, nonce) = headers[0].split_once("oauth_nonce=\"").unwrap();
    let (nonce, _) = nonce.split_once('"').unwrap();
    assert!(nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit()), "{nonce}");
}

#[test]
fn the_host_header_counts_instead_of_the_uris() {
    let signed = |uri: &str, host: Option<&str>| {
        let mut request = Request::get(uri).body("").unwrap();
        if let Some(host) = host {
            request.headers_mut().insert(HOST, host.parse().unwrap());
        }
        signer().with_nonce("n").sign(&mut request, NOW).unwrap();
        request.headers()[AUTHORIZATION].clone()
    };
    let expected = signed("https://front.example/p", None);
    assert_eq!(signed("https://10.0.0.1:8443/p", Some("FRONT.example")), expected);
    assert_eq!(signed("https://10.0.0.1:8443/p", Some("front.example:443")), expected);
    assert_ne!(signed("https://10.0.0.1:8443/p", Some("front.example:80")), expected);
}

#[test]
fn a_changed_signer_makes_its_key_and_texts_anew() {
    let before = signer();
    let first = before.signature("base").unwrap();
    let after = before.clone().with_token(TokenCredentials::new("t2", "another"));
    assert_ne!(after.signature("base").unwrap(), first);
    assert_eq!(before.signature("base").unwrap(), first);
    assert_eq!(after.with_token(token()).signature("base").unwrap(), first);
}

#[test]
fn the_body_hash_is_of_the_methods_digest() {
    for (signer, expected) in [
        // The Request Body Hash extension's own example: SHA-1 of "Hello World!".
        (Signer::hmac_sha1(client()), "Lve95gjOVATpfV8EL5X4nxwjKHE="),
        (Signer::hmac_sha256(client()), "f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk="),
    ] {
        let mut request = Request::put("https://h.example/").body("Hello World!").unwrap();
        signer.with_body_hash().sign(&mut request, NOW).unwrap();
        let header = request.headers()[AUTHORIZATION].to_str().unwrap();
        let sent = oauth1_core::authorization::parse(header).unwrap();
        let hash = sent.iter().find(|(name, _)| name == "oauth_body_hash").unwrap();
        assert_eq!(hash.1, expected);
    }
}

fn asked<T>(leg: &mut impl Flow<Output = T>, seconds: u64) -> Request<Vec<u8>> {
    match leg.step(Input::Start, UnixTime::from_seconds(seconds)).unwrap() {
        Step::Send(request) => request,
        _ => panic!("a leg asks first"),
    }
}

fn answered<T>(leg: &mut impl Flow<Output = T>, body: &str) -> T {
    let answer = http::Response::new(body.as_bytes().to_vec());
    match leg.step(Input::Response(answer), NOW).unwrap() {
        Step::Done(output) => output,
        _ => panic!("an answer ends a leg"),
    }
}

/// RFC 5849 §1.2 from end to end; the signatures are the RFC's.
#[test]
fn the_three_legs_of_the_rfcs_example() {
    let at = |url: &str| Endpoint::parse("endpoint", url).unwrap();
    let signer = Signer::hmac_sha1(ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"))
        .without_version();

    let initiate = at("https://photos.example.net/initiate");
    let first = signer.clone().with_nonce("wIjqoS");
    let mut leg =
        flow::temporary_credentials(&initiate, &first, "http://printer.example.com/ready");
    let request = asked(&mut leg, 137_131_200);
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://photos.example.net/initiate");
    assert!(request.body().is_empty());
    assert_eq!(
        request.headers()[AUTHORIZATION],
        "OAuth oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\", \
         oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_signature_method=\"HMAC-SHA1\", \
         oauth_timestamp=\"137131200\", oauth_nonce=\"wIjqoS\", \
         oauth_signature=\"74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D\""
    );
    let temporary = answered(
        &mut leg,
        "oauth_token=hh5s93j4hdidpola&oauth_token_secret=hdhd0244k9j7ao03\
         &oauth_callback_confirmed=true&more=1",
    );
    assert_eq!(temporary.extra, [("more".to_owned(), "1".to_owned())]);

    let url = flow::authorization_url(
        &at("https://photos.example.net/authorize?x=y"),
        &temporary,
        &[("lang", "de")],
    );
    assert_eq!(
        url,
        "https://photos.example.net/authorize?x=y&oauth_token=hh5s93j4hdidpola&lang=de"
    );

    let callback =
        callback::parse("oauth_token=hh5s93j4hdidpola&oauth_verifier=hfdp7dh39dks9884").unwrap();
    let verifier = callback.check(&temporary).unwrap();

    let third = signer.with_nonce("walatlh");
    let token_endpoint = at("https://photos.example.net/token");
    let mut leg = flow::token_credentials(&token_endpoint, &third, &temporary, verifier);
    let request = asked(&mut leg, 137_131_201);
    assert_eq!(
        request.headers()[AUTHORIZATION],
        "OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_signature_method=\"HMAC-SHA1\", \
         oauth_token=\"hh5s93j4hdidpola\", oauth_verifier=\"hfdp7dh39dks9884\", \
         oauth_timestamp=\"137131201\", oauth_nonce=\"walatlh\", \
         oauth_signature=\"gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D\""
    );
    let token = answered(
        &mut leg,
        "oauth_token=nnch734d00sl2jdk&oauth_token_secret=pfkkdhi9sl3r4s00&user_id=7\n",
    );
    assert!(token.token.ct_eq("nnch734d00sl2jdk"));
    assert!(token.token_secret.ct_eq("pfkkdhi9sl3r4s00"));
    assert_eq!(token.extra("user_id"), Some("7"));
}

#[test]
fn parameters_go_into_a_form_or_for_get_into_the_query() {
    let endpoint = Endpoint::parse("endpoint", "https://h.example/initiate?v=1").unwrap();
    let signer = signer();
    let leg = || {
        flow::temporary_credentials(&endpoint, &signer, "oob")
            .with_parameters([("scope", "a b"), ("x_auth", "é")])
    };
    let request = asked(&mut leg(), 1);
    assert_eq!(request.uri(), "https://h.example/initiate?v=1");
    assert_eq!(request.body(), b"scope=a+b&x_auth=%C3%A9");
    assert_eq!(request.headers()[CONTENT_TYPE], FORM);
    let request = asked(&mut leg().with_method(http::Method::GET), 1);
    assert_eq!(request.uri(), "https://h.example/initiate?v=1&scope=a+b&x_auth=%C3%A9");
    assert!(request.body().is_empty());
}

#[test]
fn a_session_handle_renews_a_token() {
    let endpoint = Endpoint::parse("endpoint", "https://h.example/token").unwrap();
    let signer = Signer::hmac_sha1(client());
    let mut leg = flow::renewed_token_credentials(&endpoint, &signer, &token(), "handle");
    let request = asked(&mut leg, 1);
    let header = request.headers()[AUTHORIZATION].to_str().unwrap();
    assert!(header.contains("oauth_session_handle=\"handle\", "));
    assert!(header.contains("oauth_token=\"token\", "));
    let renewed = answered(&mut leg, "oauth_token=t2&oauth_token_secret=s2&oauth_expires_in=3600");
    assert!(renewed.token.ct_eq("t2") && renewed.extra("oauth_expires_in") == Some("3600"));
}
