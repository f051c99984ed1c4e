//! Proves that nobody waits for an alarm while the promise is broken.
//!
//! 99.9 % of availability leaves 0.1 % of errors. An alarm at 1 % stays silent while the budget of a month burns in three days.
//!
//! Broken: an alarm on errors above what the promised availability leaves.
//!
//! Source: Google SRE Workbook, chapter 5: alerting on SLOs.

mod prose;
mod rules;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "alert-threshold-vs-slo";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Alert thresholds burn less than the error budget.",
    severity: Severity::High,
    hygiene: false,
    source: "Google SRE Workbook, chapter 5",
    file: include_str!("alert_threshold_vs_slo.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings: Vec<_> = prose::judge(context).into_iter().collect();
    findings.extend(rules::judge(context.inventory));
    findings.into()
}
