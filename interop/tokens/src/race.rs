//! Many processes, many callers each, one expired token: exactly one token request per expiry.

use std::process::Stdio;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::{CALLBACK, LIFE, Outcome, START, at, log_in, provider, registry};

pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) async fn start(
        database: &str,
        issuer: &str,
        callers: usize,
        variable: Option<&str>,
    ) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["worker", database, issuer, &callers.to_string()]);
        command.envs(variable.map(|name| (name, "1")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().ok_or("no stdin")?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let mut process = Process { child, stdin, lines: BufReader::new(stdout).lines() };
        match process.line().await?.as_deref() {
            Some("ready") => Ok(process),
            other => Err(format!("a worker began with {other:?}").into()),
        }
    }

    pub(crate) async fn line(&mut self) -> Outcome<Option<String>> {
        Ok(self.lines.next_line().await?)
    }

    /// The one token that all callers of this process were handed.
    pub(crate) async fn token_of_all(&mut self, callers: usize) -> Outcome<String> {
        loop {
            let line = self.line().await?.ok_or("a worker has died")?;
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["done", count, token] if count == callers.to_string() => {
                    return Ok(token.to_owned());
                }
                ["saved" | "handed", _] => {}
                _ => return Err(format!("a worker says {line:?}").into()),
            }
        }
    }

    pub(crate) async fn tell(&mut self, time: u64) -> Outcome<()> {
        Ok(self.stdin.write_all(format!("{time}\n").as_bytes()).await?)
    }
}

pub(crate) async fn run(
    database: &str,
    processes: usize,
    callers: usize,
    expiries: usize,
) -> Outcome<()> {
    let provider = provider().await?;
    let ours = registry(database, provider.issuer(), at(START), |builder| builder).await?;
    let mut last =
        log_in(&ours.client("idp")?, &ours, CALLBACK).await?.access_token().expose().to_owned();
    let mut all = Vec::new();
    for _ in 0..processes {
        all.push(Process::start(database, provider.issuer(), callers, None).await?);
    }
    let began = Instant::now();
    let (mut handed, mut requests) = (0, 0);
    for expiry in 1..=expiries {
        let before = provider.requests("/token");
        // Time passes for us; to the provider the token is as good as new.
        let time = START + LIFE * expiry as u64;
        for process in &mut all {
            process.tell(time).await?;
        }
        let mut tokens = Vec::new();
        for process in &mut all {
            tokens.push(process.token_of_all(callers).await?);
        }
        handed += callers * tokens.len();
        tokens.dedup();
        let made = provider.requests("/token") - before;
        if made != 1 || tokens.len() != 1 || tokens[0] == last {
            let different = tokens.len();
            let problem = format!("{made} token requests, {different} different new tokens");
            return Err(format!("expiry {expiry}: {problem}").into());
        }
        requests += made;
        last.clone_from(&tokens[0]);
    }
    let kind = database.split(':').next().unwrap_or_default();
    println!(
        "race on {kind}: {processes} processes, {callers} callers each, {expiries} expiries: \
         {requests} token requests, {handed} tokens handed out, no family revoked ({:.1} s)",
        began.elapsed().as_secs_f64()
    );
    provider.shutdown().await;
    Ok(())
}
