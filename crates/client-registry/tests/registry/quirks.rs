//! Each quirk, with and without it: what one provider is let do, and nobody else.

use client_registry::{Callback, Error, Key, Provider, Quirk, Token};
use serde_json::json;

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, answer, assert_code, json_answer, param, params,
};

/// The scripted provider's client with this quirk, or without any.
fn with(quirk: Option<Quirk>) -> Provider {
    match quirk {
        Some(quirk) => Idp::provider().set(Key::Quirks, quirk.name()),
        None => Idp::provider(),
    }
}

/// A whole login at `idp`: where it sent the browser, and how it ended.
async fn login(idp: &Idp, quirk: Option<Quirk>) -> (String, Result<Token, Error>) {
    let app = App::of(idp, with(quirk));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let callback = Callback::query(&idp.approve(&url));
    let login = app.finish(&mut browser, "idp", callback).await;
    (url, login.map(|login| login.token().clone()))
}

#[tokio::test]
async fn no_nonce_sends_none_and_wants_none() {
    let idp = Idp::new();
    let (url, login) = self::login(&idp, Some(Quirk::NoNonce)).await;
    assert_eq!(params(&url, "nonce"), [""; 0]);
    login.unwrap();

    idp.claims(json!({"nonce": null}));
    let (url, login) = self::login(&idp, None).await;
    assert_eq!(params(&url, "nonce").len(), 1);
    assert_code(login, "nonce_missing", "without the quirk");
}

#[tokio::test]
async fn no_pkce_sends_no_challenge_and_no_verifier() {
    for (quirk, sent) in [(None, true), (Some(Quirk::NoPkce), false)] {
        let idp = Idp::new();
        let (url, login) = login(&idp, quirk).await;
        login.unwrap();
        assert_eq!(!params(&url, "code_challenge").is_empty(), sent, "{quirk:?}");
        let seen = idp.http().seen();
        let exchange = seen.iter().find(|seen| seen.address().ends_with("/token")).unwrap();
        assert_eq!(exchange.form("code_verifier").is_some(), sent, "{quirk:?}");
    }
}

#[tokio::test]
async fn no_token_type_takes_the_token_for_a_bearers() {
    let idp = Idp::new();
    idp.token(json!({"token_type": null}));
    let (_, login) = self::login(&idp, Some(Quirk::NoTokenType)).await;
    assert_eq!(login.unwrap().token_type(), Some("bearer"));
    let (_, login) = self::login(&idp, None).await;
    assert_code(login, "token_type_missing", "without the quirk");

    // What is there is looked at all the same.
    idp.token(json!({"token_type": "mac"}));
    let (_, login) = self::login(&idp, Some(Quirk::NoTokenType)).await;
    assert_code(login, "token_type_unsupported", "another type");
}

/// A client of OAuth 2.0 alone whose token endpoint answers so.
async fn token_by(
    quirk: Option<Quirk>,
    status: u16,
    media_type: &'static str,
    body: &'static str,
) -> Result<Token, Error> {
    let http = Http::new(move |_| Ok(answer(status, media_type, body)));
    let provider = with(quirk)
        .issuer("")
        .scope("a b")
        .set(Key::Userinfo, "")
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token");
    let app = App::new(http, |b| b.register("idp", provider));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let callback = Callback::query(&format!("code=c&state={}", param(&url, "state")));
    Ok(app.finish(&mut browser, "idp", callback).await?.into_token())
}

#[tokio::test]
async fn form_encoded_token_reads_a_form() {
    let form = "application/x-www-form-urlencoded";
    let body = "access_token=t&token_type=bearer&scope=a";
    let token = token_by(Some(Quirk::FormEncodedToken), 200, form, body).await.unwrap();
    assert!(token.access_token().ct_eq("t") && token.scope() == Some("a"));
    assert_code(token_by(None, 200, form, body).await, "not_json", "without the quirk");
}

#[tokio::test]
async fn error_in_200_is_the_servers_no() {
    let body = r#"{"error": "invalid_grant", "error_description": "too late"}"#;
    let json = "application/json";
    let error = token_by(Some(Quirk::ErrorIn200), 200, json, body).await.unwrap_err();
    assert!(matches!(&error, Error::Rejected(no) if no.code == "invalid_grant"), "{error}");
    assert_code(token_by(None, 200, json, body).await, "access_token_missing", "without the quirk");
}

#[tokio::test]
async fn comma_scopes_granted_are_told_apart() {
    let body = r#"{"access_token": "t", "token_type": "bearer", "scope": "a,b"}"#;
    let json = "application/json";
    for (quirk, scope) in [(Some(Quirk::CommaScopesGranted), "a b"), (None, "a,b")] {
        let token = token_by(quirk, 200, json, body).await.unwrap();
        assert_eq!(token.scope(), Some(scope), "{quirk:?}");
    }

    // Of a refresh as well.
    let idp = Idp::new();
    let app = App::of(&idp, with(Some(Quirk::CommaScopesGranted)));
    app.login(&idp).await.unwrap().save_for("u1").await.unwrap();
    idp.answer("/token", |_| {
        json_answer(json!({"access_token": "n", "token_type": "bearer", "scope": "a,b"}))
    });
    app.wait(3600);
    let token = app.registry.client("idp").unwrap().fetch_token("u1").await.unwrap();
    assert_eq!(token.scope(), Some("a b"));
}

#[tokio::test]
async fn comma_scopes_are_asked_for_with_commas() {
    for (quirk, scope) in [(None, "openid email"), (Some(Quirk::CommaScopes), "openid,email")] {
        let (url, login) = login(&Idp::new(), quirk).await;
        assert_eq!(param(&url, "scope"), scope);
        assert_eq!(login.unwrap().scope(), Some("openid email"));
    }
}

#[tokio::test]
async fn raw_basic_sends_the_credentials_as_they_are() {
    for (quirk, expected) in [(None, "client-1:s%3At"), (Some(Quirk::RawBasic), "client-1:s:t")] {
        let idp = Idp::new();
        let app = App::of(&idp, with(quirk).client_secret("s:t"));
        app.login(&idp).await.unwrap();
        let seen = idp.http().seen();
        let exchange = seen.iter().find(|seen| seen.address().ends_with("/token")).unwrap();
        let sent = exchange.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
        let sent = protocol_core::base64url::decode_standard(sent).unwrap();
        assert_eq!(String::from_utf8(sent).unwrap(), expected);
    }
}

#[tokio::test]
async fn no_iss_takes_a_callback_without_one_and_never_a_wrong_one() {
    let idp = Idp::new();
    for (quirk, iss, refused) in [
        (None, None, Some("iss_missing")),
        (Some(Quirk::NoIss), None, None),
        (Some(Quirk::NoIss), Some(ISSUER), None),
        (Some(Quirk::NoIss), Some("https://evil.example"), Some("iss_mismatch")),
    ] {
        let app = App::of(&idp, with(quirk));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
        let query = format!("code={}&state={}{iss}", idp.code(&url), param(&url, "state"));
        let outcome = app.finish(&mut browser, "idp", Callback::query(&query)).await;
        match refused {
            Some(code) => drop(assert_code(outcome, code, &query)),
            None => drop(outcome.unwrap()),
        }
    }
}

#[tokio::test]
async fn no_callback_confirmed_takes_temporary_credentials_without_it() {
    let http = Http::new(|_| Ok(answer(200, "text/plain", "oauth_token=t1&oauth_token_secret=s1")));
    let provider = || {
        Provider::new()
            .client_id("key")
            .client_secret("secret")
            .set(Key::RequestTokenUrl, "https://one.example/initiate")
            .set(Key::AuthorizeUrl, "https://one.example/authorize")
            .set(Key::AccessTokenUrl, "https://one.example/token")
    };
    let lenient = provider().set(Key::Quirks, Quirk::NoCallbackConfirmed.name());
    for (provider, refused) in [(provider(), true), (lenient, false)] {
        let app = App::new(http.clone(), |b| b.register("one", provider));
        let begun = app.begin(&mut Browser::new(), "one").await;
        match refused {
            true => drop(assert_code(begun, "callback_not_confirmed", "without the quirk")),
            false => assert_eq!(begun.unwrap(), "https://one.example/authorize?oauth_token=t1"),
        }
    }
}

#[tokio::test]
async fn client_id_header_names_the_client_to_its_own_api_alone() {
    let http = Http::new(|_| Ok(json_answer(json!({}))));
    for (quirk, sent) in [(None, None), (Some(Quirk::ClientIdHeader), Some(CLIENT))] {
        let provider = with(quirk).set(Key::ApiBaseUrl, "https://api.example/");
        let app = App::new(http.clone(), |b| b.register("idp", provider));
        let client = app.registry.client("idp").unwrap();
        client.get("users").token(&Token::bearer("t")).await.unwrap();
        assert_eq!(http.last().header("client-id"), sent, "{quirk:?}");
        client.get("https://other.example/").token(&Token::bearer("t")).await.unwrap();
        assert_eq!(http.last().header("client-id"), None, "another host");
    }
}

#[test]
fn each_quirk_has_a_test_here() {
    let text = include_str!("quirks.rs");
    for quirk in Quirk::ALL {
        let prefix = format!("async fn {}", quirk.name());
        assert!(text.contains(&prefix), "{} lacks one", quirk.name());
    }
}
