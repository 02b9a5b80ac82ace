//! OpenID Connect: ID tokens, userinfo, prompt and max_age, form_post, keys, faults.

mod common;

use common::{Answer, Browser, CALLBACK, VERIFIER, authorize, provider, redeem};
use demo_provider::{Algorithm, Client, DemoProvider, Fault, Running};
use jose_core::{Jwk, JwkSet, Verifier};
use protocol_core::base64url;
use serde_json::Value;

/// The token answer of a login that asks nobody.
async fn quick(provider: &Running, client: &str, more: &[(&str, &str)]) -> Value {
    provider.set_auto_approve(Some("alice"));
    let browser = Browser::new(provider);
    let path = authorize(client, "openid profile email", more);
    let code = browser.get(&path).await.callback()["code"].clone();
    let answer = if client == "app" {
        browser.post_as_app("/token", &redeem(&code)).await
    } else {
        let mut form = redeem(&code).to_vec();
        form.push(("client_id", client));
        browser.post("/token", &form).await
    };
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The claims of the ID token, its signature checked against the published keys.
async fn verified(browser: &Browser, token: &Value, alg: Algorithm) -> Value {
    let jwks = browser.get("/jwks").await;
    assert_eq!(jwks.headers["cache-control"], "public, max-age=300");
    let keys = JwkSet::parse(jwks.body.as_bytes()).unwrap();
    let id_token = token["id_token"].as_str().unwrap();
    let verified = Verifier::new().allow([alg]).verify(id_token, &keys).unwrap();
    let access_token = token["access_token"].as_str().unwrap();
    let digest = alg.hash().digest(access_token.as_bytes());
    let claims: Value = serde_json::from_slice(verified.payload()).unwrap();
    assert_eq!(claims["at_hash"], base64url::encode(&digest[..digest.len() / 2]));
    claims
}

fn header(token: &Value) -> Value {
    let header = token["id_token"].as_str().unwrap().split('.').next().unwrap();
    serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap()
}

#[tokio::test]
async fn a_login_by_the_pages_ends_with_an_id_token_and_userinfo() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let metadata = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], provider.issuer());
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);

    let path =
        authorize("app", "openid profile email", &[("nonce", "n-1"), ("login_hint", "al\"")]);
    let login = browser.follow(browser.get(&path).await).await;
    assert!(login.body.contains("value=\"al&quot;\""));
    let refused = {
        let (request, csrf) = (login.field("request"), login.field("csrf"));
        let form = [("request", &*request), ("csrf", &csrf), ("username", "<b>")];
        browser.post("/login", &form).await
    };
    assert!(refused.body.contains("role=\"alert\"") && !refused.body.contains("<b>"));
    let consent = browser.log_in(&login, "alice").await;
    let callback = browser.decide(&consent, "allow").await.callback();
    let token = browser.post_as_app("/token", &redeem(&callback["code"])).await.json();

    let claims = verified(&browser, &token, Algorithm::ES256).await;
    assert_eq!((&claims["iss"], &claims["aud"]), (&provider.issuer().into(), &"app".into()));
    assert_eq!((&claims["sub"], &claims["nonce"]), (&"user-alice".into(), &"n-1".into()));
    assert!(claims["auth_time"].is_u64() && claims["at_hash"].is_string());
    assert!(claims.get("name").is_none() && claims.get("email").is_none());

    let userinfo =
        browser.get_with("/userinfo", token["access_token"].as_str().unwrap()).await.json();
    assert_eq!((&userinfo["sub"], &userinfo["name"]), (&"user-alice".into(), &"Alice".into()));
    assert_eq!(userinfo["email_verified"], true);

    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token["refresh_token"].as_str().unwrap()),
    ];
    let token = browser.post_as_app("/token", &form).await.json();
    let again = verified(&browser, &token, Algorithm::ES256).await;
    assert_eq!((&again["sub"], &again["auth_time"]), (&claims["sub"], &claims["auth_time"]));
    assert!(again.get("nonce").is_none());
}

#[tokio::test]
async fn id_tokens_are_signed_as_each_client_asks() {
    use Algorithm::*;
    let provider = provider().await;
    for alg in [RS256, PS256, ES256, EdDSA] {
        let client = Client::public("c").redirect_uri(CALLBACK).id_token_signed_response_alg(alg);
        provider.add_client(client).unwrap();
        let token = quick(&provider, "c", &[("nonce", "n")]).await;
        let claims = verified(&Browser::new(&provider), &token, alg).await;
        assert_eq!(claims["nonce"], "n", "{alg}");
    }
}

#[tokio::test]
async fn hmac_signs_with_a_client_secret_that_is_long_enough() {
    let provider = provider().await;
    let client = |secret| {
        let client = Client::confidential("app", secret).redirect_uri(CALLBACK);
        client.id_token_signed_response_alg(Algorithm::HS256)
    };
    assert!(provider.add_client(client("s:%+ é")).is_err());
    let secret = "a client secret of more than thirty-two bytes";
    provider.add_client(client(secret)).unwrap();
    provider.set_auto_approve(Some("alice"));
    let browser = Browser::new(&provider);
    let code = browser.get(&authorize("app", "openid", &[])).await.callback()["code"].clone();
    let mut form = redeem(&code).to_vec();
    form.extend([("client_id", "app"), ("client_secret", secret)]);
    let token = browser.post("/token", &form).await.json();
    let key = Jwk::from_client_secret(&secret.into()).unwrap();
    let id_token = token["id_token"].as_str().unwrap();
    let verified =
        Verifier::new().allow([Algorithm::HS256]).verify(id_token, &[key].into_iter().collect());
    assert_eq!(verified.unwrap().claims().unwrap().sub(), Some("user-alice"));
    assert!(!browser.get("/jwks").await.body.contains("\"k\""));
}

#[tokio::test]
async fn rotated_keys_have_new_ids_and_the_old_ones_stay_one_turn() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let before = quick(&provider, "app", &[]).await;
    provider.rotate_keys().unwrap();
    let after = quick(&provider, "app", &[]).await;
    assert_ne!(header(&before)["kid"], header(&after)["kid"]);
    verified(&browser, &before, Algorithm::ES256).await;
    verified(&browser, &after, Algorithm::ES256).await;
    provider.rotate_keys().unwrap();
    let kids = browser.get("/jwks").await.body;
    assert!(!kids.contains(header(&before)["kid"].as_str().unwrap()));
    assert!(kids.contains(header(&after)["kid"].as_str().unwrap()));
}

#[tokio::test]
async fn form_post_brings_the_answer_by_a_form() {
    let provider = provider().await;
    provider.set_auto_approve(Some("alice"));
    let browser = Browser::new(&provider);
    let more = [("response_mode", "form_post"), ("state", "\"><script>")];
    let page = browser.get(&authorize("app", "openid", &more)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("action=\"{CALLBACK}\"")));
    assert_eq!(page.field("state"), "&quot;&gt;&lt;script&gt;");
    assert_eq!(page.field("iss"), provider.issuer());
    let code = page.field("code");
    assert_eq!(browser.post_as_app("/token", &redeem(&code)).await.status, 200);
}

#[tokio::test]
async fn prompt_and_max_age_decide_whether_there_is_a_page() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let ask = |more: &[(&str, &str)]| authorize("app", "openid", more);
    let is_login = |page: &Answer| page.body.contains("name=\"username\"");

    let none = browser.get(&ask(&[("prompt", "none")])).await.callback();
    assert_eq!(none["error"], "login_required");
    let page = browser.to_consent(&ask(&[]), "alice").await;
    let none = browser.get(&ask(&[("prompt", "none")])).await.callback();
    assert_eq!(none["error"], "consent_required");
    browser.decide(&page, "allow").await.callback();
    let none = browser.get(&ask(&[("prompt", "none")])).await.callback();
    assert!(none.contains_key("code"));

    let page = browser.follow(browser.get(&ask(&[])).await).await;
    assert!(!is_login(&page), "the session serves");
    let page = browser.follow(browser.decide(&page, "switch").await).await;
    assert!(is_login(&page), "another user was asked for");
    for more in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0")] {
        let page = browser.follow(browser.get(&ask(&[more])).await).await;
        assert!(is_login(&page), "{more:?}");
        let early = browser.decide(&page, "allow").await.callback();
        assert_eq!(early["error"], "access_denied", "no yes without the login");
        let page = browser.follow(browser.get(&ask(&[more])).await).await;
        let page = browser.log_in(&page, "alice").await;
        assert!(browser.decide(&page, "allow").await.callback().contains_key("code"));
    }
    let page = browser.follow(browser.get(&ask(&[("max_age", "1000")])).await).await;
    assert!(!is_login(&page));
}

#[tokio::test]
async fn two_users_in_two_browsers_never_mix() {
    let provider = provider().await;
    let (alice, bob) = (Browser::new(&provider), Browser::new(&provider));
    let path = authorize("app", "openid", &[]);
    let (a, b) = (alice.to_consent(&path, "alice").await, bob.to_consent(&path, "bob").await);
    assert_eq!(bob.decide(&a, "allow").await.status, 400);
    for (browser, page, sub) in [(&bob, b, "user-bob"), (&alice, a, "user-alice")] {
        let code = browser.decide(&page, "allow").await.callback()["code"].clone();
        let token = browser.post_as_app("/token", &redeem(&code)).await.json();
        assert_eq!(verified(browser, &token, Algorithm::ES256).await["sub"], sub);
    }
}

#[tokio::test]
async fn each_fault_breaks_what_it_names() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (fault, is_broken) in [
        (Fault::WrongNonce, (|c, _| c["nonce"] != "n") as fn(&Value, u64) -> bool),
        (Fault::WrongIssuer, |c, _| c["iss"] == "https://other.example"),
        (Fault::OtherSubject, |c, _| c["sub"] != "user-alice"),
        (Fault::ExpiredIdToken, |c, now| c["exp"].as_u64().unwrap() < now - 600),
    ] {
        provider.set_fault(Some(fault));
        let token = quick(&provider, "app", &[("nonce", "n")]).await;
        let claims = verified(&browser, &token, Algorithm::ES256).await;
        assert!(is_broken(&claims, now), "{fault:?}: {claims}");
    }
    let path = authorize("app", "openid", &[]);
    provider.set_fault(Some(Fault::CallbackIssWrong));
    assert_eq!(browser.get(&path).await.callback()["iss"], "https://other.example");
    provider.set_fault(Some(Fault::CallbackIssAbsent));
    assert!(!browser.get(&path).await.callback().contains_key("iss"));

    provider.set_fault(Some(Fault::UserinfoOtherSubject));
    let token = quick(&provider, "app", &[]).await;
    let userinfo = browser.get_with("/userinfo", token["access_token"].as_str().unwrap()).await;
    assert_ne!(userinfo.json()["sub"], "user-alice");
}

#[tokio::test]
async fn users_can_have_profiles_of_their_own() {
    let client = Client::public("c").redirect_uri(CALLBACK);
    let user = demo_provider::User::new("eve").name("<Eve>").email("eve@evil.example", false);
    let provider = DemoProvider::builder().client(client).user(user).bind(0).await.unwrap();
    provider.set_auto_approve(Some("eve"));
    let browser = Browser::new(&provider);
    let path = authorize("c", "openid profile email", &[]);
    let code = browser.get(&path).await.callback()["code"].clone();
    let mut form = redeem(&code).to_vec();
    form.push(("client_id", "c"));
    assert!(form.contains(&("code_verifier", VERIFIER)));
    let token = browser.post("/token", &form).await.json();
    let userinfo =
        browser.get_with("/userinfo", token["access_token"].as_str().unwrap()).await.json();
    assert_eq!((&userinfo["name"], &userinfo["email_verified"]), (&"<Eve>".into(), &false.into()));
}
