//! Policies of Cilium, Calico and Antrea: which pods they may govern, and nothing of what they say.

use sehat_platform::inventory::network::ForeignPolicy;
use sehat_platform::inventory::{Inventory, Object, Selector};
use sehat_yaml::Node;

use crate::kubernetes::get::selector;

pub fn cilium(node: &Node, object: Object, inventory: &mut Inventory) {
    // Several rules of one policy may select different pods.
    let subject = if node.at(&["specs"]).is_some() { None } else { endpoints(node) };
    inventory.network.foreign_policies.push(ForeignPolicy { object, subject });
}

/// It lies in no namespace, so that it may govern pods of all.
pub fn cilium_clusterwide(node: &Node, mut object: Object, inventory: &mut Inventory) {
    object.id.namespace.clear();
    cilium(node, object, inventory);
}

pub fn calico(_: &Node, object: Object, inventory: &mut Inventory) {
    inventory.network.foreign_policies.push(ForeignPolicy { object, subject: None });
}

pub fn calico_global(node: &Node, mut object: Object, inventory: &mut Inventory) {
    object.id.namespace.clear();
    calico(node, object, inventory);
}

/// Source: Cilium, endpoint selectors: labels may carry the prefix of where they come from.
fn endpoints(node: &Node) -> Option<Selector> {
    let found = selector(node, &["spec", "endpointSelector"])?;
    let plain = |key: &str| {
        !key.contains(':') && !key.starts_with("io.kubernetes.") && !key.starts_with("io.cilium.")
    };
    let keys = found.labels.keys().map(String::as_str);
    let expressions = found.expressions.iter().map(|expression| expression.key.value.as_str());
    keys.chain(expressions).all(plain).then_some(found)
}
