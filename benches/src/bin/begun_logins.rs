//! A million begun logins that nobody finishes: in cookies nothing of them is kept, in a cache no more
//! than its cap. `begun_logins [COUNT]` prints what is resident before and after, and fails if it is more.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use client_registry::{
    BoxFuture, Builder, HttpClient, HttpError, Key, MemoryCache, Provider, Registry, Seal, Session,
};
use http::{Request, Response};

const CAP: usize = 64 * 1024 * 1024;
/// What the allocator may keep beside.
const SLACK: usize = 4 * 1024 * 1024;
const WARM_UP: usize = 2_000;

/// An OAuth 1.0 server that hands out temporary credentials.
struct Credentials(AtomicUsize);

impl HttpClient for Credentials {
    fn send(&self, _: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            "oauth_token=temporary-{number}&oauth_token_secret=a-secret-of-some-length-{number}\
             &oauth_callback_confirmed=true"
        );
        let response =
            Response::builder().header("content-type", "application/x-www-form-urlencoded");
        Box::pin(async { Ok(response.body(body.into_bytes()).expect("a response")) })
    }
}

fn main() -> ExitCode {
    let count = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("a number"));
    let cache = MemoryCache::with_cap(CAP);
    let in_cookies = registry(|builder| builder);
    let in_cache = registry(|builder| builder.cache(cache.clone()));
    let within = [
        resident("cookies", &in_cookies, count, SLACK),
        resident("cache of 64 MiB", &in_cache, count, CAP + SLACK),
    ];
    println!("the cache keeps the youngest {} logins", cache.len());
    if within == [true; 2] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn registry(more: impl FnOnce(Builder) -> Builder) -> Registry {
    let provider = Provider::new().client_id("client").client_secret("secret");
    let two = provider
        .clone()
        .scope("profile")
        .set(Key::AuthorizeUrl, "https://two.example/authorize")
        .set(Key::AccessTokenUrl, "https://two.example/token");
    let one = provider
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/token");
    let builder = Registry::builder().http(Credentials(AtomicUsize::new(0)));
    more(builder.register("one", one).register("two", two)).build().expect("a registry")
}

/// Begins logins, by OAuth 1.0 and 2.0 in turn. Whether no more than `most` bytes are resident after
/// them than before.
fn resident(place: &str, registry: &Registry, count: usize, most: usize) -> bool {
    let seal = Seal::generate();
    let begin = |number: usize| {
        let session = Session::new(registry, &seal, [""; 0]);
        let client = session.client(["one", "two"][number % 2]).expect("a client");
        let begun = client.authorize_redirect("https://app.example/authorize/x");
        now(begun).expect("a login");
        assert_eq!(session.set_cookies().len(), 1);
    };
    (0..WARM_UP).for_each(begin);
    let (before, began) = (resident_bytes(), Instant::now());
    (0..count).for_each(begin);
    let (after, each) = (resident_bytes(), began.elapsed() / count.max(1) as u32);
    let more = after.saturating_sub(before);
    println!(
        "{count} begun logins, {place}: {before} bytes before, {after} after: {more} more, {each:.1?} each"
    );
    if more > most {
        eprintln!("expected at most {most} more");
    }
    more <= most
}

/// The outcome of what waits for nothing.
fn now<T>(work: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        std::task::Poll::Ready(outcome) => outcome,
        std::task::Poll::Pending => panic!("a login without a network waits for nothing"),
    }
}

/// The memory of this process (Linux).
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}
