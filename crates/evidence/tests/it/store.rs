//! What a store holds, and what it refuses.

use std::error::Error;
use std::fs;
use std::time::Duration;

use sehat_evidence::{Anchor, EvidenceError, Location, Owner, Store, head, records, verify};

use crate::{assert_whole, filled, location, noon, open};

#[test]
fn records_read_back_in_order() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 2);
    let found = records(dir.path()).unwrap();
    let kinds: Vec<(u64, &str)> = found.iter().map(|record| (record.number, record.kind.as_str())).collect();
    assert_eq!(kinds, [(1, "started"), (2, "drill"), (3, "drill")]);
    assert_eq!(found[2].body["outage_ms"], 1);
    assert_eq!(found[2].previous, found[1].hash);
    assert_eq!(head(dir.path()).unwrap().hash, found[2].hash);
}

#[test]
fn a_second_opening_goes_on_where_the_first_ended() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let mut store = open(dir.path());
    assert_eq!(store.repair(), None);
    assert_eq!(store.append(noon(), "restore", &serde_json::json!({})).unwrap().number, 3);
    drop(store);
    assert_whole(dir.path());
}

#[test]
fn an_anchor_outlives_later_records() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let kept = head(dir.path()).unwrap().hash;
    open(dir.path()).append(noon(), "drill", &1).unwrap();
    let found = verify(dir.path(), Some(&kept)).unwrap();
    assert_eq!((found.anchor, found.is_whole()), (Anchor::Anchored { number: 2 }, true));
    assert_eq!(verify(dir.path(), None).unwrap().anchor, Anchor::NotAnchored);
}

#[test]
fn a_body_keeps_every_number_it_can_hold() {
    let dir = tempfile::tempdir().unwrap();
    let body =
        serde_json::json!([0.1, 1e300, 2.225_073_858_507_201e-308, u64::MAX, i64::MIN, "\u{2028}\"<\n"]);
    open(dir.path()).append(noon(), "drill", &body).unwrap();
    assert_whole(dir.path());
    open(dir.path()).append(noon(), "drill", &body).unwrap();
    assert_whole(dir.path());
}

#[test]
fn another_platform_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 0);
    let other = Location { environment: "staging".into(), ..location(dir.path()) };
    let error = Store::open(&other, noon(), Duration::ZERO).err().unwrap().to_string();
    assert!(error.ends_with("holds the evidence of `clinic` in `production`, not of `clinic` in `staging`; choose another folder"), "{error}");
}

#[test]
fn a_folder_without_evidence_says_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(verify(dir.path(), None), Err(EvidenceError::Missing { .. })));
    assert!(matches!(head(dir.path()), Err(EvidenceError::Missing { .. })));
    filled(dir.path(), 0);
    let error = verify(dir.path(), Some("beef")).unwrap_err();
    assert!(error.to_string().starts_with("`beef` is not a head hash"));
    assert!(error.source().is_none());
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 0);
    let mode = fs::metadata(dir.path().join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = fs::read_to_string(dir.path().join("key.pub")).unwrap();
    let secret = fs::read_to_string(dir.path().join("key")).unwrap();
    assert_ne!(public, secret);
    let everything = fs::read_to_string(dir.path().join("records.jsonl")).unwrap()
        + &fs::read_to_string(dir.path().join("head.json")).unwrap();
    assert!(!everything.contains(secret.trim()));
    assert!(everything.contains(public.trim()));
}

/// As root only: nobody else can give files away.
#[cfg(unix)]
#[test]
fn files_belong_to_the_user_who_called_sudo() {
    use std::os::unix::fs::MetadataExt;
    let base = tempfile::tempdir().unwrap();
    if fs::metadata(base.path()).unwrap().uid() != 0 {
        return;
    }
    let dir = base.path().join("evidence/clinic-production");
    let owner = Some(Owner { user: 1234, group: 1235 });
    let mut store = Store::open(&Location { owner, ..location(&dir) }, noon(), Duration::ZERO).unwrap();
    store.append(noon(), "drill", &1).unwrap();
    for name in ["", "key", "key.pub", "records.jsonl", "head.json", "lock"] {
        let found = fs::metadata(dir.join(name)).unwrap();
        assert_eq!((found.uid(), found.gid()), (1234, 1235), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let outside = dir.path().join("outside");
    fs::rename(dir.path().join("records.jsonl"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, dir.path().join("records.jsonl")).unwrap();
    assert!(Store::open(&location(dir.path()), noon(), Duration::ZERO).is_err());
}
