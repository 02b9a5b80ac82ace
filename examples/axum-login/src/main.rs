//! `cargo run -p axum-login-example -- openid --demo`: one login, by `openid`, `oauth2` or `oauth1`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;

use integration_axum::Env;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let demo = arguments.iter().position(|argument| argument == "--demo");
    if let Some(at) = demo {
        arguments.remove(at);
    }
    let [protocol] = &arguments[..] else { return Err(USAGE.into()) };

    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let (provider, env) = match demo {
        Some(_) => {
            let (provider, vars) = demo_provider::for_examples(&public_url).await?;
            (Some(provider), Env::from_vars(vars))
        }
        None => (None, Env::read()),
    };
    let app = axum_login_example::app(protocol, env, &public_url).ok_or(USAGE)??;
    writeln!(std::io::stdout(), "Log in at {public_url}/login (stop with Ctrl-C)")?;
    tokio::select! {
        ended = axum::serve(listener, app) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    drop(provider);
    Ok(())
}

const USAGE: &str = "expected: axum-login openid|oauth2|oauth1 [--demo]";
