//! SARIF 2.1.0, as code scanning takes it. Source: OASIS, Static Analysis Results Interchange Format 2.1.0.

use std::fmt::Write;

use sehat_check::Rule;
use sehat_diagnostic::Origin;
use sehat_verdict::{Finding, Severity, State};
use serde_json::{Value, json};

use super::{Found, Judged};

pub fn report(judged: &Judged) -> Value {
    let rules: Vec<&Rule> = sehat_check::rules::ALL.clone();
    let results: Vec<Value> = judged.findings.iter().map(|found| result(&rules, found)).collect();
    super::json::shown(json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sehat",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": judged.diagnostics.iter().map(|diagnostic| json!({
                    "level": "error",
                    "message": { "text": diagnostic.message },
                    "locations": diagnostic.origin.iter().map(location).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
            }],
        }],
    }))
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.proves },
        "fullDescription": { "text": rule.proves },
        "help": { "text": sehat_check::explanation(rule) },
        "defaultConfiguration": { "level": level(rule.severity, State::Broken) },
        "properties": { "precision": "high", "security-severity": score(rule.severity), "tags": ["health-platform"] },
    })
}

/// A score between 0 and 10, by which code scanning sorts.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
    }
}

const fn level(severity: Severity, state: State) -> &'static str {
    match (state, severity) {
        (State::Unknown, _) | (_, Severity::Low) => "note",
        (_, Severity::Critical | Severity::High) => "error",
        (_, Severity::Medium) => "warning",
    }
}

fn result(rules: &[&Rule], found: &Found) -> Value {
    let finding = &found.finding;
    let mut places = finding.places.iter().map(|(origin, _)| origin);
    let first = places.next();
    let mut value = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|rule| rule.name == finding.rule),
        "kind": if finding.state == State::Unknown { "review" } else { "fail" },
        "level": if finding.state == State::Unknown { "none" } else { level(finding.severity, finding.state) },
        "message": { "text": message(finding) },
        "locations": first.into_iter().map(location).collect::<Vec<_>>(),
        "relatedLocations": finding.places.iter().skip(1).map(related).collect::<Vec<_>>(),
        "partialFingerprints": { "sehat/v1": found.fingerprint },
        "baselineState": if found.is_new { "new" } else { "unchanged" },
        "properties": { "severity": finding.severity, "state": finding.state, "subject": finding.subject, "count": finding.count },
    });
    if let Some(waiver) = &finding.waived {
        value["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": waiver.reason }]);
    }
    value
}

fn message(finding: &Finding) -> String {
    let part =
        |head: &str, text: &str| if text.is_empty() { String::new() } else { format!("\n{head}: {text}") };
    format!("{}{}{}", finding.message, part("Witness", &finding.witness), part("Repair", &finding.repair))
}

fn related((origin, label): &(Origin, String)) -> Value {
    let mut value = location(origin);
    value["message"] = json!({ "text": label });
    value
}

fn location(origin: &Origin) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&origin.path) },
        "region": { "startLine": origin.line.max(1), "startColumn": origin.column.max(1) },
    }})
}

/// A path as a URI reference: what is not allowed in one is written in percents.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
