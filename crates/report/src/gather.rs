//! Records into the parts of a report: what the bodies of records hold, and which of them count.

use sehat_verdict::drill::{DrillRun, RestoreRecord};
use sehat_verdict::{Verdict, VerdictEntry};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Difference, FindingRow, Host, NotRun, ProductVersion, Promise, RecordRow, Recorded, RecoveryCell,
    RecoveryMatrix, ReportInput, StoreRow,
};

/// The body of a record of kind `verdicts`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerdictsBody {
    /// The day for which `check` judged.
    pub as_of: String,
    /// Every rule that was judged, also those that found nothing.
    pub rules: Vec<String>,
    pub verdicts: Vec<VerdictEntry>,
    pub findings: Vec<FindingRow>,
}

/// The body of a record of kind `deployment`: a lab that came up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentBody {
    pub host: Host,
    pub differences: Vec<Difference>,
    pub not_run: Vec<NotRun>,
    pub versions: Vec<ProductVersion>,
}

/// A record as the evidence holds it. A body of kind `drill` is a [`DrillRun`], of kind `restore` a
/// [`RestoreRecord`].
#[derive(Clone, Debug, PartialEq)]
pub struct RawRecord {
    pub number: u64,
    pub time: String,
    pub kind: String,
    pub hash: String,
    pub body: Value,
}

/// Fills in all that records tell: the newest verdicts and deployment, and every drill and restore since that
/// deployment.
///
/// Verdicts and findings of other environments are left out. Returns what could not be read, in words; kinds
/// that a report does not show are passed over.
pub fn gather(input: &mut ReportInput, records: &[RawRecord]) -> Vec<String> {
    let mut unread = Vec::new();
    let newest = |kind: &str| records.iter().rev().find(|record| record.kind == kind);
    let deployment = newest("deployment");
    if let Some((number, body)) = deployment.and_then(|record| read(record, &mut unread)) {
        add_deployment(input, number, body);
    }
    if let Some((number, body)) = newest("verdicts").and_then(|record| read(record, &mut unread)) {
        add_verdicts(input, number, body);
    }
    let since = deployment.map_or(0, |record| record.number);
    for record in records.iter().filter(|record| record.number > since) {
        match record.kind.as_str() {
            "drill" => input.drills.extend(read::<DrillRun>(record, &mut unread).map(recorded)),
            "restore" => input.restores.extend(read::<RestoreRecord>(record, &mut unread).map(recorded)),
            _ => {}
        }
    }
    input.recovery = recovery_matrix(&input.verdicts);
    input.records = records.iter().map(row).collect();
    unread
}

fn read<T: DeserializeOwned>(record: &RawRecord, unread: &mut Vec<String>) -> Option<(u64, T)> {
    match T::deserialize(&record.body) {
        Ok(body) => Some((record.number, body)),
        Err(error) => {
            unread
                .push(format!("record {} of kind `{}` cannot be read: {error}", record.number, record.kind));
            None
        }
    }
}

fn recorded<T>((record, value): (u64, T)) -> Recorded<T> {
    Recorded { record, value }
}

fn all_recorded<T>(record: u64, values: Vec<T>) -> Vec<Recorded<T>> {
    values.into_iter().map(|value| Recorded { record, value }).collect()
}

fn row(record: &RawRecord) -> RecordRow {
    RecordRow {
        number: record.number,
        time: record.time.clone(),
        kind: record.kind.clone(),
        hash: record.hash.clone(),
    }
}

fn add_deployment(input: &mut ReportInput, number: u64, body: DeploymentBody) {
    input.host = Some(Recorded::new(number, body.host));
    input.differences = all_recorded(number, body.differences);
    input.not_run = all_recorded(number, body.not_run);
    input.versions = all_recorded(number, body.versions);
}

fn add_verdicts(input: &mut ReportInput, number: u64, mut body: VerdictsBody) {
    let environment = &input.environment;
    body.verdicts.retain(|entry| entry.environment.as_ref().is_none_or(|name| name == environment));
    body.findings.retain(|row| row.environments.is_empty() || row.environments.contains(environment));
    input.verdicts = all_recorded(number, body.verdicts);
    input.findings = all_recorded(number, body.findings);
    input.rules = all_recorded(number, body.rules);
}

/// Returns the matrix that the scenarios of the `rpo` and `rto` verdicts make.
pub fn recovery_matrix(verdicts: &[Recorded<VerdictEntry>]) -> RecoveryMatrix {
    let is_recovery = |entry: &&Recorded<VerdictEntry>| {
        matches!(entry.value.objective.as_str(), "rpo" | "rto") && !entry.value.scenarios.is_empty()
    };
    let entries: Vec<&Recorded<VerdictEntry>> = verdicts.iter().filter(is_recovery).collect();
    let names = |entry: &&Recorded<VerdictEntry>| -> Vec<String> {
        entry.value.scenarios.iter().map(|scenario| scenario.scenario.clone()).collect()
    };
    let scenarios = unique(entries.iter().flat_map(names));
    let stores = unique(entries.iter().map(|entry| entry.value.subject.clone()));
    let stores = stores.into_iter().map(|store| store_row(store, &scenarios, &entries)).collect();
    RecoveryMatrix { scenarios, stores }
}

/// Keeps the first of each, in their order.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    names.fold(Vec::new(), |mut all, name| {
        if !all.contains(&name) {
            all.push(name);
        }
        all
    })
}

fn store_row(store: String, scenarios: &[String], entries: &[&Recorded<VerdictEntry>]) -> StoreRow {
    let of_store: Vec<_> = entries.iter().copied().filter(|entry| entry.value.subject == store).collect();
    let cells = scenarios.iter().map(|scenario| cell(scenario, &of_store)).collect();
    StoreRow { store, cells }
}

fn cell(scenario: &str, entries: &[&Recorded<VerdictEntry>]) -> Option<RecoveryCell> {
    let find = |objective: &str| {
        let entry = entries.iter().find(|entry| entry.value.objective == objective)?;
        let found = entry.value.scenarios.iter().find(|other| other.scenario == scenario)?;
        let promised = entry.value.promised.clone();
        Some((entry.record, Promise { promised, predicted: found.predicted.clone(), verdict: found.verdict }))
    };
    let (rpo, rto) = (find("rpo"), find("rto"));
    let record = rpo.as_ref().or(rto.as_ref())?.0;
    Some(RecoveryCell { record, rpo: rpo.map(|found| found.1), rto: rto.map(|found| found.1) })
}

/// Returns the verdict over what a restore was held against; broken where it met an error.
pub(crate) fn restore_verdict(restore: &RestoreRecord) -> Verdict {
    match (restore.errors.is_empty(), restore.verdicts.is_empty()) {
        (false, _) => Verdict::Broken,
        (true, true) => Verdict::Unknown,
        (true, false) => Verdict::all(restore.verdicts.iter().map(|entry| entry.verdict)),
    }
}
