//! What was restored, in what time, and what was found in it.

use maud::{Markup, html};
use sehat_verdict::drill::RestoreRecord;

use crate::part::{nothing, objective, record, sign, text};
use crate::words::{NOT_MEASURED, amount, bytes, count, duration_or_none};
use crate::{Recorded, ReportInput, words};

pub fn section(input: &ReportInput) -> Markup {
    if input.restores.is_empty() {
        return nothing(
            "No restore is recorded; `sehat restore` restores into a scratch machine and measures it.",
        );
    }
    html! {
        table {
            thead { tr {
                th { "Restored" } th { "Into" } th class="number" { "Time" } th class="number" { "Size" }
                th class="number" { "Found" } th class="number" { "Writes lost" } th { "Promised" }
                th class="ref" { "Record" }
            } }
            tbody { @for row in &input.restores { (restore(row)) } }
        }
    }
}

fn restore(Recorded { record: number, value }: &Recorded<RestoreRecord>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (value.source)
                span class="under" { (value.point) }
                span class="under" { (value.format) }
                @if let Some(last) = &value.last_transaction {
                    span class="under" { "up to transaction " (last) }
                }
                @if value.switched_over { span class="under" { "serves in place of the state before" } }
                @for error in &value.errors { span class="under error" { (text(error)) } }
            }
            td { (value.machine) }
            td class="number" {
                (duration_or_none(value.restore_ms))
                @for step in &value.steps { span class="under" { (step.step) " " (duration_or_none(Some(step.ms))) } }
            }
            td class="number" { (value.bytes.map_or_else(|| NOT_MEASURED.to_owned(), bytes)) }
            td class="number" { (found(value)) }
            td class="number" { (lost(value)) }
            td {
                @for entry in &value.verdicts {
                    span class="promised" {
                        (sign(entry.verdict)) (objective(&entry.objective))
                        @if let Some(promised) = entry.promised { " " span class="number" { (words::promised(promised, entry.unit)) } }
                        @if let Some(measured) = entry.measured { span class="under" { "measured " (amount(measured, entry.unit)) } }
                    }
                }
            }
            td class="ref" { (record(*number)) }
        }
    }
}

fn found(restore: &RestoreRecord) -> Markup {
    let parts = [("databases", restore.databases), ("tables", restore.tables), ("rows", restore.rows)];
    html! {
        @for (name, number) in parts {
            @if let Some(number) = number { span class="line" { (count(number)) " " (name) } }
        }
        @if let Some(newest) = &restore.newest { span class="under" { "newest " (newest) } }
    }
}

fn lost(restore: &RestoreRecord) -> Markup {
    html! {
        @match restore.lost {
            None => (NOT_MEASURED),
            Some(lost) => {
                (count(lost))
                @if let Some(acknowledged) = restore.acknowledged { span class="under" { "of " (count(acknowledged)) } }
            },
        }
    }
}
