//! Compiles the platform's allowed connections into nftables: one ruleset for the router, one per machine.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::blueprint::{Allowed, Blueprint, Machine, Ports, Protocol, Segment};
use crate::names::{FILTER_TABLE, MACHINE_LINK, leg};
use crate::nft::{
    Chain, Family, Hook, Policy, Ruleset, Statement, arrives_by, carries, carries_number, echo_request,
    leaves_by, source_in, source_not_in, state_in, target_in, to_ports,
};

/// VRRP announcements go to this group (RFC 9568, 1.3), so a filter by server address alone would drop them.
const VRRP_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// IANA's number of VRRP; nft has no name for it where `/etc/protocols` is missing.
const VRRP: u16 = 112;
const DNS: Ports = Ports { first: 53, last: 53 };

/// The router drops what no filter allows, and every packet whose source lies in another segment.
pub fn router_ruleset(blueprint: &Blueprint) -> Ruleset {
    let mut ruleset = Ruleset::replacing(Family::Inet, FILTER_TABLE);
    add_source_checks(&mut ruleset, &blueprint.segments);
    add_router_input(&mut ruleset, &blueprint.segments);
    let passing = chain("passing", Hook::Forward, 0, Policy::Drop);
    add_chain_with_states(&mut ruleset, &passing);
    for allowed in blueprint.allowed.iter().filter(|allowed| allowed.protocol != Protocol::Vrrp) {
        ruleset.rule(&passing, accept(&allowed.clients, &allowed.servers, allowed));
    }
    ruleset
}

/// A machine accepts and sends what the filters allow for its own addresses, and asks the lab's DNS.
pub fn machine_ruleset(blueprint: &Blueprint, machine: &Machine) -> Ruleset {
    let own = own_addresses(machine);
    let mut ruleset = Ruleset::replacing(Family::Inet, FILTER_TABLE);
    let arriving = chain("arriving", Hook::Input, 0, Policy::Drop);
    let leaving = chain("leaving", Hook::Output, 0, Policy::Drop);
    ruleset_with_loopback(&mut ruleset, &arriving, arrives_by("lo"));
    ruleset_with_loopback(&mut ruleset, &leaving, leaves_by("lo"));
    if let Some(segment) = blueprint.segment(&machine.segment) {
        add_name_service(&mut ruleset, &leaving, &own, segment.gateway);
    }
    for allowed in &blueprint.allowed {
        add_allowed(&mut ruleset, (&arriving, &leaving), &own, allowed);
    }
    ruleset
}

/// Every address that a machine may hold, as ranges of one.
fn own_addresses(machine: &Machine) -> BTreeSet<Ipv4Net> {
    machine.virtual_addresses.iter().copied().chain([machine.address]).map(Ipv4Net::from).collect()
}

fn add_allowed(ruleset: &mut Ruleset, chains: (&Chain, &Chain), own: &BTreeSet<Ipv4Net>, allowed: &Allowed) {
    let (arriving, leaving) = chains;
    let group = group_of(allowed.protocol);
    let as_server: BTreeSet<_> = covered(own, &allowed.servers);
    if !as_server.is_empty() {
        ruleset.rule(arriving, accept(&allowed.clients, &(&as_server | &group), allowed));
    }
    let as_client = covered(own, &allowed.clients);
    if !as_client.is_empty() {
        ruleset.rule(leaving, accept(&as_client, &(&allowed.servers | &group), allowed));
    }
}

fn group_of(protocol: Protocol) -> BTreeSet<Ipv4Net> {
    if protocol == Protocol::Vrrp { BTreeSet::from([Ipv4Net::from(VRRP_GROUP)]) } else { BTreeSet::new() }
}

fn covered(own: &BTreeSet<Ipv4Net>, networks: &BTreeSet<Ipv4Net>) -> BTreeSet<Ipv4Net> {
    own.iter().filter(|address| networks.iter().any(|network| network.contains(*address))).copied().collect()
}

fn accept(clients: &BTreeSet<Ipv4Net>, servers: &BTreeSet<Ipv4Net>, allowed: &Allowed) -> Vec<Statement> {
    let mut statements = vec![source_in(clients), target_in(servers)];
    statements.push(protocol_of(allowed));
    statements.push(Statement::Accept);
    statements
}

fn protocol_of(allowed: &Allowed) -> Statement {
    match (allowed.protocol, allowed.ports) {
        (Protocol::Tcp, Some(ports)) => to_ports("tcp", ports),
        (Protocol::Udp, Some(ports)) => to_ports("udp", ports),
        (Protocol::Tcp, None) => carries("tcp"),
        (Protocol::Udp, None) => carries("udp"),
        (Protocol::Icmp, _) => echo_request(),
        (Protocol::Vrrp, _) => carries_number(VRRP),
    }
}

/// Before routing and before connection tracking, so that a forged source never makes a connection.
fn add_source_checks(ruleset: &mut Ruleset, segments: &[Segment]) {
    let sources = chain("sources", Hook::Prerouting, -300, Policy::Accept);
    ruleset.chain(sources.clone());
    let inside: BTreeSet<Ipv4Net> =
        segments.iter().filter(|segment| !segment.faces_internet).map(|segment| segment.cidr).collect();
    for (index, segment) in segments.iter().enumerate() {
        let own = BTreeSet::from([segment.cidr]);
        let forged = if segment.faces_internet { source_in(&inside) } else { source_not_in(&own) };
        if !(segment.faces_internet && inside.is_empty()) {
            ruleset.rule(&sources, vec![arrives_by(&leg(index)), forged, Statement::Drop]);
        }
    }
}

/// The router itself answers names, and echo requests from the segment that asks.
fn add_router_input(ruleset: &mut Ruleset, segments: &[Segment]) {
    let arriving = chain("arriving", Hook::Input, 0, Policy::Drop);
    ruleset_with_loopback(ruleset, &arriving, arrives_by("lo"));
    for (index, segment) in segments.iter().enumerate() {
        let gateway = BTreeSet::from([Ipv4Net::from(segment.gateway)]);
        for question in [to_ports("udp", DNS), to_ports("tcp", DNS), echo_request()] {
            let statements = vec![arrives_by(&leg(index)), target_in(&gateway), question, Statement::Accept];
            ruleset.rule(&arriving, statements);
        }
    }
}

fn add_name_service(ruleset: &mut Ruleset, leaving: &Chain, own: &BTreeSet<Ipv4Net>, gateway: Ipv4Addr) {
    let gateway = BTreeSet::from([Ipv4Net::from(gateway)]);
    for question in [to_ports("udp", DNS), to_ports("tcp", DNS), echo_request()] {
        let statements =
            vec![leaves_by(MACHINE_LINK), source_in(own), target_in(&gateway), question, Statement::Accept];
        ruleset.rule(leaving, statements);
    }
}

fn ruleset_with_loopback(ruleset: &mut Ruleset, chain: &Chain, loopback: Statement) {
    ruleset.chain(chain.clone());
    ruleset.rule(chain, vec![loopback, Statement::Accept]);
    add_states(ruleset, chain);
}

fn add_chain_with_states(ruleset: &mut Ruleset, chain: &Chain) {
    ruleset.chain(chain.clone());
    add_states(ruleset, chain);
}

fn add_states(ruleset: &mut Ruleset, chain: &Chain) {
    ruleset.rule(chain, vec![state_in(&["established", "related"]), Statement::Accept]);
}

fn chain(name: &str, hook: Hook, priority: i32, policy: Policy) -> Chain {
    let (family, table) = (Family::Inet, FILTER_TABLE.into());
    Chain { family, table, name: name.into(), kind: "filter", hook, priority, policy }
}
