//! Logout begun by an application, who is told of it, and what must not log anybody out.

mod common;

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use common::{Answer, Browser, CALLBACK, authorize, redeem};
use demo_provider::{Client, DemoProvider, Running};
use protocol_core::base64url;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const BYE: &str = "http://127.0.0.1:1/bye?x=1";

async fn provider() -> Running {
    let app = Client::confidential("app", "s:%+ é").redirect_uri(CALLBACK);
    let other = Client::confidential("other", "s").redirect_uri(CALLBACK);
    DemoProvider::builder()
        .client(app.post_logout_redirect_uri(BYE))
        .client(other.post_logout_redirect_uri(BYE))
        .bind(0)
        .await
        .unwrap()
}

/// A browser with a session of alice, and the ID token that came of it.
async fn logged_in(provider: &Running) -> (Browser, String) {
    let browser = Browser::new(provider);
    let login = browser.follow(browser.get(&authorize("app", "openid", &[])).await).await;
    let consent = browser.log_in(&login, "alice").await;
    let code = browser.decide(&consent, "allow").await.callback()["code"].clone();
    let token = browser.post_as_app("/token", &redeem(&code)).await.json();
    (browser, token["id_token"].as_str().unwrap().to_owned())
}

async fn log_out(browser: &Browser, pairs: &[(&str, &str)]) -> Answer {
    browser.get(&format!("/logout?{}", protocol_core::percent::form_body(pairs.to_vec()))).await
}

/// Whether the provider still knows who sits there.
async fn has_session(browser: &Browser) -> bool {
    let page = browser.follow(browser.get(&authorize("app", "openid", &[])).await).await;
    !page.body.contains("name=\"username\"")
}

#[tokio::test]
async fn the_user_of_the_hint_is_logged_out_and_sent_back_with_the_state() {
    let provider = provider().await;
    let (browser, hint) = logged_in(&provider).await;
    let metadata = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["end_session_endpoint"], format!("{}/logout", provider.issuer()));
    provider.rotate_keys().unwrap(); // The hint is by a key of before.
    let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE), ("state", "a&b")];
    assert_eq!(log_out(&browser, &pairs).await.location(), format!("{BYE}&state=a%26b"));
    assert!(!has_session(&browser).await);
}

#[tokio::test]
async fn without_a_hint_of_this_user_the_provider_asks() {
    let provider = provider().await;
    let (browser, hint) = logged_in(&provider).await;
    let (other, _) = logged_in(&provider).await;
    let forged = format!("{}AAAA", hint.rsplit_once('.').unwrap().0.to_owned() + ".");
    for pairs in [
        vec![],
        vec![("client_id", "app"), ("post_logout_redirect_uri", BYE), ("state", "s")],
        vec![("id_token_hint", &*forged)],
        vec![("csrf", "guessed")],
    ] {
        let page = log_out(&browser, &pairs).await;
        assert!(page.status == 200 && page.body.contains("Log out?"), "{pairs:?}");
        assert!(has_session(&browser).await, "{pairs:?}");
    }
    let pairs = [("client_id", "app"), ("post_logout_redirect_uri", BYE), ("state", "<s>")];
    let page = log_out(&browser, &pairs).await;
    let csrf = page.field("csrf");
    let agreed = [pairs[0], pairs[1], pairs[2], ("csrf", &*csrf)];
    assert_eq!(browser.post("/logout", &agreed).await.location(), format!("{BYE}&state=%3Cs%3E"));
    assert!(!has_session(&browser).await && has_session(&other).await);
    assert!(log_out(&browser, &[]).await.body.contains("You are logged out"), "nobody to ask");
}

#[tokio::test]
async fn the_browser_is_sent_only_where_the_client_has_registered() {
    let provider = provider().await;
    let (browser, hint) = logged_in(&provider).await;
    for pairs in [
        [("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://evil.example/")],
        [("id_token_hint", &*hint), ("post_logout_redirect_uri", "http://127.0.0.1:1/bye")],
        [("client_id", "nobody"), ("post_logout_redirect_uri", BYE)],
        [("state", "s"), ("post_logout_redirect_uri", BYE)],
        [("id_token_hint", &*hint), ("client_id", "other")],
    ] {
        let page = log_out(&browser, &pairs).await;
        assert_eq!(page.status, 400, "{:?}", pairs[1]);
        assert!(has_session(&browser).await);
    }
}

#[tokio::test]
async fn the_clients_of_the_session_are_told_by_frame_and_by_post() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    let route =
        post(async move |Path(id): Path<String>, body: String| tell.send((id, body)).unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/{id}", route)).await });
    let provider = provider().await;
    let client = |id: &str| {
        Client::confidential(id, "s:%+ é")
            .redirect_uri(CALLBACK)
            .post_logout_redirect_uri(BYE)
            .frontchannel_logout_uri(&format!("http://127.0.0.1:1/framed?of={id}"))
            .backchannel_logout_uri(&format!("http://{address}/{id}"))
    };
    provider.add_client(client("app")).unwrap();
    provider.add_client(client("other")).unwrap();
    let (browser, hint) = logged_in(&provider).await;
    let (_, somebody_elses) = logged_in(&provider).await;
    let sid = claim(&hint, "sid");
    assert_ne!(sid, claim(&somebody_elses, "sid"), "each session has its own");

    let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let page = log_out(&browser, &pairs).await;
    assert!(!has_session(&browser).await);
    let issuer = protocol_core::percent::form_encode(provider.issuer());
    let frame = format!("http://127.0.0.1:1/framed?of=app&amp;iss={issuer}&amp;sid={sid}");
    assert!(page.body.contains(&format!("<iframe hidden src=\"{frame}\">")), "{}", page.body);
    assert_eq!(page.body.matches("<iframe").count(), 1, "the other client was never in it");
    assert!(page.body.contains(&format!("href=\"{BYE}&amp;state=s\"")), "and then back");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("; frame-src *"), "{policy}");

    let (to, body) = told.recv().await.unwrap();
    let token = body.strip_prefix("logout_token=").unwrap();
    assert_eq!(to, "app");
    assert_eq!((claim(token, "sid"), claim(token, "sub")), (sid, "user-alice".to_owned()));
}

/// A claim of a token, unverified.
fn claim(token: &str, name: &str) -> String {
    let payload = base64url::decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    claims[name].as_str().unwrap().to_owned()
}
