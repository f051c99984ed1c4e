//! The part over documents in words.

use sehat_platform::inventory::prose::{Filter, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

const SSH: u16 = 22;

/// A bastion for SSH, behind a list that admits no SSH.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let shut = |filter: &&Filter| {
        let inbound = filter.inbound.as_ref();
        filter.tier == Some("public")
            && inbound
                .is_some_and(|inbound| !inbound.everything && !inbound.vague && !inbound.ports.contains(&SSH))
    };
    let Some(filter) = prose.filters.iter().find(shut) else { return Vec::new() };
    let is_bastion = |line: &&Statement| line.says("bastion");
    let mut bastions = prose.statements.iter().filter(is_bastion);
    let heading = prose.statements.iter().filter(is_bastion).find(|line| line.is_heading());
    let Some(bastion) = heading.or_else(|| bastions.next()) else { return Vec::new() };
    let by_ssh = prose.says(&["ssh"]);
    if !by_ssh {
        return Vec::new();
    }
    let other = prose.components.iter().find(|component| component.product == "ssm-session-manager");
    vec![
        Finding::broken(NAME, Severity::High, "bastion")
            .says(format!("a bastion takes SSH, and {} admit no port {SSH}", filter.name))
            .witness("the way that administrators are to take ends at the access list")
            .repair(if other.is_some() {
                "drop the bastion, since sessions without SSH are named already, or open 22 from named addresses"
            } else {
                "open 22 from named addresses, or reach machines without SSH"
            })
            .at(filter.inbound.as_ref().map(|inbound| &inbound.origin), "no SSH here")
            .at(&bastion.origin, "the bastion")
            .at(other.map(|component| &component.origin), "another way"),
    ]
}
