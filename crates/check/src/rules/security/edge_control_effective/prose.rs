//! The part over documents in words.

use sehat_catalog::{self as catalog, Feature};
use sehat_platform::inventory::prose::{Component, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, names_any, own_balancers, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [limits(context), twice(context), bypass(context)].into_iter().flatten().collect()
}

/// Each instance of a balancer counts for itself.
fn limits(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, limit) = prose.saying(&["rate-limit"]).next()?;
    let counts_alone = |component: &Component| {
        let row = catalog::balancer(component.product);
        row.is_some_and(|row| row.supports(Feature::RateLimitShared, None) == Some(false))
    };
    let (component, _) = own_balancers(prose).into_iter().find(|(component, _)| {
        component.count.as_ref().is_some_and(|count| count.value > 1) && counts_alone(component)
    })?;
    let name = called(prose, component);
    let count = component.count.as_ref()?.value;
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!("requests are limited, and nothing says where they are counted: each of {count} {name} would count alone"))
            .witness(format!(
                "where each counts alone a client gets {count} times the limit, and another one when a balancer is lost"
            ))
            .repair("count in a shared place, or state the limit of each as a share of the whole")
            .at(&limit.origin, "limited here")
            .at(&component.origin, "so many count"),
    )
}

/// Two firewalls for the same requests.
fn twice(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let is_wall = |line: &&Statement| line.says("waf") || line.names("modsecurity") || line.names("aws-waf");
    let walls: Vec<(usize, &Statement)> = prose
        .statements
        .iter()
        .enumerate()
        .filter(|(_, line)| {
            is_wall(line) && line.under.is_some_and(|under| !prose.statements[under].products.is_empty())
        })
        .collect();
    let (first, second) = (walls.first()?, walls.last()?);
    if first.1.under == second.1.under {
        return None;
    }
    Some(
        promise(context, NAME, Severity::Low, "web application firewall")
            .says(
                "two web application firewalls look at the same requests, and nothing says which one decides",
            )
            .witness("two sets of rules of different ages refuse requests that nobody can trace")
            .repair("let one place enforce, and say which rules and which version it has")
            .at(&second.1.origin, "one here")
            .at(&first.1.origin, "one here"),
    )
}

/// A CDN stands before the balancer, and nothing says that the balancer takes requests from it alone.
fn bypass(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let edge = prose.components.iter().find(|component| component.kind == "cdn")?;
    let origin = prose.components.iter().find(|component| component.kind == "load-balancer")?;
    let locked = prose.says(&["origin-lock"]) || names_any(context, &["cloudflared"]);
    let from_edge = prose
        .filters
        .iter()
        .any(|filter| filter.inbound.as_ref().is_some_and(|inbound| inbound.peers.contains(&edge.product)));
    if locked || from_edge {
        return None;
    }
    let name = called(prose, edge);
    let behind = called(prose, origin);
    let wall = prose.saying(&["waf"]).next().map(|(_, line)| &line.origin);
    Some(
        promise(context, NAME, Severity::High, &behind)
            .says(format!("{name} stands before {behind}, and nothing keeps others from asking {behind} directly"))
            .witness("who knows the address goes around the CDN and its firewall")
            .repair("admit the CDN's addresses only, or ask it for a certificate (authenticated origin pulls, origin access)")
            .at(&origin.origin, "reachable by itself")
            .at(&edge.origin, "the CDN")
            .at(wall, "the firewall"),
    )
}
