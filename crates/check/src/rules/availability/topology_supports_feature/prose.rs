//! The part over documents in words.

use sehat_catalog::{self as catalog, Topology};
use sehat_platform::inventory::prose::{Component, Form, Prose, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let mut findings: Vec<Finding> = Vec::new();
    for component in &prose.components {
        let Some(topology) = topology(prose, component) else { continue };
        let found = [
            sharding(prose, component, topology),
            members(prose, component, topology),
            roles(context, component, topology),
        ];
        for finding in found.into_iter().flatten() {
            if !findings.iter().any(|known| known.places == finding.places) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// The topology that the words around a component name.
fn topology(prose: &Prose, component: &Component) -> Option<&'static Topology> {
    let statement = prose.statement(component)?;
    let near = |term: &str| {
        statement.says(term) || prose.block(component.statement).iter().any(|line| line.says(term))
    };
    let name = match component.product {
        "galera" => "galera",
        "redis-cluster" | "proxmox-ve" => "cluster",
        _ if statement.says("replica-set") => "replica-set",
        _ if near("cluster-mode") => "cluster",
        _ => return None,
    };
    let product = if component.product == "galera" { "mariadb" } else { component.product };
    catalog::topology(product, name)
}

fn sharding(prose: &Prose, component: &Component, topology: &Topology) -> Option<Finding> {
    let claim = prose.block(component.statement).iter().find(|line| line.says("sharding"))?;
    if !topology.lacks.contains(&"sharding") || prose.says(&["sharding-parts"]) {
        return None;
    }
    let name = called(prose, component);
    Some(
        Finding::broken(NAME, Severity::Critical, &name)
            .says(format!("{name} is promised to shard, and a {} does not shard", topology.topology))
            .witness(format!("every member of a {} holds all data; {}", topology.topology, topology.source))
            .repair("drop the claim, or name the routers, the servers of the configuration and the shards")
            .at(&claim.origin, "promised here")
            .at(&component.origin, format!("a {} here", topology.topology)),
    )
}

/// High availability with fewer members than survive the loss of one.
fn members(prose: &Prose, component: &Component, topology: &Topology) -> Option<Finding> {
    let count = component.count.as_ref()?;
    let least = topology.members_min_for_one_loss?;
    let statement = prose.statement(component)?;
    let is_promised = statement.says_any(&["high-availability", "failover", "redundancy"]);
    if !is_promised || count.value >= least || component.product == "proxmox-ve" {
        return None;
    }
    let name = called(prose, component);
    Some(
        Finding::broken(NAME, Severity::Critical, &name)
            .says(format!("{name} with {count} nodes does not survive the loss of one: it needs {least}"))
            .witness(topology.note.map_or_else(|| topology.source.to_owned(), str::to_owned))
            .repair(format!("run {least} members, or a topology that survives with {count}, such as one primary, two replicas and Sentinel"))
            .at(&component.origin, "high availability is promised here")
            .at(&count.origin, format!("{count} nodes")),
    )
}

/// One member called the master where all are equal.
fn roles(context: &Context<'_>, component: &Component, topology: &Topology) -> Option<Finding> {
    let prose = &context.inventory.prose;
    if topology.writers != "all" {
        return None;
    }
    let statement = prose.statement(component)?;
    let mut children = prose.block(component.statement).iter().skip(1).filter(|line| line.form == Form::Node);
    let is_role = |line: &&Statement| line.says_any(&["master", "primary"]);
    let named = children.find(is_role).or(Some(statement).filter(is_role))?;
    let name = called(prose, component);
    let role = if named.says("master") { "master" } else { "primary" };
    let finding = if component.product == "proxmox-ve" {
        Finding::broken(NAME, Severity::Medium, &name)
    } else {
        promise(context, NAME, Severity::Medium, &name)
    };
    Some(
        finding
            .says(format!("a member of {name} is called its {role}, and {name} has no such role"))
            .witness(topology.note.map_or_else(|| topology.source.to_owned(), str::to_owned))
            .repair("call the members equal, and say which of them takes the writes and what moves that")
            .at(&named.origin, "called so here")
            .at(&component.origin, "all members are equal here"),
    )
}
