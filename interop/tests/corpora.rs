//! The corpora runner can fail: what it counts and prints for cases planted here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// What the runner prints for these files, and whether it exits with 0.
fn run(test: &str, files: &[(&str, Value)]) -> (Vec<String>, bool) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.to_string()).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_corpora")).arg(&folder).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    (lines, output.status.success())
}

fn challenge(id: &str, header: &str, expect: &str) -> Value {
    let realm = json!([{"scheme": "bearer", "token68": null, "params": {"realm": "x"}}]);
    json!({"id": id, "header_values": [header], "expect": expect, "challenges": realm, "unheard-of": 1})
}

fn challenges(cases: &[Value]) -> Value {
    json!({"schema": "www_authenticate/1", "cases": cases})
}

#[test]
fn cases_that_hold_pass_and_the_counts_stand_alone_on_the_last_line() {
    let cases = [
        challenge("a", "Bearer realm=x", "challenges"),
        challenge("b", "Bearer realm=\"x", "malformed"),
        challenge("c", "Bearer realm=", "either"),
    ];
    let (lines, passed) = run("hold", &[("deep/er/file.json", challenges(&cases))]);
    assert!(passed);
    assert_eq!(
        lines,
        ["skipped 1: no normative answer (expect \"either\")", "2 passed, 0 failed, 1 skipped"]
    );
}

#[test]
fn each_kind_of_wrong_outcome_is_a_failure_with_a_line_of_its_own() {
    let token_case = |id: &str, expect: &str, reason: Option<&str>| {
        json!({"id": id, "status": 200, "headers": {}, "body": "[1]", "expect": expect,
               "reason": reason, "result": {"access_token": "t"}})
    };
    let tokens = json!({"schema": "token_response/1", "cases": [
        token_case("another class", "invalid", Some("not_json")),
        token_case("not refused", "token", None),
    ]});
    let cases = [
        challenge("another value", "Bearer realm=y", "challenges"),
        challenge("taken", "Bearer realm=x", "malformed"),
    ];
    let (lines, passed) = run("wrong", &[("c.json", challenges(&cases)), ("t.json", tokens)]);
    assert!(!passed);
    let expected = [
        "c.json another value: expected challenges, got challenges, but challenges: expected ",
        "c.json taken: expected malformed, got challenges",
        "t.json another class: expected invalid (not_json), got reject (not_object): ",
        "t.json not refused: expected token, got reject (not_object): ",
        "0 passed, 4 failed, 0 skipped",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

#[test]
fn a_wrong_signature_a_wrong_base_string_and_a_wrong_thumbprint_are_failures() {
    let oauth1 = json!({"schema": "oauth1/1", "cases": [{
        "id": "o", "method": "GET", "url": "http://h.example/", "signature_method": "HMAC-SHA1",
        "oauth_params": [["oauth_consumer_key", "k"]], "client_secret": "s", "token_secret": "",
        "expected": {"base_string": "GET&http%3A%2F%2Fh.example%2F&oauth_consumer_key%3Dother",
                     "signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    }]});
    let key =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let thumbprint = json!({"schema": "rfc-thumbprint/1", "cases": [
        {"id": "t", "jwk": key, "sha256": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4A"}]});
    let jws = json!({"schema": "rfc-jws/1", "cases": [{"id": "j", "key": key, "expect": "accept",
        "compact": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.AAAA"}]});
    let files = [("j.json", jws), ("o.json", oauth1), ("t.json", thumbprint)];
    let (lines, passed) = run("signatures", &files);
    assert!(!passed);
    assert!(lines[0].contains("bad_signature"), "{lines:#?}");
    assert!(lines[1].contains("base_string: ") && lines[1].contains("signature: "), "{lines:#?}");
    assert!(lines[2].contains("sha256: "), "{lines:#?}");
    assert_eq!(lines[3], "0 passed, 3 failed, 0 skipped");
}

#[test]
fn an_unknown_schema_and_an_unreadable_case_are_told_not_passed_over() {
    let files = [
        ("later.json", json!({"schema": "callback/2", "cases": [{}]})),
        (
            "now.json",
            json!({"schema": "idtoken-cases/1", "cases": [{"id": "x", "expect": "reject"}]}),
        ),
    ];
    let (lines, passed) = run("unknown", &files);
    assert!(!passed);
    assert_eq!(lines[0], "later.json: not a schema that is known here");
    assert!(lines[1].contains("the case cannot be read"), "{lines:#?}");
    assert_eq!(lines[2], "0 passed, 1 failed, 0 skipped");
}

#[test]
fn what_is_not_built_is_skipped_by_a_predicate_over_the_case() {
    let client = json!({"issuer": "i", "client_id": "c", "allowed_algs": ["ES256K"], "now": 1,
                        "flow": "code"});
    // {"alg":"ES256K"}
    let case = json!({"id": "k", "jwks": {"keys": []}, "client": client, "expect": "accept",
                      "token": "eyJhbGciOiJFUzI1NksifQ.e30.AAAA"});
    let (lines, passed) = run(
        "predicate",
        &[("i.json", json!({"schema": "idtoken-cases/1", "keysets": {}, "cases": [case]}))],
    );
    assert!(passed);
    assert_eq!(
        lines,
        ["skipped 1: an algorithm that is not built", "0 passed, 0 failed, 1 skipped"]
    );
}

#[test]
fn a_setting_that_is_not_known_or_not_readable_and_a_file_that_is_no_json_never_pass() {
    let token = |id: &str, settings: Value| {
        json!({"id": id, "status": 200, "headers": {}, "body": "[1]", "expect": "invalid",
               "settings": settings})
    };
    let tokens = json!({"schema": "token_response/1", "cases": [
        token("known", json!({"require_token_type": true})),
        token("unknown", json!({"require_token_type": true, "later": true})),
    ]});
    let client = json!({"issuer": "i", "client_id": "c", "allowed_algs": ["ES256"], "now": 1,
                        "flow": "code", "leeway": "60"});
    let case = json!({"id": "k", "jwks": {"keys": []}, "client": client, "expect": "reject",
                      "token": "x"});
    let id_tokens = json!({"schema": "idtoken-cases/1", "keysets": {}, "cases": [case]});
    let files = [("a/b.json", Value::Null), ("i.json", id_tokens), ("t.json", tokens)];
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("never");
    let (lines, passed) = run("never", &files);
    assert!(!passed);
    let told =
        "i.json k: expected reject, got the case cannot be read: \"60\" is no length of time";
    let skipped = "skipped 1: a setting that is not known here";
    assert_eq!(lines[1..], [told, skipped, "1 passed, 1 failed, 1 skipped"]);

    fs::write(folder.join("a/b.json"), "{").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_corpora")).arg(&folder).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.starts_with("a/b.json: cannot be read: "), "{lines}");
    assert!(lines.ends_with("1 passed, 2 failed, 1 skipped\n"), "{lines}");
}
