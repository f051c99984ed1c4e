//! The `sehat-check/1` format; SPECIFICATION.md gives its fields.

use jiff::civil::Date;
use sehat_diagnostic::Place;
use serde_json::{Value, json};

use super::{Found, Judged};
use crate::exit::{Code, Exit};

pub fn report(judged: &Judged, as_of: Date, code: Code) -> Value {
    let several = judged.roots.len() > 1;
    let mut report = json!({
        "schema": "sehat-check/1",
        "platform": judged.platform.as_ref().filter(|_| !several),
        "as_of": as_of.to_string(),
        "exit": code as u8,
        "verdicts": judged.verdicts,
        "findings": judged.findings.iter().map(|found| finding(judged, found)).collect::<Vec<_>>(),
        "questions": questions(judged),
        "not_judged": not_judged(judged),
        "skipped": judged.skipped.iter().map(|skipped| {
            json!({ "root": ".", "path": skipped.path, "why": skipped.why })
        }).collect::<Vec<_>>(),
        "diagnostics": judged.diagnostics,
    });
    if !judged.why.is_empty() {
        report["why"] = judged.why.iter().map(super::why::json).collect();
    }
    shown(report)
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
pub fn shown(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(sehat_diagnostic::redact(&text)),
        Value::Array(items) => items.into_iter().map(shown).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, shown(value))).collect(),
        other => other,
    }
}

fn finding(judged: &Judged, found: &Found) -> Value {
    let finding = &found.finding;
    let places: Vec<Place> = finding.places.iter().map(|(origin, _)| Place::from(origin)).collect();
    json!({
        "root": judged.roots[found.root].name,
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
        "fingerprint": found.fingerprint,
        "new": found.is_new,
        "waived": finding.waived,
    })
}

fn questions(judged: &Judged) -> Vec<Value> {
    super::terminal::questions(judged)
        .into_iter()
        .map(|question| {
            json!({
                "root": question.root,
                "line": question.line,
                "decides": question.decides,
                "rules": question.rules,
            })
        })
        .collect()
}

fn not_judged(judged: &Judged) -> Vec<Value> {
    let of_root = |root: &super::Root| {
        let entry =
            |(kind, count): &(String, usize)| json!({ "root": root.name, "kind": kind, "count": count });
        root.not_judged.iter().map(entry).collect::<Vec<_>>()
    };
    judged.roots.iter().flat_map(of_root).collect()
}
