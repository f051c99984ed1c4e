//! The part over documents in words.

use sehat_platform::inventory::prose::{Environment, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// Production fails over between zones, and staging has one.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let find = |environment: Environment, term: &str| {
        prose
            .statements
            .iter()
            .find(|line: &&Statement| line.environment == Some(environment) && line.says(term))
    };
    let (Some(one), Some(several)) =
        (find(Environment::Staging, "single-zone"), find(Environment::Production, "multi-zone"))
    else {
        return Vec::new();
    };
    let several = prose
        .statements
        .iter()
        .find(|line| {
            line.environment == Some(Environment::Production)
                && line.says("multi-zone")
                && line.key == one.key
        })
        .unwrap_or(several);
    vec![
        Finding::broken(NAME, Severity::Low, "staging")
            .says("production fails over between zones, and staging has one zone")
            .witness("the mechanism that production relies on is never tried before production")
            .repair("give staging two zones, at least for the time of a failover test")
            .at(&one.origin, "one zone")
            .at(&several.origin, "several zones"),
    ]
}
