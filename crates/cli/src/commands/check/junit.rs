//! JUnit's XML: one suite per root, one case per rule that found nothing, and one per finding.

use std::collections::BTreeSet;
use std::fmt::Write;

use sehat_diagnostic::redact;
use sehat_verdict::{Finding, State};

use super::{Found, Judged};

pub fn report(judged: &Judged) -> String {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sehat check\">\n");
    for (at, root) in judged.roots.iter().enumerate() {
        let findings: Vec<&Found> = judged.findings.iter().filter(|found| found.root == at).collect();
        suite(&mut text, &root.name, &findings);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, name: &str, findings: &[&Found]) {
    let found: BTreeSet<&str> = findings.iter().map(|found| found.finding.rule).collect();
    let quiet: Vec<&str> =
        sehat_check::rules::ALL.iter().map(|rule| rule.name).filter(|rule| !found.contains(rule)).collect();
    let failures = findings.iter().filter(|found| fails(found)).count();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\">",
        escaped(name),
        findings.len() + quiet.len(),
        findings.len() - failures
    );
    for found in findings {
        case(text, found);
    }
    for rule in quiet {
        let _ = writeln!(text, "    <testcase classname=\"{rule}\" name=\"{rule}\"/>");
    }
    text.push_str("  </testsuite>\n");
}

/// What is accepted, known before, or unknown is skipped, and says so.
fn fails(found: &Found) -> bool {
    found.counts() && found.finding.state == State::Broken
}

fn case(text: &mut String, found: &Found) {
    let finding = &found.finding;
    let file = finding.places.first().map_or_else(String::new, |(origin, _)| {
        format!(" file=\"{}\" line=\"{}\"", escaped(&origin.path), origin.line)
    });
    let name = format!("{}: {}", finding.subject, finding.message);
    let _ = writeln!(text, "    <testcase classname=\"{}\" name=\"{}\"{file}>", finding.rule, escaped(&name));
    if fails(found) {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let _ = writeln!(
            text,
            "      <failure type=\"{severity}\" message=\"{}\">{}</failure>",
            escaped(&finding.message),
            escaped(&body(finding))
        );
    } else {
        let why = match (&finding.waived, finding.state) {
            (Some(waiver), _) => format!("waived: {}", waiver.reason),
            (None, State::Unknown) => format!("unknown: {}", finding.message),
            (None, State::Broken) => "known before".to_owned(),
        };
        let _ = writeln!(text, "      <skipped message=\"{}\"/>", escaped(&why));
    }
    text.push_str("    </testcase>\n");
}

fn body(finding: &Finding) -> String {
    let places = finding.places.iter().map(|(origin, label)| format!("{origin} {label}"));
    let parts = [format!("witness: {}", finding.witness), format!("repair: {}", finding.repair)];
    places.chain(parts).collect::<Vec<_>>().join("\n")
}

/// XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in redact(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
