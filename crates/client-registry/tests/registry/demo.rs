//! Whole logins over the network, at a provider on this machine, by all three protocols.

use std::sync::Arc;

use client_registry::{
    Authorized, Builder, Callback, Error, HttpClient, Key, Provider, Registry, Seal, Session,
};
use demo_provider::{Algorithm, Client, DemoProvider, Fault, Running};
use serde_json::Value;

use crate::common::{Browser, assert_code};

const SECRET: &str = "a-secret-that-is-long-enough-for-hmac";

/// A provider, and an application on loopback that knows it by several names.
struct Demo {
    provider: Running,
    app: Arc<App>,
}

struct App {
    registry: Registry,
    seal: Seal,
    http: integration_reqwest::Client,
}

impl Demo {
    async fn new() -> Self {
        let redirect_uri = |client: Client| {
            ["oidc", "post", "plain", "one", "hmac", "public", "body"].iter().fold(
                client,
                |client, name| {
                    client.redirect_uri(&format!("http://127.0.0.1:8080/authorize/{name}"))
                },
            )
        };
        let provider = DemoProvider::builder()
            .client(redirect_uri(Client::confidential("app", SECRET)))
            .client(redirect_uri(
                Client::confidential("hmac", SECRET).id_token_signed_response_alg(Algorithm::HS256),
            ))
            .client(redirect_uri(
                Client::public("public").id_token_signed_response_alg(Algorithm::ES256),
            ))
            .bind(0)
            .await
            .unwrap();
        provider.set_auto_approve(Some("alice"));
        let http = integration_reqwest::Client::new().unwrap();
        let registry = register(Registry::builder(), provider.base_url())
            .public_url("http://127.0.0.1:8080")
            .unwrap()
            .http(http.clone())
            .build()
            .unwrap();
        let app = Arc::new(App { registry, seal: Seal::generate(), http });
        Demo { provider, app }
    }
}

fn register(builder: Builder, base: &str) -> Builder {
    let app = || Provider::new().client_id("app").client_secret(SECRET);
    let oidc = || app().issuer(base).scope("openid profile email");
    let at = |path: &str| format!("{base}{path}");
    builder
        .register("oidc", oidc())
        .register("post", oidc().set(Key::ResponseMode, "form_post"))
        .register("body", oidc().set(Key::TokenEndpointAuthMethod, "client_secret_post"))
        .register("hmac", oidc().client_id("hmac").set(Key::IdTokenSignedResponseAlg, "HS256"))
        .register(
            "public",
            Provider::new()
                .issuer(base)
                .client_id("public")
                .scope("openid")
                .set(Key::TokenEndpointAuthMethod, "none"),
        )
        .register(
            "plain",
            app()
                .scope("email notes")
                .set(Key::AuthorizeUrl, at("/authorize"))
                .set(Key::AccessTokenUrl, at("/token"))
                .set(Key::ApiBaseUrl, at("/api/"))
                .set(Key::UserinfoEndpoint, "user"),
        )
        .register(
            "one",
            app()
                .set(Key::RequestTokenUrl, at("/oauth1/request_token"))
                .set(Key::AuthorizeUrl, at("/oauth1/authorize"))
                .set(Key::AccessTokenUrl, at("/oauth1/access_token"))
                .set(Key::ApiBaseUrl, at("/oauth1/"))
                .set(Key::UserinfoEndpoint, "profile"),
        )
}

impl App {
    fn session(&self, browser: &Browser) -> Session {
        Session::new(&self.registry, &self.seal, [&*browser.cookie_header()])
    }

    async fn begin(&self, browser: &mut Browser, name: &str) -> Result<String, Error> {
        let session = self.session(browser);
        let client = session.client(name)?;
        let begun = client.authorize_redirect(self.registry.callback_url(name)?).await;
        browser.take(&session.set_cookies());
        Ok(begun?.location().to_owned())
    }

    /// What the browser brings back from the provider's page.
    async fn approve(&self, url: &str) -> Callback {
        let request = http::Request::get(url).body(Vec::new()).unwrap();
        let answer = self.http.send(request).await.unwrap();
        if answer.status().is_redirection() {
            let location = answer.headers()["location"].to_str().unwrap();
            return Callback::query(url::Url::parse(location).unwrap().query().unwrap());
        }
        let page = String::from_utf8(answer.into_body()).unwrap();
        let inputs = page.split("<input").skip(1).filter_map(|input| {
            let attribute = |name: &str| {
                Some(input.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.to_owned())
            };
            Some((attribute("name")?, attribute("value")?.replace("&amp;", "&")))
        });
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(inputs);
        Callback::form(Some("application/x-www-form-urlencoded"), form.finish().as_bytes())
    }

    async fn finish(
        &self,
        browser: &mut Browser,
        name: &str,
        callback: Callback,
    ) -> Result<Authorized, Error> {
        let session = self.session(browser);
        let finished = session.client(name)?.authorize_access_token(callback).await;
        browser.take(&session.set_cookies());
        finished
    }

    async fn login(&self, name: &str) -> Result<Authorized, Error> {
        let mut browser = Browser::new();
        let url = self.begin(&mut browser, name).await?;
        let callback = self.approve(&url).await;
        let outcome = self.finish(&mut browser, name, callback).await;
        assert!(browser.cookies.is_empty(), "the record is taken");
        outcome
    }
}

#[tokio::test]
async fn every_protocol_logs_in_and_says_who() {
    let Demo { provider, app } = Demo::new().await;
    for name in ["oidc", "post", "body", "hmac", "public"] {
        let login = app.login(name).await.unwrap();
        assert_eq!(login.claims().unwrap().identity(), (provider.issuer(), "user-alice"), "{name}");
        let user = login.userinfo().await.unwrap();
        let asked = provider.requests("/userinfo");
        if name == "public" {
            assert_eq!((user.name(), asked), (None, 4), "openid alone asks for no profile");
            continue;
        }
        assert_eq!(user.name(), Some("Alice"), "{name}: completed from the endpoint");
        assert!(user.email().is_some_and(|it| it.address == "alice@example.test" && it.verified));
    }
    let login = app.login("plain").await.unwrap();
    assert!(login.claims().is_none());
    let user = login.userinfo().await.unwrap();
    assert_eq!((user.preferred_username(), user.name()), (Some("alice"), Some("Alice")));
    let notes = app.registry.client("plain").unwrap().get("notes").token(login.token()).await;
    assert_eq!(notes.unwrap().json::<Vec<Value>>().await.unwrap().len(), 2);
    let login = app.login("one").await.unwrap();
    assert_eq!(login.userinfo().await.unwrap().name(), Some("Alice"));
    assert_eq!(provider.requests("/.well-known/openid-configuration"), 1);
    assert_eq!(provider.requests("/jwks"), 1, "one fetch for all clients, and none for HMAC");
    provider.shutdown().await;
}

#[tokio::test]
async fn refusal_d7_two_tabs_and_three_protocols_in_one_browser_all_complete() {
    let Demo { provider, app } = Demo::new().await;
    let mut browser = Browser::new();
    let mut under_way = Vec::new();
    for name in ["oidc", "plain", "one", "oidc", "plain", "one"] {
        let url = app.begin(&mut browser, name).await.unwrap();
        under_way.push((name, url));
    }
    assert_eq!(browser.cookies.len(), 6);
    for (name, url) in under_way.into_iter().rev() {
        let callback = app.approve(&url).await;
        app.finish(&mut browser, name, callback).await.unwrap();
    }
    assert!(browser.cookies.is_empty());
    provider.shutdown().await;
}

#[tokio::test]
async fn what_a_provider_should_never_do_is_refused_and_the_next_login_works() {
    let Demo { provider, app } = Demo::new().await;
    app.login("oidc").await.unwrap();
    let tokens = || provider.requests("/token");
    for (fault, code, code_is_sent) in [
        (Fault::WrongNonce, "nonce_mismatch", true),
        (Fault::WrongIssuer, "iss_mismatch", true),
        (Fault::ExpiredIdToken, "expired", true),
        (Fault::CallbackIssWrong, "iss_mismatch", false),
        (Fault::CallbackIssAbsent, "iss_missing", false),
        (Fault::Redirect("/token"), "http_status", true),
        (Fault::Unavailable("/token"), "http_status_retryable", true),
    ] {
        let before = tokens();
        provider.set_fault(Some(fault));
        assert_code(app.login("oidc").await, code, &format!("{fault:?}"));
        assert_eq!(tokens() - before, u64::from(code_is_sent), "{fault:?}");
        assert_eq!(provider.requests("/elsewhere"), 0, "{fault:?}");
        provider.set_fault(None);
        app.login("oidc").await.unwrap();
    }
    for fault in
        [Fault::Redirect("/oauth1/request_token"), Fault::Unavailable("/oauth1/access_token")]
    {
        provider.set_fault(Some(fault));
        app.login("one").await.unwrap_err();
        provider.set_fault(None);
        app.login("one").await.unwrap();
    }
    let login = app.login("oidc").await.unwrap();
    for (fault, code) in [
        (Fault::UserinfoOtherSubject, "sub_mismatch"),
        (Fault::Redirect("/userinfo"), "http_status"),
        (Fault::Unavailable("/userinfo"), "http_status_retryable"),
    ] {
        provider.set_fault(Some(fault));
        assert_code(login.userinfo().await, code, &format!("{fault:?}"));
    }
    provider.set_fault(None);
    login.userinfo().await.unwrap();
    assert_eq!(provider.requests("/elsewhere"), 0, "no secret reached the other origin");
    provider.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_logins_after_a_key_change_cost_one_fetch_of_the_keys() {
    let Demo { provider, app } = Demo::new().await;
    app.login("oidc").await.unwrap();
    assert_eq!(provider.requests("/jwks"), 1);
    provider.rotate_keys().unwrap();
    let logins: Vec<_> = (0..200)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.login("oidc").await })
        })
        .collect();
    let mut tokens = std::collections::HashSet::new();
    for login in logins {
        let login = login.await.unwrap().unwrap();
        assert!(tokens.insert(login.access_token().expose().to_owned()), "everyone gets their own");
    }
    assert_eq!(provider.requests("/jwks"), 2);
    provider.shutdown().await;
}

#[tokio::test]
async fn an_outage_fails_logins_and_ends_with_it() {
    let Demo { provider, app } = Demo::new().await;
    provider.set_down(true);
    let error = app.login("oidc").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = app.login("one").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    provider.set_down(false);
    // The issuer is asked again a second after a failure; a second registry has had none.
    app.login("one").await.unwrap();
    let other = register(Registry::builder(), provider.base_url());
    let other = other.public_url("http://127.0.0.1:8080").unwrap().http(app.http.clone());
    let registry = other.build().unwrap();
    let other = App { registry, seal: Seal::generate(), http: app.http.clone() };
    other.login("oidc").await.unwrap();
    // An outage between the two halves: the login is lost and can be started again.
    let mut browser = Browser::new();
    let url = other.begin(&mut browser, "oidc").await.unwrap();
    let callback = other.approve(&url).await;
    provider.set_down(true);
    let outcome = other.finish(&mut browser, "oidc", callback).await;
    assert_code(outcome, "http_status_retryable", "down");
    provider.set_down(false);
    other.login("oidc").await.unwrap();
    provider.shutdown().await;
}
