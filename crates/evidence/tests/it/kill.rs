//! A writer that is killed at any moment leaves a store that opens, verifies and holds what it acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use sehat_evidence::records;

use crate::{assert_whole, noon, open};

const FOLDER: &str = "SEHAT_EVIDENCE_TEST_FOLDER";
const KILLS: u64 = 50;
const SEED: u64 = 7;

/// Not a test of its own: the program that the test below kills.
#[test]
#[ignore = "run by killed_writers_lose_nothing_that_they_acknowledged"]
fn writer() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    let mut store = open(Path::new(&dir));
    loop {
        let record = store.append(noon(), "drill", &serde_json::json!({ "text": "x".repeat(300) })).unwrap();
        writeln!(std::io::stderr(), "acknowledged {}", record.number).unwrap();
    }
}

#[test]
fn killed_writers_lose_nothing_that_they_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random(SEED);
    let mut repairs = 0;
    for _ in 0..KILLS {
        let acknowledged = kill_a_writer(dir.path(), Duration::from_micros(random.below(30_000)));
        let before = records(dir.path()).unwrap_or_default().len() as u64;
        assert!(before >= acknowledged, "{acknowledged} acknowledged, {before} there");
        repairs += u64::from(open(dir.path()).repair().is_some());
        assert_whole(dir.path());
    }

    // How many kills struck between record and head differs from run to run, but it is never none.
    assert!(repairs > 0, "no kill of {KILLS} (seed {SEED}) struck between a record and its head");
}

/// Returns the last number that the writer said was safe.
fn kill_a_writer(dir: &Path, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    // Every second kill strikes a writer that has begun; the others may strike while it opens.
    let first = if after.as_micros().is_multiple_of(2) { lines.next() } else { None };
    sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    let last = lines.last().or(first);
    last.and_then(|line| line.strip_prefix("acknowledged ")?.parse().ok()).unwrap_or(0)
}

/// A small generator, so that the moments repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
