//! An evaluator that follows the text of the Kubernetes API word by word, pair by pair and port by port.

use sehat_platform::Protocol;
use sehat_platform::inventory::network::{
    PeerKind, Policy, PolicyPorts, PolicyRule, RuleAction, Subject, Tier, namespace_labels,
};
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, Labels};

/// Returns whether a packet passes both ends.
pub fn allows(
    inventory: &Inventory,
    client: &Workload,
    server: &Workload,
    protocol: Protocol,
    port: u16,
) -> bool {
    let asked = Asked { inventory, server, protocol, port };
    asked.end(client, server, false) && asked.end(server, client, true)
}

struct Asked<'a> {
    inventory: &'a Inventory,
    server: &'a Workload,
    protocol: Protocol,
    port: u16,
}

impl Asked<'_> {
    fn end(&self, at: &Workload, peer: &Workload, ingress: bool) -> bool {
        let governing: Vec<&Policy> = self
            .inventory
            .network
            .policies
            .iter()
            .filter(|policy| if ingress { policy.governs_ingress } else { policy.governs_egress })
            .filter(|policy| self.selects(policy, at))
            .collect();
        match self.ordered(&governing, peer, ingress, |tier| matches!(tier, Tier::Admin(_))) {
            Some(RuleAction::Allow) => return true,
            Some(RuleAction::Deny) => return false,
            Some(RuleAction::Pass) | None => {}
        }
        let mut plain = governing.iter().filter(|policy| policy.tier == Tier::Namespace).peekable();
        if plain.peek().is_some() {
            return plain
                .any(|policy| rules(policy, ingress).iter().any(|rule| self.matches(policy, rule, peer)));
        }
        let below = self.ordered(&governing, peer, ingress, |tier| matches!(tier, Tier::Baseline(_)));
        below != Some(RuleAction::Deny)
    }

    /// The first rule that matches, the smallest priority number first.
    fn ordered(
        &self,
        governing: &[&Policy],
        peer: &Workload,
        ingress: bool,
        of_tier: fn(&Tier) -> bool,
    ) -> Option<RuleAction> {
        let mut policies: Vec<&&Policy> = governing.iter().filter(|policy| of_tier(&policy.tier)).collect();
        policies.sort_by_key(|policy| match policy.tier {
            Tier::Admin(priority) | Tier::Baseline(priority) => priority,
            Tier::Namespace => 0,
        });
        let mut found = policies.iter().flat_map(|policy| {
            rules(policy, ingress)
                .iter()
                .filter(|rule| self.matches(policy, rule, peer))
                .map(|rule| rule.action)
        });
        found.next()
    }

    fn selects(&self, policy: &Policy, workload: &Workload) -> bool {
        match &policy.subject {
            Subject::Own(pods) => {
                policy.object.id.namespace == workload.object.id.namespace
                    && pods.selects(&workload.pod.labels)
            }
            Subject::Namespaces(namespaces, pods) => {
                namespaces.selects(&self.labels_around(workload)) && pods.selects(&workload.pod.labels)
            }
        }
    }

    fn labels_around(&self, workload: &Workload) -> Labels {
        let name = &workload.object.id.namespace;
        let stated = self.inventory.network.namespaces.get(name).map(|found| found.object.labels.clone());
        namespace_labels(name, &stated.unwrap_or_default())
    }

    fn matches(&self, policy: &Policy, rule: &PolicyRule, peer: &Workload) -> bool {
        let peers = rule
            .peers
            .as_ref()
            .is_none_or(|peers| peers.iter().any(|stated| self.is_peer(policy, &stated.kind, peer)));
        let ports =
            rule.ports.as_ref().is_none_or(|ports| ports.iter().any(|stated| self.is_port(&stated.ports)));
        peers && ports
    }

    fn is_peer(&self, policy: &Policy, stated: &PeerKind, peer: &Workload) -> bool {
        match stated {
            PeerKind::Pods { namespaces, pods } => {
                let namespace = match namespaces {
                    Some(selector) => selector.selects(&self.labels_around(peer)),
                    None => policy.object.id.namespace == peer.object.id.namespace,
                };
                namespace && pods.as_ref().is_none_or(|selector| selector.selects(&peer.pod.labels))
            }
            PeerKind::Block { cidr, except } => {
                peer.pod.addresses.iter().any(|address| {
                    cidr.contains(address) && !except.iter().any(|hole| hole.contains(address))
                })
            }
            PeerKind::Nodes(_) | PeerKind::Domains(_) | PeerKind::Unknown(_) => false,
        }
    }

    fn is_port(&self, stated: &PolicyPorts) -> bool {
        match stated {
            PolicyPorts::All(protocol) => *protocol == self.protocol,
            PolicyPorts::Range(protocol, first, last) => {
                *protocol == self.protocol && (*first..=*last).contains(&self.port)
            }
            PolicyPorts::Named(protocol, name) => self.server.pod.ports().any(|port| {
                port.name.as_ref() == Some(name)
                    && port.number == self.port
                    && port.protocol == self.protocol
                    && protocol.is_none_or(|protocol| protocol == self.protocol)
            }),
        }
    }
}

fn rules(policy: &Policy, ingress: bool) -> &[PolicyRule] {
    if ingress { &policy.ingress } else { &policy.egress }
}
