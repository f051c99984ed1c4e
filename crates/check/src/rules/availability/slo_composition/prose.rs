//! The part over documents in words.

use sehat_platform::inventory::prose::{Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::promise;

/// Promises of the kind that only a figure makes testable, the most telling first.
const PROMISES: [&str; 6] =
    ["rpo", "rto", "redundancy", "high-availability", "multi-zone", "disaster-recovery"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    if states_figure(prose) {
        return Vec::new();
    }
    let first = |term: &&'static str| prose.statements.iter().find(|line| line.says(term));
    let Some((term, line)) = PROMISES.iter().find_map(|term| Some((*term, first(term)?))) else {
        return Vec::new();
    };
    let what = if line.is_heading() { "a chapter" } else { "a promise" };
    vec![
        promise(context, NAME, Severity::Medium, "availability")
            .says(format!(
                "{what} on {} stands here, and no availability is promised as a figure",
                term.replace('-', " ")
            ))
            .witness("without a figure and its window nobody can say whether redundancy suffices")
            .repair("state an availability with its window for each journey, such as 99.9 % over 30 days")
            .at(&line.origin, "no figure for it anywhere")
            .asks("objectives: { availability: { at-least: 99.9%, window: 30d } }"),
    ]
}

fn states_figure(prose: &Prose) -> bool {
    let gives = |line: &Statement| {
        let share = line.figure(Unit::Percent).is_some_and(|figure| figure.high >= 90.0);
        share && line.says_any(&["availability", "high-availability", "slo"])
    };
    prose.statements.iter().any(gives)
}
