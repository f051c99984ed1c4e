//! Every change to a store is found.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use sehat_evidence::{Store, head, verify};
use tempfile::TempDir;

use crate::{assert_whole, faults, filled, location, noon};

/// One store for all cases, since making one waits for the disk.
static ORIGINAL: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 5);
    dir
});

fn copy_of(original: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["records.jsonl", "head.json", "key", "key.pub"] {
        fs::copy(original.join(name), dir.path().join(name)).unwrap();
    }
    dir
}

fn edit(dir: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(dir.join(name)).unwrap();
    change(&mut bytes);
    fs::write(dir.join(name), bytes).unwrap();
}

fn edit_lines(dir: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(dir.join("records.jsonl")).unwrap();
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    change(&mut lines);
    fs::write(dir.join("records.jsonl"), lines.concat()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_changed_byte(
        name in prop::sample::select(vec!["records.jsonl", "head.json", "key.pub", "key"]),
        at in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let dir = copy_of(ORIGINAL.path());
        edit(dir.path(), name, |bytes| {
            let index = at.index(bytes.len());
            bytes[index] ^= flip;
        });
        prop_assert!(!faults(dir.path(), None).is_empty());
        // Nothing is appended to it either, so that an append cannot cover a change up.
        let opened = Store::open(&location(dir.path()), noon(), std::time::Duration::ZERO);
        prop_assert!(opened.is_err() || name == "key.pub");
    }

    #[test]
    fn any_added_or_taken_byte(
        name in prop::sample::select(vec!["records.jsonl", "head.json", "key.pub"]),
        at in any::<prop::sample::Index>(),
        added in any::<Option<u8>>(),
    ) {
        let dir = copy_of(ORIGINAL.path());
        let before = fs::read(dir.path().join(name)).unwrap();
        edit(dir.path(), name, |bytes| {
            let index = at.index(bytes.len());
            match added {
                Some(byte) => bytes.insert(index, byte),
                None => drop(bytes.remove(index)),
            }
        });
        prop_assume!(fs::read(dir.path().join(name)).unwrap() != before);
        prop_assert!(!faults(dir.path(), None).is_empty());
    }

    #[test]
    fn any_removed_line(at in 0usize..6) {
        let dir = copy_of(ORIGINAL.path());
        edit_lines(dir.path(), |lines| drop(lines.remove(at)));
        prop_assert!(!faults(dir.path(), None).is_empty());
    }

    #[test]
    fn any_swapped_lines(one in 0usize..6, other in 0usize..6) {
        prop_assume!(one != other);
        let dir = copy_of(ORIGINAL.path());
        edit_lines(dir.path(), |lines| lines.swap(one, other));
        prop_assert!(faults(dir.path(), None).iter().any(|fault| fault.contains("out of order")));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let dir = copy_of(ORIGINAL.path());
        edit(dir.path(), "records.jsonl", |text| text.extend(&bytes));
        prop_assert!(bytes.is_empty() || !faults(dir.path(), None).is_empty());
    }
}

#[test]
fn faults_name_the_record() {
    let changed = copy_of(ORIGINAL.path());
    edit_lines(changed.path(), |lines| lines[2] = lines[2].replace("kill-leader", "kill-nobody"));
    let removed = copy_of(ORIGINAL.path());
    edit_lines(removed.path(), |lines| drop(lines.remove(2)));
    let swapped = copy_of(ORIGINAL.path());
    edit_lines(swapped.path(), |lines| lines.swap(2, 3));
    let shortened = copy_of(ORIGINAL.path());
    edit_lines(shortened.path(), |lines| drop(lines.pop()));
    let repeated = copy_of(ORIGINAL.path());
    edit_lines(repeated.path(), |lines| lines.push(lines[5].clone()));
    let show = |dir: &TempDir| faults(dir.path(), None).join("\n");
    insta::assert_snapshot!(show(&changed), @"records.jsonl:3: the line was changed: its hash differs");
    insta::assert_snapshot!(show(&removed), @"record 3 was removed");
    insta::assert_snapshot!(show(&swapped), @r"
    records.jsonl:3: record 4 stands out of order
    records.jsonl:4: record 3 stands out of order
    ");
    insta::assert_snapshot!(show(&shortened), @"truncated: the head covers 6 records, 5 hold together");
    insta::assert_snapshot!(show(&repeated), @"records.jsonl:7: record 6 is there twice");
}

#[test]
fn a_replaced_key_is_found() {
    let other = tempfile::tempdir().unwrap();
    filled(other.path(), 5);
    let dir = copy_of(ORIGINAL.path());
    fs::copy(other.path().join("key.pub"), dir.path().join("key.pub")).unwrap();
    insta::assert_snapshot!(faults(dir.path(), None).join("\n"), @"the key was replaced: `key.pub` differs from head.json");
    // Also one that signed the head anew.
    for name in ["key", "key.pub", "head.json"] {
        fs::copy(other.path().join(name), dir.path().join(name)).unwrap();
    }
    insta::assert_snapshot!(faults(dir.path(), None).join("\n"), @r"
    head.json: its hash is not that of record 6
    the first record names another public_key than head.json
    ");
}

#[test]
fn a_hash_kept_elsewhere_finds_a_rollback() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 2);
    let early = copy_of(dir.path());
    crate::open(dir.path()).append(noon(), "drill", &"the bad one").unwrap();
    let kept = head(dir.path()).unwrap().hash;
    // The old state, put back whole, is in itself in order.
    assert_whole(early.path());
    insta::assert_snapshot!(verify(early.path(), None).unwrap().anchor, @"not anchored: a rollback to an earlier state would not show; keep the hash of `sehat evidence head` elsewhere and pass it with `--head`");
    let found = verify(early.path(), Some(&kept)).unwrap();
    insta::assert_snapshot!(found.anchor, @"rolled back or truncated");
    assert!(!found.is_whole());
}

#[test]
fn a_hash_kept_elsewhere_finds_a_history_written_anew() {
    let dir = copy_of(ORIGINAL.path());
    let kept = head(dir.path()).unwrap().hash;
    for name in ["records.jsonl", "head.json"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    // With the store's own key, so that all signatures hold.
    filled(dir.path(), 4);
    assert_whole(dir.path());
    assert!(!verify(dir.path(), Some(&kept)).unwrap().is_whole());
}
