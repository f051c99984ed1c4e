//! Connections that the files say are wanted, each with the reason.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::Protocol;
use sehat_platform::inventory::network::{PeerKind, PolicyPorts, PolicyRule, Tier};
use sehat_platform::inventory::workload::Pod;
use sehat_reach::cluster::{Way, target_port};

use super::hosts::Hosts;
use super::subjects::is_on_host;
use crate::Context;

/// One wanted connection between workloads of the files.
#[derive(Clone, Debug)]
pub struct Flow<'a> {
    pub client: usize,
    pub server: usize,
    pub protocol: Protocol,
    pub port: u16,
    pub why: Why<'a>,
}

#[derive(Clone, Debug)]
pub enum Why<'a> {
    /// An environment value, an argument or a setting names the server.
    Told { variable: &'a str, origin: &'a Origin },
    /// A rule at one end was written for the other end.
    Rule { policy: String, way: Way, origin: &'a Origin },
}

impl<'a> Why<'a> {
    pub const fn origin(&self) -> &'a Origin {
        match self {
            Self::Told { origin, .. } | Self::Rule { origin, .. } => origin,
        }
    }
}

/// Returns what workloads are told to call, as far as a service of the files answers to it.
pub fn told<'a>(context: &Context<'a>) -> Vec<Flow<'a>> {
    let hosts = Hosts::new(context);
    let cluster = context.index.cluster();
    let workloads = context.inventory.workloads.iter().enumerate();
    let mut flows = Vec::new();
    for (client, workload) in workloads.filter(|(_, workload)| !is_on_host(&workload.pod)) {
        let mut seen = BTreeSet::new();
        for told in hosts.told(workload) {
            let namespace = &workload.object.id.namespace;
            let Some(service) = hosts.service(namespace, &told.host) else { continue };
            let Some(port) = called(service, told.port) else { continue };
            if !seen.insert((&service.object.id, port.port)) {
                continue;
            }
            for server in cluster.selected_by(service).into_iter().filter(|server| *server != client) {
                let pod = &context.inventory.workloads[server].pod;
                if let Some(target) = target_port(port, pod).filter(|_| !is_on_host(pod)) {
                    let why = Why::Told { variable: told.from, origin: told.origin };
                    flows.push(Flow { client, server, protocol: port.protocol, port: target, why });
                }
            }
        }
    }
    flows
}

/// Returns the service's port that is called: the one that is named, or the only one there is.
fn called(
    service: &sehat_platform::inventory::network::Service,
    port: Option<u16>,
) -> Option<&sehat_platform::inventory::network::ServicePort> {
    match (port, service.ports.as_slice()) {
        (Some(wanted), ports) => ports.iter().find(|port| port.port == wanted),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// A rule that means this few pods was written for them.
const PEERS_MAX: usize = 3;

/// Returns the connections that a rule at one end was written for: its peers are few, and its port is stated.
pub fn of_rules<'a>(context: &Context<'a>) -> Vec<Flow<'a>> {
    let cluster = context.index.cluster();
    let mut flows = Vec::new();
    for policy in context.inventory.network.policies.iter().filter(|policy| policy.tier == Tier::Namespace) {
        for way in [Way::In, Way::Out] {
            let governed = cluster.governed_by(policy);
            if governed.is_empty() || governed.len() > PEERS_MAX {
                continue;
            }
            for (rule, peers) in cluster.peers_of(policy, way) {
                if peers.len() > PEERS_MAX || !names_pods(rule) {
                    continue;
                }
                for (at, peer) in governed.iter().flat_map(|at| peers.iter().map(move |peer| (*at, *peer))) {
                    let (client, server) = if way == Way::Out { (at, peer) } else { (peer, at) };
                    let on_host =
                        [client, server].iter().any(|at| is_on_host(&context.inventory.workloads[*at].pod));
                    if client == server || on_host {
                        continue;
                    }
                    let why =
                        || Why::Rule { policy: policy.object.id.to_string(), way, origin: &rule.origin };
                    let open = ports(rule, &context.inventory.workloads[server].pod).into_iter();
                    flows.extend(open.map(|(protocol, port)| Flow {
                        client,
                        server,
                        protocol,
                        port,
                        why: why(),
                    }));
                }
            }
        }
    }
    flows
}

/// Every peer is named by labels of its pods.
fn names_pods(rule: &PolicyRule) -> bool {
    rule.peers.as_ref().is_some_and(|peers| {
        peers.iter().all(
            |peer| matches!(&peer.kind, PeerKind::Pods { pods: Some(pods), .. } if !pods.labels.is_empty()),
        )
    })
}

/// Returns the single ports of a rule; a name means the server's own.
fn ports(rule: &PolicyRule, server: &Pod) -> Vec<(Protocol, u16)> {
    let stated = rule.ports.iter().flatten();
    let ports = stated.flat_map(|port| match &port.ports {
        PolicyPorts::Range(protocol, first, last) if first == last => vec![(*protocol, *first)],
        PolicyPorts::Named(protocol, name) => {
            let named = server.ports().filter(|known| known.name.as_ref() == Some(name));
            let known = named.filter(|known| protocol.is_none_or(|protocol| protocol == known.protocol));
            known.map(|known| (known.protocol, known.number)).collect()
        }
        _ => Vec::new(),
    });
    ports.collect()
}

/// Returns whether a rule speaks of a port of TCP by its number, or of all of them.
pub fn has_port(rule: &PolicyRule, port: u16) -> bool {
    rule.ports.as_ref().is_none_or(|ports| {
        ports.iter().any(|stated| match stated.ports {
            PolicyPorts::Range(Protocol::Tcp, first, last) => (first..=last).contains(&port),
            PolicyPorts::All(Protocol::Tcp) | PolicyPorts::Named(..) => true,
            _ => false,
        })
    })
}
