//! Peers that are not in Rust: each is a process that signs one request in a loop and measures itself by CPU
//! time. `peers/install` installs them; one that is not there is told, and left out.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::requests::SignedRequest;

/// Their names, the programs that run them, and the scripts.
const PEERS: [(&str, &str, &str); 2] = [
    ("Authlib", "venv/bin/python", "authlib_sign.py"),
    ("oauth-1.0a (npm)", "node", "oauth_1_0a.mjs"),
];

/// The nanoseconds that each peer takes for a signature of this request, whose header must hold `expected`.
///
/// # Panics
/// If a peer that is installed fails or signs something else.
pub fn measured(request: &SignedRequest, expected: &str) -> Vec<(&'static str, f64)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let mut times = Vec::new();
    for (name, program, script) in PEERS {
        let needs = if program == "node" { "node_modules" } else { program };
        if !folder.join(needs).exists() {
            println!("{name}: not installed; benches/peers/install does that");
            continue;
        }
        let program = if program == "node" { program.into() } else { folder.join(program) };
        let answer = ask(Command::new(program).arg(folder.join(script)), request);
        let header = answer["header"].as_str().expect("a header");
        assert!(header.contains(expected), "{name}: {header}");
        times.push((name, answer["ns"].as_f64().expect("a number")));
    }
    times
}

fn ask(command: &mut Command, request: &SignedRequest) -> Value {
    let asked = json!({
        "method": request.method, "url": request.url(), "body": request.body(),
        "client": [request.client.0, request.client.1], "token": [request.token.0, request.token.1],
        "nonce": request.nonce, "timestamp": request.timestamp.to_string(),
    });
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a peer that starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(asked.to_string().as_bytes()).expect("a peer that reads");
    drop(stdin);
    let output = child.wait_with_output().expect("a peer that ends");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
