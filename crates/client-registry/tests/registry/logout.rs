//! Logouts begun by the application.

use client_registry::{Callback, Error, Key, LogoutOptions, Revocation};
use serde_json::json;

use crate::common::{App, Browser, CLIENT, ISSUER, Idp, answer, assert_code, param, params};
use crate::sign_in::{Flaky, sign_in, signed_in};

const BYE: &str = "https://app.example/bye";

fn provider_with_logout() -> Idp {
    let idp = Idp::new();
    idp.metadata(json!({
        "end_session_endpoint": format!("{ISSUER}/logout"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
    }));
    idp.answer("/revoke", |_| answer(200, "text/plain", ""));
    idp
}

/// Begins a logout: the address that the browser is sent to.
async fn log_out(app: &App, browser: &mut Browser) -> Result<String, Error> {
    log_out_with(app, browser, &LogoutOptions::new()).await
}

async fn log_out_with(
    app: &App,
    browser: &mut Browser,
    options: &LogoutOptions,
) -> Result<String, Error> {
    let session = app.session(browser);
    let client = session.client("idp").unwrap();
    let redirection = client.logout_redirect_with(BYE, options).await;
    browser.take(&session.set_cookies());
    Ok(redirection?.location().to_owned())
}

async fn come_back(
    app: &App,
    browser: &mut Browser,
    query: &str,
) -> Result<client_registry::LoggedOut, Error> {
    let session = app.session(browser);
    let outcome = session.client("idp").unwrap().validate_logout_response(query).await;
    browser.take(&session.set_cookies());
    outcome
}

async fn has_token(app: &App) -> bool {
    app.registry.client("idp").unwrap().fetch_token(&format!("{ISSUER} u1")).await.is_ok()
}

#[tokio::test]
async fn a_logout_goes_to_the_provider_and_comes_back_to_the_same_browser() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let kept = app.registry.client("idp").unwrap().fetch_token(&format!("{ISSUER} u1")).await;
    let id_token = kept.unwrap().id_token().unwrap().expose().to_owned();

    let options = LogoutOptions::new().return_to("/goodbye").unwrap().app_data("cart-7").unwrap();
    let options = options.logout_hint("u1").ui_locales("fr-CA fr");
    let url = log_out_with(&app, &mut browser, &options).await.unwrap();
    assert!(url.starts_with(&format!("{ISSUER}/logout?")), "{url}");
    for (name, value) in [
        ("id_token_hint", &*id_token),
        ("client_id", CLIENT),
        ("post_logout_redirect_uri", BYE),
        ("logout_hint", "u1"),
        ("ui_locales", "fr-CA fr"),
    ] {
        assert_eq!(param(&url, name), value);
    }
    assert!(signed_in(&app, &mut browser).await.is_none(), "by now the user is signed out here");
    assert!(!has_token(&app).await);
    assert_eq!(idp.count("/revoke"), 0, "the provider ends what belongs to its session");

    let query = format!("state={}", param(&url, "state"));
    let back = come_back(&app, &mut browser, &query).await.unwrap();
    assert_eq!((back.return_to(), back.app_data()), (Some("/goodbye"), Some("cart-7")));
    assert!(back.at_provider() && browser.cookies.is_empty());
}

#[tokio::test]
async fn a_user_of_the_applications_own_sessions_is_logged_out_by_the_stored_token() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    app.login(&idp).await.unwrap().save_for("alice").await.unwrap();
    let session = app.session(&Browser::new());
    session.set_user("alice");
    let client = session.client("idp").unwrap();
    let url = client.logout_redirect(BYE).await.unwrap().location().to_owned();
    assert_eq!(param(&url, "id_token_hint").split('.').count(), 3);
    assert!(client.fetch_token("alice").await.unwrap_err().needs_login());
}

#[tokio::test]
async fn the_sign_ins_own_cookie_has_the_hint_where_the_store_has_lost_it() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let user = sign_in(&app, &idp, &mut browser).await;
    app.registry.client("idp").unwrap().delete_token(&user.id()).await.unwrap();
    let url = log_out(&app, &mut browser).await.unwrap();
    assert_eq!(param(&url, "id_token_hint").split('.').count(), 3);
    // Nobody is signed in any more: the provider asks the user.
    let url = log_out(&app, &mut browser).await.unwrap();
    assert!(params(&url, "id_token_hint").is_empty() && param(&url, "client_id") == CLIENT);
}

#[tokio::test]
async fn a_token_for_use_without_the_user_outlives_the_logout() {
    let idp = provider_with_logout();
    idp.token(json!({"scope": "openid email offline_access"}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let url = log_out(&app, &mut browser).await.unwrap();
    assert_eq!(params(&url, "id_token_hint").len(), 1);
    assert!(signed_in(&app, &mut browser).await.is_none() && has_token(&app).await);
}

#[tokio::test]
async fn a_provider_without_a_logout_page_is_left_out() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let url = log_out(&app, &mut browser).await.unwrap();
    assert_eq!(url.split('?').next(), Some(BYE));
    let query = format!("state={}", param(&url, "state"));
    assert!(!come_back(&app, &mut browser, &query).await.unwrap().at_provider());

    let set = format!("{ISSUER}/end?x=1");
    let app = App::of(&idp, Idp::provider().set(Key::EndSessionEndpoint, &*set));
    let url = log_out(&app, &mut browser).await.unwrap();
    assert!(url.starts_with(&format!("{set}&client_id=")), "a setting stands in: {url}");
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_nobody_signed_in_here() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    app.wait(24 * 3600 * 3);
    let mut browser = Browser::new();
    sign_in_when_known(&app, &idp, &mut browser).await;
    idp.answer("/.well-known/openid-configuration", |_| answer(503, "text/plain", "away"));
    app.wait(24 * 3600 * 3 - 1); // Beyond the use of what was known.
    let app_error = log_out(&app, &mut browser).await.unwrap_err();
    assert!(app_error.is_retryable(), "{app_error}");
    assert!(signed_in(&app, &mut browser).await.is_none() && !has_token(&app).await);
}

/// As `sign_in`, where ID tokens are of the time that it is.
async fn sign_in_when_known(app: &App, idp: &Idp, browser: &mut Browser) {
    let now = crate::common::START + 24 * 3600 * 3;
    idp.claims(json!({"iat": now, "exp": now + 600}));
    sign_in(app, idp, browser).await;
}

#[tokio::test]
async fn addresses_to_come_back_to_are_https_or_loopback() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let session = app.session(&Browser::new());
    let client = session.client("idp").unwrap();
    for wrong in ["http://app.example/bye", "/bye", "javascript:alert(1)", "https://a.example/#x"] {
        assert_code(client.logout_redirect(wrong).await, "config", wrong);
    }
    let unbound = app.registry.client("idp").unwrap();
    assert_code(unbound.logout_redirect(BYE).await, "config", "bound to no request");
    assert_code(unbound.validate_logout_response("state=x").await, "config", "bound to none");
    assert_code(unbound.logout().await, "config", "bound to none");
    assert!(session.set_cookies().is_empty());
}

#[tokio::test]
async fn refusal_d1_a_logout_response_in_a_browser_that_did_not_begin_it() {
    let idp = provider_with_logout();
    for in_cache in [false, true] {
        let app = App::new(idp.http(), |builder| {
            let builder = builder.register("idp", Idp::provider());
            if in_cache { builder.cache(Flaky::default()) } else { builder }
        });
        let (mut browser, mut stranger) = (Browser::new(), Browser::new());
        let url = log_out(&app, &mut browser).await.unwrap();
        let query = format!("state={}", param(&url, "state"));
        log_out(&app, &mut stranger).await.unwrap();
        assert_code(come_back(&app, &mut stranger, &query).await, "state_mismatch", "a stranger");
        assert_eq!(stranger.cookies.len(), 1, "nothing is taken");
        come_back(&app, &mut browser, &query).await.unwrap();
    }
}

#[tokio::test]
async fn refusal_d2_a_logout_response_with_a_state_missing_twice_anothers_replayed_or_expired() {
    let idp = provider_with_logout();
    for in_cache in [false, true] {
        let app = App::new(idp.http(), |builder| {
            let builder = builder.register("idp", Idp::provider());
            if in_cache { builder.cache(Flaky::default()) } else { builder }
        });
        let mut browser = Browser::new();
        let url = log_out(&app, &mut browser).await.unwrap();
        let state = param(&url, "state");
        let huge = format!("state={state}&x={}", "y".repeat(70_000));
        for (query, code) in [
            ("", "state_missing"),
            ("state=", "state_missing"),
            (&format!("state={state}&state={state}"), "duplicate_param"),
            (&format!("state={state}x"), "state_mismatch"),
            ("state=another", "state_mismatch"),
            (&huge, "malformed_logout"),
        ] {
            assert_code(come_back(&app, &mut browser, query).await, code, query);
            assert_eq!(browser.cookies.len(), 1, "{query:.40} takes nothing");
        }
        let query = format!("state={state}");
        let mut copy = browser.clone();
        come_back(&app, &mut browser, &query).await.unwrap();
        assert_code(come_back(&app, &mut browser, &query).await, "state_mismatch", "again");
        assert_code(come_back(&app, &mut copy, &query).await, "login_replayed", "a copy");

        let url = log_out(&app, &mut browser).await.unwrap();
        app.wait(3601);
        let query = format!("state={}", param(&url, "state"));
        assert_code(come_back(&app, &mut browser, &query).await, "login_expired", "an hour later");
    }
}

#[tokio::test]
async fn refusal_d3_logouts_and_logins_of_one_are_not_finished_as_anothers_or_as_each_other() {
    let idp = provider_with_logout();
    let app = App::new(idp.http(), |builder| {
        builder.register("idp", Idp::provider()).register("other", Idp::provider())
    });
    let mut browser = Browser::new();
    let url = log_out(&app, &mut browser).await.unwrap();
    let query = format!("state={}", param(&url, "state"));
    let session = app.session(&browser);
    let other = session.client("other").unwrap();
    assert_code(other.validate_logout_response(&query).await, "wrong_client", "another client's");
    let as_login = format!("{query}&code=c0de&iss={ISSUER}");
    let outcome = app.finish(&mut browser, "idp", Callback::query(&as_login)).await;
    assert_code(outcome, "state_mismatch", "a logout as a login");
    assert_eq!(idp.count("/token"), 0);
    come_back(&app, &mut browser, &query).await.unwrap();

    let url = app.begin(&mut browser, "idp").await.unwrap();
    let query = format!("state={}", param(&url, "state"));
    assert_code(come_back(&app, &mut browser, &query).await, "state_mismatch", "a login");
    let callback = Callback::query(&idp.approve(&url));
    app.finish(&mut browser, "idp", callback).await.unwrap();
}

#[tokio::test]
async fn refusal_d9_a_logout_goes_on_to_local_paths_only() {
    for path in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", ""] {
        assert_code(LogoutOptions::new().return_to(path), "not_a_local_path", path);
    }
    assert_code(LogoutOptions::new().app_data("x".repeat(1025)), "config", "over 1 kB");
}

#[tokio::test]
async fn logging_out_for_good_revokes_both_tokens_and_keeps_none() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let session = app.session(&browser);
    let revoked = session.client("idp").unwrap().logout().await.unwrap();
    browser.take(&session.set_cookies());
    assert_eq!(revoked, Revocation::Revoked);
    assert!(browser.cookies.is_empty() && !has_token(&app).await);
    let seen = idp.http().seen();
    let revocations = seen.iter().filter(|seen| seen.url.ends_with("/revoke"));
    let tokens: Vec<_> = revocations.map(|seen| seen.form("token").unwrap()).collect();
    assert_eq!(tokens, ["refresh-code-1", "access-code-1"]);
    let again = app.session(&browser).client("idp").unwrap().logout().await.unwrap();
    assert_eq!(again, Revocation::NoToken, "nobody is signed in");
}

#[tokio::test]
async fn a_revocation_that_fails_is_told_and_the_user_is_logged_out_all_the_same() {
    for (status, body, code) in [
        (503, "", "http_status_retryable"),
        (400, r#"{"error":"invalid_client"}"#, "invalid_client"),
        (302, "", "http_status"),
    ] {
        let idp = provider_with_logout();
        idp.answer("/revoke", move |_| answer(status, "application/json", body));
        let app = App::of(&idp, Idp::provider());
        let mut browser = Browser::new();
        sign_in(&app, &idp, &mut browser).await;
        let session = app.session(&browser);
        let outcome = session.client("idp").unwrap().logout().await;
        browser.take(&session.set_cookies());
        assert_code(outcome, code, &status.to_string());
        assert!(browser.cookies.is_empty() && !has_token(&app).await);
    }
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let revoked = app.session(&browser).client("idp").unwrap().logout().await.unwrap();
    assert_eq!(revoked, Revocation::NotOffered);
    assert!(!has_token(&app).await);
}

#[tokio::test]
async fn refusal_e10_debug_of_a_logout_holds_no_token_state_or_data() {
    let idp = provider_with_logout();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let options = LogoutOptions::new().app_data("canary").unwrap().logout_hint("canary");
    let session = app.session(&browser);
    let client = session.client("idp").unwrap();
    let redirection = client.logout_redirect_with(BYE, &options).await.unwrap();
    let state = param(redirection.location(), "state");
    let hint = param(redirection.location(), "id_token_hint");
    browser.take(&session.set_cookies());
    let back = come_back(&app, &mut browser, &format!("state={state}")).await.unwrap();
    let shown = format!("{options:?} {redirection:?} {back:?}");
    for secret in ["canary", &state, &hint] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
