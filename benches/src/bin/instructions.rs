//! Counts the instructions of one signature and of one verification, by `valgrind --tool=callgrind`,
//! and fails where there are more than `instructions.json` allows. `--write` makes what is measured (and 3 %) the limit.
//!
//! Unlike times, the counts are the same on a busy machine. Valgrind hides SHA-NI from the program,
//! so a row "with MAC" holds SHA-1 in software; "without MAC" and "without signature" are what this
//! project writes.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use benches::requests::{SignedRequest, s1, s2};
use benches::tokens::{CLIENT_ID, ISSUED, ISSUER, NONCE, bare_signature, fixed};
use jose_core::Algorithm;
use oauth1_core::{Error, Secrets, SignatureMethod, Signer};
use oidc_core::{IdTokenVerifier, Nonce, UnixTime};
use serde_json::{Map, Value};

const ROWS: [&str; 8] = [
    "S1 with MAC",
    "S1 without MAC",
    "S1 per call",
    "S2 with MAC",
    "S2 without MAC",
    "S2 per call",
    "RS256 verify",
    "RS256 without signature",
];
/// What starts the program and makes the key ready is in both counts, and so in no difference.
const FEW: u64 = 100;
const MANY: u64 = 1100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [run, row, times] if run == "run" => {
            run_many(row, times.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        [write] if write == "--write" => {
            let limits = ROWS.map(|row| (row.to_owned(), Value::from(measured(row) * 103 / 100)));
            let text = serde_json::to_string_pretty(&Map::from_iter(limits)).expect("numbers");
            std::fs::write(LIMITS, text + "\n").expect("instructions.json can be written");
            ExitCode::SUCCESS
        }
        [] => compare(),
        _ => panic!("expected no argument or --write, got {arguments:?}"),
    }
}

const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");

fn compare() -> ExitCode {
    let limits = std::fs::read_to_string(LIMITS).expect("instructions.json");
    let limits: Map<String, Value> = serde_json::from_str(&limits).expect("an object");
    let mut within = true;
    let mut table = vec![["row", "instructions", "limit"].map(str::to_owned).to_vec()];
    table.push(vec!["---".to_owned(); 3]);
    for row in ROWS {
        let (measured, limit) = (measured(row), limits[row].as_u64().expect("a number"));
        within &= measured <= limit;
        table.push(vec![row.to_owned(), measured.to_string(), limit.to_string()]);
    }
    for line in benches::aligned(&table) {
        println!("{line}");
    }
    if !within {
        eprintln!("more instructions than instructions.json allows");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The instructions of one signature or one verification.
fn measured(row: &str) -> u64 {
    let one = |row| (counted(row, MANY) - counted(row, FEW)) / (MANY - FEW);
    match row {
        "RS256 without signature" => one("RS256 verify") - one("RS256 signature"),
        _ => one(row),
    }
}

fn counted(row: &str, times: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("this program"))
        .args(["run", row, &times.to_string()])
        .output()
        .expect("valgrind is installed");
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.lines().find_map(|line| line.split_once("Collected : "));
    match count {
        Some((_, count)) if output.status.success() => count.trim().parse().expect("a number"),
        _ => panic!("valgrind: {text}"),
    }
}

fn run_many(row: &str, times: u64) {
    match row {
        "RS256 verify" => verify(times),
        "RS256 signature" => verify_signature(times),
        "S1 per call" => sign_per_call(&s1(), times),
        "S2 per call" => sign_per_call(&s2(), times),
        _ => sign(row, times),
    }
}

fn verify(times: u64) {
    let signed = fixed();
    let (verifier, keys) = (IdTokenVerifier::new(ISSUER, CLIENT_ID), signed.keys());
    let now = UnixTime::from_seconds(ISSUED + 10);
    for _ in 0..times {
        let token = black_box(&signed.token);
        black_box(verifier.verify(token, &keys, Nonce::Expect(NONCE), now).expect("valid"));
    }
}

/// The bare signature, which is not of this project.
fn verify_signature(times: u64) {
    let (key, message, signature) = bare_signature(Algorithm::RS256, &fixed());
    for _ in 0..times {
        key.verify_sig(black_box(&message), &signature).expect("valid");
    }
}

/// With a kept key, into one buffer.
fn sign(row: &str, times: u64) {
    let request = if row.starts_with("S1") { s1() } else { s2() };
    let signer =
        if row.ends_with("without MAC") { without_mac(&request) } else { request.signer() };
    let (pairs, mut out) = (request.pairs(), String::new());
    for _ in 0..times {
        let (nonce, now, uri) = (request.nonce, request.now(), black_box(request.uri));
        signer
            .authorization_header(request.method, uri, &pairs, nonce, now, black_box(&mut out))
            .expect("a signature");
    }
}

/// With the MAC, from the secrets to a new text.
fn sign_per_call(request: &SignedRequest, times: u64) {
    let signer = Signer::hmac_sha1(request.client_credentials());
    let (token, pairs) = (request.token_credentials(), request.pairs());
    for _ in 0..times {
        let (nonce, now, uri) = (request.nonce, request.now(), black_box(request.uri));
        let token = black_box(&token);
        let header =
            signer.authorization_header_for(token, request.method, uri, &pairs, nonce, now);
        black_box(header.expect("a signature"));
    }
}

fn without_mac(request: &SignedRequest) -> Signer {
    Signer::with_method(request.client_credentials(), Constant)
        .with_token(request.token_credentials())
}

/// HMAC-SHA1, but for the MAC.
struct Constant;

impl SignatureMethod for Constant {
    fn name(&self) -> &str {
        "HMAC-SHA1"
    }

    fn sign(&self, base_string: &str, _: &Secrets) -> Result<String, Error> {
        black_box(base_string);
        Ok("hCtSmYh+iHYCEqBWrE7C7hYmtUk=".to_owned())
    }
}
