//! Clients of OAuth 1.0a at a server that verifies every request (RFC 5849 §3.2).

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, ThreadId};

use client_registry::{
    Body, Callback, Error, Key, Provider, ReplaySet, Secrets, SignatureMethod, Token, UnixTime,
};
use http::Request;
use oauth1_core::{ClientCredentials, Signer, Verifier};

use crate::common::{App, Browser, Http, START, Seen, answer, assert_code};

/// A server that knows the consumer by `secrets`, and takes `verifier`'s methods.
fn server(secrets: Secrets, verifier: Verifier) -> Http {
    Http::new(move |seen| {
        let token_secret = match seen.address() {
            "https://h.example/request" => "",
            "https://h.example/access" => "temporary",
            _ if parameter(seen, "oauth_token").is_some() => "token",
            _ => "",
        };
        let secrets = secrets.clone().with_token(token_secret);
        let mut request = Request::builder().method(&*seen.method).uri(&seen.url);
        *request.headers_mut().unwrap() = seen.headers.clone();
        let request = request.body(seen.body.clone()).unwrap();
        let signed = verifier.parse(&request).unwrap();
        let taken = verifier.verify(&signed, Some(&secrets), UnixTime::from_seconds(START));
        let body = match (taken, seen.address()) {
            (Err(error), _) => return Ok(answer(401, "text/plain", error.to_string())),
            (_, "https://h.example/request") => {
                assert_eq!(
                    signed.oauth_parameter("oauth_callback"),
                    Some("https://app.example/authorize/one")
                );
                "oauth_token=t&oauth_token_secret=temporary&oauth_callback_confirmed=true"
            }
            (_, "https://h.example/access") => {
                assert_eq!(signed.oauth_parameter("oauth_verifier"), Some("v"));
                "oauth_token=a&oauth_token_secret=token"
            }
            _ => "hello",
        };
        Ok(answer(200, "application/x-www-form-urlencoded", body))
    })
}

fn one() -> Provider {
    Provider::new()
        .client_id("id")
        .set(Key::RequestTokenUrl, "https://h.example/request")
        .set(Key::AuthorizeUrl, "https://h.example/authorize")
        .set(Key::AccessTokenUrl, "https://h.example/access")
        .set(Key::ApiBaseUrl, "https://h.example/api/")
}

/// An OAuth parameter, wherever it was sent.
fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let header = seen.header("authorization").unwrap_or("OAuth ");
    let header = oauth1_core::authorization::parse(header).unwrap();
    let url = url::Url::parse(&format!("https://x/?{}", seen.body)).unwrap();
    let query = url::Url::parse(&seen.url).unwrap();
    let all = header
        .into_iter()
        .chain(url.query_pairs().into_owned())
        .chain(query.query_pairs().into_owned());
    all.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

/// Logs in, and calls the API three times: with a query, a form and JSON.
async fn log_in_and_call(http: &Http, provider: Provider) {
    let app = App::new(http.clone(), |builder| builder.register("one", provider));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "one").await.unwrap();
    assert_eq!(url, "https://h.example/authorize?oauth_token=t");
    let callback = Callback::query("oauth_token=t&oauth_verifier=v");
    let login = app.finish(&mut browser, "one", callback).await.unwrap();
    let client = app.registry.client("one").unwrap();
    let form = [("a", "1 2"), ("a", "&")];
    for call in [
        client.get("x?b=%20&b=").token(&login),
        client.post("x").form(form).token(&login),
        client.consumer_only().post("x").form(form),
    ] {
        assert_eq!(call.await.unwrap().status(), 200);
    }
    assert_eq!(http.count(), 5);
}

#[tokio::test]
async fn every_method_and_place_serves_the_legs_and_the_calls() {
    for method in ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"] {
        for place in ["header", "query", "body"] {
            let http = server(Secrets::of_client("s"), Verifier::new().allow_plaintext());
            let provider = one()
                .client_secret("s")
                .set(Key::SignatureMethod, method)
                .set(Key::SignatureType, place)
                .set(Key::Realm, "Photos");
            log_in_and_call(&http, provider).await;
            for seen in http.seen() {
                assert_eq!(parameter(&seen, "oauth_signature_method").as_deref(), Some(method));
                let in_query = seen.url.contains("oauth_signature=");
                let in_body = seen.body.contains("oauth_signature=");
                assert_eq!((in_query, in_body), (place == "query", place == "body"));
                let realm = parameter(&seen, "realm");
                assert_eq!(realm.as_deref(), (place == "header").then_some("Photos"));
            }
        }
    }
}

#[cfg(any(feature = "openssl", feature = "rsa"))]
#[tokio::test]
async fn the_rsa_methods_take_a_key_in_pem_and_no_secret() {
    use oauth1_core::RsaPublicKey;
    let pem = include_str!("../../../oauth1-core/tests/data/rsa/pkcs8.pem");
    let public = include_str!("../../../oauth1-core/tests/data/rsa/spki.pem");
    let public = RsaPublicKey::from_pem(public).unwrap();
    for method in ["RSA-SHA1", "RSA-SHA256", "RSA-SHA512"] {
        let secrets = Secrets::of_public_key(public.clone());
        let http = server(secrets, Verifier::new().allow_rsa());
        let provider = one().set(Key::SignatureMethod, method).set(Key::RsaKey, pem);
        log_in_and_call(&http, provider).await;
        assert_eq!(parameter(&http.last(), "oauth_signature_method").as_deref(), Some(method));
    }
    for wrong in ["", "canary", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"] {
        let provider = one().set(Key::SignatureMethod, "RSA-SHA1").set(Key::RsaKey, wrong);
        let app = App::try_new(Http::silent(), |builder| builder.register("one", provider));
        let error = assert_code(app, "config", wrong).to_string();
        assert!(error.contains("client \"one\": rsa_key") && !error.contains("canary"), "{error}");
    }
}

#[cfg(not(any(feature = "openssl", feature = "rsa")))]
#[test]
fn an_rsa_method_without_the_features_is_refused_by_their_names() {
    for key in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        let provider = one().set(Key::SignatureMethod, "RSA-SHA256").set(Key::RsaKey, key);
        let app = App::try_new(Http::silent(), |builder| builder.register("one", provider));
        let error = assert_code(app, "config", key).to_string();
        assert!(error.contains("the feature `openssl` or `rsa`"), "{error}");
        assert!(error.contains("client \"one\": rsa_key"), "{error}");
    }
}

#[test]
fn a_client_without_what_its_method_signs_by_is_refused() {
    for (method, told) in [
        ("HMAC-SHA1", "ONE_CLIENT_SECRET"),
        ("PLAINTEXT", "ONE_CLIENT_SECRET"),
        ("own", "Provider::signature_method"),
        ("HMAC-MD5", "one of HMAC-SHA1"),
    ] {
        let provider = one().set(Key::SignatureMethod, method);
        let app = App::try_new(Http::silent(), |builder| builder.register("one", provider));
        let error = assert_code(app, "config", method).to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_form_are_signed_by_their_hash_where_that_is_asked_for() {
    for (force, hash) in [("true", Some("HMAC-SHA256")), ("false", None)] {
        let http = server(Secrets::of_client("s"), Verifier::new());
        let provider = one()
            .client_secret("s")
            .set(Key::SignatureMethod, "HMAC-SHA256")
            .set(Key::ForceIncludeBody, force);
        log_in_and_call(&http, provider.clone()).await;
        for seen in http.seen().iter().filter(|seen| seen.method == "POST") {
            assert_eq!(parameter(seen, "oauth_body_hash"), None, "a leg, or a form");
        }
        let app = App::new(http.clone(), |builder| builder.register("one", provider));
        let client = app.registry.client("one").unwrap();
        let token = Token::oauth1("a", "token");
        let answer = client.post("x").json(&["text"]).token(&token).await.unwrap();
        assert_eq!(answer.status(), 200);
        // SHA-256 of `["text"]`, as the extension says: by the signature method's own hash.
        let sent = parameter(&http.last(), "oauth_body_hash");
        let expected = sha256(b"[\"text\"]");
        assert_eq!(sent, hash.map(|_| expected));

        let source = Body::from_chunks(|_: &mut std::task::Context<'_>| Poll::Ready(None));
        let sent = client.post("x").body(source, "text/plain").token(&token).await;
        match hash {
            Some(_) => drop(assert_code(sent, "config", "a stream has no hash yet")),
            None => assert_eq!(sent.unwrap().status(), 200),
        }
    }
}

fn sha256(body: &[u8]) -> String {
    protocol_core::base64url::encode_standard(protocol_core::digest::sha256(body))
}

/// Signs as HMAC-SHA1 does, and notes where it was called.
struct Kms {
    called: Arc<Mutex<Vec<ThreadId>>>,
}

impl SignatureMethod for Kms {
    fn name(&self) -> &str {
        "X-KMS"
    }

    fn sign(&self, base_string: &str, secrets: &Secrets) -> Result<String, Error> {
        self.called.lock().unwrap().push(thread::current().id());
        assert!(secrets.client_secret.is_empty());
        Ok(base_string.len().to_string())
    }
}

#[tokio::test]
async fn a_method_of_ones_own_signs_where_it_holds_up_nothing() {
    let called = Arc::<Mutex<Vec<ThreadId>>>::default();
    let theirs = Kms { called: Arc::default() };
    let http = server(Secrets::of_client(""), Verifier::new().allow(theirs));
    let provider = one().signature_method(Kms { called: called.clone() });
    log_in_and_call(&http, provider).await;
    let called = called.lock().unwrap();
    assert_eq!(called.len(), 5);
    assert!(!called.contains(&thread::current().id()));
}

/// A method that cannot sign.
struct Broken;

impl SignatureMethod for Broken {
    fn name(&self) -> &str {
        "X-BROKEN"
    }

    fn sign(&self, _base_string: &str, _secrets: &Secrets) -> Result<String, Error> {
        Err(Error::config("kms", "it is out of reach"))
    }
}

#[test]
fn nonces_of_received_requests_are_kept_while_their_timestamps_are_taken() {
    let (verifier, nonces) = (Verifier::new(), ReplaySet::new(1000));
    let receive = |request: &Request<String>, now: UnixTime| {
        let secrets = Ok(Some(Secrets::of_client("s")));
        let taken =
            verifier.verify_request(request, now, |_| secrets, |key| nonces.first_use_of(key, now));
        taken.map(drop).map_err(|error| error.code().to_owned())
    };
    let at = |seconds| UnixTime::from_seconds(START + seconds);
    let signer = Signer::hmac_sha1(ClientCredentials::new("id", "s"));
    let signed = |seconds| {
        let mut request = Request::post("https://app.example/hook").body(String::new()).unwrap();
        signer.sign(&mut request, at(seconds)).unwrap();
        request
    };
    let early = signed(300); // By a clock that is five minutes ahead.
    assert_eq!(receive(&early, at(0)), Ok(()));
    for (later, code) in [(0, "nonce_reused"), (600, "nonce_reused"), (601, "stale_timestamp")] {
        assert_eq!(receive(&early, at(later)), Err(code.to_owned()), "{later} s later");
    }
    for _ in 0..2000 {
        assert_eq!(receive(&signed(601), at(601)), Ok(()), "each has a nonce of its own");
    }
    assert_eq!(nonces.len(), 1000, "and no more are kept than there is room for");
}

#[tokio::test]
async fn a_method_that_cannot_sign_sends_nothing() {
    let provider = one().signature_method(Broken);
    let app = App::new(Http::silent(), |builder| builder.register("one", provider));
    let begun = app.begin(&mut Browser::new(), "one").await;
    assert!(assert_code(begun, "config", "a leg").to_string().contains("out of reach"));
    let client = app.registry.client("one").unwrap();
    let called = client.get("x").token(&Token::oauth1("a", "s")).await;
    assert_code(called, "config", "a call");
}
