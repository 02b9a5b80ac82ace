//! Logins by presets, against answers shortened from the providers' public documentation.

use client_registry::{Callback, Env, providers};
use serde_json::{Value, json};

use crate::common::{App, Browser, Http, answer, assert_code, json_answer, param};

fn credentials() -> Env {
    Env::from_vars(["GOOGLE", "GITHUB", "TWITTER"].iter().flat_map(|name| {
        [(format!("{name}_CLIENT_ID"), "id"), (format!("{name}_CLIENT_SECRET"), "s3cret")]
    }))
}

#[tokio::test]
async fn github_logs_in_by_oauth2_and_its_profile_is_put_into_the_words_of_openid() {
    let http = Http::new(|seen| {
        Ok(match &*seen.url {
            "https://github.com/login/oauth/access_token" => {
                assert_eq!(seen.header("accept"), Some("application/json"));
                match seen.form("code").as_deref() {
                    Some("good") => json_answer(json!({
                        "access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a",
                        "scope": "read:user,user:email", "token_type": "bearer",
                    })),
                    _ => json_answer(json!({
                        "error": "bad_verification_code",
                        "error_description": "The code passed is incorrect or expired.",
                        "error_uri": "/apps/managing-oauth-apps/troubleshooting/",
                    })),
                }
            }
            "https://api.github.com/user" => {
                let token = "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a";
                assert_eq!(seen.header("authorization"), Some(token));
                json_answer(json!({
                    "login": "octocat", "id": 583_231, "name": "monalisa octocat", "email": null,
                    "avatar_url": "https://github.com/images/error/octocat_happy.gif",
                    "html_url": "https://github.com/octocat", "type": "User", "site_admin": false,
                }))
            }
            "https://api.github.com/user/emails" => json_answer(json!([
                {"email": "octocat@github.com", "verified": true, "primary": true},
            ])),
            other => panic!("{other}"),
        })
    });
    let app =
        App::new(http.clone(), |b| b.source(credentials()).register("github", providers::github()));
    let client = app.registry.client("github").unwrap();
    assert_eq!((client.title(), client.protocol()), ("GitHub", "OAuth 2.0"));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "github").await.unwrap();
    assert!(url.starts_with("https://github.com/login/oauth/authorize?"), "{url}");
    assert_eq!(param(&url, "scope"), "read:user user:email");
    assert_eq!(param(&url, "code_challenge_method"), "S256");
    let callback =
        |code: &str| Callback::query(&format!("code={code}&state={}", param(&url, "state")));
    let login = app.finish(&mut browser, "github", callback("good")).await.unwrap();
    let user = login.userinfo().await.unwrap();
    assert_eq!((user.sub(), user.preferred_username()), ("583231", Some("octocat")));
    assert_eq!(user.name(), Some("monalisa octocat"));
    assert_eq!(user.picture(), Some("https://github.com/images/error/octocat_happy.gif"));
    let email = user.email().unwrap();
    assert_eq!((email.address, email.verified), ("octocat@github.com", true));
    assert!(user.identity().is_none());
    assert_eq!(user.get::<Value>("type").unwrap(), Some(json!("User")), "the rest stays beside");
    assert_eq!(http.count(), 3);

    let url = app.begin(&mut browser, "github").await.unwrap();
    let stale = Callback::query(&format!("code=stale&state={}", param(&url, "state")));
    let outcome = app.finish(&mut browser, "github", stale).await;
    assert_code(outcome, "bad_verification_code", "GitHub's errors come with status 200");
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
        let http = Http::new(move |seen| {
            Ok(match seen.address() {
                "https://api.github.com/user" => answer(status, "application/json", body),
                "https://api.github.com/user/emails" => answer(403, "text/plain", ""),
                _ => json_answer(json!({"access_token": "canary", "token_type": "bearer"})),
            })
        });
        let app =
            App::new(http, |b| b.source(credentials()).register("github", providers::github()));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "github").await.unwrap();
        let callback = Callback::query(&format!("code=c&state={}", param(&url, "state")));
        let login = app.finish(&mut browser, "github", callback).await.unwrap();
        let error = assert_code(login.userinfo().await, code, body);
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn twitter_logs_in_by_oauth1_in_three_legs_and_a_signed_profile_call() {
    let form = "application/x-www-form-urlencoded";
    let http = Http::new(move |seen| {
        let header = seen.header("authorization").unwrap();
        for part in ["oauth_consumer_key=\"id\"", "oauth_signature_method=\"HMAC-SHA1\""] {
            assert!(header.contains(part), "{header}");
        }
        Ok(match seen.address() {
            "https://api.twitter.com/oauth/request_token" => {
                let callback = "oauth_callback=\"https%3A%2F%2Fapp.example%2Fauthorize%2Ftwitter\"";
                assert!(seen.method == "POST" && header.contains(callback), "{header}");
                answer(
                    200,
                    form,
                    "oauth_token=NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0&oauth_token_secret=\
                     veNRnAWe6inFuo8o2u8SLLZLjolYDmDP7SzL0YfYI&oauth_callback_confirmed=true",
                )
            }
            "https://api.twitter.com/oauth/access_token" => {
                assert!(
                    header
                        .contains("oauth_verifier=\"uw7NjWHT6OJ1MpJOXsHfNxoAhPKpgI8BlYDhxEjIBY\"")
                );
                answer(
                    200,
                    form,
                    "oauth_token=7588892-kagSNqWge8gB1WwE3plnFsJHAZVfxWD7Vb57p0b4&oauth_token_secret=\
                     PbKfYqSryyeKDWz4ebtY3o5ogNLG11WJuZBc9fQrQo&user_id=7588892&screen_name=kurrik",
                )
            }
            "https://api.twitter.com/1.1/account/verify_credentials.json" => {
                assert!(seen.url.ends_with("?include_email=true&skip_status=true"));
                assert!(
                    header.contains(
                        "oauth_token=\"7588892-kagSNqWge8gB1WwE3plnFsJHAZVfxWD7Vb57p0b4\""
                    )
                );
                json_answer(json!({
                    "id": 7_588_892, "id_str": "7588892", "name": "Arne Roomann-Kurrik",
                    "screen_name": "kurrik", "email": "kurrik@mail.example",
                    "profile_image_url_https": "https://pbs.twimg.com/profile_images/1.png",
                }))
            }
            other => panic!("{other}"),
        })
    });
    let app = App::new(http.clone(), |b| {
        b.source(credentials()).register("twitter", providers::twitter())
    });
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "twitter").await.unwrap();
    assert_eq!(
        url,
        "https://api.twitter.com/oauth/authenticate?oauth_token=NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0"
    );
    let query = "oauth_token=NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0\
        &oauth_verifier=uw7NjWHT6OJ1MpJOXsHfNxoAhPKpgI8BlYDhxEjIBY";
    let login = app.finish(&mut browser, "twitter", Callback::query(query)).await.unwrap();
    assert_eq!(login.extra()["screen_name"], "kurrik");
    assert!(login.token_secret().unwrap().ct_eq("PbKfYqSryyeKDWz4ebtY3o5ogNLG11WJuZBc9fQrQo"));
    let user = login.userinfo().await.unwrap();
    assert_eq!((user.sub(), user.preferred_username()), ("7588892", Some("kurrik")));
    assert_eq!(user.picture(), Some("https://pbs.twimg.com/profile_images/1.png"));
    assert!(!user.email().unwrap().verified, "nobody said that it is");
    assert_eq!(http.count(), 3);
}

#[tokio::test]
async fn google_is_discovered_and_takes_rs256_alone() {
    let http = Http::new(|seen| {
        assert_eq!(seen.url, "https://accounts.google.com/.well-known/openid-configuration");
        Ok(json_answer(json!({
            "issuer": "https://accounts.google.com",
            "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
            "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
            "token_endpoint": "https://oauth2.googleapis.com/token",
            "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
            "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "response_types_supported": ["code", "token", "id_token", "none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"],
        })))
    });
    let app =
        App::new(http.clone(), |b| b.source(credentials()).register("google", providers::google()));
    assert_eq!(app.registry.client("google").unwrap().protocol(), "OpenID Connect");
    let url = app.begin(&mut Browser::new(), "google").await.unwrap();
    assert!(url.starts_with(
        "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=id"
    ));
    assert_eq!((&*param(&url, "scope"), http.count()), ("openid email profile", 1));
}
