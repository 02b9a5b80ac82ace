//! The ready-made routes, and who is signed in by them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client_registry::{BoxFuture, Builder, Cache, MemoryCache, RouteOptions, StateError};
use http::Method;

use crate::apps::ReadyMade;
use crate::browser::{Answer, Asked, Browser, FORM, between};
use crate::site::{CLIENTS, ELSEWHERE, HTTPS, Site, client};

pub(super) async fn a_user_logs_in_and_out_by_each_protocol(site: &Site) {
    let site = signing_in(site).await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        assert_eq!(browser.get(&site, "/maybe").await.body, "nobody", "{client}");
        let nobody = browser.get(&site, "/me").await;
        assert_eq!((nobody.status, &*nobody.code()), (401, "needs_login"), "{client}");

        let done = log_in(&mut browser, &site, &format!("/login/{client}?next=%2Fme")).await;
        assert_eq!((done.status, &*done.location()), (303, "/me"), "{client}");
        for path in ["/me", "/maybe"] {
            let answer = browser.get(&site, path).await;
            assert_eq!((answer.status, &*answer.body), (200, "Alice"), "{client} {path}");
        }

        let begun = browser.send(&site, log_out(client)).await;
        assert_eq!(begun.status, 303, "{client}: {begun:?}");
        assert_eq!(browser.get(&site, "/maybe").await.body, "nobody", "{client}");
        // To the provider's page and back; straight back from where there is none.
        let at_provider = begun.location().starts_with(site.provider.base_url());
        assert_eq!(at_provider, ["openid", "posted"].contains(&client), "{client}");
        let back = match at_provider {
            true => site.redirected(&begun.location()).await,
            false => begun.location(),
        };
        let done = browser.get(&site, back.strip_prefix(HTTPS).expect("our address")).await;
        assert_eq!((done.status, &*done.location()), (303, "/bye"), "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
    }
}

pub(super) async fn a_copy_of_the_cookie_ends_with_the_logout(site: &Site) {
    let site = signing_in(site).await;
    let mut browser = Browser::default();
    log_in(&mut browser, &site, "/login/openid").await;
    let mut copy = browser.clone();
    assert_eq!(copy.get(&site, "/me").await.body, "Alice");
    browser.send(&site, log_out("openid")).await;
    assert_eq!(copy.get(&site, "/me").await.status, 401);
    assert_eq!(copy.get(&site, "/maybe").await.body, "nobody");
}

pub(super) async fn another_site_logs_nobody_out(site: &Site) {
    let site = signing_in(site).await;
    let mut browser = Browser::default();
    log_in(&mut browser, &site, "/login/oauth2").await;
    let evil = Asked::post("/logout/oauth2").header("origin", "https://evil.example");
    let link = Asked::get("/logout/oauth2").header("sec-fetch-site", "cross-site");
    for (request, code) in [(evil, "cross_site"), (link, "state_missing")] {
        let answer = browser.send(&site, request).await;
        assert_eq!((answer.status, &*answer.code()), (400, code));
        assert_eq!(browser.get(&site, "/me").await.body, "Alice");
    }
}

pub(super) async fn a_login_by_post_begins_on_our_own_pages_alone(site: &Site) {
    let how = |options: RouteOptions| {
        ReadyMade::signing_in(options.begin_by_post().home("/hello").expect("a path"))
    };
    let site = Site::ready_made(site.framework, HTTPS, |builder| builder, how).await;
    let mut browser = Browser::default();
    let by_link = browser.get(&site, "/login/openid").await;
    assert!([404, 405].contains(&by_link.status), "{by_link:?}");
    let evil = Asked::post("/login/openid").header("origin", "https://evil.example");
    assert_eq!(browser.send(&site, evil).await.code(), "cross_site");
    assert!(browser.cookies.is_empty());

    let ours = Asked::post("/login/openid").header("origin", HTTPS);
    let begun = browser.send(&site, ours).await;
    let delivery = site.at_provider(&begun.location()).await;
    let done = browser.deliver(&site, &delivery).await;
    assert_eq!((done.status, &*done.location()), (303, "/hello"));
}

pub(super) async fn what_is_to_be_done_with_a_login_is_the_applications(site: &Site) {
    let logins = Arc::new(Mutex::new(Vec::new()));
    let how =
        |options| ReadyMade { logins: Some(logins.clone()), ..ReadyMade::signing_in(options) };
    let site = Site::ready_made(site.framework, HTTPS, |builder| builder, how).await;
    let mut browser = Browser::default();
    let done = log_in(&mut browser, &site, "/login/openid").await;
    assert_eq!((done.status, &*done.location()), (303, "/"));
    assert!(browser.cookies.is_empty(), "nobody is signed in by a cookie of ours");
    site.provider.set_auto_approve(Some("mallory"));
    let refused = log_in(&mut browser, &site, "/login/oauth2").await;
    assert_eq!((refused.status, &*refused.code()), (401, "needs_login"));
    assert_eq!(*logins.lock().expect("no panic"), ["Alice"]);
}

pub(super) async fn a_logout_token_ends_the_sign_in_and_a_forged_one_does_not(site: &Site) {
    let site = signing_in(site).await;
    let mut browser = Browser::default();
    log_in(&mut browser, &site, "/login/openid").await;
    let tell = async |body: String| {
        let request = Asked::post("/logout/openid/back-channel").header("content-type", FORM);
        Browser::default().send(&site, request.body(body)).await
    };
    let forged = tell("logout_token=a.b.c".to_owned()).await;
    assert_eq!((forged.status, forged.body.contains("invalid_request")), (400, true), "{forged:?}");
    assert_eq!(browser.get(&site, "/me").await.body, "Alice");

    let token = site.provider.logout_token("app", "alice").expect("a known client");
    let told = tell(format!("logout_token={token}")).await;
    assert_eq!((told.status, &*told.body), (200, ""), "{told:?}");
    assert_eq!(told.headers["cache-control"], "no-store");
    assert_eq!(browser.get(&site, "/me").await.status, 401);
}

/// A logout at the provider itself, which posts.
pub(super) async fn a_provider_ends_the_sign_in_by_the_back_channel(site: &Site) {
    let site = signing_in(site).await;
    let at = format!("http://{}/logout/openid/back-channel", site.address());
    let client = client(HTTPS).backchannel_logout_uri(&at);
    site.provider.add_client(client).expect("a client");
    let (mut browser, cookie) = with_session(&site).await;
    let (mut other, _) = with_session(&site).await;
    assert_eq!(browser.get(&site, "/me").await.body, "Alice");
    let page = site.log_out_at_provider(&cookie).await;
    assert!(page.contains("You are logged out") && !page.contains("<iframe"), "{page}");
    assert_eq!(browser.get(&site, "/me").await.status, 401);
    assert_eq!(other.get(&site, "/me").await.body, "Alice", "in another session");
}

/// A page of the provider loads a frame, which has no cookie of ours.
pub(super) async fn a_provider_ends_the_sign_in_by_the_front_channel(site: &Site) {
    let site = signing_in(site).await;
    let at = format!("{HTTPS}/logout/openid/front-channel");
    site.provider.add_client(client(HTTPS).frontchannel_logout_uri(&at)).expect("a client");
    let (mut browser, cookie) = with_session(&site).await;
    let (mut other, _) = with_session(&site).await;
    let page = site.log_out_at_provider(&cookie).await;
    let frame = between(&page, "<iframe hidden src=\"", "\"").expect("a frame");
    let frame = frame.replace("&amp;", "&");
    let path = frame.strip_prefix(HTTPS).expect("our address");
    assert_eq!(browser.get(&site, "/me").await.body, "Alice", "until the frame is loaded");
    let framed = Browser::default().get(&site, path).await;
    assert!(framed.status == 200 && framed.set_cookies().is_empty(), "{framed:?}");
    assert_eq!(framed.headers["cache-control"], "no-store");
    assert_eq!(browser.get(&site, "/me").await.status, 401);
    assert_eq!(other.get(&site, "/me").await.body, "Alice", "in another session");

    // A session that nobody has here ends quietly, another issuer's is refused.
    let issuer = site.provider.issuer();
    for (issuer, status) in [(issuer, 200), ("https://evil.example", 400)] {
        let path = format!("/logout/openid/front-channel?iss={issuer}&sid=s1");
        let framed = browser.get(&site, &path).await;
        assert_eq!(framed.status, status, "{framed:?}");
        assert!(framed.headers["content-type"].as_bytes().starts_with(b"text/html"), "{framed:?}");
    }
}

/// Nobody is not the answer to "who is signed in?" where that is not known.
pub(super) async fn a_cache_that_fails_is_told_from_nobody(site: &Site) {
    let cache = Failing::default();
    let with_cache = |builder: Builder| builder.cache(cache.clone());
    let site = Site::ready_made(site.framework, HTTPS, with_cache, ReadyMade::signing_in).await;
    let mut browser = Browser::default();
    log_in(&mut browser, &site, "/login/openid").await;
    cache.is_down.store(true, Relaxed);
    for path in ["/me", "/maybe"] {
        let kept = browser.clone();
        let answer = browser.get(&site, path).await;
        assert_eq!((answer.status, &*answer.code()), (503, "state"), "{path}");
        assert_eq!(browser.cookies, kept.cookies, "{path}: the user stays signed in");
        // Whoever brings no cookie is nobody, and no cache is asked.
        let nobody = Browser::default().get(&site, path).await;
        assert_eq!(nobody.status, if path == "/me" { 401 } else { 200 }, "{path}");
    }
    cache.is_down.store(false, Relaxed);
    assert_eq!(browser.get(&site, "/me").await.body, "Alice");
    assert_eq!(browser.get(&site, "/maybe").await.body, "Alice");
}

/// The registry says where the callback is, and the routes are there.
pub(super) async fn the_callback_path_is_said_once(site: &Site) {
    let elsewhere = |builder: Builder| builder.callback_path(ELSEWHERE);
    let site = Site::ready_made(site.framework, HTTPS, elsewhere, ReadyMade::signing_in).await;
    for client in ["oauth1", "openid"] {
        let mut browser = Browser::default();
        let begun = browser.get(&site, &format!("/login/{client}?next=/me")).await;
        let back = site.redirected(&begun.location()).await;
        let path = back.strip_prefix(HTTPS).expect("our address");
        assert!(path.starts_with(&ELSEWHERE.replace("{name}", client)), "{path}");
        let done = browser.get(&site, path).await;
        assert_eq!((done.status, &*done.location()), (303, "/me"), "{client}");
        assert_eq!(browser.get(&site, "/me").await.body, "Alice", "{client}");
        let usual = browser.get(&site, &format!("/authorize/{client}?code=a&state=b")).await;
        assert_eq!(usual.status, 404, "{client}");
    }
}

pub(super) async fn below_a_base_path_they_lead_back_to_it(site: &Site) {
    const BASE: &str = "/base/app";
    let at = format!("{HTTPS}{BASE}");
    let how = |options| ReadyMade { base: BASE, ..ReadyMade::signing_in(options) };
    let site = Site::ready_made(site.framework, &at, |builder| builder, how).await;
    for client in CLIENTS {
        let mut browser = Browser::default();
        let done = log_in(&mut browser, &site, &format!("/login/{client}")).await;
        assert_eq!((done.status, &*done.location()), (303, BASE), "{client}");
        assert_eq!(browser.get(&site, "/me").await.body, "Alice", "{client}");
        let request = Asked::post(format!("/logout/{client}")).header("origin", HTTPS);
        let begun = browser.send(&site, request).await.location();
        let back = match begun.starts_with(&at) {
            true => begun,
            false => site.redirected(&begun).await,
        };
        let done = browser.get(&site, back.strip_prefix(&at).expect("our address")).await;
        assert_eq!((done.status, &*done.location()), (303, BASE), "{client}");
        assert!(browser.cookies.is_empty(), "{client}");
    }
}

pub(super) async fn other_methods_do_nothing(site: &Site) {
    let site = signing_in(site).await;
    let mut browser = Browser::default();
    for path in ["/login/openid", "/authorize/openid", "/logout/openid"] {
        for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = browser.send(&site, Asked::new(method.clone(), path)).await;
            assert!([404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            assert!(answer.set_cookies().is_empty(), "{method} {path}");
        }
    }
}

/// A browser that is signed in, and its cookie at the provider.
async fn with_session(site: &Site) -> (Browser, String) {
    let mut browser = Browser::default();
    let begun = browser.begin(site, "openid").await;
    let (delivery, cookie) = site.with_session(&begun).await;
    browser.deliver(site, &delivery).await;
    (browser, cookie)
}

async fn signing_in(site: &Site) -> Site {
    Site::ready_made(site.framework, HTTPS, |builder| builder, ReadyMade::signing_in).await
}

async fn log_in(browser: &mut Browser, site: &Site, path: &str) -> Answer {
    let begun = browser.get(site, path).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let delivery = site.at_provider(&begun.location()).await;
    browser.deliver(site, &delivery).await
}

/// A cache that can be down.
#[derive(Clone, Default)]
struct Failing {
    is_down: Arc<AtomicBool>,
    values: MemoryCache,
}

impl Failing {
    fn check(&self) -> Result<(), StateError> {
        match self.is_down.load(Relaxed) {
            true => Err(StateError::new("cache", "it is down")),
            false => Ok(()),
        }
    }
}

impl Cache for Failing {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        Box::pin(async {
            self.check()?;
            self.values.get(key).await
        })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move {
            self.check()?;
            self.values.set(key, value, life).await
        })
    }
}

fn log_out(client: &str) -> Asked {
    Asked::post(format!("/logout/{client}?next=%2Fbye")).header("origin", HTTPS)
}
