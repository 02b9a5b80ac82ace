//! Tokens over time: refreshed once, saved before they are handed out, never lost.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use client_registry::{
    BoxFuture, Client, Clock, Error, HttpClient, HttpError, HttpErrorKind, Key, Lease,
    MemoryTokenStore, Provider, Registry, Revocation, Seal, StateError, StoredToken, Token,
    TokenStore, UnixTime,
};
use http::{Request, Response};
use serde_json::{Value, json};

/// A provider that answers what it is told to, and rotates refresh tokens else.
#[derive(Clone, Default)]
struct Server(Arc<Inner>);

#[derive(Default)]
struct Inner {
    requests: Mutex<Vec<Request<Vec<u8>>>>,
    answers: Mutex<VecDeque<Result<(u16, Value), HttpError>>>,
    issued: AtomicUsize,
    /// How often an answer yields before it is there.
    yields: AtomicUsize,
}

impl Server {
    fn next(&self, status: u16, body: Value) {
        self.0.answers.lock().unwrap().push_back(Ok((status, body)));
    }

    fn fails(&self, kind: HttpErrorKind) {
        self.0.answers.lock().unwrap().push_back(Err(HttpError::new(kind, "told to")));
    }

    /// The forms that were posted.
    fn forms(&self) -> Vec<String> {
        let requests = self.0.requests.lock().unwrap();
        requests.iter().map(|r| String::from_utf8(r.body().clone()).unwrap()).collect()
    }

    fn count(&self) -> usize {
        self.0.requests.lock().unwrap().len()
    }
}

impl HttpClient for Server {
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        Box::pin(async move {
            self.0.requests.lock().unwrap().push(request);
            for _ in 0..self.0.yields.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
            let told = self.0.answers.lock().unwrap().pop_front();
            let (status, body) = told.unwrap_or_else(|| {
                let n = self.0.issued.fetch_add(1, Ordering::Relaxed) + 1;
                Ok((
                    200,
                    json!({
                        "access_token": format!("a{n}"), "token_type": "Bearer",
                        "expires_in": 3600, "refresh_token": format!("r{n}"),
                    }),
                ))
            })?;
            let response = Response::builder().status(status);
            let response = response.header("content-type", "application/json");
            Ok(response.body(serde_json::to_vec(&body).unwrap()).unwrap())
        })
    }
}

/// A clock that tests set.
#[derive(Clone)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn new() -> Self {
        Time(Arc::new(AtomicU64::new(1_700_000_000)))
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let time = self.0.clone();
        Clock::from_fn(move || UnixTime::from_seconds(time.load(Ordering::Relaxed)))
    }
}

/// A store that fails when told to, around one in memory.
#[derive(Clone, Default)]
struct Store {
    kept: Arc<MemoryTokenStore>,
    /// How many of the next writes fail.
    failing: Arc<AtomicUsize>,
}

impl TokenStore for Store {
    fn fetch_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredToken>, StateError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.kept.fetch_token(client, user).await
        })
    }

    fn update_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        expected: Option<u64>,
        token: StoredToken,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let failing = self.failing.load(Ordering::Relaxed);
            if failing > 0 {
                self.failing.store(failing - 1, Ordering::Relaxed);
                return Err(StateError::new("update_token", "told to fail"));
            }
            self.kept.update_token(client, user, expected, token).await
        })
    }

    fn delete_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        self.kept.delete_token(client, user)
    }
}

fn provider() -> Provider {
    Provider::new()
        .client_id("id")
        .client_secret("secret")
        .scope("profile")
        .set(Key::AuthorizeUrl, "https://idp.example/authorize")
        .set(Key::AccessTokenUrl, "https://idp.example/token")
        .set(Key::RevocationEndpoint, "https://idp.example/revoke")
        .set(Key::ApiBaseUrl, "https://api.example/")
}

struct World {
    server: Server,
    time: Time,
    store: Store,
    registry: Registry,
}

impl World {
    fn new() -> Self {
        World::with(|builder| builder)
    }

    fn with(more: impl FnOnce(client_registry::Builder) -> client_registry::Builder) -> Self {
        let (server, time, store) = (Server::default(), Time::new(), Store::default());
        let builder = Registry::builder()
            .http(server.clone())
            .clock(time.clock())
            .token_store(store.clone(), Seal::new([[7; 32]]).unwrap())
            .register("idp", provider());
        let registry = more(builder).build().unwrap();
        World { server, time, store, registry }
    }

    fn client(&self) -> Client {
        self.registry.client("idp").unwrap()
    }

    /// Keeps a token of alice's that lives for an hour from now.
    async fn log_in(&self) {
        let expires_at = self.time.0.load(Ordering::Relaxed) + 3600;
        self.client().save_token("alice", &token("a0", Some("r0"), expires_at)).await.unwrap();
    }

    async fn access_token(&self) -> Result<String, Error> {
        let token = self.client().fetch_token("alice").await?;
        Ok(token.access_token().expose().to_owned())
    }

    /// What the store holds, read by a registry that has seen nothing yet.
    async fn stored(&self) -> Token {
        let other = Registry::builder()
            .http(Server::default())
            .clock(Clock::from_fn(|| UnixTime::from_seconds(0)))
            .token_store(self.store.clone(), Seal::new([[7; 32]]).unwrap())
            .register("idp", provider())
            .build()
            .unwrap();
        other.client("idp").unwrap().fetch_token("alice").await.unwrap()
    }
}

fn token(access: &str, refresh: Option<&str>, expires_at: u64) -> Token {
    let obtained_at = expires_at.saturating_sub(3600);
    let json = json!({
        "access_token": access, "token_type": "bearer", "refresh_token": refresh,
        "expires_at": expires_at, "obtained_at": obtained_at, "scope": "profile",
    });
    Token::from_exposed_json(&json.to_string()).unwrap()
}

#[tokio::test]
async fn ten_thousand_callers_with_one_expired_token_make_one_request() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.0.yields.store(50, Ordering::Relaxed);
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let client = world.client();
            tokio::spawn(async move { client.fetch_token("alice").await })
        })
        .collect();
    for caller in callers {
        let token = caller.await.unwrap().unwrap();
        assert!(token.access_token().ct_eq("a1"));
    }
    assert_eq!(world.server.count(), 1);
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("r1"));
}

#[tokio::test]
async fn all_callers_of_a_refresh_that_fails_get_the_same_error() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.0.yields.store(50, Ordering::Relaxed);
    world.server.fails(HttpErrorKind::Timeout);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let client = world.client();
            tokio::spawn(async move { client.fetch_token("alice").await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().code(), "http_timeout");
    }
    assert_eq!(world.server.count(), 1);
    assert_eq!(world.access_token().await.unwrap(), "a1", "and the next one tries again");
}

#[tokio::test]
async fn a_refresh_whose_caller_is_dropped_at_any_await_point_is_finished_and_saved() {
    let mut finished_by_the_caller = false;
    for polls in 1.. {
        assert!(polls < 1000, "the caller never finishes");
        let world = World::new();
        world.log_in().await;
        world.time.pass(3600);
        world.server.0.yields.store(3, Ordering::Relaxed);
        {
            let client = world.client();
            let mut call = pin!(client.fetch_token("alice"));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..polls {
                if let Poll::Ready(token) = call.as_mut().poll(&mut context) {
                    assert!(token.unwrap().access_token().ct_eq("a1"));
                    finished_by_the_caller = true;
                    break;
                }
                // The flight, a task of its own, goes one step as well.
                tokio::task::yield_now().await;
            }
        }
        let begun = world.server.count() > 0;
        world.registry.shutdown().await;
        if begun {
            assert_eq!(world.server.count(), 1, "dropped after {polls} polls");
            assert!(world.stored().await.refresh_token().unwrap().ct_eq("r1"), "after {polls}");
        }
        if finished_by_the_caller {
            break;
        }
    }
    assert!(finished_by_the_caller);
}

#[tokio::test]
async fn a_token_is_refreshed_ahead_and_the_old_one_serves_while_the_server_is_away() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3539);
    assert_eq!(world.access_token().await.unwrap(), "a0");
    assert_eq!(world.server.count(), 0);
    world.time.pass(1);
    world.server.fails(HttpErrorKind::Connect);
    assert_eq!(world.access_token().await.unwrap(), "a0", "still good, and the server is away");
    assert_eq!(world.access_token().await.unwrap(), "a1");
    let forms = world.server.forms();
    assert_eq!(forms[1], "grant_type=refresh_token&refresh_token=r0");
}

#[tokio::test]
async fn what_a_refresh_answer_omits_is_kept() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.next(200, json!({"access_token": "new", "token_type": "bearer", "x": 1}));
    let token = world.client().fetch_token("alice").await.unwrap();
    assert!(token.access_token().ct_eq("new") && token.refresh_token().unwrap().ct_eq("r0"));
    assert_eq!(token.scope(), Some("profile"));
    assert_eq!(token.expires_at(), None, "the server does not say how long it lives");
    assert_eq!(token.extra()["x"], 1);
}

#[tokio::test]
async fn invalid_grant_needs_a_login_and_is_asked_for_once() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.next(400, json!({"error": "invalid_grant"}));
    for _ in 0..3 {
        let error = world.access_token().await.unwrap_err();
        assert!(error.needs_login() && error.status() == 401, "{error}");
    }
    assert_eq!(world.server.count(), 1, "the same refresh token is not tried twice");
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("r0"), "nothing is touched");
    world.log_in().await;
    assert_eq!(world.access_token().await.unwrap(), "a0", "a new login helps");
}

#[tokio::test]
async fn no_token_no_refresh_token_and_another_user_need_a_login() {
    let world = World::new();
    assert!(world.access_token().await.unwrap_err().needs_login());
    world.log_in().await;
    assert!(world.client().fetch_token("bob").await.unwrap_err().needs_login());
    world.client().save_token("carol", &token("c", None, 1)).await.unwrap();
    assert!(world.client().fetch_token("carol").await.unwrap_err().needs_login());
    assert_eq!(world.client().fetch_token("").await.unwrap_err().code(), "config");
    assert_eq!(world.server.count(), 0);
}

#[tokio::test]
async fn a_new_token_that_cannot_be_saved_is_handed_to_nobody_and_not_lost() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.store.failing.store(6, Ordering::Relaxed); // one try and five more
    let error = world.access_token().await.unwrap_err();
    assert!(error.code() == "state" && error.is_retryable(), "{error}");
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("r0"));
    assert_eq!(world.access_token().await.unwrap(), "a1", "saved by the next call");
    assert_eq!(world.server.count(), 1, "without asking the server again");
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("r1"));
}

#[tokio::test]
async fn a_login_during_a_refresh_wins() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.0.yields.store(200, Ordering::Relaxed);
    let client = world.client();
    let refresh = tokio::spawn(async move { client.fetch_token("alice").await });
    while world.server.count() == 0 {
        tokio::task::yield_now().await;
    }
    let expires_at = world.time.0.load(Ordering::Relaxed) + 3600;
    world.client().save_token("alice", &token("login", Some("lr"), expires_at)).await.unwrap();
    assert!(refresh.await.unwrap().unwrap().access_token().ct_eq("login"));
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("lr"));
}

#[tokio::test]
async fn a_logout_during_a_refresh_wins() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.0.yields.store(200, Ordering::Relaxed);
    let client = world.client();
    let refresh = tokio::spawn(async move { client.fetch_token("alice").await });
    while world.server.count() == 0 {
        tokio::task::yield_now().await;
    }
    world.client().delete_token("alice").await.unwrap();
    assert!(refresh.await.unwrap().unwrap_err().needs_login());
    assert!(world.access_token().await.unwrap_err().needs_login());
}

#[tokio::test]
async fn the_hook_is_awaited_and_the_signal_tells_of_old_and_new() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let world = World::with({
        let seen = seen.clone();
        move |builder| {
            builder.update_token(move |update| {
                let seen = seen.clone();
                async move {
                    tokio::task::yield_now().await;
                    seen.lock().unwrap().push(update.old_access_token.unwrap().expose().to_owned());
                    Ok::<_, Error>(())
                }
            })
        }
    });
    let mut updates = world.registry.token_updates();
    world.log_in().await;
    world.time.pass(3600);
    assert_eq!(world.access_token().await.unwrap(), "a1");
    assert_eq!(*seen.lock().unwrap(), ["a0"], "before the token was handed out");
    let update = updates.next().await.unwrap();
    assert_eq!((&*update.client, &*update.user), ("idp", "alice"));
    assert!(update.token.access_token().ct_eq("a1"));
    assert!(update.old_access_token.as_ref().unwrap().ct_eq("a0"));
    assert!(update.old_refresh_token.as_ref().unwrap().ct_eq("r0"));
    assert!(!format!("{update:?}").contains("a1"), "{update:?}");
    drop(world);
    assert!(updates.next().await.is_none(), "the registry is gone");
}

#[tokio::test]
async fn closures_serve_in_place_of_a_store_and_their_failure_keeps_the_token() {
    let kept = Arc::new(Mutex::new(token("a0", Some("r0"), 1_700_003_600)));
    let failing = Arc::new(AtomicUsize::new(1));
    let (server, time) = (Server::default(), Time::new());
    let (read, write, broken) = (kept.clone(), kept.clone(), failing.clone());
    let provider = provider()
        .fetch_token(move |client, user| {
            let token = read.lock().unwrap().clone();
            async move { Ok::<_, Error>((client == "idp" && user == "alice").then_some(token)) }
        })
        .update_token(move |update| {
            let (write, broken) = (write.clone(), broken.clone());
            async move {
                if broken.swap(0, Ordering::Relaxed) > 0 {
                    return Err("told to fail");
                }
                assert!(update.old_refresh_token.unwrap().ct_eq("r0"));
                *write.lock().unwrap() = update.token;
                Ok(())
            }
        });
    let registry = Registry::builder().http(server.clone()).clock(time.clock());
    let registry = registry.register("idp", provider).build().unwrap();
    let client = registry.client("idp").unwrap();
    assert!(client.fetch_token("alice").await.unwrap().access_token().ct_eq("a0"));
    time.pass(3600);
    assert!(client.fetch_token("alice").await.unwrap().access_token().ct_eq("a1"));
    assert!(kept.lock().unwrap().refresh_token().unwrap().ct_eq("r1"));
    assert!(client.fetch_token("bob").await.unwrap_err().needs_login());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn oauth1_tokens_are_kept_and_never_refreshed() {
    let world = World::with(|builder| {
        let at = |path: &str| format!("https://one.example/{path}");
        builder.register(
            "one",
            Provider::new()
                .client_id("id")
                .client_secret("secret")
                .set(Key::RequestTokenUrl, at("request"))
                .set(Key::AuthorizeUrl, at("authorize"))
                .set(Key::AccessTokenUrl, at("access")),
        )
    });
    let client = world.registry.client("one").unwrap();
    client.save_token("alice", &Token::oauth1("t", "s")).await.unwrap();
    let token = client.fetch_token("alice").await.unwrap();
    assert!(token.token_secret().unwrap().ct_eq("s"));
    assert_eq!(world.server.count(), 0);
}

#[tokio::test]
async fn the_clients_own_token_is_asked_for_kept_and_asked_for_again() {
    let world = World::new();
    let service = async || world.client().fetch_service_token().await.unwrap();
    assert!(service().await.access_token().ct_eq("a1"));
    assert!(service().await.access_token().ct_eq("a1"));
    world.time.pass(3600);
    assert!(service().await.access_token().ct_eq("a2"));
    let form = "grant_type=client_credentials&scope=profile";
    assert_eq!(world.server.forms(), [form, form]);
}

#[tokio::test]
async fn revocation_drops_the_token_also_when_the_server_will_not() {
    let world = World::new();
    world.log_in().await;
    world.server.next(200, json!({}));
    world.server.next(200, json!({}));
    assert_eq!(world.client().revoke_token("alice").await.unwrap(), Revocation::Revoked);
    let forms = ["token=r0&token_type_hint=refresh_token", "token=a0&token_type_hint=access_token"];
    assert_eq!(world.server.forms(), forms);
    assert!(world.access_token().await.unwrap_err().needs_login());

    world.log_in().await;
    world.server.next(200, json!({}));
    world.server.next(400, json!({"error": "unsupported_token_type"}));
    let revoked = world.client().revoke_token("alice").await.unwrap();
    assert_eq!(revoked, Revocation::Revoked, "a server may keep nothing of access tokens");
    let again = world.client().revoke_token("alice").await.unwrap();
    assert_eq!(again, Revocation::NoToken);

    world.log_in().await;
    world.server.next(503, json!({}));
    assert!(world.client().revoke_token("alice").await.is_err());
    assert!(world.access_token().await.unwrap_err().needs_login());
}

#[tokio::test]
async fn a_new_seal_key_reads_what_the_old_one_sealed_and_an_unknown_one_says_so() {
    let world = World::new();
    world.log_in().await;
    let with = |keys: Vec<[u8; 32]>| {
        let builder = Registry::builder().http(world.server.clone()).clock(world.time.clock());
        let builder = builder.token_store(world.store.clone(), Seal::new(keys).unwrap());
        builder.register("idp", provider()).build().unwrap().client("idp").unwrap()
    };
    assert!(with(vec![[8; 32], [7; 32]]).fetch_token("alice").await.is_ok());
    let error = with(vec![[8; 32]]).fetch_token("alice").await.unwrap_err();
    assert!(error.code() == "state" && !error.is_retryable(), "{error}");
    world.time.pass(3600);
    with(vec![[8; 32], [7; 32]]).fetch_token("alice").await.unwrap();
    assert!(with(vec![[8; 32]]).fetch_token("alice").await.is_ok(), "sealed anew when refreshed");
}

#[tokio::test]
async fn shutdown_waits_for_what_has_begun_and_lets_nothing_begin() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    world.server.0.yields.store(100, Ordering::Relaxed);
    let client = world.client();
    let caller = tokio::spawn(async move { client.fetch_token("alice").await });
    while world.server.count() == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    world.registry.shutdown().await;
    assert!(world.stored().await.refresh_token().unwrap().ct_eq("r1"));
    world.time.pass(3600);
    assert_eq!(world.access_token().await.unwrap_err().code(), "state");
    assert_eq!(world.server.count(), 1);
}

/// Two registries on one store, as two processes would be, with a lease between them.
#[tokio::test(start_paused = true)]
async fn a_lease_keeps_two_processes_from_refreshing_at_once() {
    let world = World::new();
    world.log_in().await;
    world.time.pass(3600);
    let leased = Leased::default();
    let process = |server: &Server| {
        let store = LeasedStore { kept: world.store.clone(), lease: leased.clone() };
        let builder = Registry::builder().http(server.clone()).clock(world.time.clock());
        let builder = builder.token_store(store, Seal::new([[7; 32]]).unwrap());
        builder.register("idp", provider()).build().unwrap().client("idp").unwrap()
    };
    world.server.0.yields.store(500, Ordering::Relaxed);
    let (one, two) = (process(&world.server), process(&world.server));
    let (a, b) = tokio::join!(one.fetch_token("alice"), two.fetch_token("alice"));
    assert!(a.unwrap().access_token().ct_eq("a1") && b.unwrap().access_token().ct_eq("a1"));
    assert_eq!(world.server.count(), 1);
    assert!(leased.0.lock().unwrap().is_none(), "given back");

    // Who died with the lease is waited for, in bounds.
    *leased.0.lock().unwrap() = Some("somebody who died".to_owned());
    world.time.pass(3600);
    let began = tokio::time::Instant::now();
    let error = one.fetch_token("alice").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(began.elapsed() < Duration::from_secs(90));
}

/// The same where the application keeps the tokens and the lease is elsewhere.
#[tokio::test(start_paused = true)]
async fn closures_on_two_machines_refresh_once_by_a_lease() {
    let (server, time, leased) = (Server::default(), Time::new(), Leased::default());
    let kept = Arc::new(Mutex::new(token("a0", Some("r0"), 1_700_003_600)));
    let machine = || {
        let (read, write) = (kept.clone(), kept.clone());
        let builder = Registry::builder().http(server.clone()).clock(time.clock());
        let builder = builder
            .fetch_token(move |_, _| {
                let token = read.lock().unwrap().clone();
                async move { Ok::<_, Error>(Some(token)) }
            })
            .update_token(move |update| {
                *write.lock().unwrap() = update.token;
                async { Ok::<_, Error>(()) }
            })
            .refresh_lease_by(leased.clone());
        builder.register("idp", provider()).build().unwrap().client("idp").unwrap()
    };
    let machines = [machine(), machine(), machine()];
    server.0.yields.store(500, Ordering::Relaxed);
    for round in 1..=3 {
        time.pass(3600);
        let new = format!("a{round}");
        let callers = machines.iter().flat_map(|machine| vec![machine.clone(); 50]);
        let callers =
            callers.map(|client| tokio::spawn(async move { client.fetch_token("alice").await }));
        for caller in callers.collect::<Vec<_>>() {
            assert!(caller.await.unwrap().unwrap().access_token().ct_eq(&new), "{new}");
        }
        assert_eq!(server.count(), round);
        assert!(leased.0.lock().unwrap().is_none(), "given back");
    }
    let keys = leased.1.lock().unwrap().clone();
    assert!(keys.iter().all(|key| key.len() <= 128 && !key.contains("alice")), "{keys:?}");
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "one token, one lease: {keys:?}");
}

/// Who has the lease, and the keys that were asked for.
#[derive(Clone, Default)]
struct Leased(Arc<Mutex<Option<String>>>, Arc<Mutex<Vec<String>>>);

impl Lease for Leased {
    fn lease<'a>(
        &'a self,
        key: &'a str,
        holder: &'a str,
        _life: Duration,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        self.1.lock().unwrap().push(key.to_owned());
        let mut lease = self.0.lock().unwrap();
        let mine = lease.get_or_insert_with(|| holder.to_owned()) == holder;
        Box::pin(std::future::ready(Ok(mine)))
    }

    fn release<'a>(
        &'a self,
        _key: &'a str,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        let mut lease = self.0.lock().unwrap();
        if lease.as_deref() == Some(holder) {
            *lease = None;
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

struct LeasedStore {
    kept: Store,
    lease: Leased,
}

impl TokenStore for LeasedStore {
    fn fetch_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredToken>, StateError>> {
        self.kept.fetch_token(client, user)
    }

    fn update_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
        expected: Option<u64>,
        token: StoredToken,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        self.kept.update_token(client, user, expected, token)
    }

    fn delete_token<'a>(
        &'a self,
        client: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        self.kept.delete_token(client, user)
    }

    fn lease<'a>(
        &'a self,
        client: &'a str,
        _user: &'a str,
        holder: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool, StateError>> {
        self.lease.lease(client, holder, life)
    }

    fn release<'a>(
        &'a self,
        client: &'a str,
        _user: &'a str,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>> {
        self.lease.release(client, holder)
    }
}
