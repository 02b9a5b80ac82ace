//! `cargo run -p rocket-login -- openid --demo`: one login, by `openid`, `oauth2` or `oauth1`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;

use integration_rocket::Env;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let demo = arguments.iter().position(|argument| argument == "--demo");
    if let Some(at) = demo {
        arguments.remove(at);
    }
    let [protocol] = &arguments[..] else { return Err(USAGE.into()) };

    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let public_url = format!("http://127.0.0.1:{port}");
    let (provider, env) = match demo {
        Some(_) => {
            let (provider, vars) = demo_provider::for_examples(&public_url).await?;
            (Some(provider), Env::from_vars(vars))
        }
        None => (None, Env::read()),
    };
    let app = rocket_login::app(protocol, env, &public_url).ok_or(USAGE)??;
    let figment = app.figment().clone().merge(("port", port)).merge(("address", "127.0.0.1"));
    writeln!(std::io::stdout(), "Log in at {public_url}/login (stop with Ctrl-C)")?;
    app.configure(figment).launch().await?;
    drop(provider);
    Ok(())
}

const USAGE: &str = "expected: rocket-login openid|oauth2|oauth1 [--demo]";
