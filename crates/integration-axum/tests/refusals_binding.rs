//! What ties a callback to the login of one browser (rows D of the table of refusals), through the
//! layer and the extractors, by all three protocols.

mod common;

use axum::body::Body;
use axum::http::header::{LOCATION, ORIGIN};
use axum::http::{Request, Response};
use common::{App, Browser, CLIENTS, Delivery, HTTPS, WITH_STATE, builder, router};
use demo_provider::Fault;
use integration_axum::client_registry::{self, BoxFuture, HttpClient, HttpError, Reason};
use integration_axum::{Key, Provider, Seal};

#[tokio::test]
async fn refusal_d1_a_callback_in_a_browser_that_did_not_begin_the_login() {
    let app = App::new().await;
    for client in CLIENTS {
        let mut victim = Browser::default();
        let delivery = victim.approved(&app, client).await;

        let mut other = Browser::default();
        assert_eq!(other.refused(&app, &delivery).await, "state_mismatch", "{client}");
        other.approved(&app, client).await;
        assert_eq!(other.refused(&app, &delivery).await, "state_mismatch", "{client}");
        assert_eq!(other.cookies.len(), 1, "{client}: its own login is untouched");

        victim.completes(&app, &delivery).await;
    }
}

#[tokio::test]
async fn refusal_d2_state_missing_empty_or_anothers_leaves_the_login_as_it_was() {
    let app = App::new().await;
    for client in WITH_STATE {
        let (mut browser, mut other) = (Browser::default(), Browser::default());
        let delivery = browser.approved(&app, client).await;
        let anothers = other.approved(&app, client).await.param("state");
        let cases: [(&[&str], &str); 5] = [
            (&[], "state_missing"),
            (&[""], "state_missing"),
            (&["nonsense"], "state_mismatch"),
            (&[&anothers], "state_mismatch"),
            (&[&anothers, &anothers], "duplicate_param"),
        ];
        for (states, code) in cases {
            let wrong = delivery.with("state", states);
            let answer = browser.deliver(&app, &wrong).await;
            assert_eq!((answer.status, &*answer.code()), (400, code), "{client}: {states:?}");
        }
        browser.completes(&app, &delivery).await;
    }
}

#[tokio::test]
async fn refusal_d2_state_twice_replayed_or_expired() {
    let app = App::new().await;
    for client in WITH_STATE {
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        let state = delivery.param("state");
        let twice = delivery.with("state", &[&state, &state]);
        assert_eq!(browser.refused(&app, &twice).await, "duplicate_param", "{client}");
    }
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        let mut kept = browser.clone();
        browser.completes(&app, &delivery).await;
        assert!(browser.cookies.is_empty(), "{client}");
        assert_eq!(browser.refused(&app, &delivery).await, "state_mismatch", "{client}");
        assert_eq!(kept.refused(&app, &delivery).await, "login_replayed", "{client}");

        let delivery = browser.approved(&app, client).await;
        app.later(3605);
        assert_eq!(browser.refused(&app, &delivery).await, "login_expired", "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
        app.later(0);
        let again = browser.approved(&app, client).await;
        browser.completes(&app, &again).await;
    }
}

#[tokio::test]
async fn refusal_d3_a_login_delivered_to_another_clients_callback() {
    let app = App::new().await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        for other in CLIENTS.into_iter().filter(|other| *other != client) {
            let code = browser.refused(&app, &delivery.to(other)).await;
            let expected = match (client, other) {
                ("posted", "oauth1") => "response_mode_mismatch",
                // What names a login in one protocol is no name in the other.
                ("oauth1", _) | (_, "oauth1") => "state_missing",
                _ => "wrong_client",
            };
            assert_eq!(code, expected, "{client} to {other}");
        }
        browser.completes(&app, &delivery).await;
    }
}

#[tokio::test]
async fn refusal_d4_iss_wrong_or_missing_where_metadata_promises_it() {
    let app = App::new().await;
    for client in ["openid", "posted"] {
        for (fault, status, code) in [
            (Fault::CallbackIssWrong, 401, "iss_mismatch"),
            (Fault::CallbackIssAbsent, 400, "iss_missing"),
        ] {
            app.provider.set_fault(Some(fault));
            let mut browser = Browser::default();
            let delivery = browser.approved(&app, client).await;
            let before = app.exchanges();
            let answer = browser.deliver(&app, &delivery).await;
            assert_eq!((answer.status, &*answer.code()), (status, code), "{client}");
            assert_eq!(app.exchanges(), before, "{client}: the code stays here");

            app.provider.set_fault(None);
            let again = browser.approved(&app, client).await;
            browser.completes(&app, &again).await;
        }
    }
}

#[tokio::test]
async fn refusal_d5_errors_bound_to_a_login_take_it_and_others_take_nothing() {
    let app = App::new().await;
    for client in WITH_STATE {
        for (code, status) in
            [("access_denied", 401), ("login_required", 401), ("server_error", 502), ("x_odd", 502)]
        {
            let mut browser = Browser::default();
            let error = browser.approved(&app, client).await.refused(code);
            let error = error.with("error_description", &["because"]);
            let error = error.with("error_uri", &["https://idp.example/why"]);
            let before = app.exchanges();

            for states in [&[][..], &["nonsense"][..]] {
                let unbound = error.with("state", states);
                let answer = browser.deliver(&app, &unbound).await;
                assert_eq!(answer.status, 400, "{client} {states:?}");
                let carried = match answer.error {
                    Some(client_registry::Error::Unverified(
                        Reason::StateMismatch { error: Some(error) }
                        | Reason::ErrorWithoutState { error },
                    )) => error,
                    other => panic!("{client} {states:?}: {other:?}"),
                };
                assert_eq!(carried, code, "as untrusted text");
                assert_eq!(browser.cookies.len(), 1, "{client}: nothing is taken");
            }

            let mut kept = browser.clone();
            let answer = browser.deliver(&app, &error).await;
            assert_eq!((answer.status, &*answer.code()), (status, code), "{client}");
            let Some(client_registry::Error::Rejected(rejection)) = answer.error else {
                panic!("{client}: a rejection")
            };
            assert_eq!(rejection.description.as_deref(), Some("because"));
            assert_eq!(rejection.uri.as_deref(), Some("https://idp.example/why"));
            assert!(browser.cookies.is_empty(), "{client}: the login is taken");
            assert_eq!(kept.refused(&app, &error).await, "login_replayed");
            assert_eq!(app.exchanges(), before, "{client}");
        }
    }
}

#[tokio::test]
async fn refusal_d6_a_code_twice_a_token_in_the_query_a_response_in_the_wrong_place() {
    let app = App::new().await;
    for client in WITH_STATE {
        for case in
            ["code twice", "two codes", "no code", "empty code", "elsewhere", "a token", "JARM"]
        {
            let mut browser = Browser::default();
            let good = browser.approved(&app, client).await;
            let code = good.param("code");
            let (wrong, expected) = match case {
                "code twice" => (good.with("code", &[&code, &code]), "duplicate_param"),
                "two codes" => (good.with("code", &[&code, "another"]), "duplicate_param"),
                "no code" => (good.with("code", &[]), "code_missing"),
                "empty code" => (good.with("code", &[""]), "code_missing"),
                "elsewhere" => (good.by_the_other_way(), "response_mode_mismatch"),
                "a token" => (good.with("access_token", &["t"]), "response_mode_mismatch"),
                _ => (good.with("response", &["a.b.c"]), "unexpected_jarm"),
            };
            if (client, case) == ("posted", "a token") {
                // In a body, where nothing leaks, it is an answer to nothing that was asked.
                browser.completes(&app, &wrong).await;
                continue;
            }
            assert_eq!(browser.refused(&app, &wrong).await, expected, "{client}: {case}");
        }
    }
}

#[tokio::test]
async fn refusal_d7_two_tabs_and_three_providers_in_one_browser_all_complete() {
    let app = App::new().await;
    for backwards in [false, true] {
        let mut browser = Browser::default();
        let mut deliveries = Vec::new();
        for client in ["oauth1", "oauth2", "openid"] {
            for _tab in 0..2 {
                deliveries.push(browser.approved(&app, client).await);
            }
        }
        assert_eq!(browser.cookies.len(), 6);
        if backwards {
            deliveries.reverse();
        }
        for delivery in &deliveries {
            browser.completes(&app, delivery).await;
        }
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn refusal_d8_oauth_1_callbacks_that_are_not_ours_or_bring_no_verifier() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let good = browser.approved(&app, "oauth1").await;
    for (wrong, code) in [
        (good.with("oauth_token", &["nonsense"]), "state_mismatch"),
        (good.with("oauth_token", &[]), "state_missing"),
        (good.with("oauth_token", &[""]), "state_mismatch"),
        (good.with("oauth_token", &[&good.param("oauth_token"), "x"]), "duplicate_param"),
        (good.with("oauth_verifier", &["a", "b"]), "duplicate_param"),
        (good.by_the_other_way(), "response_mode_mismatch"),
    ] {
        assert_eq!(browser.refused(&app, &wrong).await, code, "{wrong:?}");
        assert_eq!(browser.cookies.len(), 1, "{wrong:?}: nothing is taken");
    }
    for verifiers in [&[][..], &[""][..]] {
        let mut browser = Browser::default();
        let without = browser.approved(&app, "oauth1").await.with("oauth_verifier", verifiers);
        assert_eq!(browser.refused(&app, &without).await, "verifier_missing");
    }
    // Parameters that name our secrets are data beside the record.
    let mut more = good.clone();
    for name in
        ["oauth_token_secret", "token_secret", "client_id", "redirect_uri", "oauth_callback"]
    {
        more = more.with(name, &["forged"]);
    }
    let login = browser.completes(&app, &more).await;
    assert_eq!(login["extra"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn refusal_d8_temporary_credentials_that_do_not_confirm_the_callback() {
    for (confirmed, begins) in [
        ("&oauth_callback_confirmed=true", true),
        ("&oauth_callback_confirmed=false", false),
        ("&oauth_callback_confirmed=", false),
        ("", false),
    ] {
        for (quirk, begins) in [("", begins), ("no_callback_confirmed", true)] {
            let settings = Provider::new()
                .client_id("id")
                .client_secret("s")
                .set(Key::RequestTokenUrl, "https://idp.example/request")
                .set(Key::AuthorizeUrl, "https://idp.example/authorize")
                .set(Key::AccessTokenUrl, "https://idp.example/access")
                .set(Key::Quirks, quirk);
            let registry = integration_axum::OAuth::builder()
                .public_url(HTTPS)
                .unwrap()
                .register("oauth1", settings)
                .http(Answering(format!("oauth_token=t&oauth_token_secret=canary{confirmed}")))
                .build()
                .unwrap();
            let router = router(registry, Seal::generate());
            let mut browser = Browser::default();
            let answer = browser.send(&router, Request::get("/login/oauth1"), Body::empty()).await;
            let status = if begins { 303 } else { 502 };
            assert_eq!(answer.status, status, "{confirmed} {quirk}: {answer:?}");
            assert_eq!(browser.cookies.len(), usize::from(begins));
        }
    }
}

/// A server that answers everything with one form.
struct Answering(String);

impl HttpClient for Answering {
    fn send(
        &self,
        _request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        Box::pin(async { Ok(Response::new(self.0.clone().into_bytes())) })
    }
}

#[tokio::test]
async fn refusal_d9_return_to_on_another_host() {
    let app = App::new().await;
    for next in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%5C%5Cevil.example",
        "%2F%09%2Fevil.example",
        "javascript%3Aalert(1)",
        "evil.example",
    ] {
        let mut browser = Browser::default();
        let answer = browser.get(&app, &format!("/login/oauth2?next={next}")).await;
        assert_eq!((answer.status, &*answer.code()), (400, "not_a_local_path"), "{next}");
        assert!(!answer.headers.contains_key(LOCATION), "{next}");
        assert!(browser.cookies.is_empty(), "{next}");
    }
    let mut browser = Browser::default();
    let answer = browser.get(&app, "/login/oauth2?next=%2Faccount%3Ftab%3D2").await;
    let delivery = app.at_provider(answer.headers[LOCATION].to_str().unwrap()).await;
    assert_eq!(browser.completes(&app, &delivery).await["return_to"], "/account?tab=2");
}

#[tokio::test]
async fn refusal_d10_cookies_altered_cut_moved_or_sealed_by_an_unknown_key() {
    let app = App::new().await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        let (name, value) = browser.cookies.first_key_value().unwrap();
        let (name, value) = (name.clone(), value.clone());
        let mut wrong = vec![String::new(), "é".into(), format!("{value}A"), format!("{value}=")];
        for at in (0..value.len()).step_by(value.len() / 12) {
            let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
            wrong.push(format!("{}{other}{}", &value[..at], &value[at + 1..]));
            wrong.push(value[..at].to_owned());
        }
        for wrong in wrong {
            let mut browser = Browser::default();
            browser.cookies.insert(name.clone(), wrong.clone());
            assert_eq!(browser.refused(&app, &delivery).await, "state_mismatch", "{wrong}");
        }
        // Another login's cookie under this one's name.
        let mut other = Browser::default();
        other.approved(&app, client).await;
        let (_, others) = other.cookies.pop_first().unwrap();
        other.cookies.insert(name.clone(), others);
        assert_eq!(other.refused(&app, &delivery).await, "state_mismatch", "moved to {name}");
        // This one's under another name.
        let mut renamed = Browser::default();
        renamed.cookies.insert(format!("{name}x"), value.clone());
        renamed.cookies.insert(name.replace("__Host-", ""), value.clone());
        assert_eq!(renamed.refused(&app, &delivery).await, "state_mismatch", "moved from {name}");

        browser.completes(&app, &delivery).await;
    }
    // The same application with another key.
    let registry = builder(HTTPS, &app.provider).build().unwrap();
    let restarted = router(registry, Seal::generate());
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(&app, "openid").await;
    let request = Request::get(format!("/authorize/{client}?{params}"));
    let answer = browser.send(&restarted, request, Body::empty()).await;
    assert_eq!((answer.status, &*answer.code()), (400, "state_mismatch"));
}

#[tokio::test]
async fn refusal_d12_oauth_1_denials_are_the_users_no_and_take_the_login() {
    let app = App::new().await;
    for how in ["denied", "oauth_problem", "oauth_problem alone", "oauth_verifier"] {
        let mut browser = Browser::default();
        let good = browser.approved(&app, "oauth1").await;
        let token = good.param("oauth_token");
        let bare = good.with("oauth_verifier", &[]);
        let no = match how {
            "denied" => bare.with("oauth_token", &[]).with("denied", &[&token]),
            "oauth_problem" => bare.with("oauth_problem", &["user_refused"]),
            "oauth_problem alone" => {
                bare.with("oauth_token", &[]).with("oauth_problem", &["user_refused"])
            }
            _ => good.with("oauth_verifier", &["denied"]),
        };
        let mut kept = browser.clone();
        let before = app.exchanges();
        let answer = browser.deliver(&app, &no).await;
        assert_eq!((answer.status, &*answer.code()), (401, "access_denied"), "{how}");
        assert!(browser.cookies.is_empty(), "{how}: the login is taken");
        assert_eq!(kept.refused(&app, &no).await, "login_replayed", "{how}");
        assert_eq!(app.exchanges(), before, "{how}");
        assert_eq!(Browser::default().refused(&app, &no).await, "state_mismatch", "{how}");
    }
}

#[tokio::test]
async fn refusal_d13_a_login_begun_by_another_site() {
    let app = App::new().await;
    // By GET, all that comes of it is a redirect to the provider.
    let request = Request::get("/login/openid").header("sec-fetch-site", "cross-site");
    let mut browser = Browser::default();
    let answer = browser.send(&app.router, request, Body::empty()).await;
    assert_eq!((answer.status, app.exchanges()), (303, 0));
    assert!(answer.headers[LOCATION].to_str().unwrap().starts_with(app.provider.base_url()));

    // Where only our own pages may begin one, by POST.
    let evil = Some("https://evil.example");
    for (origin, site, ours) in [
        (Some(HTTPS), None, true),
        (Some(HTTPS), Some("same-origin"), true),
        (None, Some("same-origin"), true),
        (evil, None, false),
        (evil, Some("cross-site"), false),
        (evil, Some("same-origin"), false),
        (Some(HTTPS), Some("cross-site"), false),
        (Some("http://app.example"), None, false),
        (Some("https://app.example:8443"), None, false),
        (Some("https://app.example.evil.example"), None, false),
        (Some("https://sub.app.example"), Some("same-site"), false),
        (Some("null"), None, false),
        (Some(""), None, false),
        (None, Some("cross-site"), false),
        (None, Some("same-site"), false),
        (None, Some("none"), false),
        (None, None, false),
    ] {
        let mut request = Request::post("/start/openid");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let mut browser = Browser::default();
        let answer = browser.send(&app.router, request, Body::empty()).await;
        assert_eq!(answer.status, if ours { 303 } else { 400 }, "{origin:?} {site:?}");
        assert_eq!(browser.cookies.len(), usize::from(ours), "{origin:?} {site:?}");
        if !ours {
            assert_eq!(answer.code(), "cross_site");
        }
    }
    let answer = Browser::default().get(&app, "/start/openid").await;
    assert_eq!(answer.status, 405, "a GET begins nothing there");
}
