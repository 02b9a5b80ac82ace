//! REFUSALS.md, E: what goes over the wire, and what comes back.

use client_registry::{
    AccessToken, AuthorizationUrl, Callback, Env, Error, Key, LoginOptions, Provider, Rejection,
    Seal, Session, Token, Toml, public_message,
};
use serde_json::json;

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, SECRET, answer, assert_code, json_answer, logs_of,
    param, params, redirect,
};

const FORM: &str = "application/x-www-form-urlencoded";
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

fn oauth2() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(Key::AccessTokenUrl, format!("{ISSUER}/token"))
}

fn oauth1() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access")
        .set(Key::ApiBaseUrl, "https://one.example/api/")
}

#[tokio::test]
async fn refusal_e1_redirects_of_protocol_endpoints_are_not_followed() {
    for status in STATUSES {
        for (path, code) in [
            ("/.well-known/openid-configuration", "http_status"),
            ("/token", "http_status"),
            ("/jwks", "http_status"),
            ("/userinfo", "http_status"),
        ] {
            let idp = Idp::new();
            // The scripted network panics at any other host.
            idp.answer(path, move |_| redirect(status, "https://evil.example/canary"));
            let app = App::of(&idp, Idp::provider().set(Key::Userinfo, "always"));
            let outcome = async { app.login(&idp).await?.userinfo().await }.await;
            let error = assert_code(outcome, code, &format!("{status} {path}"));
            assert!(!error.to_string().contains("canary"), "{error}");
            assert_eq!(idp.count(path), 1);
        }
        let idp = Idp::new();
        idp.metadata(json!({"introspection_endpoint": format!("{ISSUER}/introspect")}));
        idp.answer("/introspect", move |_| redirect(status, "https://evil.example/canary"));
        let client = App::of(&idp, Idp::provider()).registry.client("idp").unwrap();
        let outcome = client.introspect_token(&AccessToken::new("canary")).await;
        let error = assert_code(outcome, "http_status", &format!("{status} introspection"));
        assert!(!error.to_string().contains("canary"), "{error}");
        for leg in ["https://one.example/request", "https://one.example/access"] {
            let http = Http::new(move |seen| {
                Ok(match seen.address() {
                    at if at == leg => redirect(status, "https://evil.example/canary"),
                    _ => answer(200, FORM, FIRST_LEG),
                })
            });
            let app = App::new(http.clone(), |builder| builder.register("one", oauth1()));
            let mut browser = Browser::new();
            let outcome = async {
                app.begin(&mut browser, "one").await?;
                let callback = Callback::query("oauth_token=temp-1&oauth_verifier=v");
                app.finish(&mut browser, "one", callback).await
            };
            assert_code(outcome.await, "http_status", &format!("{status} {leg}"));
            assert_eq!(http.last().address(), leg);
            assert!(browser.cookies.is_empty());
        }
    }
}

const FIRST_LEG: &str =
    "oauth_token=temp-1&oauth_token_secret=temp-secret&oauth_callback_confirmed=true";

#[tokio::test]
async fn refusal_e1_an_api_call_is_followed_signed_anew_here_and_without_the_token_elsewhere() {
    for status in STATUSES {
        let http = Http::new(move |seen| {
            Ok(match &*seen.url {
                "https://api.example/v1/here" => redirect(status, "/v2/there?x=1#f"),
                "https://api.example/v1/away" => redirect(status, "https://evil.example/take"),
                "https://evil.example/take" => redirect(status, "https://api.example/v2/back"),
                "https://api.example/v1/down" => redirect(status, "http://api.example/v2"),
                "https://api.example/v1/port" => redirect(status, "https://api.example:8443/v2"),
                "https://api.example/v1/round" => redirect(status, "round"),
                _ => json_answer(json!("done")),
            })
        });
        let app = App::new(http.clone(), |builder| {
            builder
                .register("idp", oauth2().set(Key::ApiBaseUrl, "https://api.example/v1"))
                .register("one", oauth1().set(Key::ApiBaseUrl, "https://api.example/v1"))
        });
        let bearer = Token::bearer("canary-token");
        let client = app.registry.client("idp").unwrap();
        let last = async |path: &str| {
            let call = client.get(path).header("cookie", "canary=1").token(&bearer);
            let done = call.await.unwrap().json::<String>().await.unwrap();
            assert_eq!(done, "done", "{status} {path}");
            http.last()
        };
        let here = last("here").await;
        assert_eq!(here.url, "https://api.example/v2/there?x=1");
        assert_eq!(here.header("authorization"), Some("Bearer canary-token"));
        let count = http.count();
        let back = last("away").await;
        assert_eq!(back.url, "https://api.example/v2/back");
        for seen in http.seen().split_off(count + 1).iter().chain([&last("port").await]) {
            let sent = format!("{seen:?}");
            assert!(!sent.contains("canary"), "{status}: {sent}");
        }
        let call = client.get("down").token(&bearer);
        assert_code(call.await, "redirect", "https turned into http");
        assert_eq!(http.last().url, "https://api.example/v1/down");
        let call = client.get("round").token(&bearer);
        assert_code(call.await, "too_many_redirects", "in a circle");

        // OAuth 1.0: the second request has a signature of its own.
        let client = app.registry.client("one").unwrap();
        let count = http.count();
        client.get("here").token(&Token::oauth1("tok", "tok-secret")).await.unwrap();
        let [first, second] = &http.seen()[count..] else { panic!("two requests") };
        let signature = |seen: &crate::common::Seen| {
            let header = seen.header("authorization").unwrap().to_owned();
            header.split("oauth_signature=").nth(1).unwrap().split('"').nth(1).unwrap().to_owned()
        };
        assert_ne!(signature(first), signature(second));
        client.get("away").token(&Token::oauth1("tok", "tok-secret")).await.unwrap();
        assert_eq!(http.last().header("authorization"), None);
    }
}

#[tokio::test]
async fn refusal_e2_endpoints_off_https_and_loopback() {
    let refused = [
        "http://idp.example/x",
        "http://localhost@evil.example/x",
        "http://127.0.0.1.evil.example/x",
        "http://127.0.0.1@evil.example/x",
        "https://user:pass@idp.example/x",
        "ftp://idp.example/x",
        "idp.example/x",
        "https://idp.example/x#f",
        "https://idp.example/a b",
    ];
    let taken =
        ["https://idp.example/x", "http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]/x"];
    let oauth2_keys = [
        Key::AuthorizeUrl,
        Key::AccessTokenUrl,
        Key::RefreshTokenUrl,
        Key::RevocationEndpoint,
        Key::ServerMetadataUrl,
        Key::ApiBaseUrl,
        Key::UserinfoEndpoint,
        Key::Issuer,
    ];
    let oauth1_keys = [Key::RequestTokenUrl, Key::AuthorizeUrl, Key::AccessTokenUrl];
    let all = oauth2_keys.map(|key| (oauth2 as fn() -> Provider, key)).into_iter();
    let all = all.chain(oauth1_keys.map(|key| (oauth1 as fn() -> Provider, key)));
    for (base, key) in all.chain([(Idp::provider as fn() -> Provider, Key::JwksUri)]) {
        let build = |url: &str| {
            let provider = base().set(key, url);
            App::try_new(Http::silent(), |builder| builder.register("idp", provider)).map(drop)
        };
        for url in refused {
            if key == Key::UserinfoEndpoint && url == "idp.example/x" {
                continue; // Relative to api_base_url, where there is one.
            }
            let error = assert_code(build(url), "config", &format!("{key:?} {url}")).to_string();
            assert!(error.contains(key.name()) && error.contains("client \"idp\""), "{error}");
            assert!(!error.contains("pass"), "{error}");
        }
        for url in taken {
            assert!(build(url).is_ok(), "{key:?} {url}");
        }
    }
    for url in ["http://app.example", "javascript:alert(1)", "https://app.example/?x", ""] {
        let built = client_registry::Registry::builder().public_url(url);
        assert_code(built, "config", url);
    }
}

#[tokio::test]
async fn refusal_e3_metadata_that_says_more_or_other_than_it_may() {
    for (changes, code) in [
        (json!({"issuer": "https://evil.example"}), "iss_mismatch"),
        (json!({"issuer": "https://idp.example/"}), "iss_mismatch"),
        (json!({"issuer": null}), "issuer_missing"),
        (json!({"issuer": 1}), "type"),
        (json!({"token_endpoint": 1}), "type"),
        (json!({"token_endpoint": ["https://idp.example/token"]}), "type"),
        (json!({"token_endpoint": "http://idp.example/token"}), "endpoint"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), "endpoint"),
        (json!({"jwks_uri": "http://idp.example/jwks"}), "endpoint"),
        (json!({"userinfo_endpoint": "http://127.0.0.1.evil.example/"}), "endpoint"),
        (json!({"token_endpoint": null}), "missing_member"),
        (json!({"authorization_endpoint": null}), "missing_member"),
    ] {
        let idp = Idp::new();
        idp.metadata(changes.clone());
        let app = App::of(&idp, Idp::provider());
        let mut browser = Browser::new();
        assert_code(app.begin(&mut browser, "idp").await, code, &changes.to_string());
        assert_eq!((idp.http().count(), browser.cookies.len()), (1, 0), "{changes}");
    }
    let idp = Idp::new();
    idp.metadata(json!({
        "verify": false, "proxies": {"https": "http://evil.example"}, "timeout": 0, "client_id": "x",
        "client_secret": "x", "scope": "admin", "redirect_uri": "https://evil.example", "cert": "/x",
    }));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!((&*param(&url, "client_id"), &*param(&url, "scope")), (CLIENT, "openid email"));
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

#[tokio::test]
async fn refusal_e4_token_answers_that_are_none_and_what_a_quirk_reads() {
    let json = "application/json";
    let bom = "\u{feff}{\"access_token\":\"a\",\"token_type\":\"bearer\"}";
    let form = "access_token=a&token_type=bearer&scope=x";
    let rows: [(u16, &str, &str, &str, Option<&str>); 17] = [
        (200, json, "{}", "access_token_missing", None),
        (200, json, "[1]", "not_object", None),
        (200, "text/html", "<html>", "not_json", None),
        (200, json, "", "not_json", None),
        (200, json, bom, "not_json", None),
        (404, json, r#"{"message":"no"}"#, "http_status", None),
        (404, "text/html", "<html>", "http_status", None),
        (500, json, "{}", "http_status_retryable", None),
        (200, json, r#"{"token_type":"bearer"}"#, "access_token_missing", None),
        (200, json, r#"{"access_token":"","token_type":"bearer"}"#, "access_token_missing", None),
        (200, json, r#"{"access_token":1,"token_type":"bearer"}"#, "type", None),
        (200, json, r#"{"access_token":"a"}"#, "token_type_missing", Some("no_token_type")),
        (200, json, r#"{"access_token":"a","token_type":"mac"}"#, "token_type_unsupported", None),
        (200, FORM, form, "not_json", Some("form_encoded_token")),
        (200, "text/plain", form, "not_json", Some("form_encoded_token")),
        (200, json, r#"{"error":"bad_verification_code"}"#, "access_token_missing", None),
        (400, json, r#"{"error":"invalid_grant"}"#, "invalid_grant", None),
    ];
    for (status, content_type, body, code, quirk) in rows {
        let idp = Idp::new();
        idp.answer("/token", move |_| answer(status, content_type, body));
        let (app, mut browser) = (App::of(&idp, oauth2()), Browser::new());
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
        assert_code(outcome, code, body);
        assert_eq!((idp.count("/token"), browser.cookies.len()), (1, 0), "{body}: once, and taken");
        if let Some(quirk) = quirk {
            let lenient = App::of(&idp, oauth2().set(Key::Quirks, quirk));
            let login = lenient.login(&idp).await.unwrap();
            assert!(login.access_token().ct_eq("a"), "{quirk}");
            assert_eq!(login.token_type(), Some("bearer"));
        }
    }
    let idp = Idp::new();
    let body = r#"{"error":"bad_verification_code","error_description":"expired"}"#;
    idp.answer("/token", move |_| answer(200, json, body));
    let app = App::of(&idp, oauth2().set(Key::Quirks, "error_in_200"));
    let error = assert_code(app.login(&idp).await, "bad_verification_code", "by the quirk");
    assert!(matches!(error, Error::Rejected(_)));
}

#[tokio::test]
async fn refusal_e5_token_types_in_any_case_and_e9_dpop_for_a_bearer_client() {
    for (token_type, expected) in [
        ("bearer", Ok("bearer")),
        ("Bearer", Ok("bearer")),
        ("BEARER", Ok("bearer")),
        ("DPoP", Err("token_type_unsupported")),
        ("dpop", Err("token_type_unsupported")),
        ("mac", Err("token_type_unsupported")),
        ("bearer ", Err("token_type_unsupported")),
    ] {
        let idp = Idp::new();
        idp.token(json!({"token_type": token_type}));
        let outcome = App::of(&idp, Idp::provider()).login(&idp).await;
        let got = outcome.as_ref().map(|login| login.token_type().unwrap());
        assert_eq!(got.map_err(Error::code), expected, "{token_type}");
    }
}

#[tokio::test]
async fn refusal_e6_credentials_in_basic_arrive_intact_and_raw_only_by_the_quirk() {
    for (id, secret, encoded) in [
        ("client", "secret", "client:secret"),
        ("a:b", "p:w%+ x", "a%3Ab:p%3Aw%25%2B+x"),
        ("идент", "密码", "%D0%B8%D0%B4%D0%B5%D0%BD%D1%82:%E5%AF%86%E7%A0%81"),
    ] {
        let sent = async |quirks: &str| {
            let idp = Idp::new();
            let provider = oauth2().client_id(id).client_secret(secret).set(Key::Quirks, quirks);
            let app = App::new(idp.http(), |builder| builder.register("idp", provider));
            app.login(&idp).await.unwrap();
            let basic = idp.http().last().header("authorization").unwrap().to_owned();
            let basic = basic.strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(protocol_core::base64url::decode_standard(basic).unwrap()).unwrap()
        };
        assert_eq!(sent("").await, encoded);
        if !id.contains(':') {
            assert_eq!(sent("raw_basic").await, format!("{id}:{secret}"));
        }
    }
    let colon = oauth2().client_id("a:b").set(Key::Quirks, "raw_basic");
    let built = App::try_new(Http::silent(), |builder| builder.register("idp", colon));
    let error = assert_code(built, "config", "a colon ends the identifier").to_string();
    assert!(error.contains("client \"idp\""), "{error}");

    let idp = Idp::new();
    idp.answer("/token", |_| answer(401, "application/json", r#"{"error":"invalid_client"}"#));
    for (setting, hints) in [("", true), ("raw_basic", false)] {
        let app = App::of(&idp, oauth2().set(Key::Quirks, setting));
        let error = app.login(&idp).await.unwrap_err();
        let Error::Rejected(Rejection { code, hint, status: Some(401), .. }) = &error else {
            panic!("{error}")
        };
        assert_eq!(
            (&**code, hint.is_some_and(|hint| hint.contains("raw_basic"))),
            ("invalid_client", hints)
        );
        assert!(!error.to_string().contains(SECRET));
    }
}

#[tokio::test]
async fn refusal_e7_repeated_parameters_are_all_sent() {
    let idp = Idp::new();
    let provider = Idp::provider()
        .set(Key::AuthorizeParams, r#"{"resource": ["https://r.example/1", "https://r.example/2"], "audience": ["a", "b"]}"#)
        .set(Key::AccessTokenParams, "resource=https%3A%2F%2Fr.example%2F1&resource=x");
    let app = App::of(&idp, provider);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert_eq!(params(&url, "resource"), ["https://r.example/1", "https://r.example/2"]);
    assert_eq!(params(&url, "audience"), ["a", "b"]);
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
    let token = idp.http().seen().into_iter().find(|seen| seen.method == "POST").unwrap();
    let body = format!("https://x.example/?{}", token.body);
    assert_eq!(params(&body, "resource"), ["https://r.example/1", "x"]);
    // A login's own replace all of the settings' of that name.
    let options = LoginOptions::new().param("resource", "x").param("resource", "y");
    let url = app.begin_with(&mut browser, "idp", &options).await.unwrap();
    assert_eq!(params(&url, "resource"), ["x", "y"]);
}

#[tokio::test]
async fn parameters_that_the_request_sets_itself_are_refused_when_the_registry_is_built() {
    for (key, text) in [
        (Key::AuthorizeParams, "state=x"),
        (Key::AuthorizeParams, "redirect_uri=https%3A%2F%2Fevil.example"),
        (Key::AuthorizeParams, "response_type=token"),
        (Key::AuthorizeParams, "nonce=x"),
        (Key::AuthorizeParams, "code_challenge_method=plain"),
        (Key::AuthorizeParams, "client_secret=x"),
        (Key::AuthorizeParams, "prompt=login&prompt=none"),
        (Key::AccessTokenParams, "code=x"),
        (Key::AccessTokenParams, "grant_type=password"),
        (Key::AccessTokenParams, "client_secret=x"),
    ] {
        let provider = Idp::provider().set(key, text);
        let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider));
        let error = assert_code(built, "config", text).to_string();
        assert!(error.contains("client \"idp\""), "{error}");
    }
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    for name in ["state", "nonce", "redirect_uri", "client_id", "scope", "code_challenge"] {
        let options = LoginOptions::new().param(name, "evil");
        let mut browser = Browser::new();
        assert_code(app.begin_with(&mut browser, "idp", &options).await, "config", name);
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn refusal_e10_debug_and_logs_hold_no_secret_of_whole_logins() {
    let idp = Idp::new();
    idp.token(json!({"access_token": "canary-access", "refresh_token": "canary-refresh"}));
    idp.claims(json!({"email": "canary@mail.example"}));
    let http = idp.http();
    let both = Http::new(move |seen| match seen.address() {
        "https://one.example/request" => {
            Ok(answer(200, FORM, FIRST_LEG.replace("temp-", "canary-")))
        }
        "https://one.example/access" => {
            Ok(answer(200, FORM, "oauth_token=canary-tok&oauth_token_secret=canary-tok-secret"))
        }
        _ => http.answer(seen),
    });
    let secret = "canary-client-secret-of-32-bytes-or-more";
    let env = Env::from_vars([("IDP_CLIENT_SECRET", secret), ("ONE_CLIENT_SECRET", secret)]);
    let toml = Toml::text(&format!("[idp]\nclient_secret = \"{secret}\"\n")).unwrap();
    let one = oauth1().set(Key::ClientSecret, secret);
    let mut shown: Vec<String> = vec![format!("{env:?} {toml:?} {one:?}")];

    let (app, logs) = logs_of(async {
        App::new(both, |builder| {
            let builder = builder
                .source(env)
                .source(toml)
                .register("idp", Idp::provider().client_secret(secret));
            let builder = builder.register("one", one);
            shown.push(format!("{builder:?}"));
            builder
        })
    })
    .await;
    let work = async {
        let seal = Seal::from_text("K", &protocol_core::base64url::encode([7; 32])).unwrap();
        shown.push(format!("{seal:?} {:?}", app.registry));
        let mut secrets = vec!["canary".to_owned()];
        for name in ["idp", "one"] {
            let mut browser = Browser::new();
            let options = LoginOptions::new().app_data("canary-data").unwrap();
            let options = options.param("login_hint", "canary-hint").return_to("/canary").unwrap();
            shown.push(format!("{options:?}"));
            let session = app.session(&browser);
            let client = session.client(name).unwrap();
            let begun =
                client.create_authorization_url("https://app.example/cb", &options).await.unwrap();
            shown.push(format!("{begun:?} {:?}", begun.pending));
            let AuthorizationUrl { url, .. } = begun;
            let sent =
                client.authorize_redirect_with("https://app.example/cb", &options).await.unwrap();
            shown.push(format!("{sent:?} {session:?} {client:?}"));
            browser.take(&session.set_cookies());
            for value in browser.cookies.values() {
                secrets.push(value.clone());
            }
            let url = if name == "one" { url } else { sent.location().to_owned() };
            let query = match name {
                "one" => "oauth_token=canary-1&oauth_verifier=canary-verifier".to_owned(),
                _ => {
                    secrets.extend(["state", "nonce", "code_challenge"].map(|it| param(&url, it)));
                    idp.approve(&url)
                }
            };
            let callback = Callback::query(&query);
            shown.push(format!("{callback:?} {:?}", Callback::form(None, query.as_bytes())));
            shown.push(format!(
                "{:?}",
                Session::new(&app.registry, &seal, [&*browser.cookie_header()])
            ));
            let login = app.finish(&mut browser, name, callback.clone()).await.unwrap();
            shown.push(format!(
                "{login:?} {:?} {:?} {:?}",
                login.token(),
                login.claims(),
                login.checks()
            ));
            if name == "idp" {
                shown.push(format!("{:?}", login.userinfo().await.unwrap()));
                secrets.push(login.id_token().unwrap().expose().to_owned());
            }
            let again = app.finish(&mut browser, name, callback).await.unwrap_err();
            shown.push(format!("{again:?} {again}"));
            let call =
                client.get("https://idp.example/x").header("x-key", "canary").token(login.token());
            let call = call.json(&"canary");
            let answer = call.await;
            shown.push(format!("{answer:?}"));
        }
        let verifier = idp.http().seen().iter().find_map(|seen| seen.form("code_verifier"));
        secrets.extend(verifier);
        secrets
    };
    let (secrets, more) = logs_of(work).await;
    assert!(secrets.len() >= 8, "{}", secrets.len());
    shown.extend([logs, more]);
    for text in shown {
        for secret in &secrets {
            assert!(!text.contains(&**secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn refusal_e10_settings_that_are_wrong_are_named_and_secrets_among_them_not_shown() {
    for provider in [
        Provider::new().client_secret("canary").client_id("x"),
        Idp::provider().client_secret("canary").set(Key::IdTokenSignedResponseAlg, "HS256"),
        Idp::provider().set(Key::ClientKwargs, r#"{"client_secret": "canary", }"#),
        Idp::provider().set(Key::ClientKwargs, r#"{"client_secret": ["canary", {}]}"#),
        Idp::provider().set(Key::ClientKwargs, r#"{"client_secert": "canary"}"#),
        Idp::provider().set(Key::AuthorizeParams, r#"{"x": "canary""#),
    ] {
        let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider));
        let error = built.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn refusal_e12_what_a_provider_writes_is_cut_escaped_and_not_what_a_user_reads() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let hostile = format!("<script>alert(1)</script>\r\n\u{1b}[31m{}", "x".repeat(100_000));
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let state = param(&url, "state");
    let huge = "%3Cscript%3E%0D%0A%1B%5B31m".to_owned() + &"x".repeat(60_000);
    let query = format!("error=access_denied&error_description={huge}&iss={ISSUER}&state={state}");
    let by_callback = app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap_err();
    let body =
        json!({"error": "invalid_grant", "error_description": hostile, "error_uri": hostile});
    idp.answer("/token", move |_| answer(400, "application/json", body.to_string()));
    let by_answer = app.login(&idp).await.unwrap_err();
    for error in [by_callback, by_answer] {
        let text = error.to_string();
        assert!(text.len() < 5_000 && !text.contains(['\r', '\n', '\u{1b}']), "{text}");
        let told = public_message(&error);
        assert!(!told.contains('<') && told.len() < 200, "{told}");
    }
}
