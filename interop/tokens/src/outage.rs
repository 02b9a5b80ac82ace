//! Logins and refreshes under load while Redis is killed, started again, hangs and goes on.
//!
//! Outside those times nothing fails. Within them what fails says `state`, is retryable and comes
//! in time; nothing else happens, and nothing that was begun is lost.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client_registry::{Callback, Clock, Error, LoginOptions, Registry, Seal, Session, UnixTime};
use demo_provider::Running;
use integration_redis::RedisCache;

use crate::server::Redis;
use crate::{CALLBACK, LIFE, Outcome, START, USER, http_client, log_in, provider, settings, walk};

const LOGINS: usize = 16;
const REFRESHES: usize = 8;
const HELD: usize = 20;

/// For connecting, and for an answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Two attempts of one call, and the provider's part.
const LONGEST: Duration = Duration::from_secs(5);
/// From the server's first sign of life until all is well.
const RECOVERY: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Login,
    Refresh,
}

struct Event {
    kind: Kind,
    began: Instant,
    ended: Instant,
    error: Option<Error>,
}

#[derive(Clone)]
struct World {
    cache: RedisCache,
    issuer: String,
    seal: Seal,
    events: Arc<Mutex<Vec<Event>>>,
    over: Arc<AtomicBool>,
}

pub(crate) async fn run(redis: &mut Redis) -> Outcome<()> {
    let provider = provider().await?;
    let world = World {
        cache: RedisCache::new(&redis.url())?.with_timeouts(TIMEOUT, TIMEOUT),
        issuer: provider.issuer().to_owned(),
        seal: Seal::generate(),
        events: Arc::default(),
        over: Arc::default(),
    };
    let mut load = Vec::new();
    for _ in 0..LOGINS {
        load.push(tokio::spawn(world.clone().logins()));
    }
    for _ in 0..REFRESHES {
        load.push(tokio::spawn(world.clone().refreshes()));
    }
    let registry = world.registry()?;
    let mut held = Vec::new();
    for _ in 0..HELD {
        held.push(world.begin(&registry).await?);
    }

    pause(1500).await;
    let killed = Instant::now();
    redis.kill().await?;
    pause(1000).await;
    for (cookies, query) in &held {
        match world.finish(&registry, cookies, query).await {
            Err(Error::State(error)) if error.retryable => {}
            other => return Err(format!("a login without Redis: {other:?}").into()),
        }
    }
    pause(1000).await;
    redis.start_again().await?;
    let started = Instant::now();
    pause(2000).await;
    for (cookies, query) in &held {
        world.finish(&registry, cookies, query).await?;
        match world.finish(&registry, cookies, query).await {
            Err(Error::Unverified(_)) => {}
            other => return Err(format!("a login that is finished already: {other:?}").into()),
        }
    }
    let hung = Instant::now();
    redis.hang().await?;
    pause(2000).await;
    redis.go_on().await?;
    let gone_on = Instant::now();
    pause(2000).await;

    world.over.store(true, Ordering::SeqCst);
    for task in load {
        task.await??;
    }
    let down = [("killed", killed, started), ("hanging", hung, gone_on)];
    let events = std::mem::take(&mut *world.events.lock().expect("nobody panics"));
    report(&events, down)?;
    requests(&provider, &events)?;
    provider.shutdown().await;
    Ok(())
}

impl World {
    fn registry(&self) -> Outcome<Registry> {
        let builder = Registry::builder().http(http_client()?);
        let builder = builder.register("idp", settings(&self.issuer)).cache(self.cache.clone());
        Ok(builder.build()?)
    }

    /// A login up to the provider's yes: the browser's cookies, and the query that it comes back with.
    async fn begin(&self, registry: &Registry) -> Outcome<(Vec<String>, String)> {
        let session = Session::new(registry, &self.seal, [""; 0]);
        let client = session.client("idp")?;
        let begun = client.create_authorization_url(CALLBACK, &LoginOptions::new()).await?;
        client.save_authorize_data(&begun.pending).await?;
        let lines = session.set_cookies();
        let cookies = lines.iter().filter_map(|line| Some(line.split(';').next()?.to_owned()));
        Ok((cookies.collect(), walk(&begun.url, CALLBACK).await?))
    }

    async fn finish(
        &self,
        registry: &Registry,
        cookies: &[String],
        query: &str,
    ) -> Result<(), Error> {
        let session = Session::new(registry, &self.seal, cookies);
        let client = session.client("idp")?;
        client.authorize_access_token(Callback::query(query)).await.map(drop)
    }

    /// One login after another.
    async fn logins(self) -> Outcome<()> {
        let registry = self.registry()?;
        while !self.over.load(Ordering::SeqCst) {
            let began = Instant::now();
            let login = async {
                let (cookies, query) = self.begin(&registry).await?;
                Ok(self.finish(&registry, &cookies, &query).await?)
            };
            self.note(Kind::Login, began, login.await)?;
            pause(20).await;
        }
        Ok(())
    }

    /// One expiry of a user's token after another.
    async fn refreshes(self) -> Outcome<()> {
        let time = Arc::new(AtomicU64::new(START));
        let read = time.clone();
        let registry = Registry::builder()
            .http(http_client()?)
            .clock(Clock::from_fn(move || UnixTime::from_seconds(read.load(Ordering::SeqCst))))
            .register("idp", settings(&self.issuer))
            .refresh_lease(Duration::from_millis(600))
            .refresh_lease_by(self.cache.clone().with_prefix(&protocol_core::random::token()))
            .build()?;
        let client = registry.client("idp")?;
        log_in(&client, &registry, CALLBACK).await?;
        while !self.over.load(Ordering::SeqCst) {
            time.fetch_add(LIFE, Ordering::SeqCst);
            loop {
                let began = Instant::now();
                let refreshed = client.fetch_token(USER).await;
                let failed = refreshed.is_err();
                self.note(Kind::Refresh, began, refreshed.map(drop).map_err(Into::into))?;
                pause(20).await;
                if !failed {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Notes an event; what is no error of ours is one of this program.
    fn note(&self, kind: Kind, began: Instant, outcome: Outcome<()>) -> Outcome<()> {
        let error = match outcome {
            Ok(()) => None,
            Err(error) => Some(*error.downcast::<Error>()?),
        };
        let event = Event { kind, began, ended: Instant::now(), error };
        self.events.lock().expect("nobody panics").push(event);
        Ok(())
    }
}

/// Checks every event against the times when Redis was away.
fn report(events: &[Event], down: [(&str, Instant, Instant); 2]) -> Outcome<()> {
    let of = |kind, during: &dyn Fn(&Event) -> bool| {
        let events: Vec<_> = events.iter().filter(|e| e.kind == kind && during(e)).collect();
        let failed = events.iter().filter(|event| event.error.is_some()).count();
        (events.len() - failed, failed)
    };
    for event in events {
        let touched = |&(_, from, to): &(&str, Instant, Instant)| {
            event.ended >= from && event.began <= to + RECOVERY
        };
        let (kind, took) = (event.kind, event.ended - event.began);
        match &event.error {
            Some(error) if !down.iter().any(touched) => {
                return Err(format!("{kind:?} failed while Redis was there: {error}").into());
            }
            Some(Error::State(error)) if error.retryable && took < LONGEST => {}
            Some(error) => return Err(format!("{kind:?} after {took:?}: {error}").into()),
            None if took > LONGEST => return Err(format!("{kind:?} took {took:?}").into()),
            None => {}
        }
    }
    for kind in [Kind::Login, Kind::Refresh] {
        let longest = events.iter().filter(|event| event.kind == kind);
        let longest = longest.map(|event| event.ended - event.began).max().unwrap_or_default();
        let mut line = format!("outage: {kind:?}:");
        for (name, from, to) in down {
            let before = of(kind, &|event| event.ended < from);
            let during = of(kind, &|event| event.ended >= from && event.began <= to);
            let after = of(kind, &|event| event.began > to + RECOVERY);
            if before.0 < 10 || during.1 < 5 || after.0 < 10 {
                return Err(format!(
                    "{kind:?}, {name}: too little happened: {before:?} {during:?} {after:?}"
                )
                .into());
            }
            line += &format!(" {name}: {} done and {} failed;", during.0, during.1);
        }
        let (done, failed) = of(kind, &|_| true);
        println!("{line} {done} done and {failed} failed in all, the longest took {longest:.2?}");
    }
    Ok(())
}

/// No code was traded and no token refreshed twice, or for nothing.
fn requests(provider: &Running, events: &[Event]) -> Outcome<()> {
    let done = events.iter().filter(|event| event.error.is_none()).count();
    let expected = (done + HELD + REFRESHES) as u64;
    let made = provider.requests("/token");
    if made != expected {
        return Err(format!("{made} token requests for {expected} logins and refreshes").into());
    }
    println!(
        "outage: {HELD} logins begun before it finished after it, once; {made} token requests for {made} tokens"
    );
    Ok(())
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
