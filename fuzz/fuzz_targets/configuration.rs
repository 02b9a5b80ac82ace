//! Settings from a file and from the environment: taken or refused, and no secret in an error.
#![no_main]

use client_registry::{Env, Toml};
use fuzz::{CANARY, assert_no_canary, registry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A table's lines; then the environment, each variable a line, without the client's name.
    let (table, vars) = text.split_once("\n---\n").unwrap_or((text, ""));
    let vars = vars.lines().filter_map(|line| line.split_once('='));
    let vars = vars.map(|(name, value)| (format!("MY_IDP_{name}"), value));
    let env = Env::from_vars(vars.chain([("MY_IDP_CLIENT_SECRET".to_owned(), CANARY)]));
    let toml = Toml::text(&format!("[my-idp]\nclient_secret = {CANARY:?}\n{table}"));
    let built = toml.and_then(|toml| registry::build([toml.into(), env.into()]));
    let shown = format!("{:?} {built:?}", built.as_ref().err().map(ToString::to_string));
    assert_no_canary(text.as_bytes(), &shown);
});
