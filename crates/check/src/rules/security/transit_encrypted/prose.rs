//! The part over documents in words.

use sehat_platform::inventory::prose::{Component, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, listed, names_any, promise};

/// Managed products that encrypt on the way only where somebody asks.
const OPTIONAL: [&str; 3] = ["elasticache-redis", "elasticache", "efs"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [terminated(context), optional(context)].into_iter().flatten().collect()
}

/// TLS ends at the balancer, and is promised from end to end.
fn terminated(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let is_promise = |line: &&Statement| line.says("end-to-end") && line.says_any(&["encryption", "tls"]);
    let promised = prose.statements.iter().find(is_promise)?;
    let ends = prose.statements.iter().find(|line| line.says("tls-termination"))?;
    if prose.says(&["mtls", "internal-ca"]) || names_any(context, &["istio", "linkerd"]) {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::High, "inner hops")
            .says("encryption is promised from end to end, and TLS ends at the balancer")
            .witness("nothing encrypts what the balancer sends on to the servers")
            .repair("let the balancer speak TLS to the servers, with certificates of an internal authority")
            .at(&promised.origin, "promised here")
            .at(&ends.origin, "ends here"),
    )
}

/// Encryption on the way is promised, and a product that must be asked for it is named without it.
fn optional(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, promised) =
        prose.saying(&["in-transit"]).find(|(_, line)| line.says_any(&["encryption", "in-transit"]))?;
    let asks = |component: &Component| {
        prose.components.iter().filter(|other| other.product == component.product).any(|other| {
            prose.block(other.statement).iter().any(|line| line.says_any(&["in-transit", "tls"]))
        })
    };
    let mut plain: Vec<&Component> = Vec::new();
    for component in prose.components.iter().rev().filter(|component| OPTIONAL.contains(&component.product)) {
        if !asks(component)
            && !plain
                .iter()
                .any(|known| crate::prose::family(known.product) == crate::prose::family(component.product))
        {
            plain.push(component);
        }
    }
    if plain.is_empty() {
        return None;
    }
    let names: Vec<String> = plain.iter().map(|component| called(prose, component)).collect();
    let mut finding = promise(context, NAME, Severity::Medium, listed(&names))
        .says(format!("encryption on the way is promised, and nothing turns it on for {}", listed(&names)))
        .witness("both speak plain unless transit encryption, or a mount with TLS, is asked for")
        .repair("state it for each of them, and for the hop from the balancer to the servers")
        .at(&promised.origin, "promised here");
    for component in plain {
        finding = finding.at(&component.origin, "must be asked for it");
    }
    Some(finding)
}
