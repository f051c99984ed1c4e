//! `NetworkPolicy`.

use sehat_platform::inventory::network::{
    PeerKind, Policy, PolicyPeer, PolicyPort, PolicyPorts, PolicyRule, RuleAction, Subject, Tier,
};
use sehat_platform::inventory::workload::PortRef;
use sehat_platform::inventory::{Inventory, Object};
use sehat_platform::{Cidr, Protocol};
use sehat_yaml::Node;

use super::valid::Check;
use crate::kubernetes::get::{int, items, selector, text, word, words};
use crate::kubernetes::pod::{port_ref, protocol};

/// Source: Kubernetes API, `NetworkPolicySpec`: without `policyTypes` it governs ingress, and egress where it has
/// such rules.
pub fn policy(node: &Node, object: Object, inventory: &mut Inventory) {
    let mut check = Check::new(&object);
    let spec = node.get("spec").unwrap_or(node);
    let types = words(spec, &["policyTypes"]);
    check.types(spec);
    check.selector(spec, "podSelector");
    let has = |direction: &str| types.iter().any(|known| known == direction);
    let has_egress_rules = !items(spec, &["egress"]).is_empty();
    let mut rules = |direction: &str, peers: &str| -> Vec<PolicyRule> {
        items(spec, &[direction]).iter().map(|rule| policy_rule(rule, peers, &mut check)).collect()
    };
    let (ingress, egress) = (rules("ingress", "from"), rules("egress", "to"));
    check.report(inventory);
    inventory.network.policies.push(Policy {
        tier: Tier::Namespace,
        subject: Subject::Own(selector(spec, &["podSelector"]).unwrap_or_default()),
        governs_ingress: types.is_empty() || has("Ingress"),
        governs_egress: if types.is_empty() { has_egress_rules } else { has("Egress") },
        ingress,
        egress,
        object,
    });
}

/// An absent or empty list of peers or ports means every one.
fn policy_rule(node: &Node, peers: &str, check: &mut Check) -> PolicyRule {
    let (peers, ports) = (items(node, &[peers]), items(node, &["ports"]));
    PolicyRule {
        origin: node.origin.clone(),
        name: None,
        action: RuleAction::Allow,
        peers: (!peers.is_empty()).then(|| peers.iter().map(|node| peer(node, check)).collect()),
        ports: (!ports.is_empty()).then(|| ports.iter().map(|node| policy_port(node, check)).collect()),
    }
}

fn peer(node: &Node, check: &mut Check) -> PolicyPeer {
    check.peer(node);
    PolicyPeer { origin: node.origin.clone(), kind: peer_kind(node, check) }
}

fn peer_kind(node: &Node, check: &mut Check) -> PeerKind {
    if let Some(found) = node.at(&["ipBlock"]) {
        return block(found, check);
    }
    PeerKind::Pods {
        namespaces: selector(node, &["namespaceSelector"]),
        pods: selector(node, &["podSelector"]),
    }
}

fn block(node: &Node, check: &mut Check) -> PeerKind {
    check.block(node);
    let holes = words(node, &["except"]);
    let except: Option<Vec<Cidr>> = holes.iter().map(|range| range.parse().ok()).collect();
    match (word(node, &["cidr"]).parse(), except) {
        (Ok(cidr), Some(except)) => PeerKind::Block { cidr, except },
        _ => PeerKind::Unknown("an address range that cannot be read".to_owned()),
    }
}

fn policy_port(node: &Node, check: &mut Check) -> PolicyPort {
    check.port(node);
    let stated = text(node, &["protocol"]).and_then(|word| protocol(&word)).unwrap_or(Protocol::Tcp);
    let end = int::<u16>(node, &["endPort"]).map(|end| end.value);
    let ports = match node.at(&["port"]).and_then(port_ref) {
        None => PolicyPorts::All(stated),
        Some(PortRef::Number(port)) => PolicyPorts::Range(stated, *port, end.unwrap_or(*port)),
        Some(PortRef::Name(name)) => PolicyPorts::Named(Some(stated), name.value),
    };
    PolicyPort { origin: node.origin.clone(), ports }
}
