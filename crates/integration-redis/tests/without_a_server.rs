//! What can be shown without Redis: the commands that are sent, what is made of the answers, and an
//! end to every call. `interop/redis` shows the rest.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client_registry::{Cache, Lease, StateError};
use integration_redis::RedisCache;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a scripted server does at a command.
enum Answer {
    Say(&'static str),
    Nothing,
    HangUp,
}

use Answer::{HangUp, Nothing, Say};

type Commands = Arc<Mutex<Vec<Vec<String>>>>;

/// A server that answers from a script, and then `+OK` to everything.
async fn server(script: Vec<Answer>) -> (RedisCache, Commands) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let (script, commands) = (Arc::new(Mutex::new(script)), Commands::default());
    script.lock().unwrap().reverse();
    let noted = commands.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(BufReader::new(stream), script.clone(), noted.clone()));
        }
    });
    (cache(&url), commands)
}

fn cache(url: &str) -> RedisCache {
    let (connect, answer) = (Duration::from_millis(300), Duration::from_millis(300));
    RedisCache::new(url).unwrap().with_timeouts(connect, answer)
}

async fn serve(
    mut stream: BufReader<TcpStream>,
    script: Arc<Mutex<Vec<Answer>>>,
    noted: Commands,
) -> Option<()> {
    loop {
        let command = command(&mut stream).await?;
        if command[0] == "CLIENT" {
            stream.write_all(b"+OK\r\n").await.ok()?; // how a connection begins
            continue;
        }
        noted.lock().unwrap().push(command);
        let answer = script.lock().unwrap().pop();
        match answer {
            None => stream.write_all(b"+OK\r\n").await.ok()?,
            Some(Say(text)) => stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?,
            Some(Nothing) => {}
            Some(HangUp) => return None,
        }
    }
}

/// One command: an array of texts with their lengths.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8(word).unwrap().trim_end().to_owned());
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().get(1..)?.parse().ok()
}

#[tokio::test]
async fn each_method_is_one_command() {
    let (cache, commands) =
        server(vec![Say("+OK"), Say("$1\r\nv"), Say("$-1"), Say("$1\r\nv"), Say("$-1"), Say(":1")])
            .await;
    cache.set("k", b"v", Duration::from_millis(1500)).await.unwrap();
    assert_eq!(cache.get("k").await.unwrap().as_deref(), Some(&b"v"[..]));
    assert_eq!(cache.get("k").await.unwrap(), None);
    assert_eq!(cache.take("k").await.unwrap().as_deref(), Some(&b"v"[..]));
    assert_eq!(cache.take("k").await.unwrap(), None);
    cache.delete("k").await.unwrap();
    cache.clone().with_prefix("mine/").set("k", b"v", Duration::ZERO).await.unwrap();
    cache.set("k", b"v", Duration::MAX).await.unwrap();
    let sent: Vec<_> = commands.lock().unwrap().iter().map(|words| words.join(" ")).collect();
    assert_eq!(
        sent,
        [
            "SET oauth:k v PX 1500",
            "GET oauth:k",
            "GET oauth:k",
            "GETDEL oauth:k",
            "GETDEL oauth:k",
            "DEL oauth:k",
            "SET mine/k v PX 1",
            "SET oauth:k v PX 3153600000000",
        ]
    );
}

#[tokio::test]
async fn a_lease_is_one_script_with_key_holder_and_time() {
    let (cache, commands) = server(vec![Say(":1"), Say(":0"), Say(":1")]).await;
    assert!(cache.lease("k", "me", Duration::from_secs(15)).await.unwrap());
    assert!(!cache.lease("k", "me", Duration::from_secs(15)).await.unwrap());
    cache.release("k", "me").await.unwrap();
    let commands = commands.lock().unwrap();
    assert_eq!(commands[0][2..], ["1", "oauth:k", "me", "15000"]);
    assert_eq!(commands[2][2..], ["1", "oauth:k", "me"]);
    for command in &*commands {
        assert_eq!(command[0], "EVAL");
    }
}

#[tokio::test]
async fn nobody_there_is_a_retryable_error_at_once() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cache = cache(&format!("redis://user:canary@{free}"));
    let began = Instant::now();
    let error = cache.get("k").await.unwrap_err();
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    assert!(error.retryable && error.to_string().starts_with("redis get: "), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(!format!("{error:?} {cache:?}").contains("canary"));
    for error in all_methods(&cache).await {
        assert!(error.retryable, "{error}");
    }
}

#[tokio::test]
async fn a_listener_that_never_answers_ends_every_call_in_time() {
    // A connection is made, and what is sent goes nowhere.
    let (cache, _) = server((0..100).map(|_| Nothing).collect()).await;
    let began = Instant::now();
    let errors = all_methods(&cache).await;
    assert!(began.elapsed() < Duration::from_secs(7 * 2), "{:?}", began.elapsed());
    for error in errors {
        assert!(error.retryable && error.to_string().ends_with("no answer in time"), "{error}");
    }

    // Nobody takes the connection: a hundred callers wait for one attempt, none of them longer.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cache = self::cache(&format!("redis://:secret@{}", silent.local_addr().unwrap()));
    let began = Instant::now();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.get("k").await.unwrap_err() })
        })
        .collect();
    for caller in callers {
        let error = caller.await.unwrap();
        assert!(error.retryable && error.to_string().ends_with("no answer in time"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn after_a_failure_the_next_call_has_a_connection_of_its_own() {
    let (cache, commands) = server(vec![Say("$1\r\nv"), Nothing, Say("$1\r\nv")]).await;
    assert!(cache.get("k").await.unwrap().is_some());
    cache.get("k").await.unwrap_err();
    assert!(cache.get("k").await.unwrap().is_some(), "another connection");
    assert_eq!(commands.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_once_after_a_hang_up_and_a_take_never_is() {
    let (cache, commands) = server(vec![HangUp, Say("$1\r\nv"), HangUp, Say("$1\r\nv")]).await;
    assert!(cache.get("k").await.unwrap().is_some());
    let error = cache.take("k").await.unwrap_err();
    assert!(error.retryable, "{error}");
    let sent: Vec<_> = commands.lock().unwrap().iter().map(|words| words[0].clone()).collect();
    assert_eq!(sent, ["GET", "GET", "GETDEL"]);
    assert!(cache.take("k").await.unwrap().is_some());

    let (cache, commands) = server(vec![HangUp, HangUp, HangUp]).await;
    assert!(cache.get("k").await.unwrap_err().retryable);
    assert_eq!(commands.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_without_keys_and_is_retryable_where_it_may_pass() {
    for (said, retryable, told) in [
        ("-LOADING Redis is loading the dataset in memory", true, "LOADING"),
        ("-OOM command not allowed when used memory > 'maxmemory'", true, "OOM"),
        ("-READONLY You can't write against a read only replica.", true, "READONLY"),
        ("-ERR max number of clients reached", true, "max number of clients reached"),
        ("-MISCONF Redis is configured to save RDB snapshots", true, "MISCONF"),
        ("-NOAUTH Authentication required.", false, "NOAUTH"),
        ("-NOPERM this user has no permissions to run this command", false, "NOPERM"),
        ("-WRONGTYPE Operation against a key", false, "WRONGTYPE"),
        ("-ERR unknown command 'GETDEL', with args beginning with: 'oauth:canary'", true, "GETDEL"),
    ] {
        let (cache, _) = server(vec![Say(said)]).await;
        let error = cache.take("canary").await.unwrap_err();
        assert_eq!(error.retryable, retryable, "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_password_does_not_pass_by_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        while command(&mut stream).await.is_some() {
            let said = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n";
            stream.write_all(said).await.unwrap();
        }
    });
    let error = cache(&format!("redis://user:canary@{address}")).ping().await.unwrap_err();
    assert!(!error.retryable && !format!("{error:?}").contains("canary"), "{error:?}");
    assert!(error.to_string().contains("refused the user name or the password"), "{error}");
}

#[test]
fn an_address_that_is_none_is_a_mistake_that_shows_nothing_of_it() {
    for url in [
        "",
        "canary",
        "http://canary",
        "redis://canary:secret@",
        "redis://h:99999/canary",
        "rediss://canary:secret@host/#insecure",
        "redis://host/canary",
    ] {
        let error = RedisCache::new(url).unwrap_err();
        assert_eq!(error.code(), "config", "{url}");
        assert!(!error.to_string().contains("canary"), "{url}: {error}");
    }
    assert_eq!(RedisCache::new("rediss://host").is_ok(), cfg!(feature = "tls"));
    for url in ["redis://host", "redis://u:p@[::1]:6380/2", "unix:///run/redis", "valkey://h"] {
        RedisCache::new(url).unwrap();
    }
}

/// The error of each method.
async fn all_methods(cache: &RedisCache) -> Vec<StateError> {
    let life = Duration::from_secs(1);
    vec![
        cache.get("k").await.unwrap_err(),
        cache.set("k", b"v", life).await.unwrap_err(),
        cache.take("k").await.unwrap_err(),
        cache.delete("k").await.unwrap_err(),
        cache.lease("k", "me", life).await.unwrap_err(),
        cache.release("k", "me").await.unwrap_err(),
        cache.ping().await.unwrap_err(),
    ]
}
