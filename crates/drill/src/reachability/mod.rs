//! Real packets against what is allowed: any difference is a finding.

mod cells;
mod compare;

use std::collections::BTreeSet;

use sehat_platform::Protocol;
use sehat_reach::Connection;
use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, DrillRun, DrillVerdict, Unit};

use crate::{Drill, Failure, Host, Progress, Rng, Running};

pub use cells::{CLOSED_COUNT, Cell, cells, ports};
pub use compare::{Mismatch, Probed, expected, mismatches};

/// Everything that a run over the matrix needs.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    pub hosts: &'a [Host],
    pub allowed: &'a [Connection],
    /// Ports on which something listens, allowed or not.
    pub listening: &'a BTreeSet<(Protocol, u16)>,
    pub seed: u64,
}

/// What came of a run over the matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reached {
    pub run: DrillRun,
    pub mismatches: Vec<Mismatch>,
}

/// Silence for so long is taken for a drop at first: an answer on one machine takes far less than a millisecond.
const SILENCE_MS: u64 = 300;
/// A surprise is asked about again with more patience, because a busy machine answers late.
const PATIENT_MS: u64 = 1_500;

/// Probes every cell and compares it with what is allowed.
pub fn perform(running: &mut dyn Running, matrix: &Matrix<'_>) -> Reached {
    match probe_all(running, matrix) {
        Ok((count, mismatches)) => judged(matrix, count, mismatches),
        Err(failure) => failed(matrix, &failure),
    }
}

fn probe_all(running: &mut dyn Running, matrix: &Matrix<'_>) -> Result<(usize, Vec<Mismatch>), Failure> {
    let mut rng = Rng::of(matrix.seed, &["reachability"]);
    let ports = ports(matrix.allowed, matrix.listening, &mut rng);
    let all = cells(matrix.hosts, matrix.allowed, &ports, &mut rng);
    running.tell(&Progress::Probing { cells: all.len(), machines: matrix.hosts.len() });
    let probed = running.probe(&all, SILENCE_MS)?;
    let surprising: Vec<Cell> =
        mismatches(matrix.hosts, matrix.allowed, &all, &probed).into_iter().map(|found| found.cell).collect();
    if surprising.is_empty() {
        return Ok((all.len(), Vec::new()));
    }
    running.tell(&Progress::Again { cells: surprising.len() });
    let probed = running.probe(&surprising, PATIENT_MS)?;
    Ok((all.len(), mismatches(matrix.hosts, matrix.allowed, &surprising, &probed)))
}

fn judged(matrix: &Matrix<'_>, count: usize, mismatches: Vec<Mismatch>) -> Reached {
    let differing = mismatches.len() as u64;
    let mut because = vec![format!("{count} cells were probed, {differing} differ from what is allowed")];
    because.extend(mismatches.iter().map(ToString::to_string));
    let verdict = DrillVerdict {
        objective: "segmentation".into(),
        promised: Some(Amount::Whole(0)),
        predicted: Some(Amount::Whole(0)),
        measured: Some(differing.into()),
        verdict: if differing == 0 { Verdict::Kept } else { Verdict::Broken },
        unit: Unit::Count,
        because,
    };
    let run = DrillRun {
        requests: Some(count as u64),
        errors: Some(differing),
        verdicts: vec![verdict],
        seed: Some(matrix.seed),
        ..DrillRun::new(Drill::Reachability.name(), "")
    };
    Reached { run, mismatches }
}

fn failed(matrix: &Matrix<'_>, failure: &Failure) -> Reached {
    let run = DrillRun {
        lab_failed: true,
        lab_failed_reason: Some(failure.to_string()),
        seed: Some(matrix.seed),
        ..DrillRun::new(Drill::Reachability.name(), "")
    };
    Reached { run, mismatches: Vec::new() }
}
