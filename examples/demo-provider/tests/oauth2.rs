//! OAuth 2.0: logins by the pages, codes, tokens, and what is refused.

mod common;

use common::{Answer, Browser, CALLBACK, authorize, provider, redeem};
use demo_provider::{DemoProvider, Fault, Running};

async fn logged_in(provider: &Running, scope: &str) -> (Browser, Answer) {
    let browser = Browser::new(provider);
    let page = browser.to_consent(&authorize("app", scope, &[]), "alice").await;
    let code = browser.decide(&page, "allow").await.callback()["code"].clone();
    let token = browser.post_as_app("/token", &redeem(&code)).await;
    assert_eq!(token.status, 200, "{}", token.body);
    (browser, token)
}

#[tokio::test]
async fn a_login_by_the_pages_ends_with_an_api_call() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let login = browser.follow(browser.get(&authorize("app", "profile email x", &[])).await).await;
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(login.headers[name], value);
    }
    let policy = login.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("form-action"));
    assert!(login.body.contains("Demo provider: for tests on this machine only"));
    assert!(login.body.contains("The &lt;App&gt;") && !login.body.contains("<App>"));

    let consent = browser.log_in(&login, "alice").await;
    assert!(consent.body.contains("see your name") && consent.body.contains("see your e-mail"));
    let callback = browser.decide(&consent, "allow").await.callback();
    assert_eq!((&*callback["state"], &*callback["iss"]), ("st", provider.issuer()));

    let token = browser.post_as_app("/token", &redeem(&callback["code"])).await.json();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!((&token["expires_in"], &token["scope"]), (&3600.into(), &"profile email".into()));
    assert!(token.get("id_token").is_none());

    let access_token = token["access_token"].as_str().unwrap();
    let user = browser.get_with("/api/user", access_token).await.json();
    assert_eq!((&user["login"], &user["name"]), (&"alice".into(), &"Alice".into()));
    assert_eq!(user["email"], "alice@example.test");
    let notes = browser.get_with("/api/notes", access_token).await;
    assert_eq!(notes.error(), (403, "insufficient_scope".into()));
    for (answer, challenge) in [
        (
            browser.get_with("/api/user", "x").await,
            "Bearer realm=\"demo-provider\", error=\"invalid_token\"",
        ),
        (browser.get("/api/user").await, "Bearer realm=\"demo-provider\""),
    ] {
        assert_eq!(
            (answer.status, &answer.headers["www-authenticate"]),
            (401, &challenge.parse().unwrap())
        );
    }
    assert_eq!(provider.requests("/token"), 1);
}

#[tokio::test]
async fn a_denial_goes_back_to_the_application_and_is_final() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let page = browser.to_consent(&authorize("app", "profile", &[]), "alice").await;
    let callback = browser.decide(&page, "deny").await.callback();
    assert_eq!((&*callback["error"], &*callback["state"]), ("access_denied", "st"));
    assert!(!callback.contains_key("code"));
    assert_eq!(browser.decide(&page, "allow").await.status, 400);
}

#[tokio::test]
async fn forms_that_are_not_from_our_pages_are_refused() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let page = browser.to_consent(&authorize("app", "profile", &[]), "alice").await;
    let request = page.field("request");
    for csrf in [
        "",
        "x",
        &Browser::new(&provider).to_consent(&authorize("app", "", &[]), "eve").await.field("csrf"),
    ] {
        let form = [("request", &*request), ("csrf", csrf), ("decision", "allow")];
        assert_eq!(browser.post("/consent", &form).await.status, 400);
    }
    assert_eq!(Browser::new(&provider).decide(&page, "allow").await.status, 400, "another browser");
    assert!(browser.decide(&page, "allow").await.callback().contains_key("code"));
}

#[tokio::test]
async fn a_form_that_another_tabs_login_made_stale_comes_again() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let login = browser.follow(browser.get(&authorize("app", "profile", &[])).await).await;
    let consent = browser.to_consent(&authorize("app", "email", &[]), "alice").await;
    let other = browser.to_consent(&authorize("app", "", &[("prompt", "login")]), "alice").await;

    let form = |page: &Answer| [("request", page.field("request")), ("csrf", page.field("csrf"))];
    let post = async |path, page: &Answer, more: (&str, &str)| {
        let form = form(page);
        let mut pairs: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, &**v)).collect();
        pairs.push(more);
        browser.post(path, &pairs).await
    };
    let again = post("/login", &login, ("username", "alice")).await;
    assert!(again.status == 400 && again.body.contains("once more"), "{}", again.body);
    assert_ne!(again.field("csrf"), login.field("csrf"));
    assert_eq!(post("/login", &again, ("username", "alice")).await.status, 303);

    for stale in [consent, other] {
        let again = post("/consent", &stale, ("decision", "allow")).await;
        assert!(again.status == 400 && again.body.contains("once more"), "{}", again.body);
        assert!(browser.decide(&again, "allow").await.callback().contains_key("code"));
    }
}

#[tokio::test]
async fn a_code_works_once_and_its_reuse_revokes_what_it_gave() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    provider.set_auto_approve(Some("alice"));
    let code = browser.get(&authorize("app", "profile", &[])).await.callback()["code"].clone();
    let token = browser.post_as_app("/token", &redeem(&code)).await.json();
    let access_token = token["access_token"].as_str().unwrap();
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 200);

    let again = browser.post_as_app("/token", &redeem(&code)).await;
    assert_eq!(again.error(), (400, "invalid_grant".into()));
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 401);
}

#[tokio::test]
async fn a_code_is_bound_to_client_redirect_uri_and_verifier() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    provider.set_auto_approve(Some("alice"));
    for (name, value) in [
        ("code_verifier", "another-verifier-another-verifier-another-verif"),
        ("code_verifier", ""),
        ("redirect_uri", "http://127.0.0.1:1/other"),
        ("redirect_uri", ""),
    ] {
        let code = browser.get(&authorize("app", "profile", &[])).await.callback()["code"].clone();
        let form = redeem(&code).map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        let answer = browser.post_as_app("/token", &form).await;
        assert_eq!(answer.error(), (400, "invalid_grant".into()), "{name}={value}");
        let answer = browser.post_as_app("/token", &redeem(&code)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".into()), "one try only");
    }
    let code = browser.get(&authorize("app", "profile", &[])).await.callback()["code"].clone();
    let mut form = redeem(&code).to_vec();
    form.push(("client_id", "native"));
    assert_eq!(browser.post("/token", &form).await.error(), (400, "invalid_grant".into()));

    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = browser.get(&authorize("app", "", &without)).await.callback()["code"].clone();
    let answer = browser.post_as_app("/token", &redeem(&code)).await;
    assert_eq!(answer.error(), (400, "invalid_grant".into()), "a verifier without a challenge");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_revokes_the_family() {
    let provider = provider().await;
    let (browser, token) = logged_in(&provider, "profile email").await;
    let refresh = |token: &str| {
        let token = token.to_owned();
        let browser = &browser;
        async move {
            let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
            browser.post_as_app("/token", &form).await
        }
    };
    let first = token.json()["refresh_token"].as_str().unwrap().to_owned();
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", &*first), ("client_id", "native")];
    assert_eq!(browser.post("/token", &form).await.error(), (400, "invalid_grant".into()));
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*first), ("scope", "notes")];
    assert_eq!(browser.post_as_app("/token", &form).await.error(), (400, "invalid_scope".into()));

    let second = refresh(&first).await.json();
    assert_ne!(second["refresh_token"], *first);
    let access_token = second["access_token"].as_str().unwrap();
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 200);

    assert_eq!(refresh(&first).await.error(), (400, "invalid_grant".into()), "reuse");
    let second = second["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(second).await.error(), (400, "invalid_grant".into()), "the family");
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 401);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_access_tokens_too() {
    let provider = provider().await;
    let (browser, token) = logged_in(&provider, "profile").await;
    let token = token.json();
    let (access, refresh) =
        (token["access_token"].as_str().unwrap(), token["refresh_token"].as_str().unwrap());
    let by_another = [("token", refresh), ("client_id", "native")];
    assert_eq!(browser.post("/revoke", &by_another).await.error(), (400, "invalid_grant".into()));
    assert_eq!(browser.post_as_app("/revoke", &[("token", "unknown")]).await.status, 200);
    assert_eq!(browser.get_with("/api/user", access).await.status, 200);
    assert_eq!(browser.post_as_app("/revoke", &[("token", refresh)]).await.status, 200);
    assert_eq!(browser.get_with("/api/user", access).await.status, 401);
}

#[tokio::test]
async fn a_request_that_names_no_place_of_the_client_is_never_redirected() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    for more in [
        [("client_id", "nobody"), ("x", "")],
        [("client_id", ""), ("x", "")],
        [("redirect_uri", "http://evil.example/"), ("x", "")],
        [("redirect_uri", ""), ("x", "")],
        [("x", CALLBACK), ("x", "")],
    ] {
        let mut path = authorize("app", "profile", &more);
        if more[0].0 == "x" {
            path.push_str("&redirect_uri=http://evil.example/");
        }
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains("This cannot go on"), "{path}");
    }
}

#[tokio::test]
async fn other_mistakes_of_a_request_go_back_as_errors() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let none = ("x", "");
    for (client, more, error) in [
        ("app", [("response_type", "token"), none], "unsupported_response_type"),
        ("app", [("response_type", ""), none], "invalid_request"),
        ("app", [("code_challenge_method", "plain"), none], "invalid_request"),
        ("app", [("code_challenge_method", ""), none], "invalid_request"),
        ("app", [("code_challenge", "short"), none], "invalid_request"),
        ("app", [("response_mode", "fragment"), none], "invalid_request"),
        ("app", [("request", "ey.."), none], "request_not_supported"),
        ("app", [("request_uri", "urn:x"), none], "request_uri_not_supported"),
        ("app", [("prompt", "none login"), none], "invalid_request"),
        ("app", [("max_age", "soon"), none], "invalid_request"),
        ("app", [("nonce", "1"), ("nonce", "2")], "invalid_request"),
        ("native", [("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
    ] {
        let callback = browser.get(&authorize(client, "profile", &more)).await.callback();
        assert_eq!(callback["error"], error, "{more:?}");
        assert_eq!((&*callback["state"], &*callback["iss"]), ("st", provider.issuer()));
    }
}

#[tokio::test]
async fn clients_authenticate_by_basic_by_post_or_not_at_all_and_never_wrongly() {
    let provider = provider().await;
    let browser = Browser::new(&provider);
    let grant = ("grant_type", "client_credentials");
    assert_eq!(browser.post_as_app("/token", &[grant]).await.status, 200);
    let posted = [grant, ("client_id", "app"), ("client_secret", "s:%+ é"), ("scope", "notes")];
    let token = browser.post("/token", &posted).await.json();
    assert!(token.get("refresh_token").is_none() && token["scope"] == "notes");

    for (form, error) in [
        (&[grant, ("client_id", "app"), ("client_secret", "wrong")][..], (401, "invalid_client")),
        (&[grant, ("client_id", "app")], (401, "invalid_client")),
        (&[grant, ("client_id", "nobody")], (401, "invalid_client")),
        (&[grant, ("client_id", "native"), ("client_secret", "x")], (401, "invalid_client")),
        (&[grant, ("client_id", "native")], (400, "unauthorized_client")),
        (&[grant], (400, "invalid_request")),
        (&[("client_id", "native")], (400, "invalid_request")),
        (&[("grant_type", "password"), ("client_id", "native")], (400, "unsupported_grant_type")),
    ] {
        let answer = browser.post("/token", form).await;
        assert_eq!(answer.error(), (error.0, error.1.to_owned()), "{form:?}");
    }
    let both = [grant, ("client_id", "app"), ("client_secret", "s:%+ é")];
    assert_eq!(browser.post_as_app("/token", &both).await.error(), (400, "invalid_request".into()));
}

#[tokio::test]
async fn outages_redirects_and_lifetimes_can_be_switched() {
    let provider = provider().await;
    let (browser, token) = logged_in(&provider, "profile").await;
    let token = token.json();
    let access_token = token["access_token"].as_str().unwrap();

    provider.set_down(true);
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 503);
    provider.set_down(false);
    provider.set_fault(Some(Fault::Unavailable("/jwks")));
    assert_eq!(browser.get("/jwks").await.status, 503);
    assert_eq!(browser.get_with("/api/user", access_token).await.status, 200);
    provider.set_fault(Some(Fault::Redirect("/token")));
    let answer = browser.post_as_app("/token", &[]).await;
    assert_eq!(answer.status, 307);
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("http://localhost:") && location.ends_with("/elsewhere"));
    provider.set_fault(None);
    assert_eq!((provider.requests("/jwks"), provider.requests("/elsewhere")), (1, 0));

    provider.set_access_token_lifetime(std::time::Duration::ZERO);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token["refresh_token"].as_str().unwrap()),
    ];
    let token = browser.post_as_app("/token", &form).await.json();
    assert_eq!(token["expires_in"], 0);
    let answer = browser.get_with("/api/user", token["access_token"].as_str().unwrap()).await;
    assert_eq!(answer.error(), (401, "invalid_token".into()));
}

#[tokio::test]
async fn only_this_machine_is_served() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = DemoProvider::builder().bind_to(address.parse().unwrap()).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput, "{address}");
    }
    let provider = provider().await;
    let browser = Browser::new(&provider);
    for (host, status) in [
        ("rebound.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("localhost:1", 200),
        ("[::1]", 200),
    ] {
        let request = browser.http().get(browser.url("/")).header("Host", host);
        assert_eq!(browser.send(request).await.status, status, "{host}");
    }
    let base = provider.base_url().to_owned();
    provider.shutdown().await;
    assert!(browser.http().get(base).send().await.is_err());
}
