//! `cargo run -p demo`: a web page with logins by all three protocols, on an embedded provider.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use client_registry::Env;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if this cannot be written.
            drop(writeln!(std::io::stderr(), "demo: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Options { port, open } = Options::read(std::env::args().skip(1))?;
    let demo = demo::start(port, Env::read()).await?;
    writeln!(std::io::stdout(), "The demo is at {} (stop it with Ctrl-C)", demo.url())?;
    if open && webbrowser::open(demo.url()).is_err() {
        writeln!(std::io::stderr(), "No browser could be opened: open that address yourself.")?;
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}

struct Options {
    port: u16,
    open: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options { port: 8080, open: true };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--no-open" => options.open = false,
                "--port" => {
                    let port = arguments.next().and_then(|port| port.parse().ok());
                    options.port = port.ok_or("--port: expected a number up to 65535")?;
                }
                other => {
                    return Err(format!("unknown option {other:?}: there are --port N, --no-open"));
                }
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_an_unknown_one_is_refused() {
        let read = |line: &str| Options::read(line.split_whitespace().map(str::to_owned));
        let options = read("--no-open --port 0").unwrap();
        assert!(!options.open && options.port == 0);
        assert!(read("").is_ok_and(|options| options.open && options.port == 8080));
        for wrong in ["--port", "--port x", "--prot 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
