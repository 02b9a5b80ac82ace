//! Logins in a cache: what it is told, several machines on one, and one that is away.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client_registry::{
    BoxFuture, Cache, Callback, Key, LoginOptions, MemoryCache, Provider, StateError,
};

use crate::common::{App, Browser, CLIENT, Http, Idp, SECRET, answer, assert_code, param};

/// A cache that shows what it was told, and that can be away.
#[derive(Clone, Default)]
struct Open(Arc<Inner>);

#[derive(Default)]
struct Inner {
    values: Mutex<HashMap<String, Vec<u8>>>,
    lives: Mutex<Vec<Duration>>,
    away: AtomicBool,
}

impl Open {
    fn set_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    fn answer<'a, T: Send + 'a>(
        &self,
        work: impl FnOnce(&mut HashMap<String, Vec<u8>>) -> T,
    ) -> BoxFuture<'a, Result<T, StateError>> {
        let answer = match self.0.away.load(Ordering::SeqCst) {
            true => Err(StateError::new("cache", "connection refused")),
            false => Ok(work(&mut self.0.values.lock().unwrap())),
        };
        Box::pin(async {
            tokio::task::yield_now().await;
            answer
        })
    }

    fn values(&self) -> Vec<(String, Vec<u8>)> {
        self.0.values.lock().unwrap().clone().into_iter().collect()
    }
}

impl Cache for Open {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        self.answer(|values| values.get(key).cloned())
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        life: Duration,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        self.0.lives.lock().unwrap().push(life);
        self.answer(|values| drop(values.insert(key.to_owned(), value.to_owned())))
    }

    fn take<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StateError>> {
        self.answer(|values| values.remove(key))
    }
}

/// One of the machines of an application: its own registry, the cache and the seal of all.
fn machine(idp: &Idp, cache: &(impl Cache + Clone)) -> App {
    let with_oauth1 = Http::new({
        let http = idp.http();
        move |seen| match seen.address() {
            "https://one.example/request" => Ok(answer(
                200,
                "application/x-www-form-urlencoded",
                "oauth_token=temp-1&oauth_token_secret=canary-secret&oauth_callback_confirmed=true",
            )),
            "https://one.example/access" => Ok(answer(
                200,
                "application/x-www-form-urlencoded",
                "oauth_token=tok&oauth_token_secret=tok-secret",
            )),
            _ => http.answer(seen),
        }
    });
    let one = Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access");
    let mut app = App::new(with_oauth1, |builder| {
        builder.cache(cache.clone()).register("idp", Idp::provider()).register("one", one)
    });
    app.seal = client_registry::Seal::new([[7; 32]]).unwrap();
    app
}

#[tokio::test]
async fn the_cookie_is_a_random_key_and_the_cache_learns_nothing_of_the_login() {
    let (idp, cache) = (Idp::new(), Open::default());
    let app = machine(&idp, &cache);
    let mut keys = Vec::new();
    for name in ["idp", "one"] {
        let mut browser = Browser::new();
        let options = LoginOptions::new().app_data("canary-data").unwrap();
        let url = app.begin_with(&mut browser, name, &options).await.unwrap();
        let (cookie, value) = browser.only_cookie();
        assert!(cookie.starts_with("__Host-oauth-login-") && value.len() == 43, "{cookie}={value}");
        assert!(browser.last[0].ends_with("; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"));
        let state = match name {
            "idp" => param(&url, "state"),
            _ => "temp-1".to_owned(),
        };
        for (key, sealed) in cache.values() {
            let sealed = String::from_utf8_lossy(&sealed);
            for secret in ["canary", "temp-1", "idp.example", &value, &state] {
                assert!(!sealed.contains(secret) && !key.contains(secret), "{key}: {secret}");
            }
            assert!(key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
        keys.push(value);
        let query = match name {
            "idp" => idp.approve(&url),
            _ => "oauth_token=temp-1&oauth_verifier=v".to_owned(),
        };
        let login = app.finish(&mut browser, name, Callback::query(&query)).await.unwrap();
        assert_eq!(login.app_data(), Some("canary-data"));
        assert!(cache.values().is_empty() && browser.cookies.is_empty(), "the login is taken");
    }
    assert_ne!(keys[0], keys[1]);
    assert_eq!(*cache.0.lives.lock().unwrap(), [Duration::from_secs(3600); 2]);
}

#[tokio::test]
async fn a_login_begun_on_one_machine_is_finished_on_another_and_replayed_on_none() {
    let (idp, cache) = (Idp::new(), MemoryCache::new());
    let machines = [machine(&idp, &cache), machine(&idp, &cache)];
    for name in ["idp", "one"] {
        let mut browser = Browser::new();
        let url = machines[0].begin(&mut browser, name).await.unwrap();
        let query = match name {
            "idp" => idp.approve(&url),
            _ => "oauth_token=temp-1&oauth_verifier=v".to_owned(),
        };
        let kept = browser.clone();
        machines[1].finish(&mut browser, name, Callback::query(&query)).await.unwrap();
        let requests = idp.http().count();
        for (machine, code) in [(0, "state_mismatch"), (1, "login_replayed")] {
            for mut browser in [kept.clone(), kept.clone()] {
                let copy = machines[machine].finish(&mut browser, name, Callback::query(&query));
                assert_code(copy.await, code, &format!("a kept copy on machine {machine}"));
            }
            let own = machines[machine].finish(&mut browser, name, Callback::query(&query)).await;
            assert_code(own, "state_mismatch", "the browser itself");
        }
        assert_eq!(idp.http().count(), requests, "nothing was asked");
    }
}

#[tokio::test]
async fn of_a_hundred_copies_of_one_callback_on_two_machines_one_logs_in() {
    let (idp, cache) = (Idp::new(), Open::default());
    let machines = [machine(&idp, &cache), machine(&idp, &cache)];
    let mut browser = Browser::new();
    let url = machines[0].begin(&mut browser, "idp").await.unwrap();
    let query = idp.approve(&url);
    let copies: Vec<_> = (0..100)
        .map(|copy| {
            let (app, mut browser) = (machines[copy % 2].clone(), browser.clone());
            let callback = Callback::query(&query);
            tokio::spawn(async move { app.finish(&mut browser, "idp", callback).await })
        })
        .collect();
    let mut logins = 0;
    for copy in copies {
        match copy.await.unwrap() {
            Ok(_) => logins += 1,
            Err(error) => {
                assert!(matches!(error.code(), "login_replayed" | "state_mismatch"), "{error}");
            }
        }
    }
    assert_eq!((logins, idp.count("/token")), (1, 1));
}

#[tokio::test]
async fn a_cache_that_is_away_is_a_retryable_error_and_takes_nothing() {
    let (idp, cache) = (Idp::new(), Open::default());
    let app = machine(&idp, &cache);
    let (mut browser, mut another) = (Browser::new(), Browser::new());
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let query = idp.approve(&url);
    cache.set_away(true);
    let begun = app.begin(&mut another, "idp").await;
    let finished = app.finish(&mut browser, "idp", Callback::query(&query)).await.map(drop);
    for (what, outcome) in [("begin", begun.map(drop)), ("finish", finished)] {
        let error = assert_code(outcome, "state", what);
        assert!(error.is_retryable() && error.status() == 503, "{error}");
        assert_eq!(error.to_string(), "cache: connection refused");
    }
    assert!(another.cookies.is_empty() && browser.cookies.len() == 1);
    let stranger = app.finish(&mut another, "idp", Callback::query(&query)).await;
    assert_code(stranger, "state_mismatch", "without a cookie the cache is not asked");
    assert_eq!(idp.count("/token"), 0);

    cache.set_away(false);
    app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
}

#[tokio::test]
async fn a_login_that_the_cache_has_lost_or_that_was_moved_there_is_refused() {
    let (idp, cache) = (Idp::new(), Open::default());
    let app = machine(&idp, &cache);
    let (mut mine, mut theirs) = (Browser::new(), Browser::new());
    let url = app.begin(&mut mine, "idp").await.unwrap();
    let [(my_key, my_login)] = &cache.values()[..] else { panic!("one login") };
    app.begin(&mut theirs, "idp").await.unwrap();
    let requests = app.requests();
    let query = idp.approve(&url);
    let all = cache.values();
    let (their_key, _) = all.iter().find(|(key, _)| key != my_key).unwrap();

    // Whoever writes to the cache puts my login behind their ticket, and their cookie under my name.
    cache.set(their_key, my_login, Duration::from_secs(60)).await.unwrap();
    let ((my_cookie, _), (_, their_ticket)) = (mine.only_cookie(), theirs.only_cookie());
    let mut thief = Browser::new();
    thief.cookies.insert(my_cookie, their_ticket);
    let moved = app.finish(&mut thief, "idp", Callback::query(&query)).await;
    assert_code(moved, "state_mismatch", "it was sealed for another ticket");

    let entry = cache.0.values.lock().unwrap().insert(my_key.clone(), Vec::new()).unwrap();
    let lost = app.finish(&mut mine.clone(), "idp", Callback::query(&query)).await;
    assert_code(lost, "state_mismatch", "an empty value counts as none");
    assert_eq!(app.requests(), requests);
    cache.set(my_key, &entry, Duration::from_secs(60)).await.unwrap();
    app.finish(&mut mine, "idp", Callback::query(&query)).await.unwrap();
}

#[tokio::test]
async fn a_login_of_any_size_fits_and_the_oldest_cookies_still_go_first() {
    let (idp, cache) = (Idp::new(), MemoryCache::new());
    let app = machine(&idp, &cache);
    let mut browser = Browser::new();
    let large = LoginOptions::new().app_data("\u{1}".repeat(1024)).unwrap();
    let mut urls = Vec::new();
    for _ in 0..60 {
        urls.push(app.begin_with(&mut browser, "idp", &large).await.unwrap());
        app.wait(1);
        assert!(browser.cookie_header().len() < 3_700, "{}", browser.cookie_header().len());
    }
    let kept = browser.cookies.len();
    assert!((40..60).contains(&kept), "{kept} logins are kept");
    for (at, url) in urls.iter().enumerate() {
        let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(url))).await;
        assert_eq!(outcome.is_ok(), at >= 60 - kept, "login {at} of 60, {kept} kept");
    }
}

#[tokio::test]
async fn logins_that_nobody_finishes_stay_under_the_cap_and_the_youngest_still_finish() {
    let (idp, cache) = (Idp::new(), MemoryCache::with_cap(256 * 1024));
    let app = machine(&idp, &cache);
    let mut browser = Browser::new();
    let first = app.begin(&mut browser, "idp").await.unwrap();
    for _ in 0..2_000 {
        app.begin(&mut Browser::new(), "idp").await.unwrap();
    }
    assert!((100..1_000).contains(&cache.len()), "{} logins in 256 KiB", cache.len());
    let outcome = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&first))).await;
    assert_code(outcome, "state_mismatch", "it was the oldest of too many");
    app.login(&idp).await.unwrap();
}
