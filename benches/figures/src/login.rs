//! The client's own work for one login by OpenID Connect: from the request that begins it to the
//! verified ID token, the network and the web framework left out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use benches::tokens::{bare_signature, sign};
use client_registry::{
    BoxFuture, Callback, Clock, HttpClient, HttpError, Provider, Registry, Seal, Session, UnixTime,
};
use jose_core::{Algorithm, SigningKey};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use crate::Figure;

const ISSUER: &str = "https://idp.example";
const NOW: u64 = 1_760_000_000;
const BATCH: usize = 50;

pub(crate) fn figures(logins: usize) -> Vec<Figure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (begin, callback) = runtime.block_on(measured(logins));
    let whole = begin.iter().zip(&callback).map(|(begin, callback)| *begin + *callback);
    // Reading the clock takes time too: once for each time that was taken.
    let reading = low((0..logins).map(|_| time_of(|| ())).collect());
    let whole = low(whole.collect()) - 2.0 * reading;
    let row = |what, measured, goal| Figure { what, measured, goal, unit: "µs" };
    vec![
        row("an OpenID Connect login, begun", low(begin) - reading, f64::INFINITY),
        row("an OpenID Connect login, finished", low(callback) - reading, f64::INFINITY),
        row("an OpenID Connect login, both", whole, 60.0),
    ]
}

/// Microseconds of the least that must be done: the signature of an ID token, with a parsed key.
pub(crate) fn bare_verification(times: usize) -> f64 {
    let (key, message, signature) = bare_signature(Algorithm::RS256, &sign(Algorithm::RS256));
    let verify = || key.verify_sig(&message, &signature).expect("valid");
    low((0..times).map(|_| time_of(verify)).collect())
}

/// Times of beginning and of finishing each login. Many are begun, then their ID tokens are signed,
/// which is the provider's work, then they are finished.
async fn measured(logins: usize) -> (Vec<Duration>, Vec<Duration>) {
    let key = SigningKey::generate(Algorithm::RS256).expect("a key").with_kid("k1");
    let answers = Answers::new(&key);
    let registry = registry(answers.clone());
    let seal = Seal::generate();
    let (mut beginning, mut finishing) = (Vec::new(), Vec::new());
    for _ in 0..logins.div_ceil(BATCH) + 1 {
        let mut begun = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let began = cpu();
            let session = Session::new(&registry, &seal, std::iter::empty::<&str>());
            let client = session.client("sso").expect("a client");
            let redirect_uri = registry.callback_url("sso").expect("public_url is set");
            let to = client.authorize_redirect(redirect_uri).await.expect("a redirect");
            let cookies = session.set_cookies();
            beginning.push(cpu() - began);
            begun.push((to.location().to_owned(), cookies));
        }

        let mut back = Vec::with_capacity(BATCH);
        for (location, cookies) in begun {
            let [cookie] = &cookies[..] else { panic!("expected one cookie, got {cookies:?}") };
            let cookie = cookie.split(';').next().expect("a pair").to_owned();
            let url = url::Url::parse(&location).expect("a URL");
            let sent = |name: &str| {
                let mut pairs = url.query_pairs();
                pairs.find(|(key, _)| key == name).expect(name).1.into_owned()
            };
            let query = format!("code=abc&state={}", sent("state"));
            back.push((cookie, query, token_answer(&key, &sent("nonce"))));
        }

        for (cookie, query, answer) in back {
            answers.next_token(answer);
            let began = cpu();
            let session = Session::new(&registry, &seal, [&*cookie]);
            let client = session.client("sso").expect("a client");
            let callback = Callback::query(&query);
            let login = client.authorize_access_token(callback).await.expect("a login");
            let user = login.userinfo().await.expect("a user");
            let cookies = session.set_cookies();
            finishing.push(cpu() - began);
            assert!(user.sub() == "alice" && cookies.len() == 1);
        }
    }
    assert_eq!(answers.asked(), (1, 1, finishing.len()), "metadata, keys, tokens");
    // In the first batch metadata and keys are fetched, and all is done for the first time.
    (beginning.split_off(BATCH), finishing.split_off(BATCH))
}

fn registry(answers: Answers) -> Registry {
    let sso = Provider::new()
        .issuer(ISSUER)
        .client_id("app")
        .client_secret("secret")
        .scope("openid profile email");
    Registry::builder()
        .public_url("https://app.example")
        .expect("https")
        .register("sso", sso)
        .http(answers)
        .clock(Clock::from_fn(|| UnixTime::from_seconds(NOW)))
        .build()
        .expect("a registry")
}

/// A provider without a network: the answers of `bench_callback.py`.
#[derive(Clone)]
struct Answers(Arc<Mutex<Kept>>);

struct Kept {
    metadata: Vec<u8>,
    jwks: Vec<u8>,
    token: Vec<u8>,
    asked: (usize, usize, usize),
}

impl Answers {
    fn new(key: &SigningKey) -> Self {
        let metadata = json!({
            "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/jwks"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let public = key.verification_key().public_only().expect("a public key");
        Answers(Arc::new(Mutex::new(Kept {
            metadata: metadata.to_string().into_bytes(),
            jwks: json!({"keys": [public]}).to_string().into_bytes(),
            token: Vec::new(),
            asked: (0, 0, 0),
        })))
    }

    fn next_token(&self, answer: Vec<u8>) {
        self.0.lock().expect("no panic").token = answer;
    }

    fn asked(&self) -> (usize, usize, usize) {
        self.0.lock().expect("no panic").asked
    }
}

fn token_answer(key: &SigningKey, nonce: &str) -> Vec<u8> {
    let claims = json!({
        "iss": ISSUER, "aud": "app", "sub": "alice", "name": "Alice",
        "email": "alice@example.com", "iat": NOW, "exp": NOW + 300, "nonce": nonce,
    });
    let id_token = key.sign(Some("JWT"), &[], claims.to_string().as_bytes()).expect("signed");
    let answer = json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
    });
    answer.to_string().into_bytes()
}

impl HttpClient for Answers {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        let mut kept = self.0.lock().expect("no panic");
        let body = match request.uri().path() {
            "/jwks" => {
                kept.asked.1 += 1;
                kept.jwks.clone()
            }
            "/token" => {
                kept.asked.2 += 1;
                kept.token.clone()
            }
            _ => {
                kept.asked.0 += 1;
                kept.metadata.clone()
            }
        };
        let answer = http::Response::builder().header("content-type", "application/json");
        Box::pin(std::future::ready(Ok(answer.body(body).expect("an answer"))))
    }
}

fn time_of(work: impl FnOnce()) -> Duration {
    let began = cpu();
    work();
    cpu() - began
}

/// The CPU time that this thread has used.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The tenth percentile, in microseconds.
fn low(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 10].as_secs_f64() * 1e6
}
