//! Proves that a measured fault reaches a person.
//!
//! Measuring needs rules that fire, something that sends, a channel and a person.
//!
//! Unknown: a monitor and nothing that tells, or a channel and no rule that would use it; broken where the input claims to
//! be whole.
//!
//! Source: Prometheus documentation, Alertmanager; 45 CFR 164.308(a)(6)(ii).

mod files;
mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "alert-path-complete";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Rules exist, reach a notifier, and each channel has a route.",
    severity: Severity::High,
    hygiene: false,
    source: "Prometheus documentation: Alertmanager; 45 CFR 164.308(a)(6)(ii)",
    file: include_str!("alert_path_complete.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings: Vec<_> = prose::judge(context).into_iter().collect();
    findings.extend(files::judge(context.inventory));
    findings.into()
}
