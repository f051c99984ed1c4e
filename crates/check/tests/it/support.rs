//! Reads a document as a user writes it, and shows what a user reads.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sehat_check::{Report, check};
use sehat_document::Document;
use sehat_verdict::{Finding, State};

pub fn as_of() -> jiff::civil::Date {
    jiff::civil::date(2026, 11, 21)
}

pub fn document(text: &str) -> Document {
    let document =
        sehat_document::read("platform.yaml", &unindented(text), &|path| Err(format!("no file {path}")));
    assert!(document.is_good(), "{:#?}", document.diagnostics);
    document
}

/// Removes the indentation of a test's text.
fn unindented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().skip_while(|line| line.trim().is_empty()).collect();
    let margin = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min();
    lines.iter().map(|line| line.get(margin.unwrap_or(0)..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

pub fn report(text: &str) -> Report {
    checked(&document(text))
}

pub fn checked(document: &Document) -> Report {
    assert!(document.is_good(), "{:#?}", document.diagnostics);
    check(&document.environments, as_of())
}

/// The text of a file of a platform of the repository.
pub fn file_of(name: &str, path: &str) -> Result<String, String> {
    std::fs::read_to_string(folder(name).join(path)).map_err(|error| error.to_string())
}

/// A platform of the repository, each of its files changed by path and text.
pub fn read_with(name: &str, change: impl Fn(&str, &str) -> String) -> Document {
    let load = |path: &str| file_of(name, path).map(|text| change(path, &text));
    let text = load("platform.yaml").expect("the platform lies in the repository");
    sehat_document::read("platform.yaml", &text, &load)
}

/// A platform of the repository, with its environments.
pub fn platform(name: &str) -> Document {
    read_with(name, |_, text| text.to_owned())
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../platforms").join(name)
}

/// Findings of one rule.
pub fn findings(text: &str, rule: &str) -> String {
    report(text).findings.iter().filter(|finding| finding.rule == rule).map(shown).collect()
}

pub fn shown(finding: &Finding) -> String {
    let state = if finding.state == State::Broken { "broken" } else { "unknown" };
    let mut text = format!("{state} {:?} {} {}", finding.severity, finding.rule, finding.subject);
    if !finding.environments.is_empty() {
        let _ = write!(text, " in {}", finding.environments.join(", "));
    }
    let _ = writeln!(
        text,
        "\n  {}\n  witness: {}\n  repair: {}",
        finding.message, finding.witness, finding.repair
    );
    for (origin, label) in &finding.places {
        let _ = writeln!(text, "  {origin} {label}");
    }
    text
}

/// Verdicts of one objective, without the listed figures.
pub fn verdicts(report: &Report, objective: &str) -> String {
    let mut text = String::new();
    for entry in report.verdicts.iter().filter(|entry| entry.objective == objective) {
        let environment = entry.environment.as_deref().map_or_else(String::new, |name| format!("{name} "));
        let _ = writeln!(
            text,
            "{environment}{} {}: {:?}, promised {}, predicted {}",
            entry.objective,
            entry.subject,
            entry.verdict,
            entry.promised.as_deref().unwrap_or("-"),
            entry.predicted.as_deref().unwrap_or("-")
        );
        for scenario in &entry.scenarios {
            let _ = writeln!(
                text,
                "  {}: {:?}, {}",
                scenario.scenario,
                scenario.verdict,
                scenario.predicted.as_deref().unwrap_or("-")
            );
        }
    }
    text
}
