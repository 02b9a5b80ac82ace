//! The demo as a person meets it: its own pages, and those of the embedded provider.

use std::collections::HashMap;
use std::process::{Command, Stdio};

use client_registry::Env;
use demo::Demo;
use protocol_core::percent;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

const DEMOS: [&str; 3] = ["demo-openid", "demo-oauth2", "demo-oauth1"];

#[tokio::test]
async fn every_protocol_signs_in_shows_what_was_checked_calls_the_api_and_logs_out() {
    let demo = start().await;
    for (client, protocol, checks, answer) in [
        (
            "demo-openid",
            "OpenID Connect",
            &["state", "iss", "PKCE", "signature</b> RS256", "ID token", "nonce"][..],
            "Water the plants",
        ),
        ("demo-oauth2", "OAuth 2.0", &["state", "PKCE"][..], "Water the plants"),
        (
            "demo-oauth1",
            "OAuth 1.0",
            &["oauth_token", "oauth_verifier", "signature</b> HMAC-SHA1"][..],
            "screen_name",
        ),
    ] {
        let mut browser = Browser::new(&demo);
        let page = browser.get("/").await;
        assert!(page.body.contains(&format!("href=\"/login/{client}\"")), "{}", page.body);

        let page = browser.sign_in(client, "alice").await;
        assert_eq!(page.status, 200, "{client}: {}", page.body);
        for text in ["Hello, Alice", "alice@example.test", protocol, "Log out"] {
            assert!(page.body.contains(text), "{client}: {text} in {}", page.body);
        }
        for check in checks {
            assert!(page.body.contains(&format!("<li><b>{check}")), "{client}: {check}");
        }

        let page = browser.get("/call").await;
        assert!(page.status == 200 && page.body.contains(answer), "{client}: {}", page.body);

        let page = browser.log_out().await;
        assert!(page.body.contains("<h1>Sign in</h1>"), "{client}: {}", page.body);
        let page = browser.get(&format!("/login/{client}")).await;
        let asks = page.body.contains("name=\"username\"");
        assert_eq!(asks, protocol == "OpenID Connect", "{client}: out at the provider as well?");
        assert!(browser.get("/call").await.body.contains("<h1>Sign in</h1>"), "{client}");
    }
}

#[tokio::test]
async fn a_no_at_the_consent_page_is_told_with_a_way_to_start_again() {
    let demo = start().await;
    for client in DEMOS {
        let mut browser = Browser::new(&demo);
        let callback = browser.decide(client, "alice", "deny").await;
        let page = browser.follow(&callback).await;
        assert_eq!(page.status, 401, "{client}");
        page.helps(client, "You did not sign in", "access_denied");

        let page = browser.sign_in(client, "alice").await;
        assert!(page.body.contains("Hello, Alice"), "{client}: {}", page.body);
    }
}

#[tokio::test]
async fn a_stale_link_is_told_with_a_way_to_start_again() {
    let demo = start().await;
    for (client, query) in [
        ("demo-openid", "code=a&state=b"),
        ("demo-oauth2", "code=a&state=b"),
        ("demo-oauth1", "oauth_token=a&oauth_verifier=b"),
    ] {
        let mut browser = Browser::new(&demo);
        let page = browser.get(&format!("/authorize/{client}?{query}")).await;
        assert_eq!(page.status, 400, "{client}");
        page.helps(client, "This link is stale", "state_mismatch");

        // Another person's callback, sent as a link.
        let callback = Browser::new(&demo).decide(client, "mallory", "allow").await;
        let page = browser.follow(&callback).await;
        assert_eq!(page.status, 400, "{client}");
        page.helps(client, "This link is stale", "state_mismatch");
        assert!(!browser.get("/").await.body.contains("Mallory"), "{client}");
    }
}

#[tokio::test]
async fn a_callback_that_is_used_again_is_told_and_the_user_stays_signed_in() {
    let demo = start().await;
    for client in DEMOS {
        let mut browser = Browser::new(&demo);
        let callback = browser.decide(client, "alice", "allow").await;
        let kept = browser.cookies.clone();
        let page = browser.follow(&callback).await;
        assert!(page.body.contains("Hello, Alice"), "{client}: {}", page.body);

        let page = browser.follow(&callback).await;
        page.helps(client, "This link is stale", "state_mismatch");
        assert!(page.body.contains("You are still signed in"), "{client}: {}", page.body);

        browser.cookies.extend(kept);
        let page = browser.follow(&callback).await;
        assert_eq!(page.status, 400, "{client}");
        page.helps(client, "This login was used already", "login_replayed");
        assert!(browser.get("/").await.body.contains("Hello, Alice"), "{client}");
    }
}

#[tokio::test]
async fn a_second_tab_does_not_disturb_the_first() {
    let demo = start().await;
    let mut browser = Browser::new(&demo);
    let mut callbacks = Vec::new();
    for client in DEMOS {
        for _tab in 0..2 {
            callbacks.push(browser.decide(client, "alice", "allow").await);
        }
    }
    for callback in callbacks.iter().rev() {
        let page = browser.follow(callback).await;
        assert!(page.body.contains("Hello, Alice"), "{callback}: {}", page.body);
    }
    for callback in &callbacks {
        let page = browser.follow(callback).await;
        assert!(page.status == 400 && page.body.contains("This link is stale"), "{}", page.body);
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_with_a_way_on() {
    let demo = start().await;
    let mut browser = Browser::new(&demo);
    let page = browser.get("/nothing").await;
    assert!(page.status == 404 && page.body.contains("href=\"/\""), "{}", page.body);
    for path in ["/login/nobody", "/authorize/nobody?code=a&state=b", "/login/%3Cb%3E"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("No such way to sign in"), "{path}: {}", page.body);
        assert!(page.body.contains("<a class=\"button\" href=\"/\">Start again</a>"), "{path}");
        assert!(!page.body.contains("<b>") && !page.body.contains("nobody"), "{path}");
    }
    demo.provider().set_down(true);
    let page = browser.get("/login/demo-openid").await;
    assert!(page.status == 502 && page.body.contains("out of order"), "{}", page.body);
    assert!(page.body.contains("href=\"/login/demo-openid\""), "{}", page.body);
}

#[tokio::test]
async fn another_site_can_not_log_the_user_out() {
    let demo = start().await;
    let mut browser = Browser::new(&demo);
    browser.sign_in("demo-oauth2", "alice").await;
    let request = browser.http.post(format!("{}/logout", demo.url()));
    let page = browser.send(request.header("origin", "https://evil.example")).await;
    assert_eq!(page.status, 400, "{}", page.body);
    assert!(browser.get("/").await.body.contains("Hello, Alice"));
}

#[tokio::test]
async fn a_logout_that_another_browser_began_is_told() {
    let demo = start().await;
    let mut browser = Browser::new(&demo);
    browser.sign_in("demo-openid", "alice").await;
    let page = browser.get("/logged-out/demo-openid?state=x").await;
    assert_eq!(page.status, 400, "{}", page.body);
    page.helps("demo-openid", "This link is stale", "state_mismatch");
    assert!(browser.get("/").await.body.contains("Hello, Alice"));
}

#[tokio::test]
async fn every_page_has_its_protections() {
    let demo = start().await;
    let mut browser = Browser::new(&demo);
    browser.sign_in("demo-openid", "alice").await;
    for path in ["/", "/call", "/nothing", "/login/nobody", "/authorize/demo-openid"] {
        let page = browser.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.headers[name], value, "{path} {name}");
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
        assert!(!page.body.contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn presets_get_a_button_when_their_client_id_is_in_the_environment() {
    let none = start().await;
    let page = Browser::new(&none).get("/").await;
    assert!(!page.body.contains("/login/google") && !page.body.contains("On the internet"));
    assert!(page.body.contains("<dt>Google</dt><dd><code>GOOGLE_CLIENT_ID</code></dd>"));

    let env = [
        ("GOOGLE_CLIENT_ID", "id"),
        ("GOOGLE_CLIENT_SECRET", "canary"),
        ("TWITTER_CLIENT_ID", "id"),
        ("TWITTER_CLIENT_SECRET", "canary"),
        ("GITHUB_TOKEN", "somebody else's"),
    ];
    let demo = demo::start(0, Env::from_vars(env)).await.unwrap();
    let page = Browser::new(&demo).get("/").await;
    for (name, title) in [("google", "Google"), ("twitter", "Twitter")] {
        let link = format!("href=\"/login/{name}\"><b>{title}</b>");
        assert!(page.body.contains(&link), "{}", page.body);
    }
    assert!(page.body.contains("On the internet") && !page.body.contains("/login/github"));
    assert!(page.body.contains("GITHUB_CLIENT_ID") && !page.body.contains("GOOGLE_CLIENT_ID"));
    assert!(!page.body.contains("canary"));
}

#[tokio::test]
async fn a_preset_with_half_its_settings_is_told_by_name() {
    let env = Env::from_vars([("GOOGLE_CLIENT_ID", "id")]);
    let error = demo::start(0, env).await.err().expect("an error").to_string();
    assert!(error.contains("GOOGLE_CLIENT_SECRET"), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_in_words() {
    let demo = start().await;
    let port = demo.url().rsplit(':').next().unwrap().to_owned();
    let run = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--no-open", "--port", &port])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(!run.status.success() && run.stdout.is_empty(), "{told}");
    assert!(told.starts_with(&format!("demo: port {port} of 127.0.0.1: it is taken")), "{told}");
}

async fn start() -> Demo {
    demo::start(0, Env::from_vars([("UNRELATED", "x")])).await.unwrap()
}

/// What came back.
struct Page {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Page {
    /// A page for an error says what happened, its code, and how to start again.
    fn helps(&self, client: &str, title: &str, code: &str) {
        for text in [
            format!("<h1>{title}</h1>"),
            format!("<code>{code}</code>"),
            format!("href=\"/login/{client}\">Start again"),
            "href=\"/\"".to_owned(),
        ] {
            assert!(self.body.contains(&text), "{client}: {text} in {}", self.body);
        }
    }

    fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).map(|location| location.to_str().unwrap().to_owned())
    }

    /// A form's fields with what is chosen and typed.
    fn form(&self, typed: &[(&str, &str)]) -> String {
        let fields = self.body.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            (name, rest.split('"').next().unwrap())
        });
        percent::form_body(fields.chain(typed.iter().copied()))
    }
}

/// A browser. Like all of them, it sends its cookies to every port of a host.
struct Browser {
    http: reqwest::Client,
    app: String,
    provider: String,
    cookies: HashMap<String, String>,
}

impl Browser {
    fn new(demo: &Demo) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let (app, provider) = (demo.url().to_owned(), demo.provider().base_url().to_owned());
        Browser { http, app, provider, cookies: HashMap::new() }
    }

    /// Through the provider's login and consent to the application's page.
    async fn sign_in(&mut self, client: &str, username: &str) -> Page {
        let callback = self.decide(client, username, "allow").await;
        self.follow(&callback).await
    }

    /// Through the provider's login and consent; the callback that the browser is then sent to.
    async fn decide(&mut self, client: &str, username: &str, decision: &str) -> String {
        let mut page = self.follow(&format!("{}/login/{client}", self.app)).await;
        if page.body.contains("name=\"username\"") {
            let form = page.form(&[("username", username), ("password", "x")]);
            let answer = self.post(&format!("{}/login", self.provider), form).await;
            page = self.follow(&format!("{}{}", self.provider, answer.location().unwrap())).await;
        }
        assert!(page.body.contains("value=\"allow\""), "{client}: {}", page.body);
        let form = page.form(&[("decision", decision)]);
        let answer = self.post(&format!("{}/consent", self.provider), form).await;
        let callback = answer.location().expect("a redirect");
        assert!(callback.starts_with(&format!("{}/authorize/{client}?", self.app)), "{callback}");
        callback
    }

    /// Goes to an address and on wherever it is sent.
    async fn follow(&mut self, url: &str) -> Page {
        let mut url = url.to_owned();
        loop {
            let page = self.send(self.http.get(&url)).await;
            match page.location() {
                Some(local) if local.starts_with('/') => {
                    let end = url["http://".len()..].find('/').unwrap() + "http://".len();
                    url = format!("{}{local}", &url[..end]);
                }
                Some(location) => url = location,
                None => return page,
            }
        }
    }

    async fn get(&mut self, path: &str) -> Page {
        self.follow(&format!("{}{path}", self.app)).await
    }

    async fn post(&mut self, url: &str, form: String) -> Page {
        let request = self.http.post(url).body(form);
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    /// Presses the button of the application's own page, and goes on wherever that leads.
    async fn log_out(&mut self) -> Page {
        let request = self.http.post(format!("{}/logout", self.app)).header("origin", &self.app);
        let answer = self.send(request).await;
        self.follow(&answer.location().expect("a redirect")).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let line: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let answer = request.header(COOKIE, line.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, body: answer.text().await.unwrap() }
    }
}
