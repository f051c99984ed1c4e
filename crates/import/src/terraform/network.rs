//! Networks, subnets, routes, and stateless access lists.

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Acl, AclRule, Cloud, CloudNetwork, Link, RouteTable, Subnet, WayOut};
use sehat_yaml::Node;

use super::Kind;
use super::get::{blocks, cidr, flag, int, said, word};
use super::groups::ports;
use super::plan::{Plan, Resource};

pub const KINDS: &[Kind] = &[
    Kind { name: "aws_vpc", read: network },
    Kind { name: "aws_vpc_ipv4_cidr_block_association", read: more_range },
    Kind { name: "aws_subnet", read: subnet },
    Kind { name: "aws_route_table", read: route_table },
    Kind { name: "aws_default_route_table", read: route_table },
    Kind { name: "aws_route", read: route },
    Kind { name: "aws_route_table_association", read: route_association },
    Kind { name: "aws_internet_gateway", read: |_, _, _| {} },
    Kind { name: "aws_nat_gateway", read: |_, _, _| {} },
    Kind { name: "aws_vpc_endpoint", read: |_, _, _| {} },
    Kind { name: "aws_network_acl", read: acl },
    Kind { name: "aws_network_acl_rule", read: acl_rule },
    Kind { name: "aws_network_acl_association", read: acl_association },
];

fn network(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let ranges = cidr(resource.values, &["cidr_block"]).into_iter().collect();
    cloud.networks.push(CloudNetwork { resource: resource.head(), ranges });
}

fn more_range(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["vpc_id"]);
    let owner = cloud.networks.iter_mut().find(|network| is_here(&owners, &network.resource.address));
    if let (Some(owner), Some(range)) = (owner, cidr(resource.values, &["cidr_block"])) {
        owner.ranges.push(range);
    }
}

pub fn is_here(links: &[Link], address: &str) -> bool {
    links.iter().any(|link| link.here() == Some(address))
}

fn subnet(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.subnets.push(Subnet {
        resource: resource.head(),
        network: plan.links(resource, &["vpc_id"]),
        range: cidr(resource.values, &["cidr_block"]),
        zone: said(resource.values, &["availability_zone"]),
        gives_public_addresses: flag(resource.values, &["map_public_ip_on_launch"])
            .is_some_and(|stated| stated.value),
    });
}

fn route_table(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let routes =
        blocks(resource.values, "route").into_iter().filter_map(|node| one_route(plan, resource, node));
    cloud.route_tables.push(RouteTable {
        resource: resource.head(),
        network: plan.links(resource, &["vpc_id"]),
        subnets: Vec::new(),
        routes: routes.collect(),
    });
}

fn one_route(plan: &Plan<'_>, resource: &Resource<'_>, node: &Node) -> Option<(Stated<String>, WayOut)> {
    let to = said(node, &["cidr_block"]).or_else(|| said(node, &["destination_cidr_block"]))?;
    let named = |key: &str| {
        !word(node, &[key]).is_empty()
            || !plan.links(resource, &["route", key]).is_empty()
            || !plan.links(resource, &[key]).is_empty()
    };
    let way = if named("nat_gateway_id") {
        WayOut::Nat
    } else if named("gateway_id") {
        WayOut::Internet
    } else {
        WayOut::Other
    };
    Some((to, way))
}

fn route(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["route_table_id"]);
    let Some(route) = one_route(plan, resource, resource.values) else { return };
    for table in cloud.route_tables.iter_mut().filter(|table| is_here(&owners, &table.resource.address)) {
        table.routes.push(route.clone());
    }
}

fn route_association(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["route_table_id"]);
    let subnets = plan.links(resource, &["subnet_id"]);
    for table in cloud.route_tables.iter_mut().filter(|table| is_here(&owners, &table.resource.address)) {
        table.subnets.extend(subnets.iter().cloned());
    }
}

fn acl(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let rules = |key: &str| {
        let mut rules: Vec<AclRule> = blocks(resource.values, key)
            .into_iter()
            .filter_map(|node| rule(node, "rule_no", "action"))
            .collect();
        rules.sort_by_key(|rule| rule.number);
        rules
    };
    cloud.acls.push(Acl {
        resource: resource.head(),
        network: plan.links(resource, &["vpc_id"]),
        subnets: plan.links(resource, &["subnet_ids"]),
        ingress: rules("ingress"),
        egress: rules("egress"),
    });
}

/// A rule for addresses of the newer kind says nothing about the older ones, which are judged.
fn rule(node: &Node, number: &str, action: &str) -> Option<AclRule> {
    Some(AclRule {
        origin: node.origin.clone(),
        number: int(node, &[number])?.value,
        allows: word(node, &[action]).eq_ignore_ascii_case("allow"),
        ports: ports(node, "protocol"),
        block: cidr(node, &["cidr_block"])?.value,
    })
}

fn acl_rule(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["network_acl_id"]);
    let Some(mut rule) = rule(resource.values, "rule_number", "rule_action") else { return };
    rule.origin = resource.origin.clone();
    let leaves = flag(resource.values, &["egress"]).is_some_and(|stated| stated.value);
    for acl in cloud.acls.iter_mut().filter(|acl| is_here(&owners, &acl.resource.address)) {
        let rules = if leaves { &mut acl.egress } else { &mut acl.ingress };
        rules.push(rule.clone());
        rules.sort_by_key(|rule| rule.number);
    }
}

fn acl_association(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["network_acl_id"]);
    let subnets = plan.links(resource, &["subnet_id"]);
    for acl in cloud.acls.iter_mut().filter(|acl| is_here(&owners, &acl.resource.address)) {
        acl.subnets.extend(subnets.iter().cloned());
    }
}
