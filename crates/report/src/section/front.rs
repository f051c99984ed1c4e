//! The first page: what was measured, where, with which result, and what differs from production.

use maud::{Markup, html};
use sehat_verdict::{Severity, State, Verdict};

use crate::part::{record, records, sign, text};
use crate::section::broken;
use crate::words::{bytes, count, duration, plural, time};
use crate::{Host, Recorded, ReportInput};

pub fn section(input: &ReportInput) -> Markup {
    html! {
        header {
            p class="overline" { "Sehat evidence report" }
            h1 { (input.platform) }
            p class="subtitle" {
                (input.environment) " · " time datetime=(input.generated_at) { (time(&input.generated_at)) }
            }
        }
        section class="front" {
            (measured(input))
            (tiles(input))
            (broken::list(input))
            (place(input))
            (differences(input))
        }
    }
}

fn measured(input: &ReportInput) -> Markup {
    html! {
        p class="lead" {
            "Predictions are derived from the platform document. "
            @if input.host.is_some() {
                "Measurements were taken " strong { "on a copy on this host" }
                ", seen from the side of its clients; production was not touched. "
            }
            "A number such as " span class="record" { "#12" }
            " names the signed record that a figure comes from."
        }
    }
}

fn tiles(input: &ReportInput) -> Markup {
    html! {
        div class="tiles" {
            (objectives(input))
            (serious(input))
            (drills(input))
            (outage(input))
            (writes(input))
            (restores(input))
            (signed(input))
        }
    }
}

fn tile(label: &str, value: &Markup, note: &Markup) -> Markup {
    html! {
        div class="tile" {
            p class="label" { (label) }
            p class="value" { (value) }
            p class="note" { (note) }
        }
    }
}

fn objectives(input: &ReportInput) -> Markup {
    let number = |verdict| input.verdicts.iter().filter(|entry| entry.value.verdict == verdict).count();
    let value = html! {
        @for (verdict, word) in [
            (Verdict::Kept, "kept"), (Verdict::Broken, "broken"), (Verdict::Unknown, "unknown"),
        ] {
            span class={ "part " (word) } { (sign(verdict)) (number(verdict)) small { (word) } }
        }
    };
    let note =
        html! { "predicted from the document " (records(input.verdicts.iter().map(|entry| entry.record))) };
    html! { div class="tile wide" {
        p class="label" { "Objectives" }
        p class="value" { (value) }
        p class="note" { (note) }
    } }
}

fn serious(input: &ReportInput) -> Markup {
    let serious = || {
        input.findings.iter().filter(|finding| {
            finding.value.severity <= Severity::High
                && finding.value.state == State::Broken
                && finding.value.waived.is_none()
        })
    };
    let rest = input.findings.len() - serious().count();
    tile(
        "Serious findings",
        &html! { (serious().count()) },
        &html! { "high or critical; " (rest) " others " (records(input.findings.iter().map(|row| row.record))) },
    )
}

fn drills(input: &ReportInput) -> Markup {
    let failed = input.drills.iter().filter(|drill| drill.value.lab_failed).count();
    let note = html! {
        @if failed > 0 { "in " (failed) " the lab failed " } @else { "none failed in the lab " }
        (records(input.drills.iter().map(|drill| drill.record)))
    };
    tile("Drill runs", &html! { (input.drills.len()) }, &note)
}

fn outage(input: &ReportInput) -> Markup {
    let measured =
        input.drills.iter().filter(|drill| !drill.value.lab_failed && drill.value.outage_ms.is_some());
    match measured.max_by_key(|drill| drill.value.outage_ms) {
        Some(Recorded { record: number, value }) => tile(
            "Longest outage",
            &html! { (duration(value.outage_ms.unwrap_or_default())) },
            &html! { (value.drill) " " (record(*number)) },
        ),
        None => tile("Longest outage", &html! { "–" }, &html! { "not measured" }),
    }
}

fn writes(input: &ReportInput) -> Markup {
    let measured =
        || input.drills.iter().filter(|drill| !drill.value.lab_failed && drill.value.lost.is_some());
    if measured().next().is_none() {
        return tile("Writes lost", &html! { "–" }, &html! { "not measured" });
    }
    let lost = measured().filter_map(|drill| drill.value.lost).fold(0, u64::saturating_add);
    let acknowledged = measured().filter_map(|drill| drill.value.acknowledged).fold(0, u64::saturating_add);
    tile(
        "Writes lost",
        &html! { (count(lost)) },
        &html! { "of " (count(acknowledged)) " acknowledged " (records(measured().map(|drill| drill.record))) },
    )
}

fn restores(input: &ReportInput) -> Markup {
    let longest = input.restores.iter().filter_map(|restore| restore.value.restore_ms).max();
    tile(
        "Restores",
        &html! { (input.restores.len()) },
        &html! {
            @if let Some(ms) = longest { "longest " (duration(ms)) " " } @else { "not measured " }
            (records(input.restores.iter().map(|restore| restore.record)))
        },
    )
}

fn signed(input: &ReportInput) -> Markup {
    let note = html! {
        @if input.evidence.faults.is_empty() { "signed, and they hold together " }
        @else { b class="broken" { "they do not hold together " } }
        (records(input.records.iter().map(|row| row.number)))
    };
    tile("Records", &html! { (count(input.evidence.count)) }, &note)
}

fn place(input: &ReportInput) -> Markup {
    html! {
        h3 { "Where it was measured" }
        @match &input.host {
            Some(Recorded { record: number, value }) => (host(*number, value)),
            None => p { "Nothing ran: this report holds predictions only." },
        }
        @if !input.not_run.is_empty() {
            p {
                b { "Not run in this copy: " }
                @for (index, row) in input.not_run.iter().enumerate() {
                    @if index > 0 { "; " }
                    (row.value.component) " (" (text(&row.value.why)) ") " (record(row.record))
                }
                "."
            }
        }
    }
}

fn host(number: u64, host: &Host) -> Markup {
    html! {
        dl class="facts" {
            div { dt { "Place" } dd { "a copy on this host " (record(number)) } }
            div { dt { "Machines in the copy" } dd { (count(host.machines)) " " (record(number)) } }
            div { dt { "Kernel" } dd { (host.kernel) " " (record(number)) } }
            div { dt { "Cores, memory" } dd {
                (plural(usize::try_from(host.cores).unwrap_or(usize::MAX), "core", "cores")) ", "
                (bytes(host.memory_bytes)) " " (record(number))
            } }
            @for (name, value) in &host.facts {
                div { dt { (name) } dd { (value) " " (record(number)) } }
            }
        }
    }
}

fn differences(input: &ReportInput) -> Markup {
    html! {
        h3 { "What differs from production" }
        @if input.differences.is_empty() {
            p { "No difference is recorded, beyond the machine itself: its cores, disks and network." }
        } @else {
            table {
                thead { tr { th { "Item" } th { "Production" } th { "This copy" } th { "Why" } th class="ref" { "Record" } } }
                tbody {
                    @for row in &input.differences {
                        tr {
                            th scope="row" { (text(&row.value.item)) }
                            td { (text(&row.value.production)) }
                            td { (text(&row.value.lab)) }
                            td { (text(&row.value.why)) }
                            td class="ref" { (record(row.record)) }
                        }
                    }
                }
            }
        }
    }
}
