//! Proves that every day within the retention can be restored, not only the days of the full copies.
//!
//! An increment is worth nothing without the full copy that it builds on, and a full copy that outlives its increments
//! brings back its own day alone.
//!
//! Broken: full copies that are kept longer than the increments between them.
//!
//! Source: NIST SP 800-34 Rev. 1, 5.2: full, incremental and differential backups.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "retention-chain-restorable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every day inside the promised retention has a restorable chain.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 5.2 (backup methods)",
    file: include_str!("retention_chain_restorable.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
