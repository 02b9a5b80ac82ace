//! Logins that succeed: what is sent, what is kept, and what comes out.

use std::time::Duration;

use client_registry::{
    Callback, Error, Key, LoginOptions, Provider, Registry, Route, RouteOptions, Seal, Session,
};
use oidc_core::jwk::{Algorithm, SigningKey, SymmetricKey};
use serde_json::json;

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, SECRET, answer, assert_code, logs_of, param, params,
    published,
};

#[tokio::test]
async fn a_login_by_openid_connect_sends_these_requests_and_no_other() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();

    assert_eq!(idp.http().count(), 1);
    let discovery = idp.http().last();
    assert_eq!(discovery.method, "GET");
    assert_eq!(discovery.url, "https://idp.example/.well-known/openid-configuration");
    let (state, nonce, challenge) =
        (param(&url, "state"), param(&url, "nonce"), param(&url, "code_challenge"));
    assert_eq!(
        url,
        format!(
            "https://idp.example/authorize?response_type=code&client_id=client-1\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2Fidp&state={state}\
             &scope=openid+email&code_challenge={challenge}&code_challenge_method=S256&nonce={nonce}"
        )
    );
    for random in [&state, &nonce, &challenge] {
        assert!(random.len() >= 43, "{random}");
    }

    let login = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    assert!(browser.cookies.is_empty(), "the login's record is taken");
    let seen = idp.http().seen();
    let urls: Vec<_> = seen[1..].iter().map(|seen| &*seen.url).collect();
    assert_eq!(urls, ["https://idp.example/token", "https://idp.example/jwks"]);
    let verifier = seen[1].form("code_verifier").unwrap();
    assert_eq!(
        seen[1].body,
        format!(
            "grant_type=authorization_code&code=code-1\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2Fidp&code_verifier={verifier}"
        )
    );
    assert_eq!(seen[1].method, "POST");
    assert!(seen[1].header("authorization").unwrap().starts_with("Basic "));

    assert!(login.token().access_token().ct_eq("access-code-1"));
    assert!(login.refresh_token().unwrap().ct_eq("refresh-code-1"));
    assert_eq!(login.token_type(), Some("bearer"));
    assert_eq!(login.scope(), Some("openid email"), "as was asked, since the answer names none");
    assert_eq!(login.claims().unwrap().identity(), (ISSUER, "u1"));
    let checks: Vec<_> = login.checks().iter().map(|check| check.what).collect();
    assert_eq!(checks, ["state", "iss", "PKCE", "signature", "ID token", "nonce"]);
    let user = login.userinfo().await.unwrap();
    assert_eq!(user.identity(), Some((ISSUER, "u1")));
    assert_eq!(idp.http().count(), 3, "metadata and keys are fetched once, userinfo never");
}

#[tokio::test]
async fn what_the_login_began_with_comes_back_and_nothing_of_it_can_be_read_meanwhile() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let options = LoginOptions::new()
        .return_to("/account?tab=2#x")
        .unwrap()
        .app_data("canary \"é\"")
        .unwrap()
        .param("login_hint", "u1@mail.example");
    let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
    assert_eq!(param(&url, "login_hint"), "u1@mail.example");
    assert!(!url.contains("canary") && !browser.last[0].contains("canary"));

    let query = format!("{}&user=%7B%22name%22%3A%22A%22%7D", idp.approve(&url));
    let login = app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
    assert_eq!(login.return_to(), Some("/account?tab=2#x"));
    assert_eq!(login.app_data(), Some("canary \"é\""));
    let extra = [("user".to_owned(), r#"{"name":"A"}"#.to_owned())];
    assert_eq!(login.unverified_extra(), extra);
}

#[tokio::test]
async fn the_token_of_this_login_serves_later_calls_of_the_same_request_alone() {
    let idp = Idp::new();
    let provider = Idp::provider().set(Key::ApiBaseUrl, "https://idp.example/api");
    let app = App::of(&idp, provider);
    idp.answer("/api/me", |seen| {
        assert_eq!(seen.header("authorization"), Some("Bearer access-code-1"));
        answer(200, "application/json", "[1]")
    });
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    browser.cookies.insert("other".to_owned(), "1".to_owned());

    let session = app.session(&browser);
    let client = session.client("idp").unwrap();
    let before = idp.http().count();
    assert_code(client.get("me").await, "needs_login", "before the login");
    assert_eq!(idp.http().count(), before);
    client.authorize_access_token(Callback::query(&idp.approve(&url))).await.unwrap();
    assert_eq!(client.get("me").await.unwrap().json::<Vec<u8>>().await.unwrap(), [1]);

    let next = app.session(&browser).client("idp").unwrap();
    assert_code(next.get("me").await, "needs_login", "another request");
    let unbound = app.registry.client("idp").unwrap();
    assert_code(unbound.get("me").await, "needs_login", "a client bound to no request");
}

#[tokio::test]
async fn thirty_begun_logins_stay_under_the_limit_and_the_oldest_go_first() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let mut urls = Vec::new();
    for _ in 0..30 {
        urls.push(app.begin(&mut browser, "idp").await.unwrap());
        app.wait(1);
        assert!(browser.cookie_header().len() < 3_600, "{}", browser.cookie_header().len());
    }
    let kept = browser.cookies.len();
    assert!((4..30).contains(&kept), "{kept} logins are kept");
    for (at, url) in urls.iter().enumerate() {
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(url))).await;
        assert_eq!(outcome.is_ok(), at >= 30 - kept, "login {at} of 30, {kept} kept");
    }
}

#[tokio::test]
async fn logins_begun_in_one_request_stay_under_the_limit_together() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let first = app.begin(&mut browser, "idp").await.unwrap();
    app.wait(1);
    let session = app.session(&browser);
    let mut urls = vec![first];
    for _ in 0..12 {
        let redirect_uri = app.registry.callback_url("idp").unwrap();
        let begun = session.client("idp").unwrap().authorize_redirect(redirect_uri).await.unwrap();
        urls.push(begun.location().to_owned());
    }
    browser.take(&session.set_cookies());
    assert!(browser.cookie_header().len() < 3_600, "{}", browser.cookie_header().len());
    let kept = browser.cookies.len();
    assert!((4..13).contains(&kept), "{kept} logins are kept");
    let mut finished = 0;
    for (at, url) in urls.iter().enumerate() {
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(url))).await;
        assert!(outcome.is_err() || at > 0, "the oldest goes first");
        finished += usize::from(outcome.is_ok());
    }
    assert_eq!(finished, kept, "every cookie that was kept is good for its login");
}

#[tokio::test]
async fn cookies_that_nobody_can_open_make_room_first() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let junk = "__Host-oauth-login-junk";
    browser.cookies.insert(junk.to_owned(), "x".repeat(2_700));
    app.begin(&mut browser, "idp").await.unwrap();
    assert!(!browser.cookies.contains_key(junk));
    assert_eq!(browser.cookies.len(), 2);
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

#[tokio::test]
async fn a_login_that_no_cookie_can_hold_is_refused_when_it_begins() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let data = "\u{1}".repeat(1024);
    let options = LoginOptions::new().app_data(data).unwrap();
    let begun = app.begin_with(&mut browser, "idp", &options).await;
    assert_code(begun, "config", "6 kB once written as JSON");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_new_seal_key_in_front_ends_no_login_under_way() {
    let idp = Idp::new();
    let mut app = App::of(&idp, Idp::provider());
    let (old, new) = ([1; 32], [2; 32]);
    app.seal = Seal::new([old]).unwrap();
    let mut browser = Browser::new();
    let mut other = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let lost = app.begin(&mut other, "idp").await.unwrap();

    app.seal = Seal::new([new, old]).unwrap();
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    app.seal = Seal::new([new]).unwrap();
    let outcome = app.finish(&mut other, "idp", Callback::query(&idp.approve(&lost))).await;
    assert_code(outcome, "state_mismatch", "the old key is gone");
}

#[tokio::test]
async fn a_response_by_form_post_comes_with_a_cookie_that_crosses_sites() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::ResponseMode, "form_post"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!(param(&url, "response_mode"), "form_post");
    let (name, _) = browser.only_cookie();
    assert!(name.starts_with("__Host-oauth-login-"));
    assert!(browser.last[0].ends_with("; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=None"));

    let body = idp.approve(&url);
    let callback = Callback::form(Some("application/x-www-form-urlencoded"), body.as_bytes());
    app.finish(&mut browser, "idp", callback).await.unwrap();
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_form_post_that_would_come_without_the_cookie_is_warned_of() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::ResponseMode, "form_post"));
    idp.metadata(json!({"authorization_endpoint": "http://localhost:9000/authorize"}));
    for (redirect_uri, warned) in [
        ("http://127.0.0.1:8080/cb", true),
        ("http://[::1]/cb", true),
        ("http://localhost/cb", false),
        ("https://app.example/cb", false),
    ] {
        let session = app.session(&Browser::new());
        let client = session.client("idp").unwrap();
        let (begun, logs) = logs_of(client.authorize_redirect(redirect_uri)).await;
        begun.unwrap();
        assert_eq!(logs.contains("without the login's cookie"), warned, "{redirect_uri}: {logs}");
    }
}

#[tokio::test]
async fn cookies_follow_the_redirect_uri_not_the_public_url() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    for (redirect_uri, prefix, attributes) in [
        ("https://app.example/cb", "__Host-oauth-login-", "; HttpOnly; Secure; SameSite=Lax"),
        ("HTTPS://app.example/cb", "__Host-oauth-login-", "; HttpOnly; Secure; SameSite=Lax"),
        ("http://127.0.0.1:8080/cb", "oauth-login-", "; HttpOnly; SameSite=Lax"),
        ("http://localhost/cb", "oauth-login-", "; HttpOnly; SameSite=Lax"),
    ] {
        let session = app.session(&Browser::new());
        session.client("idp").unwrap().authorize_redirect(redirect_uri).await.unwrap();
        let line = &session.set_cookies()[0];
        assert!(line.starts_with(prefix) && line.ends_with(attributes), "{redirect_uri}: {line}");
    }
    for redirect_uri in ["http://app.example/cb", "/cb", "https://app.example/cb#x", ""] {
        let session = app.session(&Browser::new());
        let begun = session.client("idp").unwrap().authorize_redirect(redirect_uri).await;
        assert_code(begun, "config", redirect_uri);
        assert!(session.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn a_client_bound_to_no_request_begins_no_login_that_is_lost() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let client = app.registry.client("idp").unwrap();
    assert_code(client.authorize_redirect("https://app.example/cb").await, "config", "unbound");
    assert_eq!(idp.http().count(), 0);
    let callback = Callback::query("code=c&state=s");
    assert_code(client.authorize_access_token(callback).await, "config", "unbound");

    // The two halves, for those who keep logins by themselves.
    let options = LoginOptions::new();
    let begun = client.create_authorization_url("https://app.example/cb", &options).await.unwrap();
    assert_eq!(
        (begun.pending.client(), begun.pending.redirect_uri()),
        ("idp", "https://app.example/cb")
    );
    let session = app.session(&Browser::new());
    session.client("idp").unwrap().save_authorize_data(&begun.pending).await.unwrap();
    let mut browser = Browser::new();
    browser.take(&session.set_cookies());
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&begun.url))).await.unwrap();
}

#[tokio::test]
async fn the_registry_builds_while_the_issuer_is_down_and_recovers_after_it_is_up_again() {
    let idp = Idp::new();
    let path = "/.well-known/openid-configuration";
    idp.answer(path, |_| answer(503, "text/html", "<h1>soon</h1>"));
    let app = App::of(&idp, Idp::provider());
    assert_eq!(idp.http().count(), 0, "nothing is fetched when it is built");

    let mut browser = Browser::new();
    let error = assert_code(app.begin(&mut browser, "idp").await, "http_status_retryable", "down");
    assert!(error.is_retryable() && browser.cookies.is_empty());
    let again = app.begin(&mut browser, "idp").await;
    assert_code(again, "http_status_retryable", "within the pause it is not asked again");
    assert_eq!(idp.count(path), 1);

    idp.mend(path);
    app.wait(1);
    app.login(&idp).await.unwrap();
    app.login(&idp).await.unwrap();
    assert_eq!(idp.count(path), 2);
}

#[tokio::test]
async fn metadata_and_keys_live_by_their_cache_control_and_are_served_stale_while_the_issuer_fails()
{
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap();
    app.wait(3601);
    let discovery = "/.well-known/openid-configuration";
    for path in [discovery, "/jwks"] {
        idp.answer(path, |_| answer(500, "text/plain", "down"));
    }
    app.login(&idp).await.unwrap();
    assert_eq!((idp.count(discovery), idp.count("/jwks")), (2, 2), "each was asked for once more");
}

#[tokio::test]
async fn two_clients_of_one_issuer_share_its_metadata_and_keys() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        builder.register("one", Idp::provider()).register("two", Idp::provider())
    });
    for name in ["one", "two"] {
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, name).await.unwrap();
        app.finish(&mut browser, name, Callback::query(&idp.approve(&url))).await.unwrap();
    }
    assert_eq!(idp.count("/jwks"), 1);
    assert_eq!(idp.count("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn a_server_that_requires_pushed_requests_and_takes_none_is_not_asked_without() {
    let idp = Idp::new();
    idp.metadata(json!({"require_pushed_authorization_requests": true}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let error = assert_code(app.begin(&mut browser, "idp").await, "missing_member", "PAR");
    assert!(error.to_string().contains("pushed_authorization_request_endpoint"), "{error}");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn iss_in_the_callback_is_required_where_the_metadata_promises_it() {
    let cases = [
        (true, "", "", Err("iss_missing")),
        (true, "", "no_iss", Ok(())),
        (false, "", "", Ok(())),
        (false, "&iss=https%3A%2F%2Fidp.example", "", Ok(())),
        (false, "&iss=https%3A%2F%2Fother.example", "", Err("iss_mismatch")),
        (true, "&iss=https%3A%2F%2Fother.example", "no_iss", Err("iss_mismatch")),
    ];
    for (promised, iss, quirks, expected) in cases {
        let idp = Idp::new();
        idp.metadata(json!({"authorization_response_iss_parameter_supported": promised}));
        let app = App::of(&idp, Idp::provider().set(Key::Quirks, quirks));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let query = format!("code={}&state={}{iss}", idp.code(&url), param(&url, "state"));
        let outcome = app.finish(&mut browser, "idp", Callback::query(&query)).await;
        let got = outcome.as_ref().map(drop).map_err(Error::code);
        assert_eq!(got, expected, "promised {promised}, {iss:?}, {quirks:?}");
        assert_eq!(idp.count("/token"), usize::from(expected.is_ok()), "the code is not sent");
    }
}

#[tokio::test]
async fn a_login_may_ask_for_other_scopes_and_openid_only_where_the_client_has_it() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let options = LoginOptions::new().scope("openid  phone");
    let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
    assert_eq!(param(&url, "scope"), "openid phone");
    let login = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    assert_eq!(login.scope(), Some("openid phone"));

    let options = LoginOptions::new().scope("notes");
    let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
    assert!(params(&url, "nonce").is_empty());
    let login = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    assert!(login.claims().is_none() && login.id_token().is_none(), "none was asked for");

    let plain = App::of(&idp, oauth2().scope("read"));
    let options = LoginOptions::new().scope("openid");
    let begun = plain.begin_with(&mut browser, "idp", &options).await;
    assert_code(begun, "config", "no issuer is known to check ID tokens by");
}

#[tokio::test]
async fn a_granted_scope_counts_more_than_the_one_that_was_asked_for() {
    let idp = Idp::new();
    let app = App::of(&idp, oauth2().scope("read write"));
    idp.token(json!({"scope": "read", "id_token": null}));
    assert_eq!(app.login(&idp).await.unwrap().scope(), Some("read"));
}

#[tokio::test]
async fn scopes_are_separated_by_commas_where_the_quirk_says_so() {
    let idp = Idp::new();
    let app = App::of(&idp, oauth2().scope("a b").set(Key::Quirks, "comma_scopes, no_pkce"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!(param(&url, "scope"), "a,b");
    assert!(params(&url, "code_challenge").is_empty(), "no_pkce");
    let login = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    assert_eq!(login.scope(), Some("a b"));
    assert_eq!(idp.http().last().form("code_verifier"), None);
}

#[tokio::test]
async fn max_age_is_asked_for_and_checked_wherever_it_is_set() {
    let cases = [
        (Some("300"), None, Some("300")),
        (Some("300"), Some(60), Some("60")),
        (None, Some(0), Some("0")),
        (None, None, None),
    ];
    for (setting, option, asked) in cases {
        let idp = Idp::new();
        let mut provider = Idp::provider();
        if let Some(seconds) = setting {
            provider = provider.set(Key::MaxAge, seconds);
        }
        let app = App::of(&idp, provider);
        let mut browser = Browser::new();
        let mut options = LoginOptions::new();
        if let Some(seconds) = option {
            options = options.max_age(seconds);
        }
        let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
        assert_eq!(params(&url, "max_age").first().map(|age| &**age), asked);
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
        match asked {
            Some(_) => drop(assert_code(outcome, "auth_time_missing", "no auth_time in it")),
            None => drop(outcome.unwrap()),
        }
    }
}

#[tokio::test]
async fn max_age_as_a_bare_parameter_would_go_unchecked_and_is_refused() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let options = LoginOptions::new().param("max_age", "0");
    let begun = app.begin_with(&mut Browser::new(), "idp", &options).await;
    let error = assert_code(begun, "config", "by an option");
    assert!(error.to_string().contains("LoginOptions::max_age"), "{error}");
    let provider = Idp::provider().set(Key::AuthorizeParams, "max_age=300");
    let built = App::try_new(idp.http(), |builder| builder.register("idp", provider));
    assert_code(built, "config", "by the settings");
}

#[tokio::test]
async fn an_essential_acr_is_asked_for_as_a_claim() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::EssentialAcrValues, "gold silver"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!(
        param(&url, "claims"),
        r#"{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}"#
    );
    idp.claims(json!({"acr": "silver"}));
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

#[tokio::test]
async fn prompt_of_the_settings_gives_way_to_one_of_the_login() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider().set(Key::Prompt, "select_account"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!(param(&url, "prompt"), "select_account");
    let options = LoginOptions::new().param("prompt", "login");
    let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
    assert_eq!(param(&url, "prompt"), "login");
}

#[tokio::test]
async fn id_tokens_by_hmac_are_keyed_with_the_client_secret_and_need_no_key_set() {
    let idp = Idp::new();
    let key = SymmetricKey::from_client_secret(&SECRET.into()).unwrap();
    let key = SigningKey::from_symmetric(Algorithm::HS256, key).unwrap();
    idp.sign(move |claims| key.sign(None, &[], claims.to_string().as_bytes()).unwrap());
    let hmac = Idp::provider().set(Key::IdTokenSignedResponseAlg, "HS256");
    idp.answer("/jwks", |_| answer(404, "text/plain", "none: all is by HMAC"));
    let login = App::of(&idp, hmac.clone()).login(&idp).await.unwrap();
    assert_eq!(login.claims().unwrap().algorithm(), Algorithm::HS256);
    assert_eq!(idp.count("/jwks"), 0);

    idp.mend("/jwks");
    let outcome = App::of(&idp, Idp::provider()).login(&idp).await;
    assert_code(outcome, "alg_not_allowed", "HMAC only where it is asked for");
    let wrong = hmac.client_secret("another-secret-of-more-than-32-bytes");
    assert_code(App::of(&idp, wrong).login(&idp).await, "bad_signature", "another secret");
}

#[tokio::test]
async fn the_client_authenticates_as_it_is_told_or_as_the_server_can() {
    let posted = [("client_id", Some(CLIENT)), ("client_secret", Some(SECRET))];
    let named = [("client_id", Some(CLIENT)), ("client_secret", None)];
    let basic = [("client_id", None), ("client_secret", None)];
    let all = ["client_secret_basic", "client_secret_post", "none"];
    let cases = [
        (None, None, true, basic),
        (None, Some(&all[..]), true, basic),
        (None, Some(&["client_secret_post"]), false, posted),
        (None, Some(&["private_key_jwt", "client_secret_post"]), false, posted),
        (None, Some(&["private_key_jwt"]), true, basic),
        (Some("client_secret_post"), None, false, posted),
        (Some("client_secret_post"), Some(&["client_secret_basic"]), false, posted),
        (Some("client_secret_basic"), Some(&["client_secret_post"]), true, basic),
        (Some("none"), Some(&all), false, named),
    ];
    for (setting, supported, has_header, body) in cases {
        let idp = Idp::new();
        if let Some(supported) = supported {
            idp.metadata(json!({"token_endpoint_auth_methods_supported": supported}));
        }
        let mut provider = Idp::provider();
        if let Some(method) = setting {
            provider = provider.set(Key::TokenEndpointAuthMethod, method);
        }
        let app = App::of(&idp, provider);
        app.login(&idp).await.unwrap();
        let token = idp.http().seen().into_iter().find(|seen| seen.method == "POST").unwrap();
        assert_eq!(
            token.header("authorization").is_some(),
            has_header,
            "{setting:?} {supported:?}"
        );
        for (name, value) in body {
            assert_eq!(token.form(name).as_deref(), value, "{setting:?} {supported:?} {name}");
        }
    }
    let idp = Idp::new();
    let public = Provider::new()
        .issuer(ISSUER)
        .client_id(CLIENT)
        .scope("openid")
        .set(Key::TokenEndpointAuthMethod, "none");
    App::of(&idp, public).login(&idp).await.unwrap();
    assert_eq!(idp.http().seen()[1].form("client_secret"), None);
}

#[tokio::test]
async fn everything_may_be_set_by_hand_and_then_nothing_is_discovered() {
    let idp = Idp::new();
    let provider = Idp::provider()
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token")
        .set(Key::JwksUri, "https://idp.example/jwks");
    App::of(&idp, provider).login(&idp).await.unwrap();
    assert_eq!(idp.count("/.well-known/openid-configuration"), 0);
}

#[tokio::test]
async fn metadata_at_an_address_of_its_own_is_taken_with_the_issuer_that_is_set() {
    let idp = Idp::new();
    let at = "https://idp.example/elsewhere/metadata";
    let metadata = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.example/authorize",
        "token_endpoint": "https://idp.example/token",
        "jwks_uri": "https://idp.example/jwks",
    });
    idp.answer("/elsewhere/metadata", move |_| crate::common::json_answer(metadata.clone()));
    let app = App::of(&idp, Idp::provider().set(Key::ServerMetadataUrl, at));
    app.login(&idp).await.unwrap();

    // Without an issuer, a document vouches only for the issuer that publishes at that address.
    let provider = |url: &str| {
        let provider = Provider::new().client_id(CLIENT).client_secret(SECRET);
        provider.scope("openid").set(Key::ServerMetadataUrl, url)
    };
    let built = App::try_new(idp.http(), |builder| builder.register("idp", provider(at)));
    let well_known = "https://idp.example/.well-known/openid-configuration";
    match built {
        Err(error) => assert_eq!(error.code(), "config", "{error}"),
        Ok(app) => drop(assert_code(app.login(&idp).await, "iss_mismatch", "any issuer's claim")),
    }
    App::of(&idp, provider(well_known)).login(&idp).await.unwrap();
}

#[tokio::test]
async fn callback_urls_stand_under_the_base_path_and_follow_no_request() {
    let registry = |public_url: &str, path: Option<&str>| {
        let builder = Registry::builder().public_url(public_url).unwrap().http(Http::silent());
        let builder = builder.register("idp", Idp::provider());
        match path {
            Some(path) => builder.callback_path(path).build(),
            None => builder.build(),
        }
    };
    for (public_url, path, expected) in [
        ("https://app.example", None, "https://app.example/authorize/idp"),
        ("https://app.example/", None, "https://app.example/authorize/idp"),
        ("https://app.example/base", None, "https://app.example/base/authorize/idp"),
        ("https://app.example/base/", Some("/cb/{name}/x"), "https://app.example/base/cb/idp/x"),
        ("http://127.0.0.1:8080", Some("/cb"), "http://127.0.0.1:8080/cb"),
    ] {
        let registry = registry(public_url, path).unwrap();
        assert_eq!(registry.callback_url("idp").unwrap(), expected);
        assert_code(registry.callback_url("nobody"), "unknown_client", "nobody");
    }
    for path in ["cb/{name}", ".evil.example/cb", "@evil.example/", "", "/c b", "/cb#x", "/cb?x"] {
        assert_code(registry("https://app.example", Some(path)), "config", path);
    }
    let without = Registry::builder().http(Http::silent()).register("idp", Idp::provider());
    assert_code(without.build().unwrap().callback_url("idp"), "config", "no public_url");
}

#[test]
fn the_ready_made_routes_are_where_the_registry_says() {
    let options = |path: &str| {
        let builder = Registry::builder().http(Http::silent()).callback_path(path);
        RouteOptions::of(&builder.build().unwrap())
    };
    let path = |options: RouteOptions| options.path(Route::Authorize).to_owned();
    assert_eq!(path(options("/cb/{name}/x").unwrap()), "/cb/{name}/x");
    let usual = Registry::builder().http(Http::silent()).build().unwrap();
    assert_eq!(path(RouteOptions::of(&usual).unwrap()), "/authorize/{name}");
    let based = Registry::builder().http(Http::silent()).public_url("https://app.example/base");
    let options_of_based = RouteOptions::of(&based.unwrap().build().unwrap()).unwrap();
    assert_eq!(path(options_of_based), "/authorize/{name}", "under the public URL");
    for path in ["/cb", "/cb-{name}", "/{name}/{name}"] {
        assert_code(options(path), "config", path);
    }
    assert_code(RouteOptions::of(&Registry::lazy()), "config", "not initialised yet");
}

#[tokio::test]
async fn an_unknown_name_is_an_unknown_client() {
    let app = App::of(&Idp::new(), Idp::provider());
    let session = app.session(&Browser::new());
    for name in ["nobody", "", "IDP", "../idp"] {
        let error = assert_code(session.client(name).map(drop), "unknown_client", name);
        assert_eq!(error.status(), 404);
    }
    let long = "n".repeat(10_000);
    let error = session.client(&long).unwrap_err();
    assert!(error.to_string().len() < 200);
}

#[tokio::test]
async fn a_key_change_under_logins_costs_one_fetch() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap();
    idp.rotate("k2");
    let logins: Vec<_> = (0..50)
        .map(|_| {
            let (app, idp) = (app.clone(), idp.clone());
            tokio::spawn(async move { app.login(&idp).await })
        })
        .collect();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    assert_eq!(idp.count("/jwks"), 2);
    assert_eq!(published(&idp.key())["kid"], "k2");
}

#[tokio::test]
async fn first_logins_at_once_fetch_metadata_and_keys_once() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let logins: Vec<_> = (0..50)
        .map(|_| {
            let (app, idp) = (app.clone(), idp.clone());
            tokio::spawn(async move { app.login(&idp).await })
        })
        .collect();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    assert_eq!(idp.count("/jwks"), 1);
    assert_eq!(idp.count("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn a_session_without_login_cookies_sets_none() {
    let app = App::of(&Idp::new(), Idp::provider());
    let session = Session::new(&app.registry, &app.seal, ["a=b; c=d", "oauth=x"]);
    assert!(session.set_cookies().is_empty());
    assert_eq!(format!("{session:?}"), "Session(0 login cookies)");
}

fn oauth2() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token")
}

#[tokio::test]
async fn a_login_may_take_as_long_as_the_application_says() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        builder.register("idp", Idp::provider()).login_life(Duration::from_secs(60))
    });
    for (seconds, outcome) in [(60, Ok(())), (61, Err("login_expired"))] {
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        assert!(browser.last[0].contains("; Max-Age=60; "), "{:?}", browser.last);
        app.wait(seconds);
        let login = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
        assert_eq!(login.as_ref().map(|_| ()).map_err(Error::code), outcome);
    }
}
