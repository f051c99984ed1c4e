//! One table per law or standard: its controls and the evidence for each, the uncovered ones too.

use maud::{Markup, html};

use crate::part::{nothing, record, text, verdict};
use crate::{Control, EvidenceKind, EvidenceRef, Regime, ReportInput};

pub fn section(input: &ReportInput) -> Markup {
    if input.regimes.is_empty() {
        return nothing("The document names no law or standard under `regimes`.");
    }
    html! {
        p {
            "Each row lists what was recorded that bears on a control. It " b { "supports" }
            " the work of an auditor; whether a control is met is the auditor's judgement, not Sehat's."
        }
        @for regime in &input.regimes { (table(regime)) }
    }
}

fn table(regime: &Regime) -> Markup {
    let covered = regime.rows.iter().filter(|row| row.covered).count();
    html! {
        div class="regime" {
            h3 { (regime.name) }
            p class="note" { (covered) " of " (regime.rows.len()) " controls have evidence in this report." }
            table {
                thead { tr { th { "Control" } th { "Asks" } th { "Evidence" } } }
                tbody { @for row in &regime.rows { (control(row)) } }
            }
        }
    }
}

fn control(row: &Control) -> Markup {
    html! {
        tr class=[(!row.covered).then_some("uncovered")] {
            th scope="row" { (row.article) span class="under" { (row.id) } }
            td { (text(&row.title)) }
            td {
                @if row.evidence.is_empty() { span class="none" { "no evidence in this report" } }
                @else if !row.covered { span class="none" { "not covered" } }
                @for entry in &row.evidence { (evidence(entry)) }
            }
        }
    }
}

fn evidence(entry: &EvidenceRef) -> Markup {
    let kind = match entry.kind {
        EvidenceKind::Finding => "rule",
        EvidenceKind::Verdict => "verdict",
        EvidenceKind::Drill => "drill",
        EvidenceKind::Restore => "restore",
    };
    html! {
        div class="evidence" {
            (verdict(entry.outcome))
            span { (kind) " " b { (entry.name) } }
            span class="date" { (entry.date) " " (record(entry.record)) }
        }
    }
}
