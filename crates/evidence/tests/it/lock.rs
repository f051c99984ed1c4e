//! One writer at a time.

use std::thread;
use std::time::Duration;

use sehat_evidence::{Store, records};

use crate::{assert_whole, location, noon, open};

#[test]
fn a_second_writer_waits_and_then_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let held = open(dir.path());
    let error =
        Store::open(&location(dir.path()), noon(), Duration::from_millis(50)).err().unwrap().to_string();
    assert!(error.starts_with("another process has been writing the evidence in "), "{error}");
    assert!(error.ends_with(" for 0.05 s; let it end, then run this again"), "{error}");
    drop(held);
    drop(open(dir.path()));
}

#[test]
fn many_writers_make_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    thread::scope(|scope| {
        for writer in 0..8 {
            let location = location(dir.path());
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut store = Store::open(&location, noon(), Duration::from_mins(1)).unwrap();
                    store.append(noon(), "drill", &writer).unwrap();
                }
            });
        }
    });
    assert_eq!(records(dir.path()).unwrap().len(), 41);
    assert_whole(dir.path());
}
