//! What came back against what is allowed.

use std::fmt;

use sehat_reach::Connection;

use super::cells::{Cell, holds};
use crate::Host;

/// What came of a cell. Something listens on every probed port, so only a filter can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probed {
    /// An answer came, or a packet with a spoofed source arrived.
    Open,
    Refused,
    Unreachable,
    Silent,
}

impl fmt::Display for Probed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
        })
    }
}

/// A cell whose outcome is not what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mismatch {
    pub cell: Cell,
    pub allowed: bool,
    pub probed: Probed,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = if self.allowed { "is allowed" } else { "is not allowed" };
        write!(formatter, "{} {allowed}, and is {}", self.cell, self.probed)
    }
}

/// Returns whether a cell is allowed. A source that is not the client's own never is.
pub fn expected(hosts: &[Host], allowed: &[Connection], cell: &Cell) -> bool {
    let Some(client) = hosts.iter().find(|host| host.name == cell.client) else { return false };
    cell.spoofed.is_none()
        && allowed.iter().any(|connection| {
            connection.ports.contains(cell.protocol, cell.port)
                && holds(&connection.clients, client.address)
                && holds(&connection.servers, cell.address)
        })
}

/// Returns the cells whose outcome differs, in their order.
pub fn mismatches(
    hosts: &[Host],
    allowed: &[Connection],
    cells: &[Cell],
    probed: &[Probed],
) -> Vec<Mismatch> {
    let compared = cells.iter().zip(probed).map(|(cell, probed)| Mismatch {
        cell: cell.clone(),
        allowed: expected(hosts, allowed, cell),
        probed: *probed,
    });
    compared.filter(|found| found.allowed != (found.probed == Probed::Open)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sehat_platform::{Cidr, Ports, Protocol};

    use super::*;
    use crate::Rng;
    use crate::reachability::{cells, ports};

    fn host(name: &str, address: &str, segment: &str) -> Host {
        Host {
            name: name.into(),
            address: address.parse().unwrap(),
            virtual_addresses: Vec::new(),
            segment: segment.into(),
        }
    }

    fn range(text: &str) -> BTreeSet<Cidr> {
        [text.parse::<Cidr>().unwrap()].into()
    }

    fn small() -> (Vec<Host>, Vec<Connection>) {
        let hosts = vec![
            host("client", "203.0.113.10", "internet"),
            host("web-1", "192.168.20.11", "application"),
            host("records-1", "192.168.30.11", "database"),
        ];
        let allowed = vec![
            Connection {
                clients: range("203.0.113.0/24"),
                servers: range("192.168.20.11/32"),
                ports: Ports::tcp(443),
            },
            Connection {
                clients: range("192.168.20.11/32"),
                servers: range("192.168.30.11/32"),
                ports: Ports::tcp(3306),
            },
        ];
        (hosts, allowed)
    }

    fn matrix(hosts: &[Host], allowed: &[Connection]) -> Vec<Cell> {
        let mut rng = Rng::of(7, &[]);
        let ports = ports(allowed, &BTreeSet::from([(Protocol::Tcp, 22)]), &mut rng);
        cells(hosts, allowed, &ports, &mut rng)
    }

    fn as_allowed(hosts: &[Host], allowed: &[Connection], cells: &[Cell]) -> Vec<Probed> {
        cells
            .iter()
            .map(|cell| if expected(hosts, allowed, cell) { Probed::Open } else { Probed::Silent })
            .collect()
    }

    #[test]
    fn every_pair_is_asked_over_every_port_of_both_protocols_and_with_false_sources() {
        let (hosts, allowed) = small();
        let cells = matrix(&hosts, &allowed);
        let pairs = 6;
        let ports = (3 + super::super::CLOSED_COUNT) * 2;
        assert_eq!(cells.iter().filter(|cell| cell.spoofed.is_none()).count(), pairs * ports);
        assert_eq!(cells.iter().filter(|cell| cell.spoofed.is_some()).count(), pairs * 2);
        assert_eq!(cells.iter().filter(|cell| expected(&hosts, &allowed, cell)).count(), 2);
    }

    #[test]
    fn a_false_source_is_one_that_would_be_let_in() {
        let (hosts, allowed) = small();
        let cells = matrix(&hosts, &allowed);
        let to_records = cells
            .iter()
            .find(|cell| cell.spoofed.is_some() && cell.client == "client" && cell.server == "records-1");
        insta::assert_snapshot!(to_records.unwrap(), @"client -> records-1 (192.168.30.11) 3306/tcp as 192.168.20.11");
    }

    #[test]
    fn exactly_the_changed_cells_are_named() {
        let (hosts, allowed) = small();
        let cells = matrix(&hosts, &allowed);
        let mut probed = as_allowed(&hosts, &allowed, &cells);
        assert!(mismatches(&hosts, &allowed, &cells, &probed).is_empty());
        let index = |client: &str, server: &str, port: u16| {
            let is =
                |cell: &Cell| (cell.client == client, cell.server == server, cell.port) == (true, true, port);
            cells
                .iter()
                .position(|cell| is(cell) && cell.protocol == Protocol::Tcp && cell.spoofed.is_none())
                .unwrap()
        };
        probed[index("web-1", "records-1", 3306)] = Probed::Silent;
        probed[index("client", "records-1", 3306)] = Probed::Open;
        let found: Vec<String> =
            mismatches(&hosts, &allowed, &cells, &probed).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(found.join("\n"), @r"
        client -> records-1 (192.168.30.11) 3306/tcp is not allowed, and is open
        web-1 -> records-1 (192.168.30.11) 3306/tcp is allowed, and is silent
        ");
    }
}
