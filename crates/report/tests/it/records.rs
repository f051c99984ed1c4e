//! From records to the parts of a report.

use sehat_report::{
    Control, Demand, DeploymentBody, Host, RawRecord, Recorded, ReportInput, VerdictsBody, gather,
    recovery_matrix, regime,
};
use sehat_verdict::drill::{DrillRun, RestoreRecord};
use sehat_verdict::{ScenarioVerdict, Verdict, VerdictEntry};
use serde_json::{Value, json};

use crate::example::example;

fn raw(number: u64, kind: &str, body: Value) -> RawRecord {
    RawRecord { number, time: "2026-11-21T14:00:00Z".into(), kind: kind.into(), hash: "ab".repeat(32), body }
}

fn body(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("plain data")
}

fn gathered(records: &[RawRecord]) -> (ReportInput, Vec<String>) {
    let mut input = ReportInput { environment: "production".into(), ..ReportInput::default() };
    let unread = gather(&mut input, records);
    (input, unread)
}

#[test]
fn the_newest_verdicts_and_all_drills_since_the_newest_deployment_count() {
    let old = VerdictsBody { rules: vec!["old".into()], ..VerdictsBody::default() };
    let new = VerdictsBody { rules: vec!["new".into()], ..VerdictsBody::default() };
    let deployment =
        DeploymentBody { host: Host { cores: 2, ..Host::default() }, ..DeploymentBody::default() };
    let (input, unread) = gathered(&[
        raw(1, "started", json!({})),
        raw(2, "verdicts", body(old)),
        raw(3, "drill", body(DrillRun::new("kill-node", "before"))),
        raw(4, "deployment", body(deployment)),
        raw(5, "drill", body(DrillRun::new("kill-node", "after"))),
        raw(6, "verdicts", body(new)),
        raw(7, "restore", body(RestoreRecord::default())),
        raw(8, "repaired", json!({ "cut_bytes": 7 })),
    ]);
    assert_eq!(unread, Vec::<String>::new());
    assert_eq!(input.rules, [Recorded::new(6, "new".to_owned())]);
    assert_eq!(input.drills, [Recorded::new(5, DrillRun::new("kill-node", "after"))]);
    assert_eq!((input.restores.len(), input.records.len()), (1, 8));
    assert_eq!(input.host.map(|host| (host.record, host.value.cores)), Some((4, 2)));
}

#[test]
fn what_cannot_be_read_is_said() {
    let (input, unread) = gathered(&[raw(1, "drill", json!({ "drill": 7 }))]);
    assert!(input.drills.is_empty());
    insta::assert_snapshot!(unread.join("\n"), @"record 1 of kind `drill` cannot be read: invalid type: integer `7`, expected a string");
}

#[test]
fn other_environments_are_left_out() {
    let example = example();
    let mut verdicts: Vec<VerdictEntry> = example.verdicts.into_iter().map(|entry| entry.value).collect();
    verdicts[0].environment = Some("staging".into());
    let findings = example.findings.into_iter().map(|row| row.value).collect();
    let all = verdicts.len();
    let (input, _) =
        gathered(&[raw(1, "verdicts", body(VerdictsBody { verdicts, findings, ..VerdictsBody::default() }))]);
    assert_eq!((input.verdicts.len(), input.findings.len()), (all - 1, 4));
}

#[test]
fn the_matrix_follows_from_the_scenarios() {
    let entry = |objective: &str, scenarios: &[(&str, &str)]| VerdictEntry {
        root: ".".into(),
        environment: None,
        objective: objective.into(),
        subject: "records".into(),
        verdict: Verdict::Kept,
        promised: Some("<= 4h".into()),
        predicted: None,
        because: Vec::new(),
        scenarios: scenarios
            .iter()
            .map(|(name, predicted)| ScenarioVerdict {
                scenario: (*name).into(),
                verdict: Verdict::Kept,
                predicted: Some((*predicted).into()),
            })
            .collect(),
    };
    let matrix = recovery_matrix(&[
        Recorded::new(3, entry("rpo", &[("node lost", "0s"), ("table dropped", "1m")])),
        Recorded::new(3, entry("rto", &[("node lost", "9s")])),
    ]);
    assert_eq!(matrix.scenarios, ["node lost", "table dropped"]);
    let cells: Vec<(bool, bool)> = matrix.stores[0]
        .cells
        .iter()
        .flatten()
        .map(|cell| (cell.rpo.is_some(), cell.rto.is_some()))
        .collect();
    assert_eq!(cells, [(true, true), (true, false)]);
}

fn control(supported_by: &[&str]) -> Control {
    let demand = Demand {
        id: "backup-plan".into(),
        article: "164.308(a)(7)(ii)(A)".into(),
        title: "Keep exact copies".into(),
        supported_by: supported_by.iter().map(ToString::to_string).collect(),
    };
    regime(&example(), "HIPAA", [demand]).rows.remove(0)
}

#[test]
fn evidence_comes_from_rules_drills_and_restores() {
    let control =
        control(&["rpo-per-store", "quorum-survives", "kill-leader", "kill-node", "restore", "never-judged"]);
    let found: Vec<String> = control
        .evidence
        .iter()
        .map(|entry| format!("{} {:?} #{} {}", entry.name, entry.outcome, entry.record, entry.date))
        .collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    rpo-per-store Broken #3 2026-11-21
    quorum-survives Kept #3 2026-11-21
    kill-leader Kept #8 2026-11-21
    kill-node Broken #10 2026-11-21
    restore Kept #18 2026-11-21
    ");
    assert!(control.covered);
}

#[test]
fn an_unknown_covers_nothing() {
    let control = control(&["failover-actor-named"]);
    assert_eq!((control.evidence.len(), control.covered), (1, false));
    assert!(!self::control(&[]).covered);
}
