//! What a person reads of a drill's verdicts.

use std::fmt::Write;

use sehat_drill::{Change, Drill, Setup, Target};
use sehat_verdict::Verdict;
use sehat_verdict::drill::DrillRun;

use crate::simulated::{Behaviour, CLINIC, Simulated, drill, platform};

fn shown(run: &DrillRun) -> String {
    run.verdicts.iter().fold(String::new(), |mut text, entry| {
        let number =
            |amount: Option<sehat_verdict::drill::Amount>| serde_json::to_string(&amount).unwrap_or_default();
        let (promised, predicted, measured) =
            (number(entry.promised), number(entry.predicted), number(entry.measured));
        let verdict = format!("{:?}", entry.verdict).to_lowercase();
        let _ = writeln!(
            text,
            "{} {verdict}: promised {promised}, predicted {predicted}, measured {measured}",
            entry.objective
        );
        for because in &entry.because {
            let _ = writeln!(text, "  {because}");
        }
        text
    })
}

fn kill(behaviour: Behaviour) -> DrillRun {
    drill(Drill::KillInstance, &Target::Instance("web-2".into()), behaviour).0.run
}

#[test]
fn every_objective_that_applies_is_judged() {
    insta::assert_snapshot!(shown(&kill(Behaviour::default())), @r"
    availability kept: promised 0.999, predicted 0.999998823302, measured 0.999999459877
      1.4 s of the 43.2 min that the window leaves
    failover kept: promised 5000, predicted 3050, measured 1400
      `book-visit` was away 1.4 s
    rpo kept: promised 60000, predicted 0, measured 0
      0 of 266 writes that `records` acknowledged are gone
    rto kept: promised 14400000, predicted 10579, measured 10579
    ");
}

#[test]
fn a_lost_write_is_measured_as_time() {
    let run = kill(Behaviour { forgets: 5, ..Behaviour::default() });
    assert_eq!(run.lost, Some(5));
    let rpo = run.verdicts.iter().find(|entry| entry.objective == "rpo").unwrap();
    assert_eq!(rpo.verdict, Verdict::Kept);
    let lost_ms = serde_json::to_value(rpo.measured).unwrap().as_u64().unwrap();
    assert!((200..=300).contains(&lost_ms), "{lost_ms}");
    let run = kill(Behaviour { forgets: 2_000, ..Behaviour::default() });
    let strict = run.verdicts.iter().find(|entry| entry.objective == "rpo").unwrap();
    assert_eq!(strict.verdict, Verdict::Kept);
}

#[test]
fn an_outage_above_the_promise_breaks_it_and_one_above_the_bound_is_a_defect() {
    let run = kill(Behaviour { outage_ms: Some(6_000), ..Behaviour::default() });
    let failover = run.verdicts.iter().find(|entry| entry.objective == "failover").unwrap();
    assert_eq!(failover.verdict, Verdict::Broken);
    assert!(
        failover.because.iter().any(|because| because.contains("a defect of the prediction")),
        "{:?}",
        failover.because
    );
}

#[test]
fn a_cut_segment_is_held_against_no_failover() {
    let (performed, _) = drill(Drill::CutSegment, &Target::Segment("back".into()), Behaviour::default());
    let objectives: Vec<&str> = performed.run.verdicts.iter().map(|entry| entry.objective.as_str()).collect();
    assert_eq!(objectives, ["availability", "rpo", "rto"]);
}

#[test]
fn a_journeys_own_promise_comes_before_the_platforms() {
    let text = CLINIC.replace(
        "rate: 20/s, writes: true }",
        "rate: 20/s, writes: true, objectives: { failover: { at-most: 1s } } }",
    );
    let platform = platform(&text);
    let mut running = Simulated::new(platform.clone(), Behaviour::default());
    let target = Target::Instance("web-2".into());
    let pace = sehat_drill::Pace::of(&platform, Drill::KillInstance, 7, 0);
    let setup = Setup {
        platform: &platform,
        drill: Drill::KillInstance,
        target: &target,
        seed: 7,
        pace,
        changes: &[],
    };
    let run = sehat_drill::perform(&mut running, &setup).run;
    let failover = run.verdicts.iter().find(|entry| entry.objective == "failover").unwrap();
    assert_eq!(failover.verdict, Verdict::Broken);
    assert!(failover.because[0].contains("book-visit"), "{:?}", failover.because);
}

#[test]
fn a_value_that_the_lab_changed_leaves_the_verdict_unknown() {
    let platform = crate::simulated::clinic();
    let target = Target::Leader("records".into());
    let judged = |component: &str, key: &str| {
        let mut running = Simulated::new(platform.clone(), Behaviour::default());
        let pace = sehat_drill::Pace::of(&platform, Drill::KillLeader, 7, 0);
        let changes = [Change {
            component: component.into(),
            key: key.into(),
            says: "1500 ms there, 3000 ms here".into(),
        }];
        let setup = Setup {
            platform: &platform,
            drill: Drill::KillLeader,
            target: &target,
            seed: 7,
            pace,
            changes: &changes,
        };
        sehat_drill::perform(&mut running, &setup).run.verdict()
    };
    assert_eq!(judged("records", "evs-suspect"), Verdict::Unknown);
    assert_eq!(judged("records", "script-interval"), Verdict::Kept);
}
