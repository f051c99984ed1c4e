//! Proves that what is said of cost can be held against a sum.
//!
//! Unknown: a chapter on cost that states neither a budget nor a price.
//!
//! Source: FinOps Framework, Budgeting.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "monthly-cost-in-budget";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The monthly cost stays within the declared budget.",
    severity: Severity::Low,
    hygiene: false,
    source: "FinOps Framework: Budgeting",
    file: include_str!("monthly_cost_in_budget.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
