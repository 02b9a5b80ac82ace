//! The signed-in user of an application without sessions of its own.

use std::time::Duration;

use client_registry::{
    Cache, Callback, Error, Key, MemoryCache, Provider, Registry, Seal, Session, SignedIn,
    StateError,
};
use serde_json::json;

use crate::common::{App, Browser, CLIENT, ISSUER, Idp, START, assert_code, json_answer};

/// A whole login, and its user signed in.
pub(crate) async fn sign_in(app: &App, idp: &Idp, browser: &mut Browser) -> SignedIn {
    let url = app.begin(browser, "idp").await.unwrap();
    let session = app.session(browser);
    let callback = Callback::query(&idp.approve(&url));
    let login = session.client("idp").unwrap().authorize_access_token(callback).await.unwrap();
    let user = session.sign_in(&login).await.unwrap();
    browser.take(&session.set_cookies());
    user
}

/// Who is signed in, by a request of this browser.
pub(crate) async fn signed_in(app: &App, browser: &mut Browser) -> Option<SignedIn> {
    let session = app.session(browser);
    let user = session.signed_in().await.unwrap();
    browser.take(&session.set_cookies());
    user
}

async fn is_signed_in(app: &App, browser: &Browser) -> bool {
    signed_in(app, &mut browser.clone()).await.is_some()
}

#[tokio::test]
async fn a_user_is_known_by_issuer_and_subject_from_then_on() {
    let idp = Idp::new();
    idp.claims(json!({"sid": "s1", "name": "Jane", "email_verified": true}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    assert!(signed_in(&app, &mut browser).await.is_none());
    let user = sign_in(&app, &idp, &mut browser).await;
    assert_eq!(user.id(), format!("{ISSUER} u1"));

    let user = signed_in(&app, &mut browser).await.unwrap();
    assert_eq!((user.client(), user.iss(), user.sub()), ("idp", Some(ISSUER), "u1"));
    assert_eq!((user.sid(), user.name()), (Some("s1"), Some("Jane")));
    let email = user.email().unwrap();
    assert_eq!((email.address, email.verified), ("u1@mail.example", true));
    let (name, value) = browser.only_cookie();
    assert!(name.starts_with("__Host-oauth-user-") && value.len() < 2048, "{}", value.len());
    assert!(browser.last.is_empty(), "it is not set anew at every request");
    assert_eq!(idp.http().count(), 3, "metadata, token, keys; nothing for later requests");
}

#[tokio::test]
async fn calls_of_the_api_go_with_the_token_of_who_is_signed_in() {
    let idp = Idp::new();
    idp.answer("/me", |seen| {
        json_answer(json!({"token": seen.header("authorization").unwrap_or("none")}))
    });
    let app = App::of(&idp, Idp::provider().set(Key::ApiBaseUrl, format!("{ISSUER}/")));
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let call = async |browser: &Browser| {
        let client = app.session(browser).client("idp").unwrap();
        client.get("me").await?.json::<serde_json::Value>().await
    };
    assert_eq!(call(&browser).await.unwrap()["token"], "Bearer access-code-1");
    assert!(call(&Browser::new()).await.unwrap_err().needs_login());
    let session = app.session(&browser);
    session.sign_out().await.unwrap();
    let call = session.client("idp").unwrap().get("me").await;
    assert!(call.unwrap_err().needs_login(), "nobody is, in the same request");
}

#[tokio::test]
async fn a_sign_in_ends_with_its_life_and_before_when_idle() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    assert!(browser.last.iter().any(|line| line.contains("; Max-Age=43200;")), "12 h by default");
    app.wait(12 * 3600 - 1);
    assert!(is_signed_in(&app, &browser).await);
    app.wait(1);
    assert!(signed_in(&app, &mut browser).await.is_none());
    assert!(browser.cookies.is_empty(), "what is of no use is not sent for ever");

    let app = App::new(idp.http(), |builder| {
        let life = Duration::from_secs(3600);
        let builder = builder.signed_in_life(life).signed_in_idle(Duration::from_secs(600));
        builder.register("idp", Idp::provider())
    });
    let mut seen = Browser::new();
    sign_in(&app, &idp, &mut seen).await;
    let unseen = seen.clone();
    app.wait(149);
    assert!(signed_in(&app, &mut seen).await.is_some() && seen.last.is_empty());
    app.wait(1);
    assert!(signed_in(&app, &mut seen).await.is_some());
    assert!(seen.last[0].contains("; Max-Age=3450;"), "{:?}", seen.last);
    app.wait(450);
    assert!(!is_signed_in(&app, &unseen).await, "ten minutes unseen");
    for _ in 0..5 {
        assert!(signed_in(&app, &mut seen).await.is_some());
        app.wait(590);
    }
    assert!(is_signed_in(&app, &seen).await);
    app.wait(50);
    assert!(!is_signed_in(&app, &seen).await, "an hour in all");
}

#[tokio::test]
async fn signing_out_ends_all_tabs_and_every_copy_of_the_cookie() {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        builder.signed_in_idle(Duration::from_secs(600)).register("idp", Idp::provider())
    });
    let (mut browser, mut other) = (Browser::new(), Browser::new());
    sign_in(&app, &idp, &mut browser).await;
    sign_in(&app, &idp, &mut other).await;
    let copy = browser.clone();
    app.wait(300);
    // Of another tab: its answer, with the cookie set anew, arrives after the one that signed out.
    let late = app.session(&browser);
    assert!(late.signed_in().await.unwrap().is_some() && late.set_cookies().len() == 1);

    let session = app.session(&browser);
    session.sign_out().await.unwrap();
    assert!(session.signed_in().await.unwrap().is_none());
    browser.take(&session.set_cookies());
    assert!(browser.cookies.is_empty());
    browser.take(&late.set_cookies());
    for browser in [browser, copy] {
        assert!(!browser.cookies.is_empty() && !is_signed_in(&app, &browser).await);
    }
    assert!(is_signed_in(&app, &other).await, "another browser of the same user");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_browser_of_this_user_alone() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let (mut one, mut two, mut stranger) = (Browser::new(), Browser::new(), Browser::new());
    sign_in(&app, &idp, &mut one).await;
    sign_in(&app, &idp, &mut two).await;
    idp.claims(json!({"sub": "u2"}));
    sign_in(&app, &idp, &mut stranger).await;
    idp.claims(json!({}));
    app.session(&one).sign_out_everywhere().await.unwrap();
    for browser in [&one, &two] {
        assert!(!is_signed_in(&app, browser).await);
    }
    assert!(is_signed_in(&app, &stranger).await);
    app.wait(1);
    sign_in(&app, &idp, &mut two).await;
    assert!(is_signed_in(&app, &two).await, "who signs in anew is signed in");
}

#[tokio::test]
async fn a_sign_in_over_another_ends_that_one() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut victim = Browser::new();
    idp.claims(json!({"sub": "attacker"}));
    sign_in(&app, &idp, &mut victim).await;
    let planted = victim.clone();
    idp.claims(json!({}));
    let user = sign_in(&app, &idp, &mut victim).await;
    assert_eq!(user.sub(), "u1");
    assert_ne!(victim.only_cookie().1, planted.only_cookie().1);
    assert!(is_signed_in(&app, &victim).await);
    assert!(!is_signed_in(&app, &planted).await);
}

#[tokio::test]
async fn refusal_d10_a_cookie_altered_cut_moved_or_sealed_by_an_unknown_key() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    let (name, value) = browser.only_cookie();
    let with = |name: &str, value: &str| {
        let mut browser = Browser::new();
        browser.cookies.insert(name.to_owned(), value.to_owned());
        browser
    };
    let flipped = format!("{}{}", if value.starts_with('A') { "B" } else { "A" }, &value[1..]);
    let login = app.seal.seal("__Host-oauth-login-x", b"{}");
    let as_json = app.seal.seal(&name, b"{}");
    for (name, value) in [
        (&*name, &*flipped),
        (&name, &value[..value.len() - 4]),
        (&name, ""),
        (&name, &login),
        (&name, &as_json),
        (&name, &Seal::generate().seal(&name, b"{}")),
        (name.strip_prefix("__Host-").unwrap(), &value),
        ("__Host-oauth-login-x", &value),
        ("__Host-oauth-user-x", &value),
    ] {
        assert!(!is_signed_in(&app, &with(name, value)).await, "{name} {value:.20}");
    }
    let session = Session::new(&app.registry, &Seal::generate(), [&*browser.cookie_header()]);
    assert!(session.signed_in().await.unwrap().is_none(), "by an unknown key");
    // A neighbour's cookie of the same name beside ours does not sign the user out.
    let header = format!("{name}=planted; {}", browser.cookie_header());
    let session = Session::new(&app.registry, &app.seal, [&*header]);
    assert_eq!(session.signed_in().await.unwrap().unwrap().sub(), "u1");
}

#[tokio::test]
async fn refusal_c15_an_issuer_in_the_profile_of_a_plain_api_names_nobody() {
    let idp = Idp::new();
    let plain = Provider::new()
        .client_id(CLIENT)
        .client_secret("s")
        .set(Key::AuthorizeUrl, format!("{ISSUER}/authorize"))
        .set(Key::AccessTokenUrl, format!("{ISSUER}/token"))
        .set(Key::UserinfoEndpoint, format!("{ISSUER}/me"));
    idp.answer("/me", |_| json_answer(json!({"iss": "https://bank.example", "id": 7})));
    let app = App::of(&idp, plain);
    let mut browser = Browser::new();
    let user = sign_in(&app, &idp, &mut browser).await;
    assert_eq!((user.iss(), user.id()), (None, "idp 7".to_owned()));
}

#[tokio::test]
async fn a_profile_of_somebody_else_signs_nobody_in() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let session = app.session(&browser);
    let callback = Callback::query(&idp.approve(&url));
    let login = session.client("idp").unwrap().authorize_access_token(callback).await.unwrap();
    let profile = json!({"sub": "u2"}).as_object().unwrap().clone();
    let other = oidc_core::UserInfo::new(profile).unwrap();
    assert_code(session.sign_in_as(&login, &other).await, "sub_mismatch", "another's");
    assert!(session.signed_in().await.unwrap().is_none());
    let own = login.userinfo().await.unwrap();
    assert_eq!(session.sign_in_as(&login, &own).await.unwrap().sub(), "u1");
}

#[tokio::test]
async fn the_cookie_stays_small_whatever_the_provider_says() {
    let idp = Idp::new();
    idp.claims(json!({"name": "N".repeat(5000), "email": format!("{}@x.example", "e".repeat(500)),
        "bulk": "b".repeat(5000)}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let user = sign_in(&app, &idp, &mut browser).await;
    assert_eq!((user.name().unwrap().len(), user.email().is_none()), (100, true));
    let (_, value) = browser.only_cookie();
    assert!(value.len() < 700, "{}", value.len());

    idp.claims(json!({"sub": "u".repeat(5000)}));
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let session = app.session(&browser);
    let callback = Callback::query(&idp.approve(&url));
    let login = session.client("idp").unwrap().authorize_access_token(callback).await.unwrap();
    assert_code(session.sign_in(&login).await, "config", "no browser would keep it");
}

#[tokio::test]
async fn without_a_public_url_nobody_can_be_signed_in_and_the_error_says_why() {
    let idp = Idp::new();
    let builder = Registry::builder()
        .http(idp.http())
        .clock(client_registry::Clock::from_fn(|| client_registry::UnixTime::from_seconds(START)));
    let registry = builder.register("idp", Idp::provider()).build().unwrap();
    let seal = Seal::generate();
    let session = Session::new(&registry, &seal, [""; 0]);
    let to = session.client("idp").unwrap().authorize_redirect("https://app.example/cb").await;
    let query = idp.approve(to.unwrap().location());
    let lines = session.set_cookies();
    let cookies = lines.iter().map(|line| line.split(';').next().unwrap());
    let session = Session::new(&registry, &seal, cookies);
    let client = session.client("idp").unwrap();
    let login = client.authorize_access_token(Callback::query(&query)).await.unwrap();
    let error = assert_code(session.sign_in(&login).await, "config", "no public_url");
    assert!(error.to_string().contains("public_url"), "{error}");
    assert!(session.signed_in().await.unwrap().is_none());
    session.sign_out().await.unwrap();
}

/// A cache that can be away.
#[derive(Clone, Default)]
pub(crate) struct Flaky {
    kept: MemoryCache,
    pub(crate) away: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Flaky {
    fn check(&self) -> Result<(), StateError> {
        match self.away.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err(StateError::new("cache", "it is away")),
            false => Ok(()),
        }
    }
}

impl Cache for Flaky {
    fn get<'a>(
        &'a self,
        key: &'a str,
    ) -> client_registry::BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        Box::pin(async { self.check().map(|()| self.kept.get(key))?.await })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> client_registry::BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move { self.check().map(|()| self.kept.set(key, value, life))?.await })
    }
}

#[tokio::test]
async fn while_the_cache_is_away_nobody_is_taken_for_signed_in_and_the_cookie_still_goes() {
    let idp = Idp::new();
    let cache = Flaky::default();
    let app = App::new(idp.http(), |b| b.cache(cache.clone()).register("idp", Idp::provider()));
    let mut browser = Browser::new();
    sign_in(&app, &idp, &mut browser).await;
    cache.away.store(true, std::sync::atomic::Ordering::SeqCst);
    let session = app.session(&browser);
    let error: Error = assert_code(session.signed_in().await, "state", "unknown");
    assert!(error.is_retryable());
    assert_code(session.sign_out().await, "state", "a copy may not have ended");
    assert!(session.set_cookies()[0].contains("Max-Age=0"));
    cache.away.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(is_signed_in(&app, &browser).await, "a failing cache has ended nothing");
}

#[tokio::test]
async fn refusal_e10_debug_of_the_signed_in_user_holds_nothing_about_it() {
    let idp = Idp::new();
    idp.claims(json!({"sub": "canary", "sid": "canary", "name": "canary", "email": "canary@x.y"}));
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let user = sign_in(&app, &idp, &mut browser).await;
    let shown = format!("{user:?} {:?} {:?}", app.session(&browser), app.registry);
    assert!(shown.contains("idp") && !shown.contains("canary"), "{shown}");
}
