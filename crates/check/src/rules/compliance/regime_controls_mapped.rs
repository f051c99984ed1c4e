//! Proves that the regimes that are named are those of the place where the platform runs.
//!
//! The place is told by its names, by the regimes of a country and by domains. A platform in Indonesia that names HIPAA and
//! GDPR alone leaves out the law that binds it.
//!
//! Unknown: regimes are named, and none is law where it runs; broken where the input claims to be whole.
//!
//! Source: the laws, as the catalog's `regime/` entries cite them.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "regime-controls-mapped";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The regimes named are those that apply, and their controls map to components.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog regime entries: UU 27/2022, LGPD, GDPR, 45 CFR Part 164",
    file: include_str!("regime_controls_mapped.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
