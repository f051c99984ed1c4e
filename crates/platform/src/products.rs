//! Ports of products, from the catalog.

use sehat_catalog::{Port, PortRole, Transport};

use crate::component::{Component, Topology};
use crate::{Ports, Protocol};

/// Programs that speak the scraper's protocol for a product that does not.
const EXPORTERS: [(&str, &str); 6] = [
    ("mariadb", "mysqld-exporter"),
    ("mysql", "mysqld-exporter"),
    ("nginx", "nginx-exporter"),
    ("postgresql", "postgres-exporter"),
    ("redis", "redis-exporter"),
    ("valkey", "redis-exporter"),
];

/// Ports on which those who use the component connect.
pub fn client_ports(component: &Component) -> Vec<Ports> {
    let topology = topology_of(component);
    of_role(product_of(component), PortRole::Client)
        .filter(|port| port.topology.is_none_or(|needed| Some(needed) == topology))
        .map(to_ports)
        .collect()
}

/// Ports on which a metrics server reads the component's figures, through an exporter where it needs one.
pub fn metrics_ports(component: &Component) -> Vec<Ports> {
    let product = product_of(component);
    let name = sehat_catalog::product(product).map_or(product, |known| known.name);
    let exporter =
        EXPORTERS.iter().find(|(exported, _)| *exported == name).map_or("", |(_, exporter)| exporter);
    of_role(product, PortRole::Metrics).chain(of_role(exporter, PortRole::Metrics)).map(to_ports).collect()
}

/// The port on which a machine's own figures are read.
pub fn machine_metrics_ports() -> Vec<Ports> {
    of_role("node-exporter", PortRole::Metrics).map(to_ports).collect()
}

/// Ports that a watching product reads on those whom it watches, where it brings an agent of its own.
pub fn agent_ports(watcher: &Component) -> Vec<Ports> {
    of_role(product_of(watcher), PortRole::Metrics)
        .filter(|port| port.name == "agent")
        .map(to_ports)
        .collect()
}

/// Ports that members need among themselves, by their product, topology and what moves their roles.
pub fn peer_ports(component: &Component) -> Vec<Ports> {
    let product = product_of(component);
    let topology = topology_of(component).unwrap_or("");
    let by = component.failover.as_ref().and_then(|failover| failover.by.get()).map_or("", String::as_str);
    let mut ports: Vec<Ports> = sehat_catalog::peers(product, topology)
        .chain(sehat_catalog::peers(product, by))
        .chain(sehat_catalog::peers(by, topology))
        .map(to_ports)
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

/// The port on which administrators and copies come to a machine.
pub fn shell_ports() -> Vec<Ports> {
    of_role("openssh", PortRole::Client).map(to_ports).collect()
}

fn topology_of(component: &Component) -> Option<&'static str> {
    component.topology.copied().map(Topology::name)
}

fn product_of(component: &Component) -> &str {
    component.product.get().map_or("", String::as_str)
}

fn of_role(product: &str, role: PortRole) -> impl Iterator<Item = &'static Port> {
    sehat_catalog::ports(product).iter().filter(move |port| port.role == role)
}

fn to_ports(port: &Port) -> Ports {
    let protocol = match port.transport {
        Transport::Tcp => Protocol::Tcp,
        Transport::Udp => Protocol::Udp,
        Transport::Vrrp => Protocol::Vrrp,
        Transport::Icmp => Protocol::Icmp,
    };
    Ports { protocol, first: port.first, last: port.last }
}
