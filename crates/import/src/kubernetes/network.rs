//! Namespaces, services and network policies.

use sehat_platform::Protocol;
use sehat_platform::inventory::network::{
    Namespace, PeerKind, Policy, PolicyPeer, PolicyPort, PolicyPorts, PolicyRule, RuleAction, Service,
    ServicePort, Subject, Tier,
};
use sehat_platform::inventory::workload::PortRef;
use sehat_platform::inventory::{Inventory, Object, ObjectId, Selector, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{int, items, plain_selector, selector, text, texts, word, words};
use super::pod::{port_ref, protocol};

pub const KINDS: &[Kind] = &[
    Kind { group: "", kind: "Namespace", read: namespace },
    Kind { group: "", kind: "Service", read: service },
    Kind { group: "networking.k8s.io", kind: "NetworkPolicy", read: policy },
    Kind { group: "extensions", kind: "NetworkPolicy", read: policy },
    Kind { group: "cilium.io", kind: "CiliumNetworkPolicy", read: foreign },
    Kind { group: "cilium.io", kind: "CiliumClusterwideNetworkPolicy", read: foreign },
    Kind { group: "crd.projectcalico.org", kind: "NetworkPolicy", read: foreign },
    Kind { group: "crd.projectcalico.org", kind: "GlobalNetworkPolicy", read: foreign },
    Kind { group: "projectcalico.org", kind: "NetworkPolicy", read: foreign },
    Kind { group: "projectcalico.org", kind: "GlobalNetworkPolicy", read: foreign },
];

fn namespace(_: &Node, object: Object, inventory: &mut Inventory) {
    let name = object.id.name.clone();
    inventory.network.namespaces.insert(name, Namespace { object, declared: true });
}

fn foreign(_: &Node, object: Object, inventory: &mut Inventory) {
    inventory.network.foreign_policies.push(object);
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

/// Source: Kubernetes API, `NetworkPolicySpec`: without `policyTypes` it governs ingress, and egress where it has
/// such rules.
fn policy(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let types = words(spec, &["policyTypes"]);
    let has = |direction: &str| types.iter().any(|known| known == direction);
    let has_egress_rules = !items(spec, &["egress"]).is_empty();
    inventory.network.policies.push(Policy {
        tier: Tier::Namespace,
        subject: Subject::Own(selector(spec, &["podSelector"]).unwrap_or_default()),
        governs_ingress: types.is_empty() || has("Ingress"),
        governs_egress: if types.is_empty() { has_egress_rules } else { has("Egress") },
        ingress: items(spec, &["ingress"]).iter().map(|rule| policy_rule(rule, "from")).collect(),
        egress: items(spec, &["egress"]).iter().map(|rule| policy_rule(rule, "to")).collect(),
        object,
    });
}

/// An absent or empty list of peers or ports means every one.
fn policy_rule(node: &Node, peers: &str) -> PolicyRule {
    let (peers, ports) = (items(node, &[peers]), items(node, &["ports"]));
    PolicyRule {
        origin: node.origin.clone(),
        name: None,
        action: RuleAction::Allow,
        peers: (!peers.is_empty()).then(|| peers.iter().map(peer).collect()),
        ports: (!ports.is_empty()).then(|| ports.iter().map(policy_port).collect()),
    }
}

fn peer(node: &Node) -> PolicyPeer {
    PolicyPeer { origin: node.origin.clone(), kind: peer_kind(node) }
}

fn peer_kind(node: &Node) -> PeerKind {
    if let Some(block) = node.at(&["ipBlock"]) {
        let except = words(block, &["except"]);
        let parsed: Result<Vec<_>, _> = except.iter().map(|range| range.parse()).collect();
        return match (word(block, &["cidr"]).parse(), parsed) {
            (Ok(cidr), Ok(except)) => PeerKind::Block { cidr, except },
            _ => PeerKind::Unknown("an address range that cannot be read".to_owned()),
        };
    }
    PeerKind::Pods {
        namespaces: selector(node, &["namespaceSelector"]),
        pods: selector(node, &["podSelector"]).or_else(|| everything_named(node)),
    }
}

fn everything_named(node: &Node) -> Option<Selector> {
    node.get("podSelector").map(|found| Selector { origin: found.origin.clone(), ..Selector::default() })
}

fn policy_port(node: &Node) -> PolicyPort {
    let stated = text(node, &["protocol"]).and_then(|word| protocol(&word));
    let end = int::<u16>(node, &["endPort"]).map(|end| end.value);
    let ports = match node.at(&["port"]).and_then(port_ref) {
        None => PolicyPorts::All(stated.unwrap_or(Protocol::Tcp)),
        Some(PortRef::Number(port)) => {
            PolicyPorts::Range(stated.unwrap_or(Protocol::Tcp), *port, end.unwrap_or(*port))
        }
        Some(PortRef::Name(name)) => PolicyPorts::Named(stated.or(Some(Protocol::Tcp)), name.value),
    };
    PolicyPort { origin: node.origin.clone(), ports }
}
