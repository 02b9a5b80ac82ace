//! Registries over time: initialised late, and changed while they serve.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use client_registry::{Callback, Env, Key, Provider, Registry, Seal, Session, providers};

use crate::common::{App, Browser, Http, Idp, assert_code};

fn github(title: &str) -> Provider {
    providers::github().client_id("id").client_secret("secret").title(title)
}

#[test]
fn before_it_is_initialised_a_registry_says_so() {
    let registry = Registry::lazy();
    assert!(!registry.register("github", &github("one")).unwrap());
    assert!(registry.register("github", &github("two")).unwrap(), "it replaces the first");
    registry.register("gone", &github("three")).unwrap();
    assert!(registry.unregister("gone") && !registry.unregister("gone"));
    assert_eq!(registry.names(), [("github".to_owned(), "two".to_owned())]);

    let session = Session::new(&registry, &Seal::generate(), [""; 0]);
    for error in [
        registry.client("github").unwrap_err(),
        session.client("github").unwrap_err(),
        registry.callback_url("github").unwrap_err(),
        registry.check_same_origin(None, Some("same-origin")).unwrap_err(),
        registry.update(|_| Ok(())).unwrap_err(),
    ] {
        assert_eq!(error.code(), "config");
        assert!(error.to_string().contains("call init first"), "{error}");
    }
}

#[tokio::test]
async fn a_lazy_registry_in_a_static_serves_after_init_and_so_do_its_clones() {
    static OAUTH: LazyLock<Registry> = LazyLock::new(Registry::lazy);
    let idp = Idp::new();
    let (clone, seal) = (OAUTH.clone(), Seal::generate());
    let held = Session::new(&clone, &seal, [""; 0]);
    OAUTH.register("idp", &Idp::provider()).unwrap();
    OAUTH.register("github", &github("early")).unwrap();

    // What fails leaves it as it was.
    assert_code(OAUTH.init(Registry::builder()), "config", "no HTTP client");
    assert!(held.client("idp").is_err());

    let env = Env::from_vars([("GITHUB_CLIENT_ID", "from the environment")]);
    let late = providers::github().client_secret("secret").title("late");
    let builder = Registry::builder().http(idp.http()).source(env).register("github", late);
    OAUTH.init(builder.public_url("https://app.example").unwrap()).unwrap();
    assert_eq!(clone.client("github").unwrap().title(), "late", "the builder's counts");
    let redirect_uri = clone.callback_url("idp").unwrap();
    assert!(held.client("idp").unwrap().authorize_redirect(redirect_uri).await.is_ok());

    let again = OAUTH.init(Registry::builder().http(Http::silent()));
    let error = assert_code(again, "config", "a second init").to_string();
    assert!(error.contains("initialised already"), "{error}");
    assert!(OAUTH.client("idp").is_ok());
    let built = Registry::builder().http(Http::silent()).build().unwrap();
    assert_code(built.init(Registry::builder()), "config", "one that was built");
}

#[test]
fn a_second_client_of_a_name_replaces_the_first_and_says_so() {
    let builder = Registry::builder().register("github", github("one"));
    let registry = builder.register("github", github("two")).http(Http::silent()).build().unwrap();
    let [warning] = registry.warnings() else { panic!("{:?}", registry.warnings()) };
    assert!(warning.contains("\"github\"") && warning.contains("twice"), "{warning}");
    assert_eq!(registry.client("github").unwrap().title(), "two");

    let held = registry.client("github").unwrap();
    assert!(registry.register("github", &github("three")).unwrap());
    assert!(!registry.register("another", &github("four")).unwrap());
    assert_eq!(registry.client("github").unwrap().title(), "three");
    assert_eq!(held.title(), "two", "a client in use stays what it is");
    assert!(registry.unregister("github") && !registry.unregister("github"));
    assert_code(registry.client("github"), "unknown_client", "unregistered");
    assert_eq!(registry.names(), [("another".to_owned(), "four".to_owned())]);
}

#[test]
fn what_is_registered_later_has_the_settings_of_the_sources() {
    let env = Env::from_vars([("LATE_CLIENT_ID", "id"), ("LATE_CLIENT_SECRET", "s")]);
    let registry = Registry::builder().source(env).http(Http::silent()).build().unwrap();
    assert!(registry.register("late", &providers::github()).is_ok());
    let nothing = registry.register("later", &providers::github());
    let error = assert_code(nothing, "config", "no settings").to_string();
    assert!(error.contains("LATER_CLIENT_ID"), "{error}");
    for name in ["LATE", "a b", ""] {
        assert_code(registry.register(name, &github("x")), "config", name);
    }
}

#[test]
fn an_update_that_fails_changes_nothing() {
    let builder = Registry::builder().register("a", github("a")).register("b", github("b"));
    let registry = builder.http(Http::silent()).build().unwrap();
    let before = registry.names();
    let failed = registry.update(|clients| {
        assert!(clients.unregister("a") && clients.register("c", &github("c")).is_ok());
        assert_eq!(clients.names(), ["b", "c"]);
        assert!(clients.contains("b") && !clients.contains("a"));
        clients.register("B", &github("shares variables with b"))
    });
    assert_code(failed, "config", "a name that is taken");
    assert_eq!(registry.names(), before);
    let moved = registry.update(|clients| {
        clients.unregister("b");
        clients.register("B", &github("B"))
    });
    assert!(!moved.unwrap());
}

#[test]
fn a_reader_sees_an_update_whole_or_not_at_all() {
    let registry = Registry::builder().http(Http::silent()).build().unwrap();
    let change = |title: &str| {
        registry.update(|clients| {
            for number in 0..50 {
                clients.register(format!("client-{number}"), &github(title))?;
            }
            Ok(())
        })
    };
    change("0").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !done.load(Ordering::SeqCst) {
                let mut titles: Vec<_> =
                    registry.names().into_iter().map(|(_, title)| title).collect();
                assert_eq!(titles.len(), 50);
                titles.dedup();
                assert_eq!(titles.len(), 1, "{titles:?}");
                seen.insert(titles.remove(0));
            }
            seen
        });
        for round in 1..=40 {
            change(&round.to_string()).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        assert!(!reader.join().unwrap().is_empty());
    });
}

#[tokio::test]
async fn what_is_known_of_an_issuer_outlives_a_change_of_its_clients() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    app.registry.register("idp", &Idp::provider().title("renewed")).unwrap();
    app.registry.register("second", &Idp::provider()).unwrap();
    app.login(&idp).await.unwrap();
    app.begin(&mut Browser::new(), "second").await.unwrap();
    assert_eq!(idp.count("/.well-known/openid-configuration"), 1);
    // A login that was begun with the client that was replaced is finished with the new one.
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();

    // Another identifier is another client: what was asked for under the old one is not for it.
    let url = app.begin(&mut browser, "idp").await.unwrap();
    app.registry.register("idp", &Idp::provider().set(Key::ClientId, "another")).unwrap();
    let finished = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
    assert_code(finished, "wrong_client", "another identifier");
}
