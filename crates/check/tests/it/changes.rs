//! What differs between two reports: every finding and every verdict, in a line each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sehat_check::Report;
use sehat_verdict::{Finding, ScenarioVerdict, State, Verdict, VerdictEntry};

/// Returns each finding that came or went, and each verdict that is another or has other grounds.
/// A report that differs in anything but places gives a line.
pub fn changes(old: &Report, new: &Report) -> String {
    let mut text = String::new();
    let (before, after) = (findings(old), findings(new));
    for (mark, one, other) in [('-', &before, &after), ('+', &after, &before)] {
        for line in one.keys().filter(|key| !other.contains_key(*key)) {
            let _ = writeln!(text, "{mark} {line}");
        }
    }
    for (key, grounds) in
        after.iter().filter(|(key, grounds)| before.get(*key).is_some_and(|old| old != *grounds))
    {
        let _ = writeln!(text, "~ {key}: {}", grounds.iter().cloned().collect::<Vec<_>>().join("; "));
    }
    text + &verdicts(old, new)
}

type Grounds = BTreeSet<String>;

fn findings(report: &Report) -> BTreeMap<String, Grounds> {
    let mut all: BTreeMap<String, Grounds> = BTreeMap::new();
    for finding in &report.findings {
        let state = if finding.state == State::Broken { "broken" } else { "unknown" };
        let key = format!(
            "{state} {}[{}] {} in {}",
            severity(finding),
            finding.rule,
            finding.subject,
            finding.environments.join(", ")
        );
        let grounds = format!("{}; {}; {}", finding.message, finding.witness, finding.count);
        all.entry(key).or_default().insert(grounds);
    }
    all
}

pub fn severity(finding: &Finding) -> String {
    format!("{:?}", finding.severity).to_lowercase()
}

type Key<'a> = (&'a str, &'a str, &'a str);

fn by_key(report: &Report) -> BTreeMap<Key<'_>, &VerdictEntry> {
    report.verdicts.iter().map(|entry| (key(entry), entry)).collect()
}

fn key(entry: &VerdictEntry) -> Key<'_> {
    (entry.environment.as_deref().unwrap_or("-"), &entry.objective, &entry.subject)
}

fn verdicts(old: &Report, new: &Report) -> String {
    let (before, after) = (by_key(old), by_key(new));
    let keys: BTreeSet<&Key<'_>> = before.keys().chain(after.keys()).collect();
    let mut text = String::new();
    for key in keys {
        let (environment, objective, subject) = key;
        let says = match (before.get(key), after.get(key)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => changed(old, new),
            (None, Some(new)) => format!("new, {}", word(new.verdict)),
            _ => "gone".to_owned(),
        };
        let _ = writeln!(text, "{environment} {objective} {subject}: {says}");
    }
    text
}

fn changed(old: &VerdictEntry, new: &VerdictEntry) -> String {
    if old.verdict != new.verdict {
        return format!("{} -> {}", word(old.verdict), word(new.verdict));
    }
    let kept = |entry: &VerdictEntry| -> Vec<(String, Verdict)> {
        entry
            .scenarios
            .iter()
            .map(|ScenarioVerdict { scenario, verdict, .. }| (scenario.clone(), *verdict))
            .collect()
    };
    let what = if old.promised != new.promised {
        "another promise"
    } else if kept(old) != kept(new) {
        "other scenarios"
    } else if old.predicted != new.predicted {
        "another prediction"
    } else {
        "other grounds"
    };
    format!("still {}, {what}", word(new.verdict))
}

pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    }
}
