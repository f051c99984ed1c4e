//! The cells of the matrix: who asks whom, over which port.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use sehat_platform::{Cidr, Name, Ports, Protocol};
use sehat_reach::Connection;

use crate::{Host, Rng};

/// One question to the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub client: Name,
    pub server: Name,
    /// One of the server's addresses.
    pub address: Ipv4Addr,
    pub protocol: Protocol,
    pub port: u16,
    /// The packet bears this source in place of the client's own.
    pub spoofed: Option<Ipv4Addr>,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, address, protocol, port, spoofed } = self;
        write!(formatter, "{client} -> {server} ({address}) {port}/{protocol}")?;
        spoofed.map_or(Ok(()), |source| write!(formatter, " as {source}"))
    }
}

/// Ports that nobody allows and nothing listens on are probed too: so many of each protocol.
pub const CLOSED_COUNT: usize = 3;
/// A range of allowed ports is probed at its ends and once between them.
const RANGE_ENDS: u16 = 1;

/// Returns all ports that are allowed to anyone or listened on anywhere, each as TCP and UDP, and some closed ones.
pub fn ports(
    allowed: &[Connection],
    listening: &BTreeSet<(Protocol, u16)>,
    rng: &mut Rng,
) -> BTreeSet<(Protocol, u16)> {
    let of_range = |ports: &Ports| [ports.first, ports.first + (ports.last - ports.first) / 2, ports.last];
    let mut numbers: BTreeSet<u16> = allowed
        .iter()
        .filter(|connection| matches!(connection.ports.protocol, Protocol::Tcp | Protocol::Udp))
        .flat_map(|connection| of_range(&connection.ports))
        .chain(listening.iter().map(|(_, port)| *port))
        .filter(|port| *port >= RANGE_ENDS)
        .collect();
    let known = numbers.clone();
    while numbers.len() < known.len() + CLOSED_COUNT {
        // Below the range from which the kernel takes ports for clients.
        let port = 1 + u16::try_from(rng.below(32_000)).unwrap_or(0);
        if !allowed.iter().any(|connection| (connection.ports.first..=connection.ports.last).contains(&port))
        {
            numbers.insert(port);
        }
    }
    numbers.into_iter().flat_map(|port| [(Protocol::Tcp, port), (Protocol::Udp, port)]).collect()
}

/// Returns every (client, server, protocol, port), and for each pair of machines a packet of each protocol whose source
/// belongs to someone who would be let in.
pub fn cells(
    hosts: &[Host],
    allowed: &[Connection],
    ports: &BTreeSet<(Protocol, u16)>,
    rng: &mut Rng,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for client in hosts {
        for server in hosts.iter().filter(|server| server.name != client.name) {
            // What the client may hold itself never leaves it.
            let own = |address: &&Ipv4Addr| client.virtual_addresses.contains(address);
            let addresses = [server.address]
                .into_iter()
                .chain(server.virtual_addresses.iter().filter(|a| !own(a)).copied());
            for address in addresses {
                cells.extend(ports.iter().map(|(protocol, port)| Cell {
                    client: client.name.clone(),
                    server: server.name.clone(),
                    address,
                    protocol: *protocol,
                    port: *port,
                    spoofed: None,
                }));
            }
            cells.extend(
                [Protocol::Tcp, Protocol::Udp]
                    .iter()
                    .filter_map(|protocol| spoofed(hosts, allowed, ports, (client, server), *protocol, rng)),
            );
        }
    }
    cells
}

/// Takes the source from another segment, because inside one the router never sees a packet.
fn spoofed(
    hosts: &[Host],
    allowed: &[Connection],
    ports: &BTreeSet<(Protocol, u16)>,
    (client, server): (&Host, &Host),
    protocol: Protocol,
    rng: &mut Rng,
) -> Option<Cell> {
    let others = hosts.iter().filter(|host| host.segment != client.segment && host.name != server.name);
    let admitted: Vec<(Ipv4Addr, u16)> = others
        .flat_map(|host| {
            allowed.iter().filter(|c| holds(&c.clients, host.address)).map(|c| (host.address, c))
        })
        .filter(|(_, c)| c.ports.protocol == protocol && holds(&c.servers, server.address))
        .map(|(source, c)| (source, c.ports.first))
        .collect();
    let any = || {
        let others: Vec<&Host> = hosts.iter().filter(|host| host.segment != client.segment).collect();
        let source = rng.clone().pick(&others)?.address;
        Some((source, ports.iter().find(|(known, _)| *known == protocol)?.1))
    };
    let (source, port) = rng.clone().pick(&admitted).copied().or_else(any)?;
    rng.draw();
    Some(Cell {
        client: client.name.clone(),
        server: server.name.clone(),
        address: server.address,
        protocol,
        port,
        spoofed: Some(source),
    })
}

pub fn holds(ranges: &BTreeSet<Cidr>, address: Ipv4Addr) -> bool {
    ranges.iter().any(|range| range.contains(&IpAddr::V4(address)))
}
