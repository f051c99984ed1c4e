//! What a verification can find.

use std::fmt;

/// One thing that is wrong. Lines and records count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line that is no record, or one whose hash differs.
    Changed {
        line: usize,
        why: String,
    },
    /// A record that names another one as the one before it.
    Unlinked {
        line: usize,
        number: u64,
    },
    Removed {
        first: u64,
        last: u64,
    },
    Repeated {
        line: usize,
        number: u64,
    },
    Reordered {
        line: usize,
        number: u64,
    },
    /// The head covers more records than there are.
    Truncated {
        count: u64,
        head_count: u64,
    },
    /// There are more records than the head covers: a kill, which the next start mends, or an addition.
    Uncovered {
        count: u64,
        head_count: u64,
    },
    /// The head's hash is not that of its last record.
    HeadDiffers {
        number: u64,
    },
    HeadUnreadable {
        why: String,
    },
    BadSignature,
    /// Two places that hold the same key differ.
    KeyReplaced {
        place: &'static str,
    },
    /// The first record names another platform, environment or key than the head.
    OtherStart {
        what: &'static str,
    },
    RolledBack {
        expected: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { line, why } => write!(f, "records.jsonl:{line}: the line {why}"),
            Self::Unlinked { line, number } => {
                write!(
                    f,
                    "records.jsonl:{line}: record {number} follows another record than the one before it"
                )
            }
            Self::Removed { first, last } if first == last => write!(f, "record {first} was removed"),
            Self::Removed { first, last } => write!(f, "records {first} to {last} were removed"),
            Self::Repeated { line, number } => {
                write!(f, "records.jsonl:{line}: record {number} is there twice")
            }
            Self::Reordered { line, number } => {
                write!(f, "records.jsonl:{line}: record {number} stands out of order")
            }
            Self::Truncated { count, head_count } => {
                write!(f, "truncated: the head covers {head_count} records, {count} hold together")
            }
            Self::Uncovered { count, head_count } => write!(
                f,
                "the signed head covers {head_count} of {count} records; \
                 one beyond it is left by a kill, and the next start adopts it"
            ),
            Self::HeadDiffers { number } => write!(f, "head.json: its hash is not that of record {number}"),
            Self::HeadUnreadable { why } => write!(f, "head.json cannot be used: {why}"),
            Self::BadSignature => write!(f, "head.json: the signature does not hold"),
            Self::KeyReplaced { place } => {
                write!(f, "the key was replaced: `{place}` differs from head.json")
            }
            Self::OtherStart { what } => write!(f, "the first record names another {what} than head.json"),
            Self::RolledBack { expected } => {
                write!(f, "rolled back or truncated: no record has the expected hash {expected}")
            }
        }
    }
}
