//! Which records bear on which control of a law or standard.

use sehat_verdict::{State, Verdict};

use crate::gather::restore_verdict;
use crate::{Control, EvidenceKind, EvidenceRef, Regime, ReportInput};

/// One demand of a law or standard, before any evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub id: String,
    pub article: String,
    pub title: String,
    /// Names of rules and drills, and `restore`.
    pub supported_by: Vec<String>,
}

/// Returns the table of a regime: each demand with the records of the input that bear on it.
///
/// A demand is covered where something was decided, for or against it; an unknown alone covers nothing.
pub fn regime(input: &ReportInput, name: &str, demands: impl IntoIterator<Item = Demand>) -> Regime {
    Regime { name: name.to_owned(), rows: demands.into_iter().map(|demand| control(input, demand)).collect() }
}

fn control(input: &ReportInput, demand: Demand) -> Control {
    let evidence: Vec<EvidenceRef> =
        demand.supported_by.iter().flat_map(|name| evidence(input, name)).collect();
    Control {
        id: demand.id,
        article: demand.article,
        title: demand.title,
        covered: evidence.iter().any(|entry| entry.outcome != Verdict::Unknown),
        evidence,
    }
}

fn evidence(input: &ReportInput, name: &str) -> Vec<EvidenceRef> {
    let found = match name {
        "restore" => restore(input),
        _ => rule(input, name).or_else(|| drill(input, name)),
    };
    let refer = |(kind, outcome, record)| EvidenceRef {
        kind,
        name: name.to_owned(),
        outcome,
        date: date(input, record),
        record,
    };
    found.map(refer).into_iter().collect()
}

type Found = (EvidenceKind, Verdict, u64);

/// A rule that was judged and found nothing speaks for the control. A waiver accepts a finding; it does not
/// turn it into support.
fn rule(input: &ReportInput, name: &str) -> Option<Found> {
    let judged = input.rules.iter().find(|rule| rule.value == name)?;
    let findings = input.findings.iter().filter(|row| row.value.rule == name);
    let outcomes = findings.map(|row| match row.value.state {
        State::Broken => Verdict::Broken,
        State::Unknown => Verdict::Unknown,
    });
    Some((EvidenceKind::Finding, Verdict::all(outcomes), judged.record))
}

/// The newest run stands for a drill, and the verdict is over all its runs.
fn drill(input: &ReportInput, name: &str) -> Option<Found> {
    let runs = || input.drills.iter().filter(|drill| drill.value.drill == name && !drill.value.lab_failed);
    let newest = runs().map(|drill| drill.record).max()?;
    Some((EvidenceKind::Drill, Verdict::all(runs().map(|drill| drill.value.verdict())), newest))
}

fn restore(input: &ReportInput) -> Option<Found> {
    let newest = input.restores.iter().map(|restore| restore.record).max()?;
    let outcomes = input.restores.iter().map(|restore| restore_verdict(&restore.value));
    Some((EvidenceKind::Restore, Verdict::all(outcomes), newest))
}

fn date(input: &ReportInput, record: u64) -> String {
    let row = input.records.iter().find(|row| row.number == record);
    row.and_then(|row| row.time.get(..10)).unwrap_or_default().to_owned()
}
