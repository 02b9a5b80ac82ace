//! `cargo run -p google-login`, or with `-- --demo` against a provider on this machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;

use integration_axum::Env;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let demo = match &arguments[..] {
        [] => false,
        [only] if only == "--demo" => true,
        _ => return Err("expected: google-login [--demo]".into()),
    };
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let (provider, env) = match demo {
        true => google_login::demo(&public_url).await.map(|(it, env)| (Some(it), env))?,
        false => (None, Env::read()),
    };
    let app = google_login::app(env, &public_url)?;
    writeln!(std::io::stdout(), "Log in at {public_url}/ (stop with Ctrl-C)")?;
    tokio::select! {
        ended = axum::serve(listener, app) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    drop(provider);
    Ok(())
}
