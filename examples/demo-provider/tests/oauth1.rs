//! OAuth 1.0a: a login by the pages, a denial, and what is refused.

mod common;

use common::{Answer, Browser, CALLBACK, pairs, provider};
use demo_provider::Running;
use oauth1_core::{
    ClientCredentials, Placement, Signer, TemporaryCredentials, TokenCredentials, UnixTime,
};
use reqwest::Method;

fn signer() -> Signer {
    Signer::hmac_sha1(ClientCredentials::new("app", "s:%+ é"))
}

fn now() -> UnixTime {
    UnixTime::from_seconds(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs())
}

async fn call(browser: &Browser, signer: &Signer, method: Method, path: &str) -> Answer {
    call_at(browser, signer, method, path, now()).await
}

async fn call_at(
    browser: &Browser,
    signer: &Signer,
    method: Method,
    path: &str,
    now: UnixTime,
) -> Answer {
    let request = http::Request::builder().method(method).uri(browser.url(path));
    let mut request = request.body(Vec::new()).unwrap();
    signer.sign_buffered(&mut request, now).unwrap();
    browser.send_http(request).await
}

async fn temporary(browser: &Browser, callback: &str) -> TemporaryCredentials {
    let signer = signer().with_callback(callback);
    let answer = call(browser, &signer, Method::POST, "/oauth1/request_token").await;
    let pairs = pairs(&answer.body);
    assert_eq!(pairs["oauth_callback_confirmed"], "true", "{}", answer.body);
    TemporaryCredentials::new(&*pairs["oauth_token"], &*pairs["oauth_token_secret"])
}

fn authorize(temporary: &TemporaryCredentials) -> String {
    format!("/oauth1/authorize?oauth_token={}", temporary.token)
}

async fn token(provider: &Running) -> (Browser, Signer) {
    provider.set_auto_approve(Some("alice"));
    let browser = Browser::new(provider);
    let temporary = temporary(&browser, CALLBACK).await;
    let verifier = browser.get(&authorize(&temporary)).await.callback()["oauth_verifier"].clone();
    let third = signer().with_temporary(&temporary).with_verifier(verifier);
    let answer = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
    let pairs = pairs(&answer.body);
    let token = TokenCredentials::new(&*pairs["oauth_token"], &*pairs["oauth_token_secret"]);
    (browser, signer().with_token(token))
}

fn problem(answer: &Answer) -> String {
    assert_eq!(answer.status, 401, "{}", answer.body);
    pairs(&answer.body)["oauth_problem"].clone()
}

#[tokio::test]
async fn a_login_by_the_pages_ends_with_a_signed_api_call() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let temporary = temporary(&browser, CALLBACK).await;
    let page = browser.to_consent(&authorize(&temporary), "alice").await;
    assert!(page.body.contains("The &lt;App&gt;"));
    let callback = browser.decide(&page, "allow").await.callback();
    assert_eq!(callback["oauth_token"], temporary.token);

    let third = signer().with_temporary(&temporary).with_verifier(&*callback["oauth_verifier"]);
    let answer = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
    let answered = pairs(&answer.body);
    assert_eq!((&*answered["screen_name"], answer.status), ("alice", 200));
    let token = TokenCredentials::new(&*answered["oauth_token"], &*answered["oauth_token_secret"]);
    let profile =
        call(&browser, &signer().with_token(token), Method::GET, "/oauth1/profile?a=b%20c").await;
    assert_eq!((&profile.json()["screen_name"], profile.status), (&"alice".into(), 200));

    let again = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
    assert_eq!(problem(&again), "consumer_key_unknown", "temporary credentials work once");
}

#[tokio::test]
async fn every_method_and_placement_is_understood() {
    let provider = provider().await;
    let (browser, header) = token(&provider).await;
    for placement in [Placement::Header, Placement::Query, Placement::Body] {
        let signer = header.clone().with_placement(placement);
        let answer = call(&browser, &signer, Method::POST, "/oauth1/profile").await;
        assert_eq!(answer.status, 200, "{placement:?} {}", answer.body);
    }
    let client = || ClientCredentials::new("app", "s:%+ é");
    let signers: [fn(ClientCredentials) -> Signer; 4] =
        [Signer::hmac_sha1, Signer::hmac_sha256, Signer::hmac_sha512, Signer::plaintext];
    for signer in signers {
        let signer = signer(client()).with_callback("oob");
        let answer = call(&browser, &signer, Method::POST, "/oauth1/request_token").await;
        assert_eq!(answer.status, 200, "{signer:?}");
    }
}

#[tokio::test]
async fn a_denial_goes_back_as_denied_and_is_final() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let temporary = temporary(&browser, CALLBACK).await;
    let page = browser.to_consent(&authorize(&temporary), "alice").await;
    let callback = browser.decide(&page, "deny").await.callback();
    assert_eq!((&callback["denied"], callback.len()), (&temporary.token, 1));
    assert_eq!(browser.get(&authorize(&temporary)).await.status, 400);
}

#[tokio::test]
async fn a_client_without_a_callback_gets_its_verifier_from_the_page() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let temporary = temporary(&browser, "oob").await;
    let page = browser.to_consent(&authorize(&temporary), "alice").await;
    let shown = browser.decide(&page, "allow").await.body;
    let verifier = shown.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let third = signer().with_temporary(&temporary).with_verifier(verifier);
    let answer = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_wrong_or_missing_verifier_is_refused() {
    let provider = provider().await;
    provider.set_auto_approve(Some("alice"));
    let browser = Browser::new(&provider);
    for verifier in [None, Some("wrong")] {
        let temporary = temporary(&browser, CALLBACK).await;
        browser.get(&authorize(&temporary)).await.callback();
        let third = signer().with_temporary(&temporary);
        let third = verifier.map_or(third.clone(), |verifier| third.with_verifier(verifier));
        let answer = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
        assert_eq!(problem(&answer), "verifier_invalid");
    }
    let unasked = temporary(&browser, CALLBACK).await;
    let third = signer().with_temporary(&unasked).with_verifier("x");
    let answer = call(&browser, &third, Method::POST, "/oauth1/access_token").await;
    assert_eq!(problem(&answer), "permission_unknown");
}

#[tokio::test]
async fn replays_stale_timestamps_and_wrong_signatures_are_refused() {
    let provider = provider().await;
    let (browser, good) = token(&provider).await;
    let path = "/oauth1/profile";
    let once = good.clone().with_nonce("n-1");
    let time = now();
    assert_eq!(call_at(&browser, &once, Method::GET, path, time).await.status, 200);
    let again = call_at(&browser, &once, Method::GET, path, time).await;
    assert_eq!(problem(&again), "nonce_used");

    let long_ago = time.before(std::time::Duration::from_secs(3600));
    let stale = call_at(&browser, &good, Method::GET, path, long_ago).await;
    assert_eq!(problem(&stale), "timestamp_refused");

    for (client, token, expected) in [
        (ClientCredentials::new("app", "wrong"), None, "consumer_key_unknown"),
        (ClientCredentials::new("nobody", "s"), None, "consumer_key_unknown"),
        (ClientCredentials::new("native", ""), None, "consumer_key_unknown"),
        (ClientCredentials::new("app", "s:%+ é"), Some("unknown"), "consumer_key_unknown"),
    ] {
        let mut signer = Signer::hmac_sha1(client);
        if let Some(token) = token {
            signer = signer.with_token(TokenCredentials::new(token, "x"));
        }
        let answer = call(&browser, &signer, Method::GET, path).await;
        assert_eq!(problem(&answer), expected);
    }
    let wrong = Signer::hmac_sha1(ClientCredentials::new("app", "wrong")).with_callback("oob");
    let answer = call(&browser, &wrong, Method::POST, "/oauth1/request_token").await;
    assert_eq!(problem(&answer), "signature_invalid");
    let elsewhere = signer().with_callback("http://evil.example/");
    let answer = call(&browser, &elsewhere, Method::POST, "/oauth1/request_token").await;
    assert_eq!(problem(&answer), "parameter_rejected");
    assert_eq!(problem(&browser.get(path).await), "parameter_rejected", "not signed");
}
