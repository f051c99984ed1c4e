//! Namespaces, services and network policies.

mod admin;
mod foreign;
mod openshift;
mod plain;
mod user;
mod valid;

use sehat_platform::inventory::network::{Namespace, Service, ServicePort};
use sehat_platform::inventory::workload::PortRef;
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{int, items, plain_selector, text, texts, word};
use super::pod::{port_ref, protocol};

pub const KINDS: &[Kind] = &[
    Kind { group: "", kind: "Namespace", read: namespace },
    Kind { group: "", kind: "Service", read: service },
    Kind { group: "networking.k8s.io", kind: "NetworkPolicy", read: plain::policy },
    Kind { group: "extensions", kind: "NetworkPolicy", read: plain::policy },
    Kind { group: "policy.networking.k8s.io", kind: "AdminNetworkPolicy", read: admin::admin },
    Kind { group: "policy.networking.k8s.io", kind: "BaselineAdminNetworkPolicy", read: admin::baseline },
    Kind { group: "policy.networking.k8s.io", kind: "ClusterNetworkPolicy", read: admin::cluster },
    Kind { group: "k8s.ovn.org", kind: "UserDefinedNetwork", read: user::network },
    Kind { group: "k8s.ovn.org", kind: "ClusterUserDefinedNetwork", read: user::cluster_network },
    Kind { group: "route.openshift.io", kind: "Route", read: openshift::route },
    Kind { group: "cilium.io", kind: "CiliumNetworkPolicy", read: foreign::cilium },
    Kind { group: "cilium.io", kind: "CiliumClusterwideNetworkPolicy", read: foreign::cilium_clusterwide },
    Kind { group: "crd.projectcalico.org", kind: "NetworkPolicy", read: foreign::calico },
    Kind { group: "crd.projectcalico.org", kind: "GlobalNetworkPolicy", read: foreign::calico_global },
    Kind { group: "projectcalico.org", kind: "NetworkPolicy", read: foreign::calico },
    Kind { group: "projectcalico.org", kind: "GlobalNetworkPolicy", read: foreign::calico_global },
    Kind { group: "crd.antrea.io", kind: "NetworkPolicy", read: foreign::calico },
    Kind { group: "crd.antrea.io", kind: "ClusterNetworkPolicy", read: foreign::calico_global },
];

fn namespace(_: &Node, object: Object, inventory: &mut Inventory) {
    let name = object.id.name.clone();
    inventory.network.namespaces.insert(name, Namespace { object, declared: true });
}

/// A namespace that objects lie in is there, declared or not.
pub fn declare_namespaces(inventory: &mut Inventory) {
    let lying = inventory.objects.iter().filter(|object| !object.id.namespace.is_empty());
    for object in lying {
        let name = &object.id.namespace;
        if !inventory.network.namespaces.contains_key(name) {
            let id = ObjectId::new("Namespace", "", name);
            let object = Object { id, origin: object.origin.clone(), ..Object::default() };
            let namespace = Namespace { object, declared: false };
            inventory.network.namespaces.insert(name.clone(), namespace);
        }
    }
}

fn service(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    inventory.network.services.push(Service {
        object,
        kind: text(spec, &["type"]),
        headless: word(spec, &["clusterIP"]) == "None",
        external_name: text(spec, &["externalName"]),
        selector: plain_selector(spec, &["selector"]),
        ports: items(spec, &["ports"]).iter().filter_map(service_port).collect(),
        source_ranges: texts(spec, &["loadBalancerSourceRanges"])
            .into_iter()
            .filter_map(|range| Some(Stated::new(range.value.parse().ok()?, range.origin)))
            .collect(),
    });
}

fn service_port(node: &Node) -> Option<ServicePort> {
    let port = int::<u16>(node, &["port"])?;
    let target = node.at(&["targetPort"]).and_then(port_ref);
    Some(ServicePort {
        name: text(node, &["name"]).map(|name| name.value),
        port: port.value,
        target: target.unwrap_or_else(|| PortRef::Number(port.clone())),
        origin: port.origin,
        protocol: protocol(&word(node, &["protocol"]))?,
    })
}
