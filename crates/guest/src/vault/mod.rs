//! The vault's own programs: the receiver that keeps copies, the relay that clients reach over SSH, and what the
//! administrators of the vault read with.
//!
//! The receiver knows one verb, `put`. It chooses every name, so a client cannot say which copy it means, let alone one
//! that is there already.

pub mod frames;
mod keep;
mod read;
mod receive;
mod relay;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Failure;

pub use read::Copy;
pub use relay::Hello;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Vault {
    pub root: PathBuf,
    pub socket: PathBuf,
    /// Kinds of copies, and how long they stay.
    pub keep_ms: BTreeMap<String, u64>,
    /// So many copies of each kind stay however old they are.
    pub kept_count_min: usize,
    pub copy_bytes_max: u64,
    pub total_bytes_max: u64,
    pub prune_every_ms: u64,
}

/// What the receiver answers to one copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Kept { name: String, bytes: u64 },
    Refused { reason: String },
}

pub fn run(args: &[String]) -> Result<i32, Failure> {
    match args.first().map(String::as_str) {
        Some("receive") => receive::run(&crate::config(args)?),
        Some("relay") => relay::run(args),
        Some("list") => read::list(&crate::config(args)?),
        Some("export") => read::export(&crate::config(args)?),
        _ => Err(Failure::new("vault receive, vault relay, vault list, vault export")),
    }
    .map(|()| 0)
}
