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
    let mut times = Vec::new();
    for (name, program, script) in PEERS {
        let Some(answer) = ask(name, program, script, &question(request)) else { continue };
        let header = answer["header"].as_str().expect("a header");
        assert!(header.contains(expected), "{name}: {header}");
        times.push((name, answer["ns"].as_f64().expect("a number")));
    }
    times
}

/// The nanoseconds that Authlib takes to sign this request by RSA-SHA1 and to verify it, each time with the
/// PEM of the key: it keeps none. Its header must hold `expected`.
///
/// # Panics
/// As [`measured`].
pub fn measured_rsa_sha1(
    request: &SignedRequest,
    (private_key, public_key): (&str, &str),
    expected: &str,
) -> Option<(f64, f64)> {
    let (name, program, script) = PEERS[0];
    let mut question = question(request);
    question["rsa"] = json!([private_key, public_key]);
    let answer = ask(name, program, script, &question)?;
    let header = answer["header"].as_str().expect("a header");
    assert!(header.contains(expected), "{name}: {header}");
    let time = |key: &str| answer[key].as_f64().expect("a number");
    Some((time("ns"), time("verify_ns")))
}

fn question(request: &SignedRequest) -> Value {
    json!({
        "method": request.method, "url": request.url(), "body": request.body(),
        "client": [request.client.0, request.client.1], "token": [request.token.0, request.token.1],
        "nonce": request.nonce, "timestamp": request.timestamp.to_string(),
    })
}

fn ask(name: &str, program: &str, script: &str, question: &Value) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let needs = if program == "node" { "node_modules" } else { program };
    if !folder.join(needs).exists() {
        println!("{name}: not installed; benches/peers/install does that");
        return None;
    }
    let program = if program == "node" { program.into() } else { folder.join(program) };
    let mut command = Command::new(program);
    let command = command.arg(folder.join(script)).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a peer that starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(question.to_string().as_bytes()).expect("a peer that reads");
    drop(stdin);
    let output = child.wait_with_output().expect("a peer that ends");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}
