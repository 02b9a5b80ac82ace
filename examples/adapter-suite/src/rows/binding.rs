//! What ties a callback to the login of one browser: rows D of the table of refusals.

use std::sync::Arc;

use client_registry::Seal;
use demo_provider::Fault;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::browser::{Asked, Browser, Delivery};
use crate::site::{CLIENTS, HTTPS, Site, WITH_STATE};

pub(super) async fn refusal_d1_a_callback_in_a_browser_that_did_not_begin_the_login(site: &Site) {
    for client in CLIENTS {
        let mut victim = Browser::default();
        let delivery = victim.approved(site, client).await;

        let mut other = Browser::default();
        assert_eq!(other.refused(site, &delivery).await, "state_mismatch", "{client}");
        other.approved(site, client).await;
        assert_eq!(other.refused(site, &delivery).await, "state_mismatch", "{client}");
        assert_eq!(other.cookies.len(), 1, "{client}: its own login is untouched");

        victim.completes(site, &delivery).await;
    }
}

/// With every store: the cookie, and a cache to which the cookie holds a ticket.
pub(super) async fn refusals_d1_d2_d5_d10_with_logins_in_a_cache(site: &Site) {
    let site = Site::with_cache(site.framework).await;
    refusal_d1_a_callback_in_a_browser_that_did_not_begin_the_login(&site).await;
    refusal_d2_state_missing_empty_or_anothers_leaves_the_login_as_it_was(&site).await;
    refusal_d2_state_twice_replayed_or_expired(&site).await;
    refusal_d5_errors_bound_to_a_login_take_it_and_others_take_nothing(&site).await;
    refusal_d10_cookies_altered_cut_moved_or_sealed_by_an_unknown_key(&site).await;
}

pub(super) async fn refusal_d2_state_missing_empty_or_anothers_leaves_the_login_as_it_was(
    site: &Site,
) {
    for client in WITH_STATE {
        let (mut browser, mut other) = (Browser::default(), Browser::default());
        let delivery = browser.approved(site, client).await;
        let anothers = other.approved(site, client).await.param("state");
        let cases: [(&[&str], &str); 5] = [
            (&[], "state_missing"),
            (&[""], "state_missing"),
            (&["nonsense"], "state_mismatch"),
            (&[&anothers], "state_mismatch"),
            (&[&anothers, &anothers], "duplicate_param"),
        ];
        for (states, code) in cases {
            let wrong = delivery.with("state", states);
            let answer = browser.deliver(site, &wrong).await;
            assert_eq!((answer.status, &*answer.code()), (400, code), "{client}: {states:?}");
        }
        browser.completes(site, &delivery).await;
    }
}

pub(super) async fn refusal_d2_state_twice_replayed_or_expired(site: &Site) {
    for client in WITH_STATE {
        let mut browser = Browser::default();
        let delivery = browser.approved(site, client).await;
        let state = delivery.param("state");
        let twice = delivery.with("state", &[&state, &state]);
        assert_eq!(browser.refused(site, &twice).await, "duplicate_param", "{client}");
    }
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(site, client).await;
        let mut kept = browser.clone();
        browser.completes(site, &delivery).await;
        assert!(browser.cookies.is_empty(), "{client}");
        assert_eq!(browser.refused(site, &delivery).await, "state_mismatch", "{client}");
        assert_eq!(kept.refused(site, &delivery).await, "login_replayed", "{client}");

        let delivery = browser.approved(site, client).await;
        site.later(3605);
        assert_eq!(browser.refused(site, &delivery).await, "login_expired", "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
        site.later(0);
        let again = browser.approved(site, client).await;
        browser.completes(site, &again).await;
    }
}

pub(super) async fn refusal_d3_a_login_delivered_to_another_clients_callback(site: &Site) {
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(site, client).await;
        for other in CLIENTS.into_iter().filter(|other| *other != client) {
            let code = browser.refused(site, &delivery.to(other)).await;
            let expected = match (client, other) {
                ("posted", "oauth1") => "response_mode_mismatch",
                // What names a login in one protocol is no name in the other.
                ("oauth1", _) | (_, "oauth1") => "state_missing",
                _ => "wrong_client",
            };
            assert_eq!(code, expected, "{client} to {other}");
        }
        browser.completes(site, &delivery).await;
    }
}

pub(super) async fn refusal_d4_iss_wrong_or_missing_where_metadata_promises_it(site: &Site) {
    for client in ["openid", "posted"] {
        for (fault, status, code) in [
            (Fault::CallbackIssWrong, 401, "iss_mismatch"),
            (Fault::CallbackIssAbsent, 400, "iss_missing"),
        ] {
            site.provider.set_fault(Some(fault));
            let mut browser = Browser::default();
            let delivery = browser.approved(site, client).await;
            let before = site.exchanges();
            let answer = browser.deliver(site, &delivery).await;
            assert_eq!((answer.status, &*answer.code()), (status, code), "{client}");
            assert_eq!(site.exchanges(), before, "{client}: the code stays here");

            site.provider.set_fault(None);
            let again = browser.approved(site, client).await;
            browser.completes(site, &again).await;
        }
    }
}

pub(super) async fn refusal_d5_errors_bound_to_a_login_take_it_and_others_take_nothing(
    site: &Site,
) {
    for client in WITH_STATE {
        for (code, status) in
            [("access_denied", 401), ("login_required", 401), ("server_error", 502), ("x_odd", 502)]
        {
            let mut browser = Browser::default();
            let error = browser.approved(site, client).await.refused(code);
            let error = error.with("error_description", &["because"]);
            let error = error.with("error_uri", &["https://idp.example/why"]);
            let before = site.exchanges();

            for states in [&[][..], &["nonsense"][..]] {
                let unbound = error.with("state", states);
                let answer = browser.deliver(site, &unbound).await;
                assert_eq!(answer.status, 400, "{client} {states:?}");
                let unbound = ["state_mismatch", "state_missing"];
                assert!(unbound.contains(&&*answer.code()), "{client} {states:?}: {answer:?}");
                let text = answer.error("text").expect("a text");
                assert!(text.contains(code), "{text}: as untrusted text");
                assert_eq!(browser.cookies.len(), 1, "{client}: nothing is taken");
            }

            let mut kept = browser.clone();
            let answer = browser.deliver(site, &error).await;
            assert_eq!((answer.status, &*answer.code()), (status, code), "{client}");
            assert_eq!(answer.error("description").as_deref(), Some("because"));
            assert_eq!(answer.error("uri").as_deref(), Some("https://idp.example/why"));
            assert!(browser.cookies.is_empty(), "{client}: the login is taken");
            assert_eq!(kept.refused(site, &error).await, "login_replayed");
            assert_eq!(site.exchanges(), before, "{client}");
        }
    }
}

pub(super) async fn refusal_d6_a_code_twice_a_token_in_the_query_a_response_in_the_wrong_place(
    site: &Site,
) {
    for client in WITH_STATE {
        for case in
            ["code twice", "two codes", "no code", "empty code", "elsewhere", "a token", "JARM"]
        {
            let mut browser = Browser::default();
            let good = browser.approved(site, client).await;
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
                browser.completes(site, &wrong).await;
                continue;
            }
            assert_eq!(browser.refused(site, &wrong).await, expected, "{client}: {case}");
        }
    }
}

pub(super) async fn refusal_d7_two_tabs_and_three_providers_in_one_browser_all_complete(
    site: &Site,
) {
    for backwards in [false, true] {
        let mut browser = Browser::default();
        let mut deliveries = Vec::new();
        for client in ["oauth1", "oauth2", "openid"] {
            for _tab in 0..2 {
                deliveries.push(browser.approved(site, client).await);
            }
        }
        assert_eq!(browser.cookies.len(), 6);
        if backwards {
            deliveries.reverse();
        }
        for delivery in &deliveries {
            browser.completes(site, delivery).await;
        }
        assert!(browser.cookies.is_empty());
    }
}

pub(super) async fn refusal_d8_oauth_1_callbacks_that_are_not_ours_or_bring_no_verifier(
    site: &Site,
) {
    let mut browser = Browser::default();
    let good = browser.approved(site, "oauth1").await;
    for (wrong, code) in [
        (good.with("oauth_token", &["nonsense"]), "state_mismatch"),
        (good.with("oauth_token", &[]), "state_missing"),
        (good.with("oauth_token", &[""]), "state_mismatch"),
        (good.with("oauth_token", &[&good.param("oauth_token"), "x"]), "duplicate_param"),
        (good.with("oauth_verifier", &["a", "b"]), "duplicate_param"),
        (good.by_the_other_way(), "response_mode_mismatch"),
    ] {
        assert_eq!(browser.refused(site, &wrong).await, code, "{wrong:?}");
        assert_eq!(browser.cookies.len(), 1, "{wrong:?}: nothing is taken");
    }
    for verifiers in [&[][..], &[""][..]] {
        let mut browser = Browser::default();
        let without = browser.approved(site, "oauth1").await.with("oauth_verifier", verifiers);
        assert_eq!(browser.refused(site, &without).await, "verifier_missing");
    }
    site.provider.set_fault(Some(Fault::CallbackUnconfirmed));
    let mut unconfirmed = Browser::default();
    let answer = unconfirmed.get(site, "/login/oauth1").await;
    assert_eq!((answer.status, &*answer.code()), (502, "callback_not_confirmed"));
    assert!(unconfirmed.cookies.is_empty() && !answer.headers.contains_key("location"));
    site.provider.set_fault(None);
    // Parameters that name our secrets are data beside the record.
    let mut more = good.clone();
    for name in
        ["oauth_token_secret", "token_secret", "client_id", "redirect_uri", "oauth_callback"]
    {
        more = more.with(name, &["forged"]);
    }
    let login = browser.completes(site, &more).await;
    assert_eq!(login["extra"].as_array().expect("a list").len(), 5);
}

pub(super) async fn refusal_d9_return_to_on_another_host(site: &Site) {
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
        let answer = browser.get(site, &format!("/login/oauth2?next={next}")).await;
        assert_eq!((answer.status, &*answer.code()), (400, "not_a_local_path"), "{next}");
        assert!(!answer.headers.contains_key("location"), "{next}");
        assert!(browser.cookies.is_empty(), "{next}");
    }
    let mut browser = Browser::default();
    let answer = browser.get(site, "/login/oauth2?next=%2Faccount%3Ftab%3D2").await;
    let delivery = site.at_provider(&answer.location()).await;
    assert_eq!(browser.completes(site, &delivery).await["return_to"], "/account?tab=2");
}

pub(super) async fn refusal_d10_cookies_altered_cut_moved_or_sealed_by_an_unknown_key(site: &Site) {
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(site, client).await;
        let (name, value) = browser.cookies.first_key_value().expect("a cookie");
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
            assert_eq!(browser.refused(site, &delivery).await, "state_mismatch", "{wrong}");
        }
        // Another login's cookie under this one's name.
        let mut other = Browser::default();
        other.approved(site, client).await;
        let (_, others) = other.cookies.pop_first().expect("a cookie");
        other.cookies.insert(name.clone(), others);
        assert_eq!(other.refused(site, &delivery).await, "state_mismatch", "moved to {name}");
        // This one's under another name.
        let mut renamed = Browser::default();
        renamed.cookies.insert(format!("{name}x"), value.clone());
        renamed.cookies.insert(name.replace("__Host-", ""), value.clone());
        assert_eq!(renamed.refused(site, &delivery).await, "state_mismatch", "moved from {name}");

        // Past its time.
        site.later(3605);
        assert_eq!(browser.clone().refused(site, &delivery).await, "login_expired", "{client}");
        site.later(0);
    }
    // The same application with another key.
    let again = site.framework.serve(site.registry.clone(), Seal::generate(), "").await;
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(site, "openid").await;
    let request = Asked::get(format!("/authorize/{client}?{params}"));
    let answer = browser.send_to(again.address, site, request).await;
    assert_eq!((answer.status, &*answer.code()), (400, "state_mismatch"));
}

/// Each user's login ends with this user's profile, whoever else logs in meanwhile.
pub(super) async fn refusal_d11_a_hundred_logins_at_once_cross_to_nobody(site: &Arc<Site>) {
    let mut begun = Vec::new();
    for index in 0..100 {
        let (client, mut browser) = (CLIENTS[index % CLIENTS.len()], Browser::default());
        begun.push((browser.begin(site, client).await, browser, index));
    }
    let mut endings = JoinSet::new();
    for (location, mut browser, index) in begun {
        site.provider.set_auto_approve(Some(&format!("user{index}")));
        let (delivery, site) = (site.at_provider(&location).await, site.clone());
        endings.spawn(async move {
            let answer = browser.deliver(&site, &delivery).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let login: Value = serde_json::from_str(&answer.body).expect("JSON");
            assert_eq!(login["name"], format!("User{index}"));
        });
    }
    assert_eq!(endings.join_all().await.len(), 100);
}

pub(super) async fn refusal_d12_oauth_1_denials_are_the_users_no_and_take_the_login(site: &Site) {
    for how in ["denied", "oauth_problem", "oauth_problem alone", "oauth_verifier"] {
        let mut browser = Browser::default();
        let good = browser.approved(site, "oauth1").await;
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
        let before = site.exchanges();
        let answer = browser.deliver(site, &no).await;
        assert_eq!((answer.status, &*answer.code()), (401, "access_denied"), "{how}");
        assert!(browser.cookies.is_empty(), "{how}: the login is taken");
        assert_eq!(kept.refused(site, &no).await, "login_replayed", "{how}");
        assert_eq!(site.exchanges(), before, "{how}");
        assert_eq!(Browser::default().refused(site, &no).await, "state_mismatch", "{how}");
    }
}

pub(super) async fn refusal_d13_a_login_begun_by_another_site(site: &Site) {
    // By GET, all that comes of it is a redirect to the provider.
    let before = site.exchanges();
    let request = Asked::get("/login/openid").header("sec-fetch-site", "cross-site");
    let mut browser = Browser::default();
    let answer = browser.send(site, request).await;
    assert_eq!((answer.status, site.exchanges()), (303, before));
    assert!(answer.location().starts_with(site.provider.base_url()));

    // Where only our own pages may begin one, by POST.
    let evil = Some("https://evil.example");
    for (origin, fetch_site, ours) in [
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
        let mut request = Asked::post("/start/openid");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(fetch_site) = fetch_site {
            request = request.header("sec-fetch-site", fetch_site);
        }
        let mut browser = Browser::default();
        let answer = browser.send(site, request).await;
        assert_eq!(answer.status, if ours { 303 } else { 400 }, "{origin:?} {fetch_site:?}");
        assert_eq!(browser.cookies.len(), usize::from(ours), "{origin:?} {fetch_site:?}");
        if !ours {
            assert_eq!(answer.code(), "cross_site");
        }
    }
    let answer = Browser::default().get(site, "/start/openid").await;
    assert!([404, 405].contains(&answer.status), "a GET begins nothing there");
    assert!(answer.set_cookies().is_empty());
}
