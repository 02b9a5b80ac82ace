//! Rows of contenders that do the same work: criterion's statistics, then a table of ratios.
//!
//! Criterion measures contenders one after the other, seconds apart, so that on a busy machine a
//! ratio of its numbers says little. The ratios come from a sampler that takes turns.
#![forbid(unsafe_code)]

pub mod peers;
pub mod requests;
pub mod tokens;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::Criterion;
use serde_json::{Map, Value};

/// The contender that a row is about.
pub const OURS: &str = "ours";
/// The contender that does only what cannot be left out.
pub const FLOOR: &str = "floor";

/// Each contender's turns; the median of them counts.
const TURNS: usize = 201;
/// How long one turn is to last.
const TURN: Duration = Duration::from_micros(300);

/// One contender: its name, and the work of one iteration.
pub type Contender<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// The ratios of one bench.
pub struct Table {
    bench: &'static str,
    criterion: Criterion,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    /// Names and medians, in nanoseconds, in the order of the contenders.
    medians: Vec<(&'static str, f64)>,
}

impl Table {
    /// For the bench of this name, as the command line wants it (`--quick`, a filter, ..).
    pub fn from_args(bench: &'static str) -> Self {
        let criterion = Criterion::default()
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_millis(1500))
            .sample_size(50)
            .configure_from_args();
        Table { bench, criterion, rows: Vec::new() }
    }

    /// Measures a row, unless the command line's filter leaves it out.
    pub fn row(&mut self, name: &str, mut contenders: Vec<Contender<'_>>) {
        let wanted = Cell::new(false);
        // The bench's name is in the path, so that it is a filter.
        let mut group = self.criterion.benchmark_group(format!("{}/{name}", self.bench));
        for (contender, work) in &mut contenders {
            group.bench_function(*contender, |bencher| {
                wanted.set(true);
                bencher.iter(&mut *work);
            });
        }
        group.finish();
        if wanted.get() {
            let medians = medians(&mut contenders);
            self.rows.push(Row { name: name.to_owned(), medians });
        }
    }

    /// Adds to the last row what was measured elsewhere, in nanoseconds, if it is the row of this
    /// name.
    pub fn beside(&mut self, name: &str, measured: impl FnOnce() -> Vec<(&'static str, f64)>) {
        if let Some(row) = self.rows.last_mut().filter(|row| row.name == name) {
            row.medians.extend(measured());
        }
    }

    /// Prints the table and writes `target/ratios/<bench>.json`, if any row was measured.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn finish(self) {
        self.criterion.final_summary();
        if self.rows.is_empty() {
            return;
        }
        println!("\n{}: medians of {TURNS} turns, taken in turn\n", self.bench);
        for line in self.lines() {
            println!("{line}");
        }
        let file = target_directory().join("ratios").join(format!("{}.json", self.bench));
        let text = serde_json::to_string_pretty(&self.json()).expect("numbers and names");
        std::fs::create_dir_all(file.parent().expect("a file in a folder"))
            .and_then(|()| std::fs::write(&file, text + "\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        println!("\nwritten to {}", file.display());
    }

    fn lines(&self) -> Vec<String> {
        let mut peers: Vec<&str> = Vec::new();
        for (name, _) in self.rows.iter().flat_map(|row| &row.medians) {
            if ![OURS, FLOOR].contains(name) && !peers.contains(name) {
                peers.push(name);
            }
        }
        let heads = peers.iter().map(|peer| format!("{peer} / ours"));
        let mut head = vec!["row".to_owned(), "ours".to_owned(), "ours / floor".to_owned()];
        head.extend(heads);
        let rule = head.iter().map(|_| "---".to_owned()).collect();
        let mut table = vec![head, rule];
        for row in &self.rows {
            let ours = row.median(OURS);
            let mut line = vec![row.name.clone(), time(ours), ratio(ours, row.median(FLOOR))];
            line.extend(peers.iter().map(|peer| ratio(row.median(peer), ours)));
            table.push(line);
        }
        aligned(&table)
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let medians = row.medians.iter().map(|(name, ns)| {
                let rounded = (ns * 10.0).round() / 10.0;
                ((*name).to_owned(), Value::from(rounded))
            });
            (row.name.clone(), Value::Object(medians.collect()))
        });
        Value::Object(rows.collect::<Map<_, _>>())
    }
}

impl Row {
    fn median(&self, contender: &str) -> Option<f64> {
        self.medians.iter().find(|(name, _)| *name == contender).map(|(_, median)| *median)
    }
}

/// The time of one iteration of each contender, in nanoseconds.
fn medians(contenders: &mut [Contender<'_>]) -> Vec<(&'static str, f64)> {
    let counts: Vec<u32> = contenders.iter_mut().map(|(_, work)| iterations(work)).collect();
    let mut samples = vec![Vec::with_capacity(TURNS); contenders.len()];
    for _ in 0..TURNS {
        for (((_, work), count), samples) in contenders.iter_mut().zip(&counts).zip(&mut samples) {
            let took = timed(work, *count).as_nanos() as f64;
            samples.push(took / f64::from(*count));
        }
    }
    let medians = samples.into_iter().map(|mut samples| {
        samples.sort_unstable_by(f64::total_cmp);
        samples[TURNS / 2]
    });
    contenders.iter().map(|(name, _)| *name).zip(medians).collect()
}

/// How many iterations make a turn.
fn iterations(work: &mut dyn FnMut()) -> u32 {
    let mut count = 1;
    while timed(work, count) < TURN {
        count *= 2;
    }
    count
}

fn timed(work: &mut dyn FnMut(), count: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        work();
    }
    start.elapsed()
}

fn time(ns: Option<f64>) -> String {
    match ns {
        Some(ns) if ns < 10_000.0 => format!("{ns:.0} ns"),
        Some(ns) => format!("{:.1} µs", ns / 1000.0),
        None => "-".to_owned(),
    }
}

fn ratio(over: Option<f64>, under: Option<f64>) -> String {
    over.zip(under).map_or("-".to_owned(), |(over, under)| format!("{:.2}", over / under))
}

/// The lines of a Markdown table.
///
/// # Panics
/// If a row is longer than the first.
pub fn aligned(table: &[Vec<String>]) -> Vec<String> {
    let mut widths = vec![0; table.first().map_or(0, Vec::len)];
    for (at, cell) in table.iter().flat_map(|row| row.iter().enumerate()) {
        widths[at] = widths[at].max(cell.chars().count());
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        format!("|{}", cells.collect::<String>())
    };
    table.iter().map(line).collect()
}

/// Where cargo builds: the root workspace's, unless the environment says another.
pub fn target_directory() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
    }
}
