//! Between security groups: what one end lets through, the other must let through too.

use sehat_platform::Cidr;
use sehat_platform::inventory::cloud::{GroupRule, SecurityGroup};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::cloud::CloudIndex;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let index = CloudIndex::new(&context.inventory.cloud);
    let groups = &context.inventory.cloud.groups;
    let mut findings: Vec<Finding> = groups.iter().flat_map(|server| into(&index, server)).collect();
    findings.extend(groups.iter().flat_map(|client| out_of(&index, client)));
    findings
}

/// A server's group admits a client's group, whose own rules must let it call.
fn into(index: &CloudIndex<'_>, server: &SecurityGroup) -> Vec<Finding> {
    let admitted = server.ingress.iter().flat_map(|rule| rule.groups.iter().map(move |link| (rule, link)));
    let mut findings = Vec::new();
    for (rule, link) in admitted {
        let Some(client) =
            index.group(link).filter(|client| client.resource.address != server.resource.address)
        else {
            continue;
        };
        if client.states_egress && !lets(index, &client.egress, server, rule) {
            findings.push(closed_at_client(client, server, rule));
        }
    }
    findings
}

/// A client's group lets calls out to a server's group, which must admit them.
fn out_of(index: &CloudIndex<'_>, client: &SecurityGroup) -> Vec<Finding> {
    let called = client.egress.iter().flat_map(|rule| rule.groups.iter().map(move |link| (rule, link)));
    let mut findings = Vec::new();
    for (rule, link) in called {
        let Some(server) =
            index.group(link).filter(|server| server.resource.address != client.resource.address)
        else {
            continue;
        };
        // A group without any rule may have them from elsewhere.
        if !server.ingress.is_empty()
            && rule.ports.protocol.is_some()
            && !lets(index, &server.ingress, client, rule)
        {
            findings.push(closed_at_server(client, server, rule));
        }
    }
    findings
}

fn lets(index: &CloudIndex<'_>, rules: &[GroupRule], other: &SecurityGroup, wanted: &GroupRule) -> bool {
    let names =
        |rule: &GroupRule| rule.groups.iter().any(|link| link.here() == Some(&other.resource.address));
    rules.iter().any(|rule| {
        let ports = rule.ports.contains(&wanted.ports) || wanted.ports.protocol.is_none();
        ports && (names(rule) || rule.is_open_ended || holds_network(index, &rule.blocks, other))
    })
}

/// A block of addresses that may hold the other end: its network, or a part of it.
fn holds_network(index: &CloudIndex<'_>, blocks: &[Cidr], other: &SecurityGroup) -> bool {
    let networks =
        index.cloud.networks.iter().filter(|network| {
            other.network.iter().any(|link| link.here() == Some(&network.resource.address))
        });
    let ranges: Vec<Cidr> = networks.flat_map(|network| &network.ranges).map(|range| range.value).collect();
    blocks.iter().any(|block| {
        block.prefix_len() == 0
            || ranges.is_empty()
            || ranges.iter().any(|range| block.contains(range) || range.contains(block))
    })
}

fn closed_at_client(client: &SecurityGroup, server: &SecurityGroup, rule: &GroupRule) -> Finding {
    let (from, to) = (&client.resource.address, &server.resource.address);
    let open: Vec<String> = client.egress.iter().map(|rule| rule.ports.to_string()).collect();
    let open = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
    Finding::broken(NAME, Severity::Critical, from)
        .says(format!("{to} admits {from} on {}, and {from} may not call out on it", rule.ports))
        .witness(format!("both ends must allow a connection: {from} lets out {open}"))
        .repair(format!("add an egress rule to {from}: {} to {to}", rule.ports))
        .at(
            client.egress.first().map_or(&client.resource.origin, |rule| &rule.origin),
            "may not call out on it",
        )
        .at(&rule.origin, "admitted here")
}

fn closed_at_server(client: &SecurityGroup, server: &SecurityGroup, rule: &GroupRule) -> Finding {
    let (from, to) = (&client.resource.address, &server.resource.address);
    Finding::broken(NAME, Severity::High, to)
        .says(format!("{from} may call {to} on {}, and {to} does not admit it", rule.ports))
        .witness("both ends must allow a connection")
        .repair(format!("add an ingress rule to {to}: {} from {from}", rule.ports))
        .at(server.ingress.first().map_or(&server.resource.origin, |rule| &rule.origin), "not admitted")
        .at(&rule.origin, "let out here")
}
