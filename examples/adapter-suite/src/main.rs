//! The suite's application in one framework, for a browser: `adapter-suite axum|actix-web|rocket PUBLIC_URL
//! ISSUER SECRET`. Its clients `basic` and `form-post` are both `basic` at the issuer. Prints the port of
//! 127.0.0.1 that it serves, until it is stopped.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;

use adapter_suite::apps::Framework;
use client_registry::{Key, Provider, Seal};
use integration_axum::OAuth;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [framework, public_url, issuer, secret] = &arguments[..] else {
        return Err("expected: FRAMEWORK PUBLIC_URL ISSUER SECRET".into());
    };
    let known = Framework::ALL.into_iter().find(|known| known.to_string() == *framework);
    let framework = known.ok_or("no such framework")?;
    let client = || {
        let client = Provider::new().issuer(issuer).scope("openid profile email");
        client.client_id("basic").client_secret(secret.clone())
    };
    let registry = OAuth::builder()
        .public_url(public_url)?
        .register("basic", client())
        .register("form-post", client().set(Key::ResponseMode, "form_post"))
        .build()?;
    let served = framework.serve(registry, Seal::generate(), "").await;
    writeln!(std::io::stdout(), "{}", served.address.port())?;
    std::io::stdout().flush()?;
    tokio::signal::ctrl_c().await?;
    drop(served);
    Ok(())
}
