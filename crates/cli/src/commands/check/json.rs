//! The `sehat-check/1` format; SPECIFICATION.md gives its fields.

use jiff::civil::Date;
use sehat_check::Report;
use sehat_diagnostic::Place;
use sehat_document::Document;
use sehat_verdict::{Finding, VerdictEntry};
use serde_json::{Value, json};

use crate::exit::{Code, Exit};

/// The document is the only root.
const ROOT: &str = ".";

pub fn report(document: &Document, report: &Report, as_of: Date, code: Code) -> Value {
    shown(json!({
        "schema": "sehat-check/1",
        "platform": (!document.name.is_empty()).then_some(&document.name),
        "as_of": as_of.to_string(),
        "exit": code as u8,
        "verdicts": report.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "questions": [],
        "not_judged": not_judged(document),
        "skipped": [],
        "diagnostics": document.diagnostics,
    }))
}

/// What is said where nothing could be read.
pub fn failed(exit: &Exit, as_of: Date) -> Value {
    let (message, help) = exit.message.split_once("\n  = help: ").unwrap_or((&exit.message, ""));
    shown(json!({
        "schema": "sehat-check/1",
        "platform": null,
        "as_of": as_of.to_string(),
        "exit": exit.code as u8,
        "verdicts": [],
        "findings": [],
        "questions": [],
        "not_judged": [],
        "skipped": [],
        "diagnostics": [{
            "level": "error",
            "code": "unreadable",
            "message": message,
            "place": null,
            "help": (!help.is_empty()).then_some(help),
        }],
    }))
}

/// Hides what looks like a secret, in whatever field a document carried it.
fn shown(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(sehat_diagnostic::redact(&text)),
        Value::Array(items) => items.into_iter().map(shown).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, shown(value))).collect(),
        other => other,
    }
}

fn verdict(entry: &VerdictEntry) -> VerdictEntry {
    VerdictEntry { root: ROOT.to_owned(), ..entry.clone() }
}

fn finding(finding: &Finding) -> Value {
    let places: Vec<Place> = finding.places.iter().map(|(origin, _)| Place::from(origin)).collect();
    json!({
        "root": ROOT,
        "rule": finding.rule,
        "severity": finding.severity,
        "state": finding.state,
        "subject": finding.subject,
        "message": finding.message,
        "witness": finding.witness,
        "repair": finding.repair,
        "places": places,
        "count": finding.count,
        "environments": finding.environments,
        "fingerprint": fingerprint(finding),
        "waived": finding.waived,
    })
}

/// The same for the same fault, wherever its lines move (FNV-1a, 64 bits).
fn fingerprint(finding: &Finding) -> String {
    let text = format!("{}\0{}\0{}", finding.rule, finding.subject, finding.witness);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Settings are passed through to products, so nothing is said of them.
fn not_judged(document: &Document) -> Vec<Value> {
    let count = |platform: &sehat_platform::Platform| {
        platform.settings.len()
            + platform.components.values().map(|component| component.settings.len()).sum::<usize>()
    };
    match document.environments.iter().map(count).max() {
        Some(count) if count > 0 => vec![json!({ "root": ROOT, "kind": "settings", "count": count })],
        _ => Vec::new(),
    }
}
