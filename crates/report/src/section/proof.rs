//! Versions, who holds the key, how to run it again, and the records behind the numbers.

use maud::{Markup, html};

use crate::ReportInput;
use crate::part::{nothing, record};
use crate::words::{NOT_MEASURED, count, time};

pub fn versions(input: &ReportInput) -> Markup {
    if input.versions.is_empty() {
        return nothing("No product ran.");
    }
    html! {
        table class="narrow" {
            thead { tr { th { "Product" } th { "Document" } th { "This copy" } th class="ref" { "Record" } } }
            tbody {
                @for row in &input.versions {
                    tr {
                        th scope="row" { (row.value.product) }
                        td class="nowrap" { (row.value.production.as_deref().unwrap_or(NOT_MEASURED)) }
                        td class="nowrap" { (row.value.lab) }
                        td class="ref" { (record(row.record)) }
                    }
                }
            }
        }
    }
}

pub fn section(input: &ReportInput) -> Markup {
    html! {
        (signature(input))
        (run_again(input))
        (records(input))
    }
}

fn signature(input: &ReportInput) -> Markup {
    let evidence = &input.evidence;
    html! {
        h3 { "What the signature shows" }
        p {
            "The " (count(evidence.count)) " records form a chain: each holds the hash of the one before it, and the last hash is signed. "
            "The signing key was generated on this host and is readable by root there, so the signature shows that "
            "the records were not changed by anyone without that key. "
            b { "It does not show" } " that root on this host told the truth, and only with a head hash that was kept "
            "elsewhere does it show that nothing was rolled back. "
            "A regime's table " b { "supports" } " a control; no signature makes a platform compliant."
        }
        @if evidence.faults.is_empty() {
            p { "When this report was written, the records held together. They are " (evidence.anchor) "." }
        } @else {
            p class="error" { b { "When this report was written, the records did not hold together:" } }
            ul { @for fault in &evidence.faults { li { (fault) } } }
        }
        dl class="facts mono" {
            div { dt { "Head" } dd { (evidence.head_hash) } }
            div { dt { "Public key" } dd { (evidence.public_key) } }
            div { dt { "Folder" } dd { (evidence.dir) } }
        }
    }
}

fn run_again(input: &ReportInput) -> Markup {
    html! {
        div class="keep" {
            h3 { "How to run it again" }
            @if let Some(seed) = input.run_again.seed {
                p { "Seed " b { (seed) } ": it repeats what is struck, the order and the moments." }
            }
            pre { @for command in &input.run_again.commands { (command) "\n" } }
        }
    }
}

fn records(input: &ReportInput) -> Markup {
    html! {
        h3 { "Records" }
        table class="records" {
            thead { tr { th { "Record" } th { "Time" } th { "Kind" } th { "Hash" } } }
            tbody {
                @for row in &input.records {
                    tr id={ "record-" (row.number) } {
                        th scope="row" { "#" (row.number) }
                        td class="nowrap" { (time(&row.time)) }
                        td { (row.kind) }
                        td class="hash" { (row.hash) }
                    }
                }
            }
        }
    }
}
