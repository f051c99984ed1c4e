//! A full disk stops the next record and harms none of those before.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{assert_whole, noon, open};

const FOLDER: &str = "SEHAT_EVIDENCE_TEST_DISK";

/// Not a test of its own: runs on a small file system of its own mount namespace.
#[test]
#[ignore = "run by a_full_disk_leaves_the_store_whole"]
fn on_a_small_disk() {
    let Some(base) = std::env::var_os(FOLDER) else { return };
    let dir = Path::new(&base).join("evidence");
    let body = serde_json::json!({ "text": "x".repeat(5_000) });
    let mut store = open(&dir);
    let filler = Path::new(&base).join("filler");
    // Little by little, so that sometimes the record and sometimes the head finds no room.
    let mut failures = std::collections::BTreeSet::new();
    for round in 0..40 {
        let failed = (0..1_000).find_map(|_| store.append(noon(), "drill", &body).err()).unwrap();
        assert_whole(copy_of(&dir).path());
        failures.insert(failed.to_string().replace(&*base.to_string_lossy(), ""));
        if round % 10 == 9 {
            drop(store);
            store = open(&dir);
        }
        // Not one more byte is asked for than a page, which is what the file system gives.
        let _ = fs::write(&filler, vec![0; 4_096 * (round % 2)]);
        assert!(store.append(noon(), "drill", &body).is_err());
    }
    let failures: Vec<String> = failures.into_iter().collect();
    assert_eq!(failures, ["cannot append to /evidence/records.jsonl", "cannot write /evidence/head.json"]);
    assert_eq!(store.repair(), None);
    grow(Path::new(&base));
    store.append(noon(), "drill", &body).unwrap();
    drop(store);
    assert_whole(&dir);
}

/// A reader waits for the writer, so what an open store holds is looked at in a copy.
fn copy_of(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["records.jsonl", "head.json", "key.pub"] {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

fn grow(disk: &Path) {
    let grown = Command::new("mount").args(["-o", "remount,size=8m"]).arg(disk).status().unwrap();
    assert!(grown.success());
}

#[test]
fn a_full_disk_leaves_the_store_whole() {
    let base = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=300k sehat-test \"$1\" && exec \"$2\" --exact disk::on_a_small_disk --ignored";
    let run = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"])
        .arg(base.path())
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, base.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
    if said.contains("Operation not permitted") || said.contains("must be superuser") {
        assert!(std::env::var_os("CI").is_none(), "skipped, since mounting a small disk needs root: {said}");
        return;
    }
    assert!(run.status.success(), "{said}");
}
