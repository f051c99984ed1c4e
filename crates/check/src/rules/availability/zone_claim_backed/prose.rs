//! The part over documents in words.

use sehat_platform::inventory::prose::{Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{has_unread_infrastructure, is_managed, names_any, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [zones(context), trust(context)].into_iter().flatten().collect()
}

/// Several zones are promised, and none is named or counted.
fn zones(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, claim) = prose.saying(&["multi-zone"]).find(|(at, line)| !is_of_managed(prose, *at, line))?;
    let counted = |line: &Statement| {
        line.figures
            .iter()
            .any(|figure| figure.unit == Unit::Count && figure.of == Some("zone") && figure.high > 1.0)
    };
    let named = |line: &Statement| {
        !line.is_heading()
            && line.says("zone")
            && (counted(line) || line.text.contains("1a") || line.text.contains(" a, b"))
    };
    let is_backed = prose.statements.iter().any(|line| counted(line) || named(line));
    if is_backed || has_unread_infrastructure(context) {
        return None;
    }
    let sites: Vec<&Statement> = prose
        .components
        .iter()
        .filter(|component| component.product == "proxmox-ve")
        .filter_map(|component| prose.statement(component))
        .collect();
    let finding = promise(context, NAME, Severity::High, "zones")
        .says("several zones are promised, and no zone is named")
        .witness("nothing says which part stands in which zone, so the loss of one may be the loss of all")
        .repair("name the zones with the nodes, subnets and replicas in each")
        .at(&claim.origin, "promised here");
    Some(
        sites
            .first()
            .map_or(finding.clone(), |site| finding.at(&site.origin, "the only cluster that is named")),
    )
}

/// A managed product brings its own second zone.
fn is_of_managed(prose: &Prose, at: usize, line: &Statement) -> bool {
    let managed = |line: &Statement| line.products.iter().any(|mention| is_managed(mention.name));
    managed(line) || prose.above(at).any(|above| managed(&prose.statements[above]))
}

/// Zero trust is promised, and services have no identity.
fn trust(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, claim) = prose.saying(&["zero-trust"]).next()?;
    if prose.says(&["mtls"]) || names_any(context, &["istio", "linkerd"]) {
        return None;
    }
    Some(
        promise(context, NAME, Severity::Medium, "zero trust")
            .says("zero trust is promised, and nothing gives services an identity that others check")
            .witness("no mutual TLS, mesh or workload identity is named: a tier trusts whoever reaches it")
            .repair(
                "name what proves each service to the next, such as mutual TLS with an internal authority",
            )
            .at(&claim.origin, "promised here"),
    )
}
