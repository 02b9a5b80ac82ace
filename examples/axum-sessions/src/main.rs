//! `cargo run -p axum-sessions -- --demo`: the application, with a provider on this machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;

use integration_axum::Env;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let (provider, env) = if std::env::args().any(|argument| argument == "--demo") {
        let (provider, vars) = demo_provider::for_examples(&public_url).await?;
        (Some(provider), Env::from_vars(vars))
    } else {
        (None, Env::read())
    };
    let app = axum_sessions::app(env, &public_url)?;
    writeln!(std::io::stdout(), "Open {public_url} (stop with Ctrl-C)")?;
    tokio::select! {
        ended = axum::serve(listener, app) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    drop(provider);
    Ok(())
}
