//! Drills on real servers.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use serde_json::Value;

use crate::lab::{Lab, skipped};
use crate::planted;

#[test]
fn health_infraops_is_drilled() {
    if skipped() {
        return;
    }
    let lab = Lab::up();
    nothing_fails_without_a_fault(&lab);
    a_killed_leader_loses_nothing_within_its_bound(&lab);
    an_isolated_primary_loses_what_it_acknowledged(&lab);
    a_dropped_table_comes_back_whole(&lab);
    planted::rules_are_found(&lab);
    an_interrupted_drill_is_healed(&lab);
    the_evidence_is_whole_and_reported(&lab);
}

fn only(report: &Value) -> &Value {
    assert_eq!(report["schema"], "sehat-drill/1");
    let drills = report["drills"].as_array().unwrap();
    assert_eq!(drills.len(), 1, "{report}");
    assert_eq!(drills[0]["lab_failed"], false, "{report}");
    &drills[0]
}

fn nothing_fails_without_a_fault(lab: &Lab) {
    let (code, report) = lab.drill(&["no-fault"], &["--seed", "7"]);
    let run = only(&report);
    assert_eq!(
        (code, &run["errors"], &run["outage_ms"], &run["lost"]),
        (Some(0), &0.into(), &0.into(), &0.into())
    );
    assert!(run["requests"].as_u64() > Some(300), "{run}");
}

fn a_killed_leader_loses_nothing_within_its_bound(lab: &Lab) {
    let (code, report) = lab.drill(&["kill-leader"], &["--seed", "7", "--strike", "records"]);
    let run = only(&report);
    assert_eq!((code, &run["lost"]), (Some(0), &0.into()), "{run}");
    assert!(run["struck"].as_str().is_some_and(|name| name.starts_with("records-")), "{run}");
    assert!(
        run["outage_ms"].as_u64() > Some(0) && run["outage_ms"].as_u64() <= run["predicted_ms_max"].as_u64(),
        "{run}"
    );
    assert!(run["acknowledged"].as_u64() > Some(200) && run["alert_ms"].as_u64().is_some(), "{run}");
    let judged = run["verdicts"].as_array().unwrap();
    let objectives: Vec<&str> = judged.iter().filter_map(|entry| entry["objective"].as_str()).collect();
    assert_eq!(objectives, ["availability", "failover", "rpo", "rto"]);
    assert!(judged.iter().all(|entry| entry["verdict"] != "unknown"), "{run}");
}

/// The ledger is proved by a loss that must show.
fn an_isolated_primary_loses_what_it_acknowledged(lab: &Lab) {
    let (_, report) = lab.drill(&["cut-leader"], &["--seed", "7"]);
    let run = only(&report);
    assert!(run["lost"].as_u64() > Some(20), "{run}");
    assert!(run["lost"].as_u64() < run["acknowledged"].as_u64(), "{run}");
}

/// Every write that was acknowledged before the statement is there afterwards.
fn a_dropped_table_comes_back_whole(lab: &Lab) {
    let (code, report) = lab.drill(&["drop-table"], &["--seed", "7"]);
    let run = only(&report);
    assert_eq!((code, &run["struck"], &run["lost"]), (Some(0), &"records".into(), &0.into()), "{run}");
    assert!(run["acknowledged"].as_u64() > Some(50) && run["recover_ms"].as_u64().is_some(), "{run}");
    assert!(
        run["outage_ms"].as_u64() > Some(0) && run["outage_ms"].as_u64() <= run["predicted_ms_max"].as_u64(),
        "{run}"
    );
}

/// What a drill that was killed has struck is healed by the next one.
fn an_interrupted_drill_is_healed(lab: &Lab) {
    lab.kill_while_struck();
    let (code, report) = lab.drill(&["no-fault"], &["--seed", "8"]);
    assert_eq!((code, &only(&report)["errors"]), (Some(0), &0.into()));
}

fn the_evidence_is_whole_and_reported(lab: &Lab) {
    let verified = lab.sehat(&["evidence", "verify"], &[]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let path = lab.path("report.html");
    let reported = lab.sehat(&["report"], &["--out", &path.to_string_lossy()]);
    assert!(reported.status.success(), "{}", String::from_utf8_lossy(&reported.stderr));
    let html = std::fs::read_to_string(path).unwrap();
    assert!(html.contains("kill-leader") && html.contains("records-"));
}
