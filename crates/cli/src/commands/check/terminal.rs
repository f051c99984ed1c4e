//! What a person reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sehat_diagnostic::redact;
use sehat_verdict::{Finding, State, Verdict, VerdictEntry};

use super::{Found, Judged, Root};
use crate::input::Skipped;

use crate::style::{bold, dim, severity, verdict};

const FINDINGS_SHOWN: usize = 10;

const QUESTIONS_SHOWN: usize = 5;

/// A line that would decide what is unknown.
pub struct Question {
    pub root: String,
    /// `cni: cilium`, or what to state.
    pub line: String,
    pub decides: usize,
    pub rules: BTreeSet<&'static str>,
}

pub fn report(judged: &Judged, all: bool) -> String {
    let mut text = String::new();
    if let Some(name) = &judged.platform {
        let _ = writeln!(text, "{}", bold(name));
    }
    verdicts(&mut text, &judged.verdicts);
    text.push_str(&super::why::shown(&judged.why));
    let wanted = wanted(judged, all);
    let shown = if all { usize::MAX } else { FINDINGS_SHOWN };
    for (found, roots) in wanted.iter().take(shown) {
        finding(&mut text, judged, found, roots);
    }
    if wanted.len() > shown {
        let _ = writeln!(text, "\n… and {} more findings: --all", wanted.len() - shown);
    }
    ask(&mut text, judged);
    summary(&mut text, judged);
    text
}

/// Returns what is shown, each once with all roots that it stands in. Of files, only what is broken and no hygiene.
fn wanted(judged: &Judged, all: bool) -> Vec<(&Found, Vec<&str>)> {
    let is_shown = |found: &&Found| {
        let is_document = judged.roots[found.root].is_document;
        found.is_new && (all || is_document || (found.finding.state == State::Broken && !found.is_hygiene))
    };
    let mut shown: Vec<(&Found, Vec<&str>)> = Vec::new();
    let mut known: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for found in judged.findings.iter().filter(is_shown) {
        let root = judged.roots[found.root].name.as_str();
        let place = found.finding.places.first().map_or("", |(origin, _)| &*origin.path);
        let key = (found.finding.rule, found.finding.message.as_str(), place);
        if let Some(at) = known.get(&key) {
            shown[*at].1.push(root);
        } else {
            known.insert(key, shown.len());
            shown.push((found, vec![root]));
        }
    }
    shown.sort_by_key(|(found, _)| {
        (found.finding.waived.is_some(), found.finding.state, found.finding.severity)
    });
    shown
}

/// Returns what would decide unknown findings of files, the most decisive first.
pub fn questions(judged: &Judged) -> Vec<Question> {
    let mut questions: BTreeMap<(&str, &str), Question> = BTreeMap::new();
    for found in &judged.findings {
        let finding = &found.finding;
        if finding.state != State::Unknown || !found.counts() {
            continue;
        }
        let root = judged.roots[found.root].name.as_str();
        let line = finding.asks.as_deref().unwrap_or(&finding.repair);
        let question = questions.entry((root, line)).or_insert_with(|| Question {
            root: root.to_owned(),
            line: line.to_owned(),
            decides: 0,
            rules: BTreeSet::new(),
        });
        question.decides += finding.count;
        question.rules.insert(finding.rule);
    }
    let mut questions: Vec<Question> = questions.into_values().collect();
    questions.sort_by(|a, b| (b.decides, &a.root, &a.line).cmp(&(a.decides, &b.root, &b.line)));
    questions
}

/// The same line of several roots is asked once.
fn ask(text: &mut String, judged: &Judged) {
    let documents: BTreeSet<&str> =
        judged.roots.iter().filter(|root| root.is_document).map(|root| root.name.as_str()).collect();
    let mut lines: BTreeMap<String, (usize, BTreeSet<&str>, usize)> = BTreeMap::new();
    for question in questions(judged).into_iter().filter(|asked| !documents.contains(asked.root.as_str())) {
        let (decides, rules, roots) = lines.entry(question.line).or_default();
        *decides += question.decides;
        rules.extend(question.rules);
        *roots += 1;
    }
    if lines.is_empty() {
        return;
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(_, (decides, _, _))| std::cmp::Reverse(*decides));
    let _ = writeln!(text, "\n{}", bold("questions"));
    for (line, (decides, rules, roots)) in lines.iter().take(QUESTIONS_SHOWN) {
        let rules = rules.iter().copied().collect::<Vec<_>>().join(", ");
        let place = if *roots > 1 { format!(" in {roots} roots") } else { String::new() };
        let _ = writeln!(text, "  {}  decides {decides}{place} {}", redact(line), dim(&rules));
    }
    if lines.len() > QUESTIONS_SHOWN {
        let _ = writeln!(text, "  … and {} more", lines.len() - QUESTIONS_SHOWN);
    }
}

fn verdicts(text: &mut String, entries: &[VerdictEntry]) {
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    for (entry, row) in entries.iter().zip(&rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let word = format!("{:7}", word(entry.verdict));
        let _ = writeln!(text, "  {} {}", verdict(entry.verdict, &word), cells.join("  ").trim_end());
    }
}

fn row(entry: &VerdictEntry) -> [String; 5] {
    let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    [
        entry.environment.clone().unwrap_or_default(),
        entry.objective.clone(),
        entry.subject.clone(),
        format!("promised {}", or_dash(&entry.promised)),
        format!("predicted {}", or_dash(&entry.predicted)),
    ]
}

pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    }
}

fn finding(text: &mut String, judged: &Judged, found: &Found, roots: &[&str]) {
    let finding: &Finding = &found.finding;
    let level = format!("{:?}", finding.severity).to_lowercase();
    let state = if finding.state == State::Unknown { " (unknown)" } else { "" };
    let waived = if finding.waived.is_some() { " (waived)" } else { "" };
    let count = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
    let _ = writeln!(
        text,
        "\n{}[{}]{state}{waived}: {}{count}",
        severity(finding.severity, &level),
        finding.rule,
        bold(&redact(&finding.message))
    );
    for (origin, label) in &finding.places {
        let line = judged.sources.line(origin).unwrap_or_default();
        let _ = writeln!(text, "  {} {origin}  {}", dim("-->"), dim(&redact(label)));
        let _ = writeln!(text, "      {}", redact(line.trim()));
    }
    if !finding.witness.is_empty() {
        let _ = writeln!(text, "  witness: {}", redact(&finding.witness));
    }
    if !finding.repair.is_empty() {
        let _ = writeln!(text, "  repair:  {}", redact(&finding.repair));
    }
    if let Some(waiver) = &finding.waived {
        let until = waiver.until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
        let _ = writeln!(text, "  waived{until}: {}", redact(&waiver.reason));
    }
    if judged.roots.len() > 1 {
        let _ = writeln!(text, "  {}", dim(&format!("in {}", roots.join(", "))));
    }
    if !finding.environments.is_empty() {
        let _ = writeln!(text, "  {}", dim(&format!("in {}", finding.environments.join(", "))));
    }
}

fn summary(text: &mut String, judged: &Judged) {
    let verdicts = |wanted| judged.verdicts.iter().filter(|entry| entry.verdict == wanted).count();
    let findings = |wanted| judged.findings.iter().filter(|found| found.finding.state == wanted).count();
    for root in &judged.roots {
        not_judged(text, root, judged.roots.len() > 1);
    }
    if !judged.skipped.is_empty() {
        let _ = writeln!(text, "\n{}", dim(&format!("skipped: {}", skipped(&judged.skipped))));
    }
    let (broken, unknown) = (findings(State::Broken), findings(State::Unknown));
    if judged.roots.iter().any(|root| root.is_document) {
        let _ = write!(
            text,
            "\nobjectives: {} kept, {} broken, {} unknown; ",
            verdicts(Verdict::Kept),
            verdicts(Verdict::Broken),
            verdicts(Verdict::Unknown)
        );
    } else {
        let roots = if judged.roots.len() == 1 {
            "1 root".to_owned()
        } else {
            format!("{} roots", judged.roots.len())
        };
        let _ = write!(text, "\n{roots}; ");
    }
    let _ = writeln!(text, "findings: {broken} broken, {unknown} unknown");
}

/// Says once what nothing was said about.
fn not_judged(text: &mut String, root: &Root, several: bool) {
    if root.is_document || root.not_judged.is_empty() {
        return;
    }
    let count: usize = root.not_judged.iter().map(|(_, count)| count).sum();
    let mut kinds: Vec<&(String, usize)> = root.not_judged.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<String> = kinds.iter().take(5).map(|(kind, count)| format!("{count} {kind}")).collect();
    let more = if kinds.len() > 5 { format!(" and {} more kinds", kinds.len() - 5) } else { String::new() };
    let place = if several { format!(" in {}", root.name) } else { String::new() };
    let line = format!(
        "{count} {} of {} {} not judged{place}: {}{more}",
        if count == 1 { "resource" } else { "resources" },
        kinds.len(),
        if kinds.len() == 1 { "kind was" } else { "kinds were" },
        named.join(", ")
    );
    let _ = writeln!(text, "{}", dim(&line));
}

/// One line, whatever their number.
fn skipped(skipped: &[Skipped]) -> String {
    let mut by_why: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in skipped {
        by_why.entry(skipped.why).or_default().push(&skipped.path);
    }
    let told = by_why.into_iter().map(|(why, paths)| match paths.as_slice() {
        [path] => format!("{path} ({why})"),
        [first, rest @ ..] => format!("{first} and {} more ({why})", rest.len()),
        [] => String::new(),
    });
    told.collect::<Vec<_>>().join(", ")
}
