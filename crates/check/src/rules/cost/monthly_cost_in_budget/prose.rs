//! The part over documents in words.

use sehat_platform::inventory::prose::{Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::promise;

/// A chapter on cost without a sum.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let chapter = |line: &&Statement| line.is_heading() && line.says("cost");
    let Some(line) = prose.statements.iter().find(chapter) else { return Vec::new() };
    let has_sum = prose.statements.iter().any(|line| line.figure(Unit::Money).is_some());
    if has_sum || prose.says(&["budget"]) {
        return Vec::new();
    }
    vec![
        promise(context, NAME, Severity::Low, "cost")
            .says("a chapter is about cost, and no budget or price is stated")
            .witness("whether anything is saved cannot be told")
            .repair("state a budget for each environment, and what the largest parts cost")
            .at(&line.origin, "no sum here")
            .asks("objectives: { monthly-cost: { at-most: 5000 USD } }"),
    ]
}
