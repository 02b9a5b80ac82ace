//! Of a thousand who take one key at once, over several connections, one has the value.

use std::sync::Arc;
use std::time::{Duration, Instant};

use client_registry::Cache as _;
use integration_redis::RedisCache;
use tokio::sync::Barrier;

use crate::Outcome;

const CONNECTIONS: usize = 8;
const TAKERS: usize = 1000;
const KEYS: usize = 20;

pub(crate) async fn run(url: &str) -> Outcome<()> {
    let caches: Vec<_> =
        (0..CONNECTIONS).map(|_| RedisCache::new(url)).collect::<Result<_, _>>()?;
    let began = Instant::now();
    for round in 0..KEYS {
        let key = format!("login:{round}");
        let value = format!("value {round}").into_bytes();
        caches[0].set(&key, &value, Duration::from_secs(60)).await?;
        let all_ready = Arc::new(Barrier::new(TAKERS));
        let takers: Vec<_> = (0..TAKERS)
            .map(|taker| {
                let (cache, key) = (caches[taker % CONNECTIONS].clone(), key.clone());
                let all_ready = all_ready.clone();
                tokio::spawn(async move {
                    all_ready.wait().await;
                    cache.take(&key).await
                })
            })
            .collect();
        let mut winners = Vec::new();
        for taker in takers {
            winners.extend(taker.await??);
        }
        if winners != [value] {
            return Err(format!("{} of {TAKERS} have taken {key}", winners.len()).into());
        }
    }
    println!(
        "takes: {TAKERS} at once over {CONNECTIONS} connections, {KEYS} keys: one has each ({:.1} s)",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}
