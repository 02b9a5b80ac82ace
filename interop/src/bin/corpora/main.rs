//! Runs language-neutral cases through the public API of the protocol crates.
//!
//! `corpora DIR` reads every JSON file in DIR and below whose schema it knows. It prints a line for each
//! case that came out otherwise than the case says (id, expected, got), a line for each kind of case
//! that was skipped, and last `N passed, N failed, N skipped`. It exits with 1 if any failed; a file
//! that is no JSON is one failure.
//!
//! Settings come from the case alone. Skipped are cases without a normative answer (`expect`
//! "either": they must still neither panic nor take a second) and cases that need something that these crates do not
//! have, or have a setting that is not known here, by a predicate over the case's own settings,
//! which is printed with its count.

mod callback;
mod case;
mod cookbook;
mod id_token;
mod jose;
mod oauth1;
mod report;
mod rfc;
mod token_response;
mod www_authenticate;
mod wycheproof;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::report::Report;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: corpora DIR");
        return ExitCode::from(2);
    };
    let mut files = Vec::new();
    if let Err(error) = json_files(&folder, &mut files) {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::from(2);
    }
    files.sort();

    let mut report = Report::new();
    for path in &files {
        let shown = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        match read(path) {
            Ok(file) => match runner(&file) {
                Some(run) => run(&mut report.file(&shown, path), &file),
                None => println!("{shown}: not a schema that is known here"),
            },
            Err(error) => report.unreadable(&shown, &error),
        }
    }
    report.finish()
}

type Run = fn(&mut report::File<'_>, &Value);

/// Who runs the cases of this file, by the schema that it names, or by its shape where it names none.
fn runner(file: &Value) -> Option<Run> {
    Some(match file["schema"].as_str() {
        Some("idtoken-cases/1") => id_token::run,
        Some("callback/1") => callback::run,
        Some("token_response/1") => token_response::run,
        Some("www_authenticate/1") => www_authenticate::run,
        Some("oauth1/1") => oauth1::run,
        Some("rfc-jws/1" | "rfc-jwt/1" | "rfc-jwe/1") => rfc::tokens,
        Some("rfc-jwk/1") => rfc::keys,
        Some("rfc-thumbprint/1") => rfc::thumbprints,
        Some("rfc-kdf/1") => rfc::agreements,
        Some("rfc-content_encryption/1") => rfc::content_encryption,
        Some(
            "json_web_signature_schema_v1.json"
            | "json_web_key_schema_v1.json"
            | "json_web_crypto_schema_v1.json"
            | "json_web_encryption_schema_v1.json",
        ) => wycheproof::run,
        Some(_) => return None,
        None if cookbook::is_one(file) => cookbook::run,
        None => return None,
    })
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            json_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}
