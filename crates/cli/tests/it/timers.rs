//! Timers of the document: doubling one moves the prediction and the measurement the same way.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lab::{Lab, platform, skipped};

/// The file, a timer, its double, and the component whose leader shows it.
const DOUBLED: [(&str, &str, &str, &str); 3] = [
    ("store.yaml", "evs-suspect: 1500ms", "evs-suspect: 3s", "records"),
    ("store.yaml", "down-after: 1s", "down-after: 2s", "sessions"),
    ("platform.yaml", "script-interval: 1s", "script-interval: 2s", "edge"),
];
const RUNS: &str = "3";

#[test]
fn doubled_timers_move_prediction_and_measurement() {
    if skipped() || std::env::var_os("SEHAT_TEST_FULL").is_none() {
        return;
    }
    let stated = measured(&platform());
    let folder = tempfile::tempdir().unwrap();
    let doubled = measured(&edited(folder.path()));
    for ((_, timer, double, component), (before, after)) in DOUBLED.iter().zip(stated.iter().zip(&doubled)) {
        assert!(after.0 > before.0, "{component}: {timer} is predicted {before:?}, {double} {after:?}");
        assert!(after.1 > before.1, "{component}: {timer} was measured {before:?}, {double} {after:?}");
    }
}

/// Returns a copy of the platform with every timer doubled; each belongs to another component.
fn edited(folder: &Path) -> PathBuf {
    for entry in std::fs::read_dir(platform()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    for (file, timer, double, _) in DOUBLED {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(timer), "{file} has no `{timer}`");
        std::fs::write(folder.join(file), text.replacen(timer, double, 1)).unwrap();
    }
    folder.to_owned()
}

/// Returns the prediction and the median outage for each component's leader.
fn measured(folder: &Path) -> Vec<(u64, u64)> {
    let lab = Lab::up_of(folder);
    DOUBLED.iter().map(|(.., component)| killed(&lab, component)).collect()
}

fn killed(lab: &Lab, component: &str) -> (u64, u64) {
    let (_, report) = lab.drill(&["kill-leader"], &["--seed", "5", "--repeat", RUNS, "--strike", component]);
    let number = |run: &Value, name: &str| run[name].as_u64().unwrap_or_else(|| panic!("no {name} in {run}"));
    let runs = report["drills"].as_array().unwrap();
    let mut outages: Vec<u64> = runs.iter().map(|run| number(run, "outage_ms")).collect();
    outages.sort_unstable();
    (number(&runs[0], "predicted_ms_max"), outages[outages.len() / 2])
}
