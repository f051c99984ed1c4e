//! A writer that numbers its writes to one store and remembers which were acknowledged, and the later question which of
//! them the store no longer holds.
//!
//! A connection is kept as long as it answers: so a client that stays with a Redis primary which was cut off from its
//! replicas goes on getting acknowledgements, and the loss shows when the primary is killed.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::log::Lines;
use crate::store::{Patience, Session, Store};
use crate::{Failure, clock, log, signal};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ledger {
    /// Unique among the writers of the store.
    pub writer: String,
    pub store: Store,
    pub patience: Patience,
    pub writes_per_second: f64,
    pub first_number: u64,
    pub duration_ms: Option<u64>,
    /// One `Entry` per line.
    pub log_path: PathBuf,
}

/// One write as the writer saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub number: u64,
    /// On the kernel's monotonic clock.
    pub start_ns: u64,
    pub end_ns: u64,
    pub end_unix_ms: u64,
    /// Nothing where the store acknowledged the write. A write with an error may have been made or not.
    pub error: Option<String>,
}

/// What `ledger verify` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    pub writer: String,
    pub attempted: u64,
    pub acknowledged: u64,
    /// Numbers that were acknowledged and are not in the store.
    pub lost: Vec<u64>,
}

pub fn run(action: &str, config: &Ledger) -> Result<i32, Failure> {
    if action == "verify" {
        return print(&verify(config)?).map(|()| 0);
    }
    write(config).map(|()| 0)
}

/// Reads the whole lines of a log that may still be written to.
pub fn read_log(path: &Path) -> Result<Vec<Entry>, Failure> {
    log::read(path)
}

fn print(verification: &Verification) -> Result<(), Failure> {
    let text = serde_json::to_string(verification).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::from)
}

/// Writes at the set rate until the end; a write that takes longer than the spacing delays the next one.
fn write(config: &Ledger) -> Result<(), Failure> {
    signal::watch()?;
    let lines = Lines::open(&config.log_path)?;
    let spacing = Duration::try_from_secs_f64(1.0 / config.writes_per_second)
        .map_err(|_| Failure::new("`writes-per-second` must be above 0"))?;
    let end = config.duration_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
    let mut session = None;
    let mut moment = Instant::now();
    for number in config.first_number.. {
        if end.is_some_and(|end| moment >= end) || !signal::sleep_until(moment) {
            break;
        }
        lines.write(&write_one(config, &mut session, number))?;
        moment = Instant::now().max(moment + spacing);
    }
    Ok(())
}

fn write_one(config: &Ledger, session: &mut Option<Box<dyn Session>>, number: u64) -> Entry {
    let start_ns = clock::monotonic_ns();
    let outcome = with_session(config, session, |session| session.write(&config.writer, number));
    let error = outcome.err().map(|failure| failure.to_string());
    Entry { number, start_ns, end_ns: clock::monotonic_ns(), end_unix_ms: clock::unix_ms(), error }
}

fn with_session<T>(
    config: &Ledger,
    session: &mut Option<Box<dyn Session>>,
    act: impl FnOnce(&mut Box<dyn Session>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut open = match session.take() {
        Some(open) => open,
        None => config.store.open(config.patience)?,
    };
    let done = act(&mut open)?;
    *session = Some(open);
    Ok(done)
}

/// Asks the store for every number that was acknowledged.
pub fn verify(config: &Ledger) -> Result<Verification, Failure> {
    let entries = read_log(&config.log_path)?;
    let acknowledged: BTreeSet<u64> =
        entries.iter().filter(|entry| entry.error.is_none()).map(|entry| entry.number).collect();
    let numbers: Vec<u64> = acknowledged.into_iter().collect();
    let lost = config.store.open(config.patience)?.absent(&config.writer, &numbers)?;
    let writer = config.writer.clone();
    Ok(Verification { writer, attempted: entries.len() as u64, acknowledged: numbers.len() as u64, lost })
}
