//! Security groups and their rules, of every way in which they can be written.

use sehat_platform::inventory::cloud::{Cloud, GroupRule, Link, Ports, SecurityGroup};
use sehat_yaml::Node;

use super::Kind;
use super::get::{blocks, cidrs, flag, int, items, said, word};
use super::network::is_here;
use super::plan::{Plan, Resource};

pub const KINDS: &[Kind] = &[
    Kind { name: "aws_security_group", read: group },
    Kind { name: "aws_default_security_group", read: group },
    Kind { name: "aws_security_group_rule", read: old_rule },
    Kind { name: "aws_vpc_security_group_ingress_rule", read: |p, r, c| new_rule(p, r, c, false) },
    Kind { name: "aws_vpc_security_group_egress_rule", read: |p, r, c| new_rule(p, r, c, true) },
];

/// Protocols by their numbers, as an API may give them back.
const NUMBERS: [(&str, &str); 4] = [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")];

pub fn ports(node: &Node, protocol: &str) -> Ports {
    let stated = word(node, &[protocol]).to_lowercase();
    let stated =
        NUMBERS.iter().find(|(number, _)| *number == stated).map_or(stated.as_str(), |(_, name)| *name);
    if matches!(stated, "-1" | "all" | "") {
        return Ports::all();
    }
    let port = |key: &str| int::<i64>(node, &[key]).map(|port| port.value);
    let (first, last) = (port("from_port").unwrap_or(0), port("to_port").unwrap_or(0));
    let bound = |port: i64| u16::try_from(port.max(0)).unwrap_or(u16::MAX);
    // Kinds of ICMP stand in the place of ports, and 0 to 0 of another protocol is what nobody fills in.
    let every = stated.starts_with("icmp") || first == -1;
    Ports {
        protocol: Some(stated.to_owned()),
        first: if every { 0 } else { bound(first) },
        last: if every { u16::MAX } else { bound(last) },
    }
}

fn group(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let rules = |key: &str| -> Vec<GroupRule> {
        blocks(resource.values, key).into_iter().map(|node| inline(plan, resource, key, node)).collect()
    };
    // A list that is there, be it empty, is all that there is; an unknown one is left out of a plan.
    let states = |key: &str| resource.values.at(&[key]).is_some();
    cloud.groups.push(SecurityGroup {
        resource: resource.head(),
        network: plan.links(resource, &["vpc_id"]),
        ingress: rules("ingress"),
        egress: rules("egress"),
        states_egress: states("egress"),
    });
}

fn inline(plan: &Plan<'_>, resource: &Resource<'_>, key: &str, node: &Node) -> GroupRule {
    let mut blocks = cidrs(node, &["cidr_blocks"]);
    blocks.extend(cidrs(node, &["ipv6_cidr_blocks"]));
    let is_self = flag(node, &["self"]).is_some_and(|stated| stated.value);
    let lists = !items(node, &["prefix_list_ids"]).is_empty();
    let mut groups: Vec<Link> = items(node, &["security_groups"])
        .iter()
        .filter_map(Node::as_text)
        .filter_map(|id| plan.linked(id))
        .collect();
    if blocks.is_empty() && groups.is_empty() && !is_self && !lists {
        groups = written(plan, resource, key, node);
    }
    let is_open_ended = lists || groups.contains(&Link::Unknown);
    GroupRule {
        origin: node.origin.clone(),
        ports: ports(node, "protocol"),
        blocks,
        groups,
        is_self,
        is_open_ended,
    }
}

/// Peers that are not known yet stand in the configuration, in the block with the same ports.
fn written(plan: &Plan<'_>, resource: &Resource<'_>, key: &str, node: &Node) -> Vec<Link> {
    let Some(written) = resource.expressions.and_then(|expressions| expressions.get(key)) else {
        return vec![Link::Unknown];
    };
    let port = word(node, &["from_port"]);
    let same = |block: &&Node| word(block, &["from_port", "constant_value"]) == port;
    let found: Vec<Link> = written
        .items()
        .iter()
        .filter(same)
        .filter_map(|block| block.get("security_groups").or_else(|| block.get("cidr_blocks")))
        .flat_map(|expression| plan.referenced(resource, expression))
        .collect();
    if found.is_empty() { vec![Link::Unknown] } else { found }
}

fn old_rule(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let mut blocks = cidrs(values, &["cidr_blocks"]);
    blocks.extend(cidrs(values, &["ipv6_cidr_blocks"]));
    let groups = plan.links(resource, &["source_security_group_id"]);
    let is_self = flag(values, &["self"]).is_some_and(|stated| stated.value);
    let nothing = blocks.is_empty() && groups.is_empty() && !is_self;
    let is_open_ended =
        nothing || groups.contains(&Link::Unknown) || !items(values, &["prefix_list_ids"]).is_empty();
    let rule = GroupRule {
        origin: resource.origin.clone(),
        ports: ports(values, "protocol"),
        blocks,
        groups,
        is_self,
        is_open_ended,
    };
    add(plan, resource, cloud, &rule, word(values, &["type"]) == "egress");
}

fn new_rule(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud, leaves: bool) {
    let values = resource.values;
    let stated = ["cidr_ipv4", "cidr_ipv6"].iter().filter_map(|key| said(values, &[key]));
    let blocks: Vec<_> = stated.filter_map(|block| block.value.parse().ok()).collect();
    let groups = plan.links(resource, &["referenced_security_group_id"]);
    let nothing = blocks.is_empty() && groups.is_empty();
    let rule = GroupRule {
        origin: resource.origin.clone(),
        ports: ports(values, "ip_protocol"),
        is_open_ended: nothing || groups.contains(&Link::Unknown),
        blocks,
        groups,
        is_self: false,
    };
    add(plan, resource, cloud, &rule, leaves);
}

fn add(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud, rule: &GroupRule, leaves: bool) {
    let owners = plan.links(resource, &["security_group_id"]);
    let owned = cloud.groups.iter_mut().filter(|group| is_here(&owners, &group.resource.address));
    for group in owned {
        let own = rule.groups.iter().any(|link| link.here() == Some(&group.resource.address));
        let rule = GroupRule { is_self: rule.is_self || own, ..rule.clone() };
        if leaves {
            group.egress.push(rule);
        } else {
            group.ingress.push(rule);
        }
        group.states_egress |= leaves;
    }
}
