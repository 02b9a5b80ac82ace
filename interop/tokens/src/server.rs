//! A Redis of our own: a fresh folder, on 127.0.0.1, and what can happen to a server.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use integration_redis::RedisCache;
use tokio::process::{Child, Command};

use crate::Outcome;

pub(crate) struct Redis {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Redis {
    /// Every write is kept before it is answered, so that a kill loses none: in memory, since the
    /// machine goes on.
    pub(crate) async fn start() -> Outcome<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = folder.join(format!("redis-{port}-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        let child = spawn(port, &folder)?;
        let redis = Redis { folder, port, child };
        redis.answers().await?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The end, without warning.
    pub(crate) async fn kill(&mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }

    pub(crate) async fn start_again(&mut self) -> Outcome<()> {
        self.child = spawn(self.port, &self.folder)?;
        self.answers().await
    }

    /// It takes connections and answers nothing.
    pub(crate) async fn hang(&self) -> Outcome<()> {
        self.signal("-STOP").await
    }

    pub(crate) async fn go_on(&self) -> Outcome<()> {
        self.signal("-CONT").await?;
        self.answers().await
    }

    /// How often a command was called.
    pub(crate) async fn calls(&self, command: &str) -> Outcome<usize> {
        let port = self.port.to_string();
        let asked = Command::new("redis-cli").args(["-p", &port, "info", "commandstats"]).output();
        let text = String::from_utf8(asked.await?.stdout)?;
        let count = text.split(&format!("cmdstat_{command}:calls=")).nth(1).unwrap_or("0,");
        Ok(count.split(',').next().unwrap_or("0").parse()?)
    }

    async fn signal(&self, signal: &str) -> Outcome<()> {
        let id = self.child.id().ok_or("redis-server has ended")?.to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await?;
        if sent.success() { Ok(()) } else { Err("redis-server could not be signalled".into()) }
    }

    async fn answers(&self) -> Outcome<()> {
        let quick = Duration::from_millis(200);
        for _ in 0..200 {
            if RedisCache::new(&self.url())?.with_timeouts(quick, quick).ping().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err("redis-server does not answer".into())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It ends with `kill_on_drop`; the folder is of no use without it.
        let _ = self.child.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(port: u16, folder: &Path) -> Outcome<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(folder);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.kill_on_drop(true).spawn().map_err(|error| format!("redis-server: {error}"))?)
}
