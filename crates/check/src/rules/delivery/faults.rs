//! Findings about the format: one per cause, which is the same words of several objects, or one object.

use std::collections::BTreeMap;

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_verdict::{Finding, Fix, Severity};

pub type Kinds = &'static [FaultKind];

/// Returns what is found of some kinds of faults.
pub fn findings(rule: &'static str, inventory: &Inventory, kinds: &[FaultKind]) -> Vec<Finding> {
    findings_of(rule, inventory.format.iter().filter(|fault| kinds.contains(&fault.kind)).collect())
}

pub fn findings_of(rule: &'static str, faults: Vec<&Fault>) -> Vec<Finding> {
    let mut by_words: BTreeMap<(bool, &str), Vec<&Fault>> = BTreeMap::new();
    for fault in faults {
        by_words.entry((fault.unsure, &fault.message)).or_default().push(fault);
    }
    let mut by_object: BTreeMap<(bool, bool, &str), Vec<&Fault>> = BTreeMap::new();
    let mut found = Vec::new();
    for ((unsure, _), same) in by_words {
        match same.as_slice() {
            [only] if only.kind != FaultKind::Version => {
                by_object.entry((unsure, only.grave, &only.subject)).or_default().push(only);
            }
            same => found.push(one_cause(rule, same)),
        }
    }
    found.extend(by_object.into_values().map(|mut faults| {
        faults.sort_by(|a, b| a.origin.cmp(&b.origin));
        one_object(rule, &faults)
    }));
    found
}

const PLACES_MAX: usize = 6;

fn one_cause(rule: &'static str, same: &[&Fault]) -> Finding {
    let first = same[0];
    let subject = match same {
        [only] => only.subject.clone(),
        _ => format!("{} and {} more", first.subject, same.len() - 1),
    };
    let finding = start(rule, first, subject)
        .says(first.message.clone())
        .witness(first.witness.clone())
        .repair(first.repair.clone())
        .counts(same.len());
    let finding = same
        .iter()
        .take(PLACES_MAX)
        .fold(finding, |finding, fault| finding.at(&fault.origin, fault.subject.clone()));
    fixed(finding, same)
}

fn one_object(rule: &'static str, faults: &[&Fault]) -> Finding {
    let [first, _, ..] = faults else { return one_cause(rule, faults) };
    let finding = start(rule, first, first.subject.clone())
        .says(format!("{} {} in {} places", first.subject, what(first.kind), faults.len()))
        .witness(first.witness.clone())
        .repair(repairs(faults).join("; "));
    let finding =
        faults.iter().fold(finding, |finding, fault| finding.at(&fault.origin, fault.message.clone()));
    fixed(finding, faults)
}

const fn what(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Scalar => "is not read as it shows",
        _ => "does not fit its schema",
    }
}

fn repairs<'a>(faults: &[&'a Fault]) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for fault in faults {
        if !all.contains(&fault.repair.as_str()) {
            all.push(&fault.repair);
        }
    }
    all
}

fn start(rule: &'static str, fault: &Fault, subject: String) -> Finding {
    let finding = if fault.unsure { Finding::unknown } else { Finding::broken };
    finding(rule, severity(fault), subject)
}

const fn severity(fault: &Fault) -> Severity {
    match (fault.kind, fault.grave) {
        (FaultKind::Deprecated, _) => Severity::Low,
        (_, true) => Severity::High,
        (_, false) => Severity::Medium,
    }
}

/// A repair is mechanical where each of its faults is a word in the wrong place.
fn fixed(finding: Finding, faults: &[&Fault]) -> Finding {
    if faults.iter().any(|fault| fault.instead.is_none()) {
        return finding;
    }
    faults.iter().fold(finding, |finding, fault| {
        let with = fault.instead.clone().unwrap_or_default();
        finding.fix(Fix::Replace { origin: fault.origin.clone(), with })
    })
}
