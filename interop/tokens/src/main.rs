//! Refreshes on one store: by many processes at once (`race`), and by processes that are killed
//! (`kills`). The provider rotates refresh tokens and revokes a family when an old one comes back.
//!
//! ```text
//! tokens race  DATABASE [processes callers expiries]    default 8 200 50
//! tokens kills DATABASE [times]                         default 200
//! tokens oidc  DATABASE ISSUER                          npm oidc-provider, started with --auto
//! tokens redis DATABASE                                 a Redis of its own: takes, an outage, leases
//! ```

mod database;
mod kills;
mod oidc;
mod outage;
mod race;
mod server;
mod takes;
mod worker;

use std::error::Error;
use std::process::ExitCode;
use std::sync::OnceLock;

use client_registry::{
    Builder, Callback, Client, Clock, HttpClient, Key, LoginOptions, Provider, Registry, Seal,
    Session, Token, UnixTime,
};
use demo_provider::{DemoProvider, Running};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const USER: &str = "alice";
const CALLBACK: &str = "http://127.0.0.1:1/callback";
const START: u64 = 1_900_000_000;
/// The provider's tokens live for an hour.
const LIFE: u64 = 3600;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", arguments.join(" "));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Outcome<()> {
    let number = |at: usize, default: usize| match arguments.get(at) {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    match arguments {
        [figure, database, ..] if figure == "race" => {
            race::run(database, number(2, 8)?, number(3, 200)?, number(4, 50)?).await
        }
        [figure, database, ..] if figure == "kills" => kills::run(database, number(2, 200)?).await,
        [figure, database, issuer] if figure == "oidc" => oidc::run(database, issuer).await,
        [figure, database] if figure == "redis" => redis(database).await,
        [figure, database, issuer, ..] if figure == "worker" => {
            worker::run(database, issuer, number(3, 1)?).await
        }
        _ => Err("expected race DATABASE or kills DATABASE".into()),
    }
}

/// What integration-redis promises.
async fn redis(database: &str) -> Outcome<()> {
    let mut redis = server::Redis::start().await?;
    takes::run(&redis.url()).await?;
    outage::run(&mut redis).await?;

    // The race once more, with the lease of Redis in place of the database's.
    let (processes, callers, expiries) = ("4", "100", "20");
    let before = redis.calls("eval").await?;
    let race = tokio::process::Command::new(std::env::current_exe()?)
        .args(["race", database, processes, callers, expiries])
        .env(database::LEASE, redis.url())
        .status()
        .await?;
    let leases = redis.calls("eval").await? - before;
    // One takes and gives back at each expiry; whoever else asks, asks in vain.
    if !race.success() || leases < 2 * expiries.parse::<usize>()? {
        return Err(format!("the race by Redis's lease failed, with {leases} leases").into());
    }
    println!("race: by the lease of Redis, which was asked {leases} times");
    Ok(())
}

/// A provider with rotation and reuse detection, and one client.
async fn provider() -> Outcome<Running> {
    let client = demo_provider::Client::confidential("tokens", "a-secret").redirect_uri(CALLBACK);
    let provider = DemoProvider::builder().client(client).bind(0).await?;
    provider.set_auto_approve(Some(USER));
    Ok(provider)
}

fn settings(issuer: &str) -> Provider {
    if let Some(issuer) = issuer.strip_prefix(oidc::MARK) {
        return oidc::settings(issuer);
    }
    Provider::new()
        .client_id("tokens")
        .client_secret("a-secret")
        .scope("profile offline_access")
        .set(Key::AuthorizeUrl, format!("{issuer}/authorize"))
        .set(Key::AccessTokenUrl, format!("{issuer}/token"))
}

/// A registry on the database, at a time of ours.
async fn registry(
    database: &str,
    issuer: &str,
    clock: Clock,
    more: impl FnOnce(Builder) -> Builder,
) -> Outcome<Registry> {
    let builder =
        Registry::builder().http(http_client()?).clock(clock).register("idp", settings(issuer));
    let builder = database::store(database).await?.on(builder, Seal::new([[7; 32]])?);
    Ok(more(builder).build()?)
}

/// One for all: making it reads the system's certificates.
fn http_client() -> Outcome<integration_reqwest::Client> {
    static CLIENT: OnceLock<integration_reqwest::Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let client = integration_reqwest::Client::new()?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

fn at(seconds: u64) -> Clock {
    Clock::from_fn(move || UnixTime::from_seconds(seconds))
}

/// Logs the user in, by a provider that asks nothing, and keeps the token.
async fn log_in(client: &Client, registry: &Registry, callback: &str) -> Outcome<Token> {
    let seal = Seal::generate();
    let begun = client.create_authorization_url(callback, &LoginOptions::new()).await?;
    let session = Session::new(registry, &seal, [""; 0]);
    session.client(client.name())?.save_authorize_data(&begun.pending).await?;
    let kept = session.set_cookies();
    let kept = kept.iter().filter_map(|line| line.split(';').next());

    let query = walk(&begun.url, callback).await?;
    let session = Session::new(registry, &seal, kept);
    let login = session.client(client.name())?;
    let login = login.authorize_access_token(Callback::query(&query)).await?;
    login.save_for(USER).await?;
    Ok(login.into_token())
}

/// Follows a provider's redirects with its cookies, to the query that it sends us back with.
async fn walk(from: &str, callback: &str) -> Outcome<String> {
    let browser = http_client()?;
    let mut url = from.to_owned();
    let mut cookies: Vec<String> = Vec::new();
    for _ in 0..10 {
        let page = http::Request::get(&url).header("cookie", cookies.join("; "));
        let answer = HttpClient::send(&browser, page.body(Vec::new())?).await?;
        for line in answer.headers().get_all("set-cookie") {
            cookies.extend(line.to_str()?.split(';').next().map(str::to_owned));
        }
        let next = answer.headers().get("location").ok_or("the provider did not send us on")?;
        let next = next.to_str()?;
        if let Some(query) = next.strip_prefix(callback) {
            return Ok(query.trim_start_matches('?').to_owned());
        }
        url = match next.starts_with('/') {
            true => url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/") + next,
            false => next.to_owned(),
        };
    }
    Err("the provider did not send us back".into())
}
