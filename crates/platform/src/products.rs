//! Ports of products, from the catalog.

use crate::Ports;
use crate::component::Topology;

pub fn client_ports(_product: &str) -> Vec<Ports> {
    Vec::new()
}

pub fn metrics_ports(_product: &str) -> Vec<Ports> {
    Vec::new()
}

pub fn peer_ports(_product: &str, _topology: Option<Topology>) -> Vec<Ports> {
    Vec::new()
}
