//! Proves that what production relies on is met before production.
//!
//! Broken: production with several zones, and staging with one: failover is first tried by an incident.
//!
//! Source: The Twelve-Factor App, factor X; AWS Well-Architected Framework, REL12.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "environment-parity";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Environments do not hide mechanisms that are tried in production only.",
    severity: Severity::Low,
    hygiene: false,
    source: "The Twelve-Factor App, X; AWS Well-Architected Framework, REL12",
    file: include_str!("environment_parity.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
