//! Proves that it is stated which release of each product runs.
//!
//! Products with releases are judged where nothing says which one runs; what a provider keeps current is not. An image
//! whose tag names a second product must name its release, too.
//!
//! Unknown: products without a version, all together as one finding.
//!
//! Source: NIST SP 800-53 Rev. 5, CM-8: system component inventory.

mod files;
mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "version-pinned";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every product has a stated version.",
    severity: Severity::Medium,
    hygiene: false,
    source: "NIST SP 800-53 Rev. 5, CM-8",
    file: include_str!("version_pinned.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings = prose::judge(context);
    findings.extend(files::judge(context));
    findings.into()
}
