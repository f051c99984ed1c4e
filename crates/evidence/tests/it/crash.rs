//! Every state that a kill or a loss of power can leave is mended and written down.

use std::fs;
use std::path::Path;

use sehat_evidence::{Repair, Store, records};
use tempfile::TempDir;

use crate::{assert_whole, faults, filled, location, noon, open};

/// A store whose last record was written, and its head not.
fn without_last_head() -> (TempDir, Vec<u8>, usize) {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let covered = fs::read(dir.path().join("records.jsonl")).unwrap().len();
    let head = fs::read(dir.path().join("head.json")).unwrap();
    open(dir.path()).append(noon(), "drill", &"the torn one").unwrap();
    fs::write(dir.path().join("head.json"), head).unwrap();
    let text = fs::read(dir.path().join("records.jsonl")).unwrap();
    (dir, text, covered)
}

fn last_repair(dir: &Path) -> Repair {
    let last = records(dir).unwrap().pop().unwrap();
    assert_eq!(last.kind, "repaired");
    serde_json::from_value(last.body).unwrap()
}

/// Tearing at every byte takes long, because each case waits for the disk.
const STEP: usize = 5;

#[test]
fn a_record_torn_anywhere_is_moved_out() {
    let (dir, text, covered) = without_last_head();
    let head = fs::read(dir.path().join("head.json")).unwrap();
    for length in (covered + 1..text.len()).step_by(STEP).chain([text.len() - 1]) {
        fs::write(dir.path().join("records.jsonl"), &text[..length]).unwrap();
        fs::write(dir.path().join("head.json"), &head).unwrap();
        let _ = fs::remove_dir_all(dir.path().join("cut"));
        drop(open(dir.path()));
        assert_whole(dir.path());
        let repair = last_repair(dir.path());
        assert_eq!(repair.cut_bytes, (length - covered) as u64);
        assert_eq!(fs::read(dir.path().join(&repair.moved_to[0])).unwrap(), &text[covered..length]);
        assert_eq!(records(dir.path()).unwrap().len(), 3);
    }
}

#[test]
fn a_whole_record_without_its_head_is_adopted() {
    let (dir, ..) = without_last_head();
    insta::assert_snapshot!(faults(dir.path(), None).join("\n"), @"the signed head covers 2 of 3 records; one beyond it is left by a kill, and the next start adopts it");
    let store = open(dir.path());
    assert_eq!(store.repair(), Some(&Repair { adopted: vec![3], ..Repair::default() }));
    drop(store);
    assert_whole(dir.path());
    assert_eq!(last_repair(dir.path()).adopted, [3]);
}

#[test]
fn a_kill_during_the_repair_is_repaired_too() {
    let (dir, text, _) = without_last_head();
    let head = fs::read(dir.path().join("head.json")).unwrap();
    // Adopted and written down, and killed before the head of that.
    drop(open(dir.path()));
    fs::write(dir.path().join("head.json"), &head).unwrap();
    drop(open(dir.path()));
    assert_whole(dir.path());
    assert_eq!(last_repair(dir.path()).adopted, [3, 4]);

    // Moved out and cut off, and killed before that was written down.
    fs::write(dir.path().join("records.jsonl"), &text[..text.len() - 5]).unwrap();
    fs::write(dir.path().join("head.json"), &head).unwrap();
    drop(open(dir.path()));
    let covered = last_repair(dir.path());
    let untold = fs::read_to_string(dir.path().join("records.jsonl")).unwrap();
    let kept: String = untold.lines().take(2).flat_map(|line| [line, "\n"]).collect();
    fs::write(dir.path().join("records.jsonl"), kept).unwrap();
    fs::write(dir.path().join("head.json"), &head).unwrap();
    drop(open(dir.path()));
    assert_eq!(last_repair(dir.path()), covered);
    assert_whole(dir.path());
}

#[test]
fn a_first_record_torn_anywhere_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 0);
    let text = fs::read(dir.path().join("records.jsonl")).unwrap();
    for length in (0..text.len()).step_by(STEP).chain([text.len() - 1, text.len()]) {
        fs::write(dir.path().join("records.jsonl"), &text[..length]).unwrap();
        fs::remove_file(dir.path().join("head.json")).unwrap();
        let _ = fs::remove_dir_all(dir.path().join("cut"));
        drop(open(dir.path()));
        assert_whole(dir.path());
    }
}

#[test]
fn two_records_beyond_the_head_are_no_kill() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let head = fs::read(dir.path().join("head.json")).unwrap();
    filled(dir.path(), 2);
    fs::write(dir.path().join("head.json"), head).unwrap();
    let error =
        Store::open(&location(dir.path()), noon(), std::time::Duration::ZERO).err().unwrap().to_string();
    assert!(error.contains("the head covers 2 of 4 records, and a kill leaves only one behind"), "{error}");
}

#[test]
fn a_missing_key_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    fs::remove_file(dir.path().join("key")).unwrap();
    let error =
        Store::open(&location(dir.path()), noon(), std::time::Duration::ZERO).err().unwrap().to_string();
    assert!(error.contains("its signing key (`key`) is gone"), "{error}");
    assert_whole(dir.path());
}
