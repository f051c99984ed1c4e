//! The drills: one table of all, and what the clients saw over time.

use maud::{Markup, html};
use sehat_verdict::Verdict;
use sehat_verdict::drill::{DrillRun, DrillVerdict};

use crate::ReportInput;
use crate::group::{Group, group};
use crate::part::{nothing, objective, records, sign, text, verdict};
use crate::words::{NOT_MEASURED, amount, count, duration, duration_or_none, plural};
use crate::{timeline, words};

pub fn section(input: &ReportInput) -> Markup {
    let groups = group(input.drills.iter().map(|drill| (Some(drill.record), &drill.value)));
    if groups.is_empty() {
        return nothing("No drill is recorded; `sehat drill` runs one against the lab.");
    }
    html! {
        p {
            "An outage is the sum of the intervals from a journey's first failed request to its next good one. "
            (spacing(input))
            "A dash means: not measured. Where a drill ran more than once, alert and recovery are the worst of its runs."
        }
        table class="drills" {
            thead { tr {
                th { "Drill" } th class="number" { "Outage" } th class="number" { "Predicted max" }
                th class="number" { "Writes lost" } th class="number" { "Alert" } th class="number" { "Recovered" }
                th { "Promised" } th { "Verdict" } th class="ref" { "Record" }
            } }
            tbody { @for group in &groups { (row(group)) } }
        }
        (timeline::legend())
        @for group in &groups { (chart(group)) }
    }
}

fn spacing(input: &ReportInput) -> Markup {
    let spacings: std::collections::BTreeSet<u64> =
        input.drills.iter().filter_map(|drill| drill.value.spacing_ms).collect();
    html! {
        @if let (Some(first), Some(last)) = (spacings.first(), spacings.last()) {
            "Requests were " (duration(*first)) @if first != last { " to " (duration(*last)) }
            " apart, and an outage is known to that precision "
            (records(input.drills.iter().filter(|drill| drill.value.spacing_ms.is_some()).map(|drill| drill.record)))
            ". "
        }
    }
}

fn row(group: &Group) -> Markup {
    html! {
        tr {
            th scope="row" { (group.drill) span class="under" { (group.struck) } }
            td class="number" { (outage(group)) }
            td class="number" { (predicted(group)) }
            td class="number" { (lost(group)) }
            td class="number" { (duration_or_none(group.worst(|run| run.alert_ms))) }
            td class="number" { (duration_or_none(group.worst(|run| run.recover_ms))) }
            td class="promises" {
                @for entry in group.objectives() { (promised(entry)) }
                (lab_failed(group))
            }
            td { (outcome(group)) }
            td class="ref" { (records(group.records())) }
        }
    }
}

fn outage(group: &Group) -> Markup {
    let runs = group.measured.len();
    let worst = duration_or_none(group.worst(|run| run.outage_ms));
    html! {
        @match runs {
            0 => (NOT_MEASURED),
            1 => { (worst) span class="under" { "one run" } },
            _ => {
                (worst)
                span class="under" { "worst of " (runs) }
                span class="under" { "median " (duration_or_none(group.median(|run| run.outage_ms))) }
            },
        }
    }
}

/// An outage above its bound is a defect of the prediction, whatever was promised.
fn predicted(group: &Group) -> Markup {
    let is_exceeded =
        |run: &DrillRun| run.outage_ms.zip(run.predicted_ms_max).is_some_and(|(ms, bound)| ms > bound);
    html! {
        (duration_or_none(group.worst(|run| run.predicted_ms_max)))
        @if group.measured.iter().any(|(_, run)| is_exceeded(run)) { span class="under error" { "exceeded" } }
    }
}

fn lost(group: &Group) -> Markup {
    html! {
        @match group.sum(|run| run.lost) {
            None => (NOT_MEASURED),
            Some(lost) => {
                (count(lost))
                @if let Some(acknowledged) = group.sum(|run| run.acknowledged) {
                    span class="under" { "of " (count(acknowledged)) }
                }
            },
        }
    }
}

fn promised(entry: &DrillVerdict) -> Markup {
    html! {
        span class="promised" {
            (sign(entry.verdict)) (objective(&entry.objective))
            @if let Some(promised) = entry.promised { " " span class="number" { (words::promised(promised, entry.unit)) } }
            @if let (Verdict::Broken, Some(measured)) = (entry.verdict, entry.measured) {
                span class="under" { "measured " (amount(measured, entry.unit)) }
            }
            @if entry.verdict == Verdict::Unknown {
                @for reason in &entry.because { span class="under" { (text(reason)) } }
            }
        }
    }
}

fn outcome(group: &Group) -> Markup {
    html! {
        @if group.measured.is_empty() { b { "lab failed" } } @else { (verdict(group.verdict())) }
    }
}

/// Says that runs measured nothing, which is another outcome than a broken promise.
fn lab_failed(group: &Group) -> Markup {
    let reason = group.failed.iter().find_map(|(_, run)| run.lab_failed_reason.as_deref());
    html! {
        @if !group.failed.is_empty() {
            span class="line" {
                "the lab failed in " (plural(group.failed.len(), "run", "runs"))
                @if let Some(reason) = reason { ": " (text(reason)) }
            }
        }
    }
}

fn chart(group: &Group) -> Markup {
    let Some((number, run)) = group.worst_run() else { return Markup::default() };
    let Some(chart) = timeline::svg(run) else { return Markup::default() };
    let runs = group.measured.len();
    html! {
        figure class="timeline" {
            figcaption {
                b { (group.drill) } " · " (group.struck)
                span class="number" {
                    @if let Some(outage_ms) = run.outage_ms { " · outage " (duration(outage_ms)) }
                    @if runs > 1 { ", the worst of " (runs) " runs" } @else { ", one run" }
                    " " (records(number))
                }
            }
            (chart)
        }
    }
}
