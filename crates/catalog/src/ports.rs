//! On which ports a product listens, and which of them its members need among themselves.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// A range of ports that a product listens on by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    pub product: &'static str,
    /// Unique within the product.
    pub name: &'static str,
    pub transport: Transport,
    /// The first port; 0 where the protocol has none.
    pub first: u16,
    pub last: u16,
    pub role: PortRole,
    /// The topology that needs it; none where every one does.
    pub topology: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    Tcp,
    Udp,
    /// IP protocol 112: no ports.
    Vrrp,
    Icmp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortRole {
    /// Those who use the product connect here.
    Client,
    /// The members connect to each other here.
    Peer,
    /// Operators and tools connect here.
    Admin,
    /// A metrics server reads here.
    Metrics,
}

impl Port {
    fn in_words(&self) -> String {
        match (self.first, self.last) {
            (0, _) => format!("{:?}", self.transport),
            (first, last) if first == last => format!("{first}/{:?}", self.transport),
            (first, last) => format!("{first}-{last}/{:?}", self.transport),
        }
    }
}

cited!(Port, |row| format!("port/{}/{}", row.product, row.name), row.in_words());

/// Returns every port of `product`.
pub fn ports(product: &str) -> &'static [Port] {
    products::find(product, |name| Some(ports_named(name)).filter(|rows| !rows.is_empty()))
        .unwrap_or_default()
}

/// Returns the ports that members of `product` in `topology` need among themselves.
pub fn peers(product: &str, topology: &str) -> impl Iterator<Item = &'static Port> {
    ports(product).iter().filter(move |port| {
        port.role == PortRole::Peer && port.topology.is_none_or(|needed| products::same(needed, topology))
    })
}

fn ports_named(product: &str) -> &'static [Port] {
    let start = TABLE.partition_point(|row| row.product < product);
    let end = TABLE.partition_point(|row| row.product <= product);
    &TABLE[start..end]
}

pub(crate) fn all_ports() -> &'static [Port] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    product: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: &'static str,
    source: &'static str,
    date: Date,
    ports: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: &'static str,
    #[serde(default = "tcp")]
    transport: Transport,
    #[serde(default)]
    port: u16,
    last: Option<u16>,
    #[serde(default = "client")]
    role: PortRole,
    topology: Option<&'static str>,
}

fn tcp() -> Transport {
    Transport::Tcp
}

fn client() -> PortRole {
    PortRole::Client
}

static TABLE: LazyLock<Vec<Port>> = LazyLock::new(|| {
    let file: File = parse!("ports");
    let mut rows: Vec<Port> = file.product.into_iter().flat_map(Group::into_rows).collect();
    rows.sort_by_key(|row| row.product);
    rows
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Port> {
        self.ports.into_iter().map(move |row| Port {
            product: self.name,
            name: row.name,
            transport: row.transport,
            first: row.port,
            last: row.last.unwrap_or(row.port),
            role: row.role,
            topology: row.topology,
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galera_members_talk_on_three_tcp_ports_and_one_udp_port() {
        let found: Vec<_> = peers("mariadb", "galera").map(|port| (port.transport, port.first)).collect();
        assert_eq!(
            found,
            [(Transport::Tcp, 4567), (Transport::Udp, 4567), (Transport::Tcp, 4568), (Transport::Tcp, 4444)]
        );
        assert_eq!(peers("mariadb", "single").count(), 0);
    }

    #[test]
    fn ranges_are_ordered() {
        for port in all_ports() {
            assert!(port.first <= port.last, "{port:?}");
        }
    }
}
