//! Every objective: promised, predicted, kept or not.

use maud::{Markup, html};
use sehat_verdict::{ScenarioVerdict, VerdictEntry};

use crate::part::{nothing, objective, record, sign, text, verdict};
use crate::words::NOT_MEASURED;
use crate::{Recorded, ReportInput};

pub fn section(input: &ReportInput) -> Markup {
    if input.verdicts.is_empty() {
        return nothing("No verdict is recorded; `sehat check` judges every objective.");
    }
    html! {
        p { "Each promise of the document against the bound that follows from its mechanisms. "
            "Unknown means that a fact is lacking; it is never counted as kept." }
        table {
            thead { tr {
                th { "Objective" } th { "Promised" } th { "Predicted" } th { "Verdict" } th { "Because" }
                th class="ref" { "Record" }
            } }
            tbody { @for row in &input.verdicts { (entry(row)) } }
        }
    }
}

fn entry(Recorded { record: number, value }: &Recorded<VerdictEntry>) -> Markup {
    html! {
        tr {
            th scope="row" { (objective(&value.objective)) span class="under" { (subject(value)) } }
            td class="nowrap" { (value.promised.as_deref().unwrap_or(NOT_MEASURED)) }
            td class="nowrap" { (value.predicted.as_deref().unwrap_or(NOT_MEASURED)) }
            td { (verdict(value.verdict)) }
            td {
                @for reason in &value.because { p { (text(reason)) } }
                @if !value.scenarios.is_empty() { (scenarios(&value.scenarios)) }
            }
            td class="ref" { (record(*number)) }
        }
    }
}

/// With its folder where there are several.
fn subject(entry: &VerdictEntry) -> String {
    match entry.root.as_str() {
        "." | "" => entry.subject.clone(),
        root => format!("{} in {root}", entry.subject),
    }
}

fn scenarios(scenarios: &[ScenarioVerdict]) -> Markup {
    html! {
        ul class="scenarios" {
            @for scenario in scenarios {
                li {
                    (sign(scenario.verdict)) (scenario.scenario)
                    @if let Some(predicted) = &scenario.predicted { ": " span class="number" { (predicted) } }
                }
            }
        }
    }
}
