//! Finds a changed, removed or reordered record, a changed head, a replaced key, and a rollback.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::chain::{Chain, records_path};
use crate::error::EvidenceError;
use crate::fault::Fault;
use crate::files::{read_optional, wait_for_lock};
use crate::head::{Head, head_path};
use crate::key::{public_of, public_path, secret_path};
use crate::record::{Record, is_hash, kind, read_line};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many records hold together, from the first.
    pub count: u64,
    /// The hash of the last of them.
    pub hash: String,
    pub anchor: Anchor,
    pub faults: Vec<Fault>,
}

impl Verification {
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Whether the present records were held against a head hash that was kept elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The kept hash is that of this record: nothing up to it was changed or taken away since it was noted.
    Anchored { number: u64 },
    /// A hash was given, and the records do not contain it.
    Lost,
    /// No hash was given. Who holds the key can roll back or rewrite all, unseen.
    NotAnchored,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anchored { number } => write!(f, "anchored at record {number}"),
            Self::Lost => write!(f, "rolled back or truncated"),
            Self::NotAnchored => write!(
                f,
                "not anchored: a rollback to an earlier state would not show; keep the hash of \
                 `sehat evidence head` elsewhere and pass it with `--head`"
            ),
        }
    }
}

/// Verifies a store. Where a writer is busy it waits for the end of its write.
///
/// `expected_head` is a hash that [`crate::head`] once gave, kept elsewhere.
pub fn verify(dir: &Path, expected_head: Option<&str>) -> Result<Verification, EvidenceError> {
    let expected = expected_head.map(str::trim);
    if let Some(given) = expected.filter(|hash| !is_hash(hash)) {
        return Err(EvidenceError::BadHash { given: given.to_owned() });
    }
    let found = read_store(dir)?;
    let chain = Chain::read(&found.records);
    let mut faults = line_faults(&found.records);
    match parse_head(found.head.as_deref()) {
        Ok(head) => {
            faults.extend(head_faults(&head, &chain, !faults.is_empty()));
            faults.extend(key_faults(&head, &found));
            faults.extend(start_faults(&head, &chain));
        }
        Err(why) => faults.push(Fault::HeadUnreadable { why }),
    }
    let anchor = anchor(&chain, expected);
    if let (Anchor::Lost, Some(expected)) = (anchor, expected) {
        faults.push(Fault::RolledBack { expected: expected.to_owned() });
    }
    Ok(Verification { count: chain.count(), hash: chain.hash().to_owned(), anchor, faults })
}

/// Returns the records that hold together, from the first. [`verify`] says whether that is all of them.
pub fn records(dir: &Path) -> Result<Vec<Record>, EvidenceError> {
    Ok(Chain::read(&read_store(dir)?.records).records)
}

/// Longer than any append; a command that keeps a store open is named in the error.
const READ_WAIT_MAX: Duration = Duration::from_secs(10);

struct Found {
    records: Vec<u8>,
    head: Option<Vec<u8>>,
    public_key: Option<Vec<u8>>,
    /// The public key of `key`, where this user may read that.
    derived_key: Option<String>,
}

fn read_store(dir: &Path) -> Result<Found, EvidenceError> {
    let missing = || EvidenceError::Missing { dir: dir.to_owned() };
    // Held while reading, so that no record is seen without its head. A copy of a store may have no lock.
    let lock = File::open(dir.join("lock")).ok();
    if let Some(lock) = &lock {
        wait_for_lock(dir, READ_WAIT_MAX, || lock.try_lock_shared())?;
    }
    let records = read_optional(&records_path(dir))?.ok_or_else(missing)?;
    let secret = read_optional(&secret_path(dir)).ok().flatten();
    Ok(Found {
        records,
        head: read_optional(&head_path(dir))?,
        public_key: read_optional(&public_path(dir))?,
        derived_key: secret.map(|text| public_of(&text).unwrap_or_default()),
    })
}

fn anchor(chain: &Chain, expected: Option<&str>) -> Anchor {
    let Some(expected) = expected else { return Anchor::NotAnchored };
    let record = chain.records.iter().find(|record| record.hash == expected);
    record.map_or(Anchor::Lost, |record| Anchor::Anchored { number: record.number })
}

/// Reads every line, also behind a fault, so that one run reports them all.
fn line_faults(text: &[u8]) -> Vec<Fault> {
    let numbers = lines(text).filter_map(|(_, line)| Some(read_line(line).ok()?.number)).collect();
    let mut reading = Reading { numbers, seen: BTreeSet::new(), before: None, expected: 1 };
    lines(text).filter_map(|(line, bytes)| reading.next(line, bytes)).collect()
}

struct Reading {
    /// Of all readable lines.
    numbers: BTreeSet<u64>,
    seen: BTreeSet<u64>,
    /// The record of the line before, if that was readable.
    before: Option<Record>,
    expected: u64,
}

impl Reading {
    fn next(&mut self, line: usize, bytes: &[u8]) -> Option<Fault> {
        match read_line(bytes) {
            Ok(record) => {
                let fault = self.fault(line, &record);
                self.expected = self.expected.max(record.number.saturating_add(1));
                self.before = Some(record);
                fault
            }
            Err(why) => {
                self.before = None;
                self.expected = self.expected.saturating_add(1);
                Some(Fault::Changed { line, why })
            }
        }
    }

    fn fault(&mut self, line: usize, record: &Record) -> Option<Fault> {
        let (number, expected) = (record.number, self.expected);
        let is_next = self.before.as_ref().is_some_and(|before| before.number.checked_add(1) == Some(number));
        if !self.seen.insert(number) {
            Some(Fault::Repeated { line, number })
        } else if number < expected || self.numbers.range(expected..number).next().is_some() {
            Some(Fault::Reordered { line, number })
        } else if number > expected {
            Some(Fault::Removed { first: expected, last: number - 1 })
        } else if is_next && self.before.as_ref().is_some_and(|before| before.hash != record.previous) {
            Some(Fault::Unlinked { line, number })
        } else {
            None
        }
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split_inclusive(|byte| *byte == b'\n').enumerate().map(|(index, line)| (index + 1, line))
}

fn parse_head(text: Option<&[u8]>) -> Result<Head, String> {
    Head::parse(text.ok_or("it is not there")?)
}

/// Where a line is at fault, the records behind it were already told of.
fn head_faults(head: &Head, chain: &Chain, has_line_faults: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (count, head_count) = (chain.count(), head.count);
    if count < head_count && !has_line_faults {
        faults.push(Fault::Truncated { count, head_count });
    } else if count > head_count {
        faults.push(Fault::Uncovered { count, head_count });
    }
    if chain.hash_after(head_count).is_some_and(|hash| hash != head.hash) {
        faults.push(Fault::HeadDiffers { number: head_count });
    }
    if !head.is_signed() {
        faults.push(Fault::BadSignature);
    }
    faults
}

fn key_faults(head: &Head, found: &Found) -> Vec<Fault> {
    let written = format!("{}\n", head.public_key);
    let mut faults = Vec::new();
    if found.public_key.as_deref() != Some(written.as_bytes()) {
        faults.push(Fault::KeyReplaced { place: "key.pub" });
    }
    if found.derived_key.as_ref().is_some_and(|key| *key != head.public_key) {
        faults.push(Fault::KeyReplaced { place: "key" });
    }
    faults
}

/// The first record holds the key, so a hash that was kept elsewhere covers the key too.
fn start_faults(head: &Head, chain: &Chain) -> Vec<Fault> {
    let Some(first) = chain.records.first() else { return Vec::new() };
    let differs = |name: &str, value: &str| first.kind != kind::STARTED || first.body[name] != value;
    let parts = [
        ("platform", head.platform.as_str()),
        ("environment", head.environment.as_str()),
        ("public_key", head.public_key.as_str()),
    ];
    let wrong = parts.into_iter().filter(|(name, value)| differs(name, value));
    wrong.map(|(what, _)| Fault::OtherStart { what }).collect()
}
