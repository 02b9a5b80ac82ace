//! What a tracing subscriber is told: spans with how they ended, and no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use client_registry::{Callback, Key, Provider};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::{App, Browser, Http, ISSUER, Idp, START, answer, json_answer};

/// A span: its name, and its fields as they were last recorded.
type Span = (&'static str, BTreeMap<&'static str, String>);

/// Keeps every span, and all that is recorded at any level as one text.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    spans: Vec<Span>,
    text: String,
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>, &'a mut String);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = writeln!(self.1, "{field}={value}");
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let Heard { spans, text } = &mut *self.0.lock().unwrap();
        let mut fields = BTreeMap::new();
        span.record(&mut Fields(&mut fields, text));
        let is_ours = span.metadata().target() == "client_registry";
        spans.push((if is_ours { span.metadata().name() } else { "another's" }, fields));
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let Heard { spans, text } = &mut *self.0.lock().unwrap();
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        values.record(&mut Fields(&mut spans[at].1, text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Heard { text, .. } = &mut *self.0.lock().unwrap();
        event.record(&mut Fields(&mut BTreeMap::new(), text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The spans of this name.
fn of<'a>(spans: &'a [Span], name: &str) -> Vec<&'a BTreeMap<&'static str, String>> {
    spans.iter().filter(|(own, _)| *own == name).map(|(_, fields)| fields).collect()
}

const FORM: &str = "application/x-www-form-urlencoded";

fn oauth1() -> Provider {
    Provider::new()
        .client_id("id")
        .client_secret("canary-consumer-secret")
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access")
        .set(Key::ApiBaseUrl, "https://one.example/api/")
}

fn oauth2() -> Provider {
    Provider::new()
        .client_id("client-1")
        .client_secret("canary-client-secret")
        .set(Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(Key::AccessTokenUrl, format!("{ISSUER}/token"))
        .set(Key::ApiBaseUrl, format!("{ISSUER}/api/"))
        .set(Key::UserinfoEndpoint, "me")
}

fn openid() -> Provider {
    Idp::provider()
        .client_secret("canary-client-secret-of-32-bytes-or-more")
        .set(Key::ApiBaseUrl, format!("{ISSUER}/api/"))
        .set(Key::Userinfo, "always")
}

#[tokio::test]
async fn logins_refreshes_and_calls_are_told_and_nothing_secret_with_them() {
    let idp = Idp::new();
    idp.answer("/api/me", |_| json_answer(json!({"sub": "u1"})));
    let served = idp.http();
    let http = Http::new(move |seen| match seen.address() {
        "https://one.example/request" => Ok(answer(
            200,
            FORM,
            "oauth_token=canary-temp&oauth_token_secret=canary-temp-secret\
             &oauth_callback_confirmed=true",
        )),
        "https://one.example/access" => {
            Ok(answer(200, FORM, "oauth_token=canary-tok&oauth_token_secret=canary-tok-secret"))
        }
        "https://one.example/api/me" => Ok(json_answer(json!({"id": 1}))),
        // Refreshes come before the provider's own answers, which are for codes.
        _ if seen.form("grant_type").as_deref() == Some("refresh_token") => Ok(json_answer(
            json!({"access_token": "canary-renewed", "token_type": "bearer", "expires_in": 3600}),
        )),
        _ => served.answer(seen),
    });
    let listener = Listener::default();
    let guard = tracing::subscriber::set_default(listener.clone());
    let mut secrets: BTreeSet<String> = BTreeSet::new();
    let app = App::new(http.clone(), |builder| {
        builder.register("one", oauth1()).register("two", oauth2()).register("oidc", openid())
    });
    for name in ["one", "two", "oidc"] {
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, name).await.unwrap();
        secrets.extend(browser.cookies.values().cloned());
        let back = match name {
            "one" => "oauth_token=canary-temp&oauth_verifier=canary-verifier".to_owned(),
            _ => idp.approve(&url),
        };
        for parameter in ["state", "nonce", "code_challenge"] {
            secrets.extend(crate::common::params(&url, parameter));
        }
        let login = app.finish(&mut browser, name, Callback::query(&back)).await.unwrap();
        if name != "one" {
            login.userinfo().await.unwrap();
        }
        let client = app.registry.client(name).unwrap();
        client.get("me").token(login.token()).await.unwrap();
        secrets.insert(login.token().access_token().expose().to_owned());
        if let Some(refresh_token) = login.token().refresh_token() {
            secrets.insert(refresh_token.expose().to_owned());
            client.save_token("u", login.token()).await.unwrap();
            app.wait(3_600);
            client.fetch_token("u").await.unwrap();
        }
    }
    drop(guard);

    let Heard { spans, text } = &*listener.0.lock().unwrap();
    for (name, span) in spans {
        assert_eq!(span.get("outcome").map(String::as_str), Some("ok"), "{name} {span:?}");
    }
    let clients = |name: &str| -> Vec<&str> {
        of(spans, name).iter().map(|fields| &*fields["client"]).collect()
    };
    assert_eq!(clients("login_begin"), ["one", "two", "oidc"]);
    assert_eq!(clients("login_finish"), ["one", "two", "oidc"]);
    assert_eq!(clients("exchange"), ["one", "two", "oidc"]);
    assert_eq!(clients("refresh"), ["two", "oidc"]);
    assert_eq!(clients("userinfo"), ["two", "oidc"]);
    let protocols = of(spans, "login_begin").into_iter().map(|fields| &*fields["protocol"]);
    assert_eq!(protocols.collect::<Vec<_>>(), ["OAuth 1.0", "OAuth 2.0", "OpenID Connect"]);
    for name in ["discovery", "keys"] {
        let issuers: Vec<_> = of(spans, name).iter().map(|fields| &*fields["issuer"]).collect();
        assert!(
            !issuers.is_empty() && issuers.iter().all(|issuer| *issuer == ISSUER),
            "{issuers:?}"
        );
    }
    let calls = of(spans, "call");
    let called = ["one.example", "idp.example", "idp.example"];
    for (client, host) in ["one", "two", "oidc"].into_iter().zip(called) {
        let call = calls.iter().find(|fields| fields["client"] == client).unwrap();
        assert_eq!((&*call["host"], &*call["method"], &*call["status"]), (host, "GET", "200"));
    }

    for seen in http.seen() {
        secrets.extend(seen.header("authorization").map(str::to_owned));
        for name in ["code", "code_verifier", "refresh_token", "client_secret", "oauth_verifier"] {
            secrets.extend(seen.form(name));
        }
    }
    assert!(secrets.len() > 20, "{secrets:?}");
    for secret in secrets.iter().map(String::as_str).chain(["canary"]) {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

#[tokio::test]
async fn what_fails_is_told_by_its_stable_code() {
    let listener = Listener::default();
    let guard = tracing::subscriber::set_default(listener.clone());
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    idp.claims(json!({"exp": START - 1000}));
    app.login(&idp).await.unwrap_err();
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let state = crate::common::param(&url, "state");
    let denied = format!("error=canary&state={state}&iss={ISSUER}");
    app.finish(&mut browser, "idp", Callback::query(&denied)).await.unwrap_err();
    idp.answer("/.well-known/openid-configuration", |_| answer(500, "text/plain", "canary"));
    let fresh = App::of(&idp, Idp::provider());
    fresh.begin(&mut Browser::new(), "idp").await.unwrap_err();
    drop(guard);

    let Heard { spans, text } = &*listener.0.lock().unwrap();
    let outcomes = |name: &str| -> Vec<&str> {
        of(spans, name).iter().map(|fields| &*fields["outcome"]).collect()
    };
    assert_eq!(outcomes("login_finish"), ["expired", "rejected"]);
    assert_eq!(outcomes("login_begin"), ["ok", "ok", "http_status_retryable"]);
    assert_eq!(outcomes("discovery"), ["ok", "http_status_retryable"]);
    assert_eq!(outcomes("exchange"), ["ok"]);
    assert!(!text.contains("canary"), "{text}");
}
