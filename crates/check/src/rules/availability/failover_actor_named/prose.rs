//! The part over documents in words.

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Component, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{ADDRESS_MOVERS, called, is_managed, names_any, own_balancers, promise};

/// Products that see a lost primary and move its role, or clients to it.
const ROLE_MOVERS: [&str; 9] = [
    "orchestrator",
    "patroni",
    "proxysql",
    "maxscale",
    "mysql-router",
    "cloudnative-pg",
    "redis-sentinel",
    "galera",
    "percona-xtradb-cluster",
];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let findings = [balancers(context), databases(context)];
    findings.into_iter().flatten().collect()
}

/// Several balancers need something that moves their address.
fn balancers(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let several = |component: &Component| component.count.as_ref().is_some_and(|count| count.value > 1);
    let (component, _) = own_balancers(prose).into_iter().find(|(component, _)| several(component))?;
    let moves = prose.says(&["virtual-address"])
        || names_any(context, &ADDRESS_MOVERS)
        || prose.components.iter().any(|found| found.kind == "load-balancer" && is_managed(found.product));
    if moves {
        return None;
    }
    let name = called(prose, component);
    let count = component.count.as_ref()?;
    Some(
        promise(context, NAME, Severity::High, &name)
            .says(format!("nothing moves the public address when one of the {count} {name} balancers is lost"))
            .witness("no virtual address, VRRP, anycast or checked DNS is named: clients keep asking the one that is gone")
            .repair("name what moves it: keepalived with a check of the service, or a provider's balancer in front")
            .at(&component.origin, format!("{count} of them"))
            .asks("failover: keepalived"),
    )
}

/// A primary with replicas that is to be highly available needs something that promotes one.
fn databases(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let component = prose.components.iter().find(|component| is_replicated(prose, component))?;
    if prose.says(&["failover-actor"]) || names_any(context, &ROLE_MOVERS) {
        return None;
    }
    let topology = catalog::topology(component.product, "primary-replica")?;
    let name = called(prose, component);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!("nothing promotes a replica of {name} when its primary is lost, or leads clients to it"))
            .witness(topology.note.unwrap_or(topology.source))
            .repair("name what promotes (Orchestrator, group replication, Patroni) and what clients follow (ProxySQL, a router)")
            .at(&component.origin, "high availability is promised here")
            .at(component.count.as_ref().map(|count| &count.origin), "primary and replicas"),
    )
}

fn is_replicated(prose: &Prose, component: &Component) -> bool {
    let near =
        prose.statement(component).and_then(|statement| statement.under).unwrap_or(component.statement);
    let says = |term: &str| prose.block(near).iter().any(|line| line.says(term));
    component.kind == "database"
        && !is_managed(component.product)
        && component.count.as_ref().is_some_and(|count| count.value > 1)
        && says("primary")
        && says("replica")
        && says("high-availability")
}
