//! What the rules found, each with its witness and repair.

use maud::{Markup, html};
use sehat_verdict::{Severity, State};

use crate::part::{nothing, record, records, text};
use crate::words::plural;
use crate::{FindingRow, Recorded, ReportInput};

pub fn section(input: &ReportInput) -> Markup {
    if input.findings.is_empty() {
        return if input.rules.is_empty() { nothing("No rule was judged.") } else { judged(input) };
    }
    let mut rows: Vec<_> = input.findings.iter().collect();
    rows.sort_by_key(|row| (row.value.waived.is_some(), row.value.state, row.value.severity));
    html! {
        (judged(input))
        table class="findings" {
            thead { tr { th { "Severity" } th { "Finding" } th { "Witness and repair" } th class="ref" { "Record" } } }
            tbody { @for row in rows { (finding(row)) } }
        }
    }
}

/// Says how many rules were judged, since a rule that found nothing leaves no row.
fn judged(input: &ReportInput) -> Markup {
    let silent = |rule: &&Recorded<String>| !input.findings.iter().any(|row| row.value.rule == rule.value);
    html! {
        @if !input.rules.is_empty() {
            p {
                (plural(input.rules.len(), "rule was", "rules were")) " judged; "
                (input.rules.iter().filter(silent).count()) " of them found nothing "
                (records(input.rules.iter().map(|rule| rule.record))) "."
            }
        }
    }
}

fn finding(Recorded { record: number, value }: &Recorded<FindingRow>) -> Markup {
    html! {
        tr {
            td { (severity(value)) }
            th scope="row" {
                (text(&value.message))
                span class="under" { (value.rule) " · " (value.subject) @if value.count > 1 { " · " (value.count) " places" } }
                @for place in &value.places { span class="under place" { (place) } }
            }
            td {
                @if !value.witness.is_empty() { p { (text(&value.witness)) } }
                @if !value.repair.is_empty() { p { b { "Repair: " } (text(&value.repair)) } }
                @if let Some(waived) = &value.waived { p { b { "Waived: " } (text(waived)) } }
            }
            td class="ref" { (record(*number)) }
        }
    }
}

fn severity(finding: &FindingRow) -> Markup {
    let word = match finding.severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    };
    html! {
        span class={ "severity " (word) } { (word) }
        @if finding.state == State::Unknown { span class="under" { "a fact lacks" } }
        @if finding.waived.is_some() { span class="under" { "waived" } }
    }
}
