//! The append-only, signed record of what was checked, drilled, deployed and restored.
//!
//! A store is a folder. `records.jsonl` holds one record a line, each with the hash of the one before it;
//! `head.json` holds the last hash, signed. A record is on the disk before the head that covers it, so a kill
//! leaves at most one record, whole or torn, beyond the head. The next [`Store::open`] adopts the whole one,
//! moves the torn one to `cut/`, and writes down that it did.

mod chain;
mod error;
mod fault;
mod files;
mod head;
mod key;
mod record;
mod store;
mod verify;

pub use error::EvidenceError;
pub use fault::Fault;
pub use files::Owner;
pub use head::{Head, head};
pub use record::{Record, ZERO_HASH, kind};
pub use store::{Location, Repair, Store};
pub use verify::{Anchor, Verification, records, verify};
