//! `cargo run -p actix-login -- openid --demo`: one login, by `openid`, `oauth2` or `oauth1`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};

use integration_actix_web::Env;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let demo = arguments.iter().position(|argument| argument == "--demo");
    if let Some(at) = demo {
        arguments.remove(at);
    }
    let [protocol] = &arguments[..] else { return Err(USAGE.into()) };

    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let public_url = format!("http://{}", socket.local_addr()?);
    let (provider, env) = match demo {
        Some(_) => {
            let (provider, vars) = demo_provider::for_examples(&public_url).await?;
            (Some(provider), Env::from_vars(vars))
        }
        None => (None, Env::read()),
    };
    let server = actix_login::server(protocol, env, &public_url, socket).ok_or(USAGE)??;
    writeln!(std::io::stdout(), "Log in at {public_url}/login (stop with Ctrl-C)")?;
    server.await?;
    drop(provider);
    Ok(())
}

const USAGE: &str = "expected: actix-login openid|oauth2|oauth1 [--demo]";
