//! Roots and seeds are built once, carried and found again.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use sehat_lab::blueprint::Seed;
use sehat_lab_linux::root::{self, Sources};
use sehat_lab_linux::{CheckState, Lab, doctor};

use crate::clinic::{clinic, layers, packages, prepared_root};
use crate::harness::Test;
use crate::life::Running;

pub const TESTS: &[Test] = &[
    ("this_machine_can_run_a_lab", this_machine_can_run_a_lab),
    ("downloads_are_listed_with_sizes", downloads_are_listed_with_sizes),
    ("a_root_is_built_once", a_root_is_built_once),
    ("a_machine_starts_from_a_seed", a_machine_starts_from_a_seed),
    ("a_packed_root_is_the_same_root", a_packed_root_is_the_same_root),
];

#[expect(clippy::print_stderr, reason = "what the machine lacks is the test's report")]
fn this_machine_can_run_a_lab() {
    for check in doctor() {
        eprintln!("  {}: {:?}: {}", check.name, check.state, check.says);
        assert_ne!(check.state, CheckState::Lacking);
    }
}

#[expect(clippy::print_stderr, reason = "the sizes are the test's report")]
fn downloads_are_listed_with_sizes() {
    let downloads = root::downloads(&packages(), &Sources::of_machine().unwrap()).unwrap();
    let nginx = downloads.iter().find(|one| one.name == "nginx-light").unwrap();
    assert!(nginx.download_bytes > 10_000 && nginx.installed_bytes > nginx.download_bytes, "{nginx:?}");
    let (download, disk) = downloads
        .iter()
        .fold((0, 0), |(download, disk), one| (download + one.download_bytes, disk + one.installed_bytes));
    eprintln!(
        "  {} packages, {} MiB to download, {} MiB on disk",
        downloads.len(),
        download >> 20,
        disk >> 20
    );
}

#[expect(clippy::print_stderr, reason = "the time is the test's report")]
fn a_root_is_built_once() {
    let start = Instant::now();
    let first = prepared_root();
    eprintln!("  {} after {} ms", first.folder.display(), start.elapsed().as_millis());
    assert_eq!(prepared_root(), first);
    assert_eq!(root::find(&BTreeSet::from(["nginx-light".to_string()])), Some(first.clone()));
    assert!(first.packages().unwrap()["nginx-light"].starts_with("1.22"));
    assert!(!first.file_system().join("etc/hostname").exists());
    assert!(root::find(&BTreeSet::from(["no-such-package".to_string()])).is_none());
}

fn marked() -> Seed {
    let words = [
        "sh",
        "-c",
        "mkdir -p /srv/data && echo made > /srv/data/mark && chown www-data /srv/data/mark && echo other > /srv/rest",
    ];
    Seed {
        name: "marked".into(),
        packages: BTreeSet::new(),
        commands: vec![words.map(Into::into).to_vec()],
        path: "/srv/data".into(),
    }
}

fn a_machine_starts_from_a_seed() {
    let root = prepared_root();
    let path = root::prepare_seed(&root, &marked(), &mut |_| {}).unwrap();
    assert_eq!(fs::metadata(path.join("srv/data/mark")).unwrap().uid(), 33);
    assert_eq!(root::prepare_seed(&root, &marked(), &mut |_| {}).unwrap(), path);
    let mut blueprint = clinic("seeded");
    blueprint.machines[2].seeds = vec!["marked".into()];
    blueprint.seeds = vec![marked()];
    let mut layers = layers();
    layers.seeds.insert("marked".into(), path);
    let lab = Running(Lab::open("seeded", "test"));
    lab.0.up(&blueprint, &layers, &mut |_| {}).unwrap();
    assert_eq!(lab.run("web-1", &["cat", "/srv/data/mark"]), "made\n");
    assert_ne!(lab.0.run("web-1", &["test", "-e", "/srv/rest"]).unwrap().code, 0);
    assert_ne!(lab.0.run("web-2", &["test", "-e", "/srv/data"]).unwrap().code, 0);
    let failing = Seed { name: "failing".into(), commands: vec![vec!["false".into()]], ..marked() };
    let error = root::prepare_seed(&root, &failing, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(error, "the data `failing` could not be made: `false` ended with exit status: 1");
}

fn a_packed_root_is_the_same_root() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.tar.zst");
    let root = prepared_root();
    let hash = root::pack(&root, &file).unwrap();
    assert!(root::unpack(&file, Some("00")).is_err());
    assert!(fs::read_to_string(folder.path().join("root.tar.zst.sha256")).unwrap().starts_with(&hash));
    assert_eq!(root::unpack(&file, None).unwrap(), root);
    assert!(root.file_system().join("usr/sbin/nginx").exists());
}
