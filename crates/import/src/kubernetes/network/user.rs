//! Networks of OVN-Kubernetes that are the only one of their pods.

use sehat_platform::inventory::network::{NetworkNamespaces, UserNetwork};
use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::Node;

use crate::kubernetes::get::{selector, word};

pub fn network(node: &Node, object: Object, inventory: &mut Inventory) {
    if node.get("spec").is_some_and(is_primary) {
        inventory.network.networks.push(UserNetwork { object, namespaces: NetworkNamespaces::Own });
    }
}

pub fn cluster_network(node: &Node, mut object: Object, inventory: &mut Inventory) {
    object.id.namespace.clear();
    let selected = selector(node, &["spec", "namespaceSelector"]).unwrap_or_default();
    if node.at(&["spec", "network"]).is_some_and(is_primary) {
        inventory
            .network
            .networks
            .push(UserNetwork { object, namespaces: NetworkNamespaces::Selected(selected) });
    }
}

/// A secondary network comes on top of the cluster's own and sets nobody apart.
fn is_primary(spec: &Node) -> bool {
    ["layer2", "layer3"].iter().any(|topology| word(spec, &[topology, "role"]) == "Primary")
}
