//! A registry of 100,000 clients: what each costs in memory, and what looking one up costs while
//! another thread registers. It ends with an error where one is over its limit. `--quick` measures for
//! a shorter time, and gives a look-up twice the limit, for machines that do other work beside.
//!
//! A look-up of all clients in turn finds nothing in the processor's caches, and costs what memory
//! does; its limit is there to notice a reader that waits.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client_registry::{
    BoxFuture, Error, HttpClient, HttpError, Key, Provider, Registry, providers,
};

const CLIENTS: usize = 100_000;
const MOST_BYTES: usize = 1024;
const MOST_NANOSECONDS: f64 = 100.0;
const MOST_NANOSECONDS_UNCACHED: f64 = 2_000.0;

struct Nowhere;

impl HttpClient for Nowhere {
    fn send(
        &self,
        _: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        Box::pin(async { Ok(http::Response::new(Vec::new())) })
    }
}

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let time = Duration::from_secs(if quick { 2 } else { 10 });
    println!("| registry of {CLIENTS} clients | measured | limit |\n| --- | --- | --- |");
    let mut over = Vec::new();
    let mut row = |what: &str, measured: f64, unit: &str, limit: f64| {
        println!("| {what} | {measured:.0} {unit} | {limit:.0} {unit} |");
        if measured >= limit {
            over.push(what.to_owned());
        }
    };

    let mut kept = Vec::new();
    for (what, provider) in [
        ("OAuth 2.0, by a preset", oauth2 as fn(usize) -> Provider),
        ("OpenID Connect, one issuer", openid),
        ("OAuth 1.0", oauth1),
    ] {
        let registry = Registry::builder().http(Nowhere).build()?;
        let before = resident_bytes();
        registry.update(|clients| {
            (0..CLIENTS)
                .try_for_each(|number| clients.register(name(number), &provider(number)).map(drop))
        })?;
        let each = resident_bytes().saturating_sub(before) as f64 / CLIENTS as f64;
        row(&format!("memory of a client: {what}"), each, "B", MOST_BYTES as f64);
        // Kept, so that none is made of the memory of another.
        kept.push(registry);
    }
    let registry = &kept[0];

    let (stop, registered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let writer = {
        let (registry, stop, registered) = (registry.clone(), stop.clone(), registered.clone());
        std::thread::spawn(move || -> Result<(), Error> {
            while !stop.load(Ordering::Relaxed) {
                let number = registered.fetch_add(1, Ordering::Relaxed) % CLIENTS;
                registry.register(name(number), &oauth2(number))?;
            }
            Ok(())
        })
    };
    let cached = if quick { MOST_NANOSECONDS * 2.0 } else { MOST_NANOSECONDS };
    for (what, different, limit) in [
        ("look-up while another registers, 100 clients in turn", 100, cached),
        (
            "look-up while another registers, all clients in turn",
            CLIENTS,
            MOST_NANOSECONDS_UNCACHED,
        ),
    ] {
        let names: Vec<String> =
            (0..different).map(|number| name(number * 7919 % CLIENTS)).collect();
        row(what, look_ups(registry, &names, time / 2)?, "ns", limit);
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("the writer's thread")?;
    let a_second = registered.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    println!("\nMeanwhile the other thread registered {a_second:.0} clients a second, one by one.");
    match over.is_empty() {
        true => Ok(()),
        false => Err(Error::config("limit", format!("over it: {}", over.join(", ")))),
    }
}

/// Nanoseconds of one look-up. Rounds are short, so that on a busy machine some are not interrupted:
/// the fastest tenth of them is under the figure, the others over it.
fn look_ups(registry: &Registry, names: &[String], time: Duration) -> Result<f64, Error> {
    let (mut rounds, began) = (Vec::new(), Instant::now());
    for round in names.chunks(100).cycle() {
        if began.elapsed() > time {
            break;
        }
        let start = Instant::now();
        for name in round {
            black_box(registry.client(black_box(name))?);
        }
        rounds.push(start.elapsed().as_nanos() as f64 / round.len() as f64);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[rounds.len() / 10])
}

fn name(number: usize) -> String {
    format!("tenant-{number}")
}

fn oauth2(number: usize) -> Provider {
    providers::github().client_id(format!("client-{number}")).client_secret(secret(number))
}

fn openid(number: usize) -> Provider {
    let provider = Provider::new().issuer("https://sso.example/realms/main").scope("openid email");
    provider.client_id(format!("client-{number}")).client_secret(secret(number))
}

fn oauth1(number: usize) -> Provider {
    let provider = Provider::new().client_id(format!("client-{number}"));
    provider
        .client_secret(secret(number))
        .set(Key::RequestTokenUrl, "https://api.example/oauth/request_token")
        .set(Key::AuthorizeUrl, "https://api.example/oauth/authorize")
        .set(Key::AccessTokenUrl, "https://api.example/oauth/access_token")
}

fn secret(number: usize) -> String {
    format!("s3cret-of-forty-characters-{number:013}")
}

/// What this process has in memory now.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("Linux' /proc/self/statm") * 4096
}
