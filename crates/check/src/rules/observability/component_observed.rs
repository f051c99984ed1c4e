//! Proves that every part is measured, and that somebody notices when measuring stops.
//!
//! In a diagram the arrows of monitoring are held against the boxes. A monitor that the team runs itself needs something
//! outside that misses it.
//!
//! Unknown: boxes that no such arrow leads to, or a monitor that nothing watches.
//!
//! Source: Google SRE Book, chapter 6; Prometheus documentation, practices of alerting: metamonitoring.

mod files;
mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "component-observed";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every component of a critical path is measured, the monitor too.",
    severity: Severity::High,
    hygiene: false,
    source: "Google SRE Book, chapter 6; Prometheus documentation: metamonitoring",
    file: include_str!("component_observed.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings: Vec<_> = prose::judge(context).into_iter().collect();
    findings.extend(files::judge(context));
    findings.into()
}
