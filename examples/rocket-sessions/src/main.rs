//! `cargo run -p rocket-sessions -- --demo`: the application, with a provider on this machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;

use integration_rocket::Env;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let public_url = format!("http://127.0.0.1:{port}");
    let (provider, env) = if std::env::args().any(|argument| argument == "--demo") {
        let (provider, vars) = demo_provider::for_examples(&public_url).await?;
        (Some(provider), Env::from_vars(vars))
    } else {
        (None, Env::read())
    };
    let app = rocket_sessions::app(env, &public_url)?;
    let figment = app.figment().clone().merge(("port", port)).merge(("address", "127.0.0.1"));
    writeln!(std::io::stdout(), "Open {public_url} (stop with Ctrl-C)")?;
    app.configure(figment).launch().await?;
    drop(provider);
    Ok(())
}
