//! The part over documents in words.

use sehat_platform::inventory::prose::Filter;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    context.inventory.prose.filters.iter().filter_map(shut).collect()
}

/// A port is stated for checks, and the way in does not hold it.
fn shut(filter: &Filter) -> Option<Finding> {
    let port = filter.health_port.as_ref()?;
    let inbound = filter.inbound.as_ref()?;
    if inbound.everything || inbound.vague || inbound.ports.contains(&port.value) {
        return None;
    }
    let ports: Vec<String> = inbound.ports.iter().map(u16::to_string).collect();
    Some(
        Finding::broken(NAME, Severity::High, &filter.name)
            .says(format!(
                "health checks go to {port}, and {} admits {} only",
                filter.name,
                crate::prose::listed(&ports)
            ))
            .witness("each check times out, every target counts as sick, and users get errors")
            .repair(format!("admit {port} from the balancer, or check the port that serves"))
            .at(&inbound.origin, "not among these")
            .at(&port.origin, "checked here"),
    )
}
