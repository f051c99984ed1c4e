//! What is allowed, as addresses: the form in which a packet filter wants it.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::{Cidr, Fact, Platform, Ports};

use crate::{Allowed, Party};

/// Every client address may reach every server address on these ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    pub clients: BTreeSet<Cidr>,
    pub servers: BTreeSet<Cidr>,
    pub ports: Ports,
}

impl Allowed {
    /// Returns the permits by address; `internet` are the addresses from which users come.
    ///
    /// Parties without an address are left out.
    pub fn connections(&self, platform: &Platform, internet: &BTreeSet<Cidr>) -> Vec<Connection> {
        let mut clients_of: BTreeMap<(Vec<Cidr>, Ports), BTreeSet<Cidr>> = BTreeMap::new();
        for ((client, server), permits) in &self.permits {
            let from = addresses(platform, client, internet, false);
            let to: Vec<Cidr> = addresses(platform, server, internet, true).into_iter().collect();
            if from.is_empty() || to.is_empty() {
                continue;
            }
            for permit in permits {
                clients_of.entry((to.clone(), permit.ports)).or_default().extend(&from);
            }
        }
        join_servers(clients_of)
    }
}

fn join_servers(clients_of: BTreeMap<(Vec<Cidr>, Ports), BTreeSet<Cidr>>) -> Vec<Connection> {
    let mut servers_of: BTreeMap<(Ports, Vec<Cidr>), BTreeSet<Cidr>> = BTreeMap::new();
    for ((servers, ports), clients) in clients_of {
        servers_of.entry((ports, clients.into_iter().collect())).or_default().extend(servers);
    }
    servers_of
        .into_iter()
        .map(|((ports, clients), servers)| Connection {
            clients: clients.into_iter().collect(),
            servers,
            ports,
        })
        .collect()
}

/// A server also answers on the addresses that may move to it.
fn addresses(
    platform: &Platform,
    party: &Party,
    internet: &BTreeSet<Cidr>,
    is_server: bool,
) -> BTreeSet<Cidr> {
    match party {
        Party::Internet => internet.clone(),
        Party::Machine(name) => platform.machines.get(name).map_or_else(BTreeSet::new, |machine| {
            let moving = machine.virtual_addresses.iter().filter(|_| is_server);
            machine.address.iter().chain(moving).copied().map(Cidr::from).collect()
        }),
        Party::Outside(name) => platform.components.get(name).map_or_else(BTreeSet::new, |component| {
            component.addresses.iter().filter_map(Fact::copied).map(Cidr::from).collect()
        }),
    }
}
