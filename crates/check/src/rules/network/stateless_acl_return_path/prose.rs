//! The part over documents in words.

use sehat_platform::inventory::prose::{Filter, Opening};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// Where answers go to: from here on upwards.
const EPHEMERAL: u16 = 1024;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let filters = context.inventory.prose.filters.iter().filter(|filter| filter.stateless);
    filters.filter_map(lost).collect()
}

/// Answers come to ports that no line admits.
fn lost(filter: &Filter) -> Option<Finding> {
    let shut = |opening: &Opening| {
        !opening.everything
            && !opening.vague
            && !opening.nothing
            && opening.ports.iter().all(|port| *port < EPHEMERAL)
    };
    let inbound = filter.inbound.as_ref().filter(|opening| shut(opening));
    let outbound = filter.outbound.as_ref().filter(|opening| shut(opening));
    let (opening, way, who) = match (inbound, outbound, filter.outbound.as_ref()) {
        (Some(inbound), _, _) => {
            (inbound, "in", "answers to what went out, to NAT gateways and from targets to the balancer")
        }
        (None, Some(outbound), _) => (outbound, "out", "answers to whoever asked, the balancer among them"),
        _ => return None,
    };
    let ports: Vec<String> = opening.ports.iter().map(u16::to_string).collect();
    Some(
        Finding::broken(NAME, Severity::Critical, &filter.name)
            .says(format!(
                "{} let {way} {} only, and an access list does not remember who asked",
                filter.name,
                crate::prose::listed(&ports)
            ))
            .witness(format!("{who} go to ports 1024 to 65535 and are dropped"))
            .repair(format!("admit 1024-65535 {way}, or leave filtering to security groups, which remember"))
            .at(&opening.origin, "answers are dropped here"),
    )
}
