//! Counts the cases, and prints those that differ.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::case::{Expected, Outcome};

/// The longest that a case without a normative answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest text that is printed of a case.
const SHOWN: usize = 600;

pub struct Report {
    passed: usize,
    failed: usize,
    skipped: BTreeMap<&'static str, usize>,
}

impl Report {
    pub fn new() -> Self {
        // A panic is a result like others, and told in the case's own line.
        std::panic::set_hook(Box::new(|_| {}));
        Report { passed: 0, failed: 0, skipped: BTreeMap::new() }
    }

    /// The cases of one file; `shown` is its name.
    pub fn file<'a>(&'a mut self, shown: &str, path: &Path) -> File<'a> {
        File { report: self, shown: shown.to_owned(), path: path.to_owned() }
    }

    /// A file that cannot be read: whatever cases are in it, none has passed.
    pub fn unreadable(&mut self, shown: &str, error: &str) {
        self.failed += 1;
        println!("{shown}: cannot be read: {error}");
    }

    /// Prints the counts.
    pub fn finish(self) -> ExitCode {
        for (predicate, count) in &self.skipped {
            println!("skipped {count}: {predicate}");
        }
        let skipped: usize = self.skipped.values().sum();
        println!("{} passed, {} failed, {skipped} skipped", self.passed, self.failed);
        ExitCode::from(u8::from(self.failed > 0))
    }
}

pub struct File<'a> {
    report: &'a mut Report,
    shown: String,
    path: PathBuf,
}

impl File<'_> {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one case and judges it.
    pub fn case(&mut self, id: &str, expected: &Expected, run: impl Fn() -> Outcome) {
        let (outcome, took) = timed(&run);
        if expected.is_either() {
            // On a machine that is busy with other things the first measurement may not be fair.
            let slow = took > PATIENCE && timed(&run).1 > PATIENCE;
            return match outcome {
                Err(panic) => self.fail(id, expected, &panic),
                Ok(_) if slow => self.fail(id, expected, &format!("took {took:.1?}")),
                Ok(Outcome::Skipped(predicate)) => self.skip(predicate),
                Ok(_) => self.skip("no normative answer (expect \"either\")"),
            };
        }
        match outcome {
            Err(panic) => self.fail(id, expected, &panic),
            Ok(Outcome::Skipped(predicate)) => self.skip(predicate),
            Ok(outcome) if expected.met_by(&outcome) => self.report.passed += 1,
            Ok(Outcome::Taken(word, differences)) => {
                let differs = differences.shown().map(|text| format!(", but {text}"));
                self.fail(id, expected, &format!("{word}{}", differs.unwrap_or_default()));
            }
            Ok(Outcome::Refused(class, error)) => {
                self.fail(id, expected, &format!("reject ({class}): {error}"));
            }
            Ok(Outcome::Unreadable(problem)) => {
                self.fail(id, expected, &format!("the case cannot be read: {problem}"));
            }
        }
    }

    fn skip(&mut self, predicate: &'static str) {
        *self.report.skipped.entry(predicate).or_default() += 1;
    }

    fn fail(&mut self, id: &str, expected: &Expected, got: &str) {
        self.report.failed += 1;
        let got: String = got.chars().take(SHOWN).collect();
        println!(
            "{} {id}: expected {}, got {}",
            self.shown,
            expected.shown(),
            got.escape_debug().to_string().replace("\\\"", "\"")
        );
    }
}

fn timed(run: &impl Fn() -> Outcome) -> (Result<Outcome, String>, Duration) {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        format!("panic: {}", said.unwrap_or("without a text"))
    });
    (outcome, began.elapsed())
}
