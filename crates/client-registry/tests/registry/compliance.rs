//! Compliance fixes: what hooks see and change, in which order, and where they end an exchange.

use std::sync::{Arc, Mutex};

use client_registry::{
    Callback, ComplianceFix, Error, Key, LoginOptions, Provider, Token, compliance,
};
use http::header::{AUTHORIZATION, HeaderValue};
use oauth1_core::{Secrets, UnixTime, Verifier};
use serde_json::json;

use crate::common::{
    App, Browser, Http, ISSUER, Idp, START, answer, assert_code, json_answer, param, redirect,
};

/// What hooks wrote down.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A fix with every hook: each notes its kind and `mark`, and what it sees of secrets.
fn noting(notes: &Notes, mark: &'static str) -> ComplianceFix {
    let note = |kind: &'static str| {
        let notes = notes.clone();
        move |seen: &str| notes.add(format!("{kind} {mark} {seen}"))
    };
    let body = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let secrets = ["code=", "code_verifier=", "refresh_token=", "access_token", "u1@mail"];
        secrets.into_iter().filter(|secret| text.contains(secret)).collect::<Vec<_>>().join(" ")
    };
    let (a, b, c, d, e, f) = (
        note("access_token_request"),
        note("access_token_response"),
        note("refresh_token_request"),
        note("refresh_token_response"),
        note("protected_request"),
        note("userinfo_response"),
    );
    ComplianceFix::new()
        .access_token_request(move |request| {
            let basic = request.headers().get(AUTHORIZATION).map_or("", |_| "basic ");
            a(&format!("{basic}{}", body(request.body())));
            Ok(())
        })
        .access_token_response(move |answer| {
            b(&body(answer.body()));
            Ok(())
        })
        .refresh_token_request(move |request| {
            c(&body(request.body()));
            Ok(())
        })
        .refresh_token_response(move |answer| {
            d(&body(answer.body()));
            Ok(())
        })
        .protected_request(move |head| {
            let token = head.headers.contains_key(AUTHORIZATION);
            e(&format!("{} token: {token}", head.uri.path()));
            Ok(())
        })
        .userinfo_response(move |answer| {
            f(&body(answer.body()));
            Ok(())
        })
}

#[tokio::test]
async fn hooks_run_in_the_documented_order_and_see_what_the_table_says() {
    let (idp, notes) = (Idp::new(), Notes::default());
    let provider = Idp::provider()
        .set(Key::Userinfo, "always")
        .set(Key::ApiBaseUrl, format!("{ISSUER}/api"))
        .set(Key::ApiHosts, "idp.example")
        .compliance_fix(noting(&notes, "1"))
        .compliance_fix(noting(&notes, "2"));
    assert_eq!(
        format!("{:?}", noting(&notes, "1")),
        "{\"access_token_request\": 1, \"access_token_response\": 1, \
         \"refresh_token_request\": 1, \"refresh_token_response\": 1, \
         \"protected_request\": 1, \"userinfo_response\": 1}"
    );
    let app = App::of(&idp, provider);
    let login = app.login(&idp).await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "access_token_request 1 basic code= code_verifier=",
            "access_token_request 2 basic code= code_verifier=",
            "access_token_response 1 access_token",
            "access_token_response 2 access_token",
        ]
    );

    login.userinfo().await.unwrap();
    assert_eq!(idp.http().last().header("authorization"), Some("Bearer access-code-1"));
    assert_eq!(
        notes.take(),
        [
            "protected_request 1 /userinfo token: false",
            "protected_request 2 /userinfo token: false",
            "userinfo_response 1 u1@mail",
            "userinfo_response 2 u1@mail",
        ]
    );

    login.save_for("u1").await.unwrap();
    idp.answer("/token", |_| json_answer(json!({"access_token": "new", "token_type": "Bearer"})));
    idp.answer("/api/me", |_| answer(200, "application/json", "[1]"));
    app.wait(3600);
    let client = app.registry.client("idp").unwrap();
    client.for_user("u1").get("me").await.unwrap();
    assert_eq!(idp.http().last().header("authorization"), Some("Bearer new"));
    assert_eq!(
        notes.take(),
        [
            "refresh_token_request 1 refresh_token=",
            "refresh_token_request 2 refresh_token=",
            "refresh_token_response 1 access_token",
            "refresh_token_response 2 access_token",
            "protected_request 1 /api/me token: false",
            "protected_request 2 /api/me token: false",
        ]
    );

    client.fetch_service_token().await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "access_token_request 1 basic ",
            "access_token_request 2 basic ",
            "access_token_response 1 access_token",
            "access_token_response 2 access_token",
        ]
    );
    client.get("me").withhold_token().await.unwrap();
    assert_eq!(notes.take(), [""; 0], "a call without a token is not protected");
}

#[tokio::test]
async fn what_hooks_change_is_what_is_sent_and_read() {
    let idp = Idp::new();
    idp.token(json!({"access_token": null, "token_type": null, "token": "mended"}));
    idp.answer("/userinfo", |seen| {
        assert_eq!(seen.header("x-api-version"), Some("7"));
        assert!(seen.url.ends_with("/userinfo?fields=all"), "{}", seen.url);
        json_answer(json!({"user": {"sub": "u1", "email": "u1@mail.example"}}))
    });
    let fix = ComplianceFix::new()
        .access_token_request(|request| {
            request.headers_mut().insert("x-tenant", HeaderValue::from_static("main"));
            compliance::edit_form(request, |form| {
                form.retain(|(name, _)| name != "redirect_uri");
                form.push(("audience".to_owned(), "a b".to_owned()));
            })
        })
        .access_token_response(|answer| {
            compliance::edit_json(answer, |members| {
                let token = members.remove("token").unwrap_or_default();
                members.insert("access_token".to_owned(), token);
                members.insert("token_type".to_owned(), "bearer".into());
            })
        })
        .protected_request(|head| {
            head.headers.insert("x-api-version", HeaderValue::from_static("7"));
            head.uri = format!("{}?fields=all", head.uri).parse().unwrap();
            Ok(())
        })
        .userinfo_response(|answer| {
            compliance::edit_json(answer, |members| {
                if let Some(serde_json::Value::Object(user)) = members.remove("user") {
                    *members = user;
                }
            })
        });
    let provider = Idp::provider().set(Key::Userinfo, "always").compliance_fix(fix);
    let app = App::of(&idp, provider);
    let login = app.login(&idp).await.unwrap();
    assert!(login.token().access_token().ct_eq("mended"));
    let seen = idp.http().seen();
    let exchange = seen.iter().find(|seen| seen.address().ends_with("/token")).unwrap();
    assert_eq!(exchange.header("x-tenant"), Some("main"));
    assert_eq!(exchange.form("audience").as_deref(), Some("a b"));
    assert_eq!(exchange.form("redirect_uri"), None);
    let user = login.userinfo().await.unwrap();
    assert_eq!(user.email().unwrap().address, "u1@mail.example");
    assert_eq!(idp.http().last().header("authorization"), Some("Bearer mended"));
}

#[tokio::test]
async fn what_a_hook_leaves_is_checked_like_any_answer() {
    let idp = Idp::new();
    let fix = ComplianceFix::new().access_token_response(|answer| {
        compliance::edit_json(answer, |members| drop(members.remove("id_token")))
    });
    let app = App::of(&idp, Idp::provider().compliance_fix(fix));
    assert_code(app.login(&idp).await, "id_token_missing", "a hook takes the ID token away");

    let stranger = ComplianceFix::new().userinfo_response(|answer| {
        compliance::edit_json(answer, |members| drop(members.insert("sub".into(), "u2".into())))
    });
    let provider = Idp::provider().set(Key::Userinfo, "always").compliance_fix(stranger);
    let login = App::of(&idp, provider).login(&idp).await.unwrap();
    assert_code(login.userinfo().await, "sub_mismatch", "a hook names another user");
}

#[tokio::test]
async fn a_hooks_error_ends_the_exchange_and_nothing_is_sent() {
    let wrong = || Err(Error::config("our fix", "cannot be applied"));
    let refused = || {
        let refusal = client_registry::Rejection::new("access_denied");
        Err(Error::Rejected(refusal.explained(Some("the body says so".into()), None)))
    };
    let idp = Idp::new();
    let fix = ComplianceFix::new().access_token_request(move |_| wrong());
    let error = assert_code(
        App::of(&idp, Idp::provider().compliance_fix(fix)).login(&idp).await,
        "config",
        "before the exchange",
    );
    assert_eq!(error.to_string(), "our fix: cannot be applied");
    assert_eq!(idp.count("/token"), 0);

    let fix = ComplianceFix::new().access_token_response(move |_| refused());
    let outcome = App::of(&idp, Idp::provider().compliance_fix(fix)).login(&idp).await;
    assert_eq!(assert_code(outcome, "access_denied", "after it").status(), 401);

    let fix = ComplianceFix::new()
        .protected_request(move |_| wrong())
        .refresh_token_response(|answer| compliance::edit_json(answer, |_| {}));
    let provider = Idp::provider().set(Key::ApiBaseUrl, ISSUER).compliance_fix(fix);
    let app = App::of(&idp, provider);
    let client = app.registry.client("idp").unwrap();
    let before = app.requests();
    let call = client.get("me").token(&Token::bearer("t")).await;
    assert_code(call, "config", "before a call");
    assert_eq!(app.requests(), before);

    app.login(&idp).await.unwrap().save_for("u1").await.unwrap();
    app.wait(3600);
    idp.answer("/token", |_| answer(200, "text/html", "<html>canary"));
    let error = assert_code(client.fetch_token("u1").await, "not_json", "a page for a token");
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn no_hook_can_send_secrets_to_another_origin() {
    for elsewhere in [
        "https://evil.example/token",
        "http://idp.example/token",
        "https://idp.example:8443/token",
        "/token",
    ] {
        let idp = Idp::new();
        let turn = move |uri: &mut http::Uri| {
            *uri = elsewhere.parse().unwrap();
            Ok(())
        };
        let fix = ComplianceFix::new()
            .access_token_request(move |request| turn(request.uri_mut()))
            .protected_request(move |head| turn(&mut head.uri));
        let provider = Idp::provider().set(Key::ApiBaseUrl, ISSUER).compliance_fix(fix);
        let app = App::of(&idp, provider);
        let error = assert_code(app.login(&idp).await, "config", elsewhere).to_string();
        assert!(error.contains("compliance fix access_token_request"), "{error}");
        let client = app.registry.client("idp").unwrap();
        let call = client.get("me").token(&Token::bearer("t")).await;
        let error = assert_code(call, "config", elsewhere).to_string();
        assert!(error.contains("compliance fix protected_request"), "{error}");
        assert_eq!((idp.count("/token"), idp.count("/me")), (0, 0));
    }
}

#[tokio::test]
async fn what_a_hook_adds_does_not_follow_a_redirect_to_a_stranger() {
    let http = Http::new(|seen| {
        Ok(match &*seen.url {
            "https://api.example/a" => redirect(302, "https://api.example/b"),
            "https://api.example/b" => redirect(302, "https://cdn.example/c"),
            "https://cdn.example/c" => answer(200, "text/plain", "c"),
            other => panic!("{other}"),
        })
    });
    let fix = ComplianceFix::new().protected_request(|head| {
        head.headers.insert("x-key", HeaderValue::from_static("canary"));
        Ok(())
    });
    let provider = Idp::provider().set(Key::ApiBaseUrl, "https://api.example/");
    let app = App::new(http.clone(), |b| b.register("idp", provider.compliance_fix(fix)));
    let client = app.registry.client("idp").unwrap();
    client.get("a").token(&Token::bearer("t")).await.unwrap();
    let sent: Vec<_> = http.seen().iter().map(|seen| seen.header("x-key").is_some()).collect();
    assert_eq!(sent, [true, true, false]);
}

#[tokio::test]
async fn a_profile_without_openid_connect_is_mended_too() {
    let http = Http::new(|seen| {
        Ok(match seen.address() {
            "https://forum.example/token" => {
                json_answer(json!({"access_token": "t", "token_type": "bearer"}))
            }
            "https://forum.example/me" => answer(200, "text/javascript", "while(1);{\"id\":7}"),
            other => panic!("{other}"),
        })
    });
    let forum = Provider::new()
        .client_id("id")
        .client_secret("s")
        .set(Key::AuthorizeUrl, "https://forum.example/authorize")
        .set(Key::AccessTokenUrl, "https://forum.example/token")
        .set(Key::UserinfoEndpoint, "https://forum.example/me")
        .profile([("sub", "/id"), ("picture", "https://forum.example/avatars/{/id}.png")]);
    let fix = ComplianceFix::new().userinfo_response(|answer| {
        let guard = b"while(1);";
        if answer.body().starts_with(guard) {
            answer.body_mut().drain(..guard.len());
        }
        Ok(())
    });
    for (provider, outcome) in [(forum.clone(), None), (forum.compliance_fix(fix), Some("7"))] {
        let app = App::new(http.clone(), |b| b.register("forum", provider));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "forum").await.unwrap();
        let callback = Callback::query(&format!("code=c&state={}", param(&url, "state")));
        let login = app.finish(&mut browser, "forum", callback).await.unwrap();
        match (login.userinfo().await, outcome) {
            (Ok(user), Some(sub)) => {
                assert_eq!(user.sub(), sub);
                assert_eq!(user.picture(), Some("https://forum.example/avatars/7.png"));
            }
            (outcome, _) => drop(assert_code(outcome, "not_json", "unmended")),
        }
    }
}

#[tokio::test]
async fn oauth1_signs_what_a_hook_changed() {
    let http = Http::new(|seen| {
        Ok(match seen.address() {
            "https://one.example/initiate" => answer(
                200,
                "text/plain",
                "oauth_token=t1&oauth_token_secret=s1&oauth_callback_confirmed=true",
            ),
            "https://one.example/token" => {
                assert_eq!(seen.header("x-app"), Some("a"));
                answer(200, "text/plain", "key=t2&secret=s2")
            }
            "https://one.example/me" => json_answer(json!({"id": "u1"})),
            other => panic!("{other}"),
        })
    });
    let fix = ComplianceFix::new()
        .access_token_request(|request| {
            request.headers_mut().insert("x-app", HeaderValue::from_static("a"));
            Ok(())
        })
        .access_token_response(|answer| {
            *answer.body_mut() = b"oauth_token=t2&oauth_token_secret=s2".to_vec();
            Ok(())
        })
        .protected_request(|head| {
            head.uri = format!("{}?format=json", head.uri).parse().unwrap();
            Ok(())
        });
    let provider = Provider::new()
        .client_id("key")
        .client_secret("secret")
        .set(Key::RequestTokenUrl, "https://one.example/initiate")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/token")
        .set(Key::UserinfoEndpoint, "https://one.example/me")
        .compliance_fix(fix);
    let app = App::new(http.clone(), |b| b.register("one", provider));
    let mut browser = Browser::new();
    app.begin_with(&mut browser, "one", &LoginOptions::new()).await.unwrap();
    let callback = Callback::query("oauth_token=t1&oauth_verifier=v");
    let login = app.finish(&mut browser, "one", callback).await.unwrap();
    assert_eq!(login.userinfo().await.unwrap().sub(), "u1");

    let seen = http.last();
    assert_eq!(seen.url, "https://one.example/me?format=json");
    let request = http::Request::get(&seen.url)
        .header(AUTHORIZATION, seen.header("authorization").unwrap())
        .body(Vec::new())
        .unwrap();
    let verifier = Verifier::new();
    let secrets = Secrets::of_client("secret").with_token("s2");
    let parsed = verifier.parse(&request).unwrap();
    verifier.verify(&parsed, Some(&secrets), UnixTime::from_seconds(START)).unwrap();
}
