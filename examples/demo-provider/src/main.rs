//! The provider as a program: prints one JSON line, then serves until it is interrupted.

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use demo_provider::{Client, DemoProvider};
use serde_json::json;

const HELP: &str = "\
A provider for demos and tests, on this machine only.

  --port PORT          default 9440; 0 takes a free one
  --host ADDRESS       a loopback address; default 127.0.0.1
  --redirect-uri URI   where the demo clients may be sent back to; may be repeated. Default:
                       /callback on any port of 127.0.0.1 and localhost
  --auto-approve USER  ask nobody: every request is allowed as this user
";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "demo-provider: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (mut host, mut port) = (IpAddr::from(Ipv4Addr::LOCALHOST), 9440_u16);
    let (mut redirect_uris, mut auto_approve) = (Vec::new(), None);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        if flag == "--help" {
            return Ok(std::io::stdout().write_all(HELP.as_bytes())?);
        }
        let value = args.next().ok_or_else(|| format!("{flag}: a value is missing\n\n{HELP}"))?;
        match &*flag {
            "--host" => host = value.parse().map_err(|e| format!("--host {value}: {e}"))?,
            "--port" => port = value.parse().map_err(|e| format!("--port {value}: {e}"))?,
            "--redirect-uri" => redirect_uris.push(value),
            "--auto-approve" => auto_approve = Some(value),
            _ => return Err(format!("{flag} is not known\n\n{HELP}").into()),
        }
    }
    if redirect_uris.is_empty() {
        redirect_uris =
            ["http://127.0.0.1/callback", "http://localhost/callback"].map(String::from).to_vec();
    }

    let confidential = Client::confidential("demo", "demo-secret").name("Demo application");
    let public = Client::public("demo-public").name("Demo application (public)");
    let provider = DemoProvider::builder()
        .client(Client { redirect_uris: redirect_uris.clone(), ..confidential })
        .client(Client { redirect_uris: redirect_uris.clone(), ..public })
        .bind_to((host, port).into())
        .await?;
    provider.set_auto_approve(auto_approve.as_deref());

    let line = json!({
        "issuer": provider.issuer(),
        "client_id": "demo",
        "client_secret": "demo-secret",
        "public_client_id": "demo-public",
        "redirect_uris": redirect_uris,
    });
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    tokio::signal::ctrl_c().await?;
    provider.shutdown().await;
    Ok(())
}
