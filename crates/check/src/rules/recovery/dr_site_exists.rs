//! Proves that copies in another region, or a recovery from a disaster, have a second place to come from.
//!
//! Regions and sites are told by their names and by counts. A chapter on disaster recovery that names one region, or none,
//! recovers in the place that was lost.
//!
//! Unknown: no second place is named; broken where the input claims to be whole.
//!
//! Source: NIST SP 800-34 Rev. 1, 3.4.3: alternate sites.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "dr-site-exists";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A promise of disaster recovery has a second site.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 3.4.3 (alternate sites)",
    file: include_str!("dr_site_exists.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
