//! Everything that surely is allowed, as a list that other evaluators' lists can be held against.

use sehat_platform::{Ports, Protocol};

use super::Cluster;
use super::end::{End, Guest};
use super::outside::Interval;
use super::policies::Way;

/// One line: a client, a server, and the ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    pub client: Peer,
    pub server: Peer,
    pub ports: Vec<Ports>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// By its place among the inventory's workloads.
    Workload(usize),
    Outside(std::net::Ipv4Addr, std::net::Ipv4Addr),
    /// Whatever serves Ingress objects and routes.
    IngressController,
}

/// Returns every allowed connection between workloads, with addresses outside, and from what serves routes.
pub fn answer(cluster: &Cluster<'_>) -> Vec<AnswerRow> {
    let count = cluster.workloads().len();
    let mut rows = Vec::new();
    for client in 0..count {
        rows.extend(
            (0..count).filter(|server| *server != client).filter_map(|server| pair(cluster, client, server)),
        );
        rows.extend(outside(cluster, client));
    }
    rows.extend(routed(cluster));
    rows
}

fn pair(cluster: &Cluster<'_>, client: usize, server: usize) -> Option<AnswerRow> {
    let ports = cluster.passing(End::Workload(client), End::Workload(server));
    let row = AnswerRow { client: Peer::Workload(client), server: Peer::Workload(server), ports };
    (!row.ports.is_empty()).then_some(row)
}

fn outside(cluster: &Cluster<'_>, workload: usize) -> impl Iterator<Item = AnswerRow> {
    let row = move |way: Way, interval: Interval| {
        let (here, there) = (Peer::Workload(workload), Peer::Outside(interval.first, interval.last));
        let (client, server) = if way == Way::Out { (here, there) } else { (there, here) };
        AnswerRow { client, server, ports: interval.ports }
    };
    let of_way =
        move |way| cluster.outside(workload, way).into_iter().map(move |interval| row(way, interval));
    of_way(Way::Out).chain(of_way(Way::In))
}

/// What serves routes is a pod of which nothing is known: it has no label that a rule could ask for.
fn routed(cluster: &Cluster<'_>) -> Vec<AnswerRow> {
    let controller = Guest::new("ingress-controller", &[]);
    let mut rows = Vec::new();
    for routed in cluster.routed() {
        let open = cluster.passing(End::Guest(&controller), End::Workload(routed.workload));
        let has = |port: &&u16| open.iter().any(|ports| ports.contains(routed.protocol, **port));
        let ports: Vec<Ports> =
            routed.ports.iter().filter(has).map(|port| one(routed.protocol, *port)).collect();
        if !ports.is_empty() {
            rows.push(AnswerRow {
                client: Peer::IngressController,
                server: Peer::Workload(routed.workload),
                ports,
            });
        }
    }
    rows
}

const fn one(protocol: Protocol, port: u16) -> Ports {
    Ports { protocol, first: port, last: port }
}
