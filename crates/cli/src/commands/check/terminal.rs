//! What a person reads.

use std::fmt::Write;

use sehat_check::Report;
use sehat_diagnostic::redact;
use sehat_document::Document;
use sehat_verdict::{Finding, State, Verdict, VerdictEntry};

use crate::style::{bold, dim, severity, verdict};

const FINDINGS_SHOWN: usize = 10;

pub fn report(document: &Document, report: &Report, all: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", bold(&document.name));
    verdicts(&mut text, &report.verdicts);
    let shown = if all { usize::MAX } else { FINDINGS_SHOWN };
    for found in report.findings.iter().take(shown) {
        finding(&mut text, document, found);
    }
    if report.findings.len() > shown {
        let _ = writeln!(text, "\n… and {} more findings: --all", report.findings.len() - shown);
    }
    summary(&mut text, report);
    text
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

fn finding(text: &mut String, document: &Document, finding: &Finding) {
    let level = format!("{:?}", finding.severity).to_lowercase();
    let state = if finding.state == State::Unknown { " (unknown)" } else { "" };
    let waived = if finding.waived.is_some() { " (waived)" } else { "" };
    let _ = writeln!(
        text,
        "\n{}[{}]{state}{waived}: {}",
        severity(finding.severity, &level),
        finding.rule,
        bold(&redact(&finding.message))
    );
    for (origin, label) in &finding.places {
        let line = document.sources.line(origin).unwrap_or_default();
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
    if !finding.environments.is_empty() {
        let _ = writeln!(text, "  {}", dim(&format!("in {}", finding.environments.join(", "))));
    }
}

fn summary(text: &mut String, report: &Report) {
    let verdicts = |wanted| report.verdicts.iter().filter(|entry| entry.verdict == wanted).count();
    let findings = |wanted| report.findings.iter().filter(|finding| finding.state == wanted).count();
    let _ = writeln!(
        text,
        "\nobjectives: {} kept, {} broken, {} unknown; findings: {} broken, {} unknown",
        verdicts(Verdict::Kept),
        verdicts(Verdict::Broken),
        verdicts(Verdict::Unknown),
        findings(State::Broken),
        findings(State::Unknown),
    );
}
