//! The broken promises, which the first page names.

use maud::{Markup, html};
use sehat_verdict::Verdict;
use sehat_verdict::drill::DrillVerdict;

use crate::group::{Group, group};
use crate::part::{objective, records, sign};
use crate::words::NOT_MEASURED;
use crate::{ReportInput, words};

/// More of them would push what differs from production off the first page.
const SHOWN_MAX: usize = 6;

pub fn list(input: &ReportInput) -> Markup {
    let mut all = predicted(input);
    all.extend(measured(input));
    html! {
        @if !all.is_empty() {
            h3 { "Broken promises" }
            ul class="broken-list" {
                @for promise in all.iter().take(SHOWN_MAX) { li { (sign(Verdict::Broken)) (promise) } }
            }
            @if all.len() > SHOWN_MAX {
                p class="note" { "and " (all.len() - SHOWN_MAX) " more, in the sections below." }
            }
        }
    }
}

fn predicted(input: &ReportInput) -> Vec<Markup> {
    let broken = input.verdicts.iter().filter(|entry| entry.value.verdict == Verdict::Broken);
    let promise = |entry: &crate::Recorded<sehat_verdict::VerdictEntry>| {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| NOT_MEASURED.to_owned());
        html! {
            b { (objective(&entry.value.objective)) " of " (entry.value.subject) }
            ": promised " b { (known(&entry.value.promised)) } ", predicted " b { (known(&entry.value.predicted)) }
            " " (records([entry.record]))
        }
    };
    broken.map(promise).collect()
}

/// One line per drill and objective, however often the drill ran.
fn measured(input: &ReportInput) -> Vec<Markup> {
    let groups = group(input.drills.iter().map(|drill| (Some(drill.record), &drill.value)));
    let broken = |group: &Group| -> Vec<Markup> {
        let entries = group.objectives().into_iter().filter(|entry| entry.verdict == Verdict::Broken);
        entries.map(|entry| in_drill(group, entry)).collect()
    };
    groups.iter().flat_map(broken).collect()
}

fn in_drill(group: &Group, entry: &DrillVerdict) -> Markup {
    html! {
        b { (objective(&entry.objective)) " in " (group.drill) } ": "
        @if let Some(promised) = entry.promised { "promised " b { (words::promised(promised, entry.unit)) } ", " }
        @if let Some(measured) = entry.measured { "measured " b { (words::amount(measured, entry.unit)) } ", " }
        "struck: " (group.struck) " " (records(group.records()))
    }
}
