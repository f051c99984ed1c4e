//! The evidence store against changes, kills, full disks and neighbours.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail the test")]

mod crash;
mod disk;
mod kill;
mod lock;
mod store;
mod tamper;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sehat_evidence::{Location, Store};

pub fn location(dir: &Path) -> Location {
    Location { dir: dir.to_owned(), platform: "clinic".into(), environment: "production".into(), owner: None }
}

pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub fn open(dir: &Path) -> Store {
    Store::open(&location(dir), noon(), Duration::ZERO).unwrap()
}

/// A store with `started` and `drills` more records.
pub fn filled(dir: &Path, drills: u64) {
    let mut store = open(dir);
    for outage_ms in 0..drills {
        let body = serde_json::json!({ "drill": "kill-leader", "outage_ms": outage_ms, "share": 0.1 });
        store.append(noon(), "drill", &body).unwrap();
    }
}

pub fn faults(dir: &Path, expected_head: Option<&str>) -> Vec<String> {
    let found = sehat_evidence::verify(dir, expected_head).unwrap();
    found.faults.iter().map(ToString::to_string).collect()
}

pub fn assert_whole(dir: &Path) {
    assert_eq!(faults(dir, None), Vec::<String>::new());
}
