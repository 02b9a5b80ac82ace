//! `cargo run -p actix-sessions -- --demo`: the application, with a provider on this machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};

use integration_actix_web::Env;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let public_url = format!("http://{}", socket.local_addr()?);
    let (provider, env) = if std::env::args().any(|argument| argument == "--demo") {
        let (provider, vars) = demo_provider::for_examples(&public_url).await?;
        (Some(provider), Env::from_vars(vars))
    } else {
        (None, Env::read())
    };
    let server = actix_sessions::server(env, &public_url, socket)?;
    writeln!(std::io::stdout(), "Open {public_url} (stop with Ctrl-C)")?;
    server.await?;
    drop(provider);
    Ok(())
}
