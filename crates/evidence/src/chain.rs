//! The records of a file, as far as they hold together.

use std::path::{Path, PathBuf};

use crate::record::{Record, ZERO_HASH, read_line};

pub(crate) fn records_path(dir: &Path) -> PathBuf {
    dir.join("records.jsonl")
}

/// The longest beginning of a file in which every record follows from the one before.
#[derive(Default)]
pub(crate) struct Chain {
    pub records: Vec<Record>,
    /// How many bytes those records take.
    pub bytes: usize,
}

impl Chain {
    pub fn read(text: &[u8]) -> Self {
        let mut chain = Self::default();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let Ok(record) = read_line(line) else { break };
            if record.number != chain.count() + 1 || record.previous != chain.hash() {
                break;
            }
            chain.bytes += line.len();
            chain.records.push(record);
        }
        chain
    }

    pub fn count(&self) -> u64 {
        self.records.len() as u64
    }

    /// Returns the hash of the last record.
    pub fn hash(&self) -> &str {
        self.records.last().map_or(ZERO_HASH, |record| &record.hash)
    }

    /// Returns the hash after `count` records, if there are as many.
    pub fn hash_after(&self, count: u64) -> Option<&str> {
        let Some(before) = count.checked_sub(1) else { return Some(ZERO_HASH) };
        self.records.get(usize::try_from(before).ok()?).map(|record| record.hash.as_str())
    }
}
