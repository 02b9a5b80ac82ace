//! The suite as a program:
//!
//! - `adapter-suite [WORD...]` prints the table, of all rows or of those whose name has one of the words.
//! - `adapter-suite serve FRAMEWORK PUBLIC_URL ISSUER SECRET` serves the application to a browser, and
//!   prints its port. Its clients `basic` and `form-post` are both `basic` at the issuer.
//! - `adapter-suite sign-in FRAMEWORK PORT` serves the ready-made routes at `http://localhost:PORT`, and
//!   prints the address of their provider, which tells of logouts by the front channel.
//!
//! Servers listen on 127.0.0.1, until they are stopped.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use adapter_suite::apps::{Framework, ReadyMade};
use adapter_suite::site::{client, settings};
use client_registry::{Key, Provider, RouteOptions, Seal};
use demo_provider::DemoProvider;
use integration_axum::OAuth;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &arguments.iter().map(|argument| &**argument).collect::<Vec<_>>()[..] {
        ["serve", framework, public_url, issuer, secret] => {
            serve(named(framework)?, public_url, issuer, secret).await?;
        }
        ["sign-in", framework, port] => sign_in(named(framework)?, port.parse()?).await?,
        _ => {
            let (text, holds) = adapter_suite::table(&arguments).await;
            say(&text)?;
            return Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn named(framework: &str) -> Result<Framework, Box<dyn Error>> {
    let known = Framework::ALL.into_iter().find(|known| known.to_string() == framework);
    known.ok_or_else(|| format!("no framework is called {framework:?}").into())
}

async fn serve(
    framework: Framework,
    public_url: &str,
    issuer: &str,
    secret: &str,
) -> Result<(), Box<dyn Error>> {
    let client = || {
        let client = Provider::new().issuer(issuer).scope("openid profile email");
        client.client_id("basic").client_secret(secret)
    };
    let registry = OAuth::builder()
        .public_url(public_url)?
        .register("basic", client())
        .register("form-post", client().set(Key::ResponseMode, "form_post"))
        .build()?;
    let served = framework.serve(registry, Seal::generate(), "").await;
    say(&served.address.port().to_string())?;
    Ok(tokio::signal::ctrl_c().await?)
}

async fn sign_in(framework: Framework, port: u16) -> Result<(), Box<dyn Error>> {
    let public_url = format!("http://localhost:{port}");
    let told = format!("{public_url}/logout/openid/front-channel");
    let provider =
        DemoProvider::builder().client(client(&public_url).frontchannel_logout_uri(&told));
    let provider = provider.bind(0).await?;
    let registry = OAuth::builder()
        .public_url(&public_url)?
        .register("openid", settings("openid", provider.base_url()))
        .build()?;
    let how = ReadyMade { port, ..ReadyMade::signing_in(RouteOptions::of(&registry)?) };
    let _served = framework.serve_ready_made(registry, Seal::generate(), how).await;
    say(provider.base_url())?;
    Ok(tokio::signal::ctrl_c().await?)
}

fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}
