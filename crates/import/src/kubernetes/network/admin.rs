//! Policies of the cluster's administrators: `AdminNetworkPolicy`, `BaselineAdminNetworkPolicy`,
//! `ClusterNetworkPolicy`.
//!
//! Source: Network Policy API, `policy.networking.k8s.io` v1alpha1 and v1alpha2.

use sehat_platform::inventory::network::{
    PeerKind, Policy, PolicyPeer, PolicyPort, PolicyPorts, PolicyRule, RuleAction, Subject, Tier,
};
use sehat_platform::inventory::{Inventory, Object, Selector};
use sehat_platform::{Cidr, Protocol};
use sehat_yaml::Node;

use super::valid::Check;
use crate::kubernetes::get::{int, items, selector_of, text, word, words};
use crate::kubernetes::pod::protocol;

pub fn admin(node: &Node, object: Object, inventory: &mut Inventory) {
    read(node, object, inventory, |spec, check| Tier::Admin(priority(spec, check)));
}

pub fn baseline(node: &Node, object: Object, inventory: &mut Inventory) {
    let origin = object.origin.clone();
    let is_named = object.id.name == "default";
    read(node, object, inventory, |_, check| {
        if !is_named {
            check.refuse(
                &origin,
                "it is not called `default`",
                "call it `default`: a cluster has one of them",
            );
        }
        Tier::Baseline(0)
    });
}

pub fn cluster(node: &Node, object: Object, inventory: &mut Inventory) {
    read(node, object, inventory, |spec, check| {
        let priority = priority(spec, check);
        match word(spec, &["tier"]).as_str() {
            "Admin" => Tier::Admin(priority),
            "Baseline" => Tier::Baseline(priority),
            other => {
                check.refuse(&spec.origin, format!("`{other}` is no tier"), "write `Admin` or `Baseline`");
                Tier::Admin(priority)
            }
        }
    });
}

fn read(
    node: &Node,
    object: Object,
    inventory: &mut Inventory,
    tier: impl FnOnce(&Node, &mut Check) -> Tier,
) {
    let mut check = Check::new(&object);
    let spec = node.get("spec").unwrap_or(node);
    let tier = tier(spec, &mut check);
    let subject = subject(spec, &mut check);
    let passes = object.id.kind != "BaselineAdminNetworkPolicy";
    let mut rules = |direction: &str, peers: &str| -> Vec<PolicyRule> {
        items(spec, &[direction]).iter().map(|rule| policy_rule(rule, peers, passes, &mut check)).collect()
    };
    let (ingress, egress) = (rules("ingress", "from"), rules("egress", "to"));
    check.report(inventory);
    inventory.network.policies.push(Policy {
        tier,
        subject,
        governs_ingress: !ingress.is_empty(),
        governs_egress: !egress.is_empty(),
        ingress,
        egress,
        object,
    });
}

fn priority(spec: &Node, check: &mut Check) -> i32 {
    let stated = int::<i32>(spec, &["priority"]).map(|stated| stated.value);
    if !stated.is_some_and(|stated| (0..=1000).contains(&stated)) {
        check.refuse(
            &spec.origin,
            "its priority is no number from 0 to 1000",
            "state `priority:` from 0 to 1000",
        );
    }
    stated.unwrap_or_default()
}

fn subject(spec: &Node, check: &mut Check) -> Subject {
    let stated = spec.at(&["subject"]);
    let kinds = stated.map(|node| one_of(node, &["namespaces", "pods"])).unwrap_or_default();
    match (stated, kinds.as_slice()) {
        (Some(node), ["namespaces"]) => {
            Subject::Namespaces(within(node, "namespaces", check), Selector::default())
        }
        (Some(node), ["pods"]) => {
            let (namespaces, pods) = pods(node, check);
            Subject::Namespaces(namespaces, pods)
        }
        _ => {
            let origin = stated.map_or(&spec.origin, |node| &node.origin);
            check.refuse(origin, "its subject is not one of `namespaces` and `pods`", "state one of them");
            Subject::Own(Selector::default())
        }
    }
}

/// Returns which of the keys are there.
fn one_of<'k>(node: &Node, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| node.get(key).is_some_and(|found| !found.is_null())).collect()
}

fn within(node: &Node, key: &str, check: &mut Check) -> Selector {
    check.selector(node, key);
    node.get(key).map(selector_of).unwrap_or_default()
}

fn pods(node: &Node, check: &mut Check) -> (Selector, Selector) {
    let Some(found) = node.at(&["pods"]) else { return Default::default() };
    (within(found, "namespaceSelector", check), within(found, "podSelector", check))
}

fn policy_rule(node: &Node, peers: &str, passes: bool, check: &mut Check) -> PolicyRule {
    let stated = node.at(&[peers]);
    if stated.is_none_or(|list| list.items().is_empty()) {
        check.refuse(
            &node.origin,
            format!("a rule has no `{peers}`"),
            "name its peers: `namespaces: {}` for all pods",
        );
    }
    let listed = items(node, &[peers]).iter();
    let found = listed.flat_map(|node| peer(node, peers == "to", check)).collect();
    let ports = items(node, &["ports"]).iter().map(|node| policy_port(node, check));
    let mut ports: Vec<PolicyPort> = ports.collect();
    ports.extend(items(node, &["protocols"]).iter().flat_map(|node| by_protocol(node, check)));
    PolicyRule {
        origin: node.origin.clone(),
        name: text(node, &["name"]).map(|name| name.value),
        action: action(node, passes, check),
        peers: Some(found),
        ports: (!ports.is_empty()).then_some(ports),
    }
}

fn action(node: &Node, passes: bool, check: &mut Check) -> RuleAction {
    match word(node, &["action"]).as_str() {
        "Allow" | "Accept" => RuleAction::Allow,
        "Deny" => RuleAction::Deny,
        "Pass" if passes => RuleAction::Pass,
        other => {
            check.refuse(
                &node.origin,
                format!("`{other}` is no action here"),
                "write `Allow`, `Deny` or `Pass`",
            );
            RuleAction::Pass
        }
    }
}

const PEERS: [&str; 5] = ["namespaces", "pods", "nodes", "networks", "domainNames"];

/// A list of networks is one peer in the file, and one for each of them here.
fn peer(node: &Node, is_egress: bool, check: &mut Check) -> Vec<PolicyPeer> {
    let known = if is_egress { &PEERS[..] } else { &PEERS[..2] };
    let kinds = one_of(node, known);
    let at = |kind: PeerKind| PolicyPeer { origin: node.origin.clone(), kind };
    match kinds.as_slice() {
        ["namespaces"] => {
            let namespaces = within(node, "namespaces", check);
            vec![at(PeerKind::Pods { namespaces: Some(namespaces), pods: None })]
        }
        ["pods"] => {
            let (namespaces, pods) = pods(node, check);
            vec![at(PeerKind::Pods { namespaces: Some(namespaces), pods: Some(pods) })]
        }
        ["nodes"] => vec![at(PeerKind::Nodes(within(node, "nodes", check)))],
        ["networks"] => items(node, &["networks"]).iter().map(|range| network(range, check)).collect(),
        ["domainNames"] => vec![at(PeerKind::Domains(words(node, &["domainNames"])))],
        _ => {
            check.refuse(
                &node.origin,
                "a peer does not name exactly one kind of peer",
                "make one entry for each",
            );
            vec![at(PeerKind::Unknown("a peer of no known kind".to_owned()))]
        }
    }
}

fn network(node: &Node, check: &mut Check) -> PolicyPeer {
    let text = node.as_text().unwrap_or_default();
    let kind = if let Ok(cidr) = text.parse::<Cidr>() {
        PeerKind::Block { cidr, except: Vec::new() }
    } else {
        check.refuse(&node.origin, format!("`{text}` is no address range"), "write it as 10.0.0.0/8");
        PeerKind::Unknown("an address range that cannot be read".to_owned())
    };
    PolicyPeer { origin: node.origin.clone(), kind }
}

fn policy_port(node: &Node, check: &mut Check) -> PolicyPort {
    let ports = match one_of(node, &["portNumber", "portRange", "namedPort"]).as_slice() {
        ["portNumber"] => range(node, &["portNumber", "port"], &["portNumber", "port"], "portNumber", check),
        ["portRange"] => range(node, &["portRange", "start"], &["portRange", "end"], "portRange", check),
        ["namedPort"] => Some(PolicyPorts::Named(None, word(node, &["namedPort"]))),
        _ => {
            let repair = "make one entry for each `portNumber`, `portRange` or `namedPort`";
            check.refuse(&node.origin, "a port does not name exactly one kind of port", repair);
            None
        }
    };
    PolicyPort { origin: node.origin.clone(), ports: ports.unwrap_or_else(nothing) }
}

fn range(node: &Node, first: &[&str], last: &[&str], kind: &str, check: &mut Check) -> Option<PolicyPorts> {
    let stated = word(node, &[kind, "protocol"]);
    let known = protocol(&stated);
    if known.is_none() {
        check.refuse(&node.origin, format!("`{stated}` is no protocol"), "write `TCP`, `UDP` or `SCTP`");
    }
    span(node, known?, (first, last), check)
}

fn span(
    node: &Node,
    protocol: Protocol,
    (first, last): (&[&str], &[&str]),
    check: &mut Check,
) -> Option<PolicyPorts> {
    let port = |path: &[&str]| int::<u16>(node, path).map(|port| port.value).filter(|port| *port > 0);
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Some(PolicyPorts::Range(protocol, first, last)),
        _ => {
            check.refuse(
                &node.origin,
                "its ports are no range from 1 to 65535",
                "state the first port and the last",
            );
            None
        }
    }
}

/// A port that no packet has, in place of one that cannot be read.
fn nothing() -> PolicyPorts {
    PolicyPorts::Named(None, String::new())
}

/// The form of v1alpha2: `tcp: { destinationPort: { number: 80 } }`.
fn by_protocol(node: &Node, check: &mut Check) -> Vec<PolicyPort> {
    let at = |ports: PolicyPorts| PolicyPort { origin: node.origin.clone(), ports };
    if let Some(name) = text(node, &["destinationNamedPort"]) {
        return vec![at(PolicyPorts::Named(None, name.value))];
    }
    let kinds = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp), ("sctp", Protocol::Sctp)];
    let stated: Vec<_> = kinds.into_iter().filter(|(key, _)| node.get(key).is_some()).collect();
    let [(key, protocol)] = stated.as_slice() else {
        check.refuse(&node.origin, "an entry does not name exactly one protocol", "make one entry for each");
        return vec![at(nothing())];
    };
    let Some(port) = node.at(&[key, "destinationPort"]) else { return vec![at(PolicyPorts::All(*protocol))] };
    let paths: [&[&str]; 2] =
        if port.get("range").is_some() { [&["range", "start"], &["range", "end"]] } else { [&["number"]; 2] };
    vec![at(span(port, *protocol, (paths[0], paths[1]), check).unwrap_or_else(nothing))]
}
