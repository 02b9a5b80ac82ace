//! Presets: each logs in as its provider documents it, and what the provider answers becomes a user.

mod apple;
mod case;
mod microsoft;
mod oauth1;
mod oauth2;
mod openid;

use client_registry::{Callback, Env, Key, Registry, providers};
use serde_json::json;

use crate::common::{App, Browser, Http, answer, assert_code, json_answer, param};

#[tokio::test]
async fn an_error_of_github_comes_with_status_200() {
    let http = Http::new(|_| {
        Ok(json_answer(json!({
            "error": "bad_verification_code",
            "error_description": "The code passed is incorrect or expired.",
            "error_uri": "/apps/managing-oauth-apps/troubleshooting/",
        })))
    });
    let app = App::new(http, |b| b.source(credentials()).register("github", providers::github()));
    let client = app.registry.client("github").unwrap();
    assert_eq!((client.title(), client.protocol()), ("GitHub", "OAuth 2.0"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "github").await.unwrap();
    let stale = Callback::query(&format!("code=stale&state={}", param(&url, "state")));
    let outcome = app.finish(&mut browser, "github", stale).await;
    assert_code(outcome, "bad_verification_code", "the code's");
}

#[tokio::test]
async fn a_profile_that_is_refused_or_names_nobody_is_no_user() {
    for (status, body, code) in [
        (401, r#"{"message":"Bad credentials","status":"401"}"#, "http_status"),
        (503, "", "http_status_retryable"),
        (200, r#"{"login":"octocat"}"#, "missing_claim"),
        (200, r#"{"id":null}"#, "missing_claim"),
        (200, "[]", "not_json"),
        (200, "<html>", "not_json"),
    ] {
        let user = github_user((status, body), (403, "")).await;
        let error = assert_code(user, code, body);
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn an_address_of_github_is_that_of_the_second_call_or_none() {
    let two = r#"[{"email":"b@x.example","verified":true,"primary":false},
        {"email":"a@x.example","verified":false,"primary":true}]"#;
    for (status, body, email) in [
        (200, two, Some(("a@x.example", false))),
        (
            200,
            r#"[{"email":"a@x.example","verified":true,"primary":true}]"#,
            Some(("a@x.example", true)),
        ),
        (200, "[]", None),
        (403, "", None),
        (404, r#"{"message":"Not Found"}"#, None),
    ] {
        let profile = r#"{"id":1,"email":"public@x.example"}"#;
        let user = github_user((200, profile), (status, body)).await.unwrap();
        let got = user.email().map(|email| (email.address, email.verified));
        assert_eq!(got, email, "{status} {body}");
        assert_eq!(user.raw()["email"], "public@x.example");
    }
    for (status, body, code) in
        [(401, "", "http_status"), (502, "", "http_status_retryable"), (200, "{}", "not_json")]
    {
        let user = github_user((200, r#"{"id":1}"#), (status, body)).await;
        assert_code(user, code, "an answer that may say otherwise next time is no answer");
    }
}

async fn github_user(
    profile: (u16, &'static str),
    emails: (u16, &'static str),
) -> Result<client_registry::UserInfo, client_registry::Error> {
    let http = Http::new(move |seen| {
        Ok(match seen.address() {
            "https://api.github.com/user" => answer(profile.0, "application/json", profile.1),
            "https://api.github.com/user/emails" => answer(emails.0, "application/json", emails.1),
            _ => json_answer(json!({"access_token": "canary", "token_type": "bearer"})),
        })
    });
    let app = App::new(http, |b| b.source(credentials()).register("github", providers::github()));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "github").await.unwrap();
    let callback = Callback::query(&format!("code=c&state={}", param(&url, "state")));
    app.finish(&mut browser, "github", callback).await.unwrap().userinfo().await
}

#[test]
fn a_preset_says_what_it_needs() {
    for (name, set, told) in [
        ("okta", &[][..], "domain: the preset okta needs it"),
        ("auth0", &[], "domain: the preset auth0 needs it"),
        ("keycloak", &[(Key::Domain, "sso.example")], "realm: the preset keycloak needs it"),
        ("jira-server", &[], "domain: the preset jira-server needs it"),
        ("okta", &[(Key::Domain, "dev 1")], "domain (from code)"),
        ("okta", &[(Key::Domain, "dev-1.okta.com?x")], "domain (from code)"),
        ("okta", &[(Key::Domain, "http://dev-1.okta.com")], "not loopback"),
        ("google", &[(Key::Domain, "sso.example")], "domain (from code)"),
        ("google", &[(Key::AllowedTenants, "a")], "allowed_tenants (from code)"),
    ] {
        let provider = providers::by_name(name).unwrap().client_id("id").client_secret("s");
        let provider = set.iter().fold(provider, |all, (key, value)| all.set(*key, *value));
        let builder = Registry::builder().register(name, provider).http(Http::silent());
        let error = assert_code(builder.build(), "config", told).to_string();
        assert!(error.contains(&format!("client {name:?}")) && error.contains(told), "{error}");
    }
    // What is said instead of it needs no domain.
    let okta = providers::okta().issuer("https://sso.example").client_id("id").client_secret("s");
    assert!(Registry::builder().register("okta", okta).http(Http::silent()).build().is_ok());
}

#[test]
fn every_preset_is_found_by_its_name() {
    for preset in providers::ALL {
        assert!(providers::by_name(preset.name).is_some(), "{}", preset.name);
    }
    assert!(providers::by_name("gogle").is_none());
}

#[tokio::test]
async fn the_mapping_of_a_preset_can_be_replaced() {
    let provider = || providers::discord().client_id("id").client_secret("s");
    for (provider, sub, name) in [
        (provider(), "7", Some("N")),
        (provider().profile([("sub", "/username"), ("name", "/note")]), "nelly", None),
    ] {
        let http = Http::new(|seen| {
            Ok(match seen.address().ends_with("/token") {
                true => json_answer(json!({"access_token": "t", "token_type": "Bearer"})),
                false => json_answer(json!({"id": 7, "username": "nelly", "global_name": "N"})),
            })
        });
        let app = App::new(http, |b| b.register("discord", provider));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "discord").await.unwrap();
        let callback = Callback::query(&format!("code=c&state={}", param(&url, "state")));
        let login = app.finish(&mut browser, "discord", callback).await.unwrap();
        let user = login.userinfo().await.unwrap();
        assert_eq!((user.sub(), user.name()), (sub, name));
    }
}

fn credentials() -> Env {
    Env::from_vars([("GITHUB_CLIENT_ID", "id"), ("GITHUB_CLIENT_SECRET", "s3cret")])
}

#[test]
fn a_file_names_presets_by_its_tables() {
    let toml = r#"
        [apple]
        client_id = "id"
        client_secret = "made.else.where"
        [github]
        client_id = "id"
        client_secret = "s"
        domain = "git.example"
        [keycloak]
        client_id = "id"
        client_secret = "s"
        domain = "sso.example"
        realm = "main"
        [microsoft]
        client_id = "id"
        client_secret = "s"
        tenant = "9122040d-6c67-4c5b-b112-36a304b66dad"
        [x]
        client_id = "id"
        client_secret = "s"
    "#;
    let source = client_registry::Toml::text(toml).unwrap();
    let registry = Registry::builder().source(source).http(Http::silent()).build().unwrap();
    let titles: Vec<_> = registry.names().into_iter().map(|(_, title)| title).collect();
    assert_eq!(titles, ["Apple", "GitHub", "Keycloak", "Microsoft", "X"]);
    let protocol = |name: &str| registry.client(name).unwrap().protocol();
    assert_eq!((protocol("keycloak"), protocol("x")), ("OpenID Connect", "OAuth 2.0"));
}
