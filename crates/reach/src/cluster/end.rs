//! The two ends of a connection, and which rules mean them.

use std::net::IpAddr;

use sehat_platform::inventory::network::{
    ForeignPolicy, NAMESPACE_NAME, PeerKind, Subject, namespace_labels,
};
use sehat_platform::inventory::workload::Pod;
use sehat_platform::inventory::{Labels, Selector, Stated};

use super::Cluster;
use super::pods::number;
use super::policies::{Rule, Way};
use super::sets::in_block;

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum End<'b> {
    /// By its place among the inventory's workloads.
    Workload(usize),
    /// An address that no pod of the files has.
    Address(IpAddr),
    /// A pod that the files do not hold, as the resolver and the ingress controller often are.
    Guest(&'b Guest),
}

/// A pod of which only this is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guest {
    pub name: String,
    pub namespace: Labels,
    pub pod: Pod,
    /// Policies that surely select it govern it; else none does.
    pub is_governed: bool,
    /// It may have more labels than these.
    pub has_more_labels: bool,
    /// Its namespace may have another name, and more labels than these.
    pub has_more_namespace: bool,
}

impl Guest {
    /// Returns a pod with these labels in the namespace of this name.
    pub fn new(namespace: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| {
            ((*key).to_owned(), Stated::new((*value).to_owned(), sehat_diagnostic::Origin::default()))
        });
        Self {
            name: namespace.to_owned(),
            namespace: namespace_labels(namespace, &Labels::new()),
            pod: Pod { labels: labels.collect(), ..Pod::default() },
            ..Self::default()
        }
    }

    fn namespace_name(&self) -> Option<&str> {
        self.namespace.get(NAMESPACE_NAME).map(|name| name.value.as_str())
    }
}

/// Whether a rule means an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meets {
    No,
    /// It depends on what the files do not say.
    Maybe,
    Yes,
}

impl<'a> Cluster<'a> {
    pub(crate) fn pod<'b>(&'b self, end: &End<'b>) -> Option<&'b Pod> {
        match end {
            End::Workload(at) => Some(&self.pods.workloads[*at].pod),
            End::Guest(guest) => Some(&guest.pod),
            End::Address(_) => None,
        }
    }

    /// Returns whether the rule means the end as its peer.
    pub(crate) fn meets(&self, rule: &Rule<'a>, end: &End<'_>) -> Meets {
        if rule.every_peer {
            return Meets::Yes;
        }
        let namespace = self.policies.all[rule.policy as usize].stated.object.id.namespace.as_str();
        match end {
            End::Workload(at) if self.policies.means(rule, number(*at)) => Meets::Yes,
            _ => {
                let peers = rule.stated.peers.iter().flatten();
                peers.map(|peer| self.peer_meets(namespace, &peer.kind, end)).max().unwrap_or(Meets::No)
            }
        }
    }

    fn peer_meets(&self, own: &str, peer: &PeerKind, end: &End<'_>) -> Meets {
        match (peer, end) {
            (PeerKind::Block { cidr, except }, End::Address(address)) => {
                sure(in_block(cidr, except, *address))
            }
            (PeerKind::Block { .. }, _) => maybe(self.pod(end).is_some_and(|pod| pod.addresses.is_empty())),
            (PeerKind::Pods { namespaces, pods }, End::Guest(guest)) => {
                let meets = guest_meets(own, namespaces.as_ref(), pods.as_ref(), guest);
                let is_others = meets == Meets::Maybe
                    && namespaces.as_ref().is_some_and(|selector| self.means_others(selector, guest));
                if is_others { Meets::No } else { meets }
            }
            // An address that no pod of the files has may be a node's, or one that a name stands for.
            (PeerKind::Nodes(_) | PeerKind::Domains(_), End::Address(_)) | (PeerKind::Unknown(_), _) => {
                Meets::Maybe
            }
            // What the sets hold of a workload was asked before.
            (PeerKind::Pods { .. } | PeerKind::Nodes(_) | PeerKind::Domains(_), _) => Meets::No,
        }
    }

    /// A selector that some namespace of the files answers was written for that one, and not for a namespace that the
    /// files do not hold.
    fn means_others(&self, selector: &Selector, guest: &Guest) -> bool {
        !selector.is_empty()
            && self.pods.namespaces.iter().any(|known| {
                guest.namespace_name() != Some(known.name)
                    && !known.is_guessed
                    && selector.selects(&known.labels)
            })
    }

    pub(crate) fn governs_guest(&self, policy: u32, way: Way, guest: &Guest) -> bool {
        let stated = self.policies.all[policy as usize].stated;
        self.policies.governs(policy, way)
            && match &stated.subject {
                Subject::Own(pods) => {
                    guest.namespace_name() == Some(&stated.object.id.namespace)
                        && pods.selects(&guest.pod.labels)
                }
                Subject::Namespaces(namespaces, pods) => {
                    namespaces.selects(&guest.namespace) && pods.selects(&guest.pod.labels)
                }
            }
    }

    /// Returns the policy that is not understood and may govern the end.
    pub(crate) fn foreign(&self, end: &End<'_>) -> Option<&'a ForeignPolicy> {
        let End::Workload(at) = end else { return None };
        let workload = &self.pods.workloads[*at];
        self.inventory.network.foreign_policies.iter().find(|policy| {
            let namespace = &policy.object.id.namespace;
            (namespace.is_empty() || *namespace == workload.object.id.namespace)
                && policy.subject.as_ref().is_none_or(|selector| selector.selects(&workload.pod.labels))
        })
    }
}

const fn sure(meets: bool) -> Meets {
    if meets { Meets::Yes } else { Meets::No }
}

const fn maybe(may: bool) -> Meets {
    if may { Meets::Maybe } else { Meets::No }
}

fn guest_meets(own: &str, namespaces: Option<&Selector>, pods: Option<&Selector>, guest: &Guest) -> Meets {
    let namespace = match (namespaces, guest.namespace_name()) {
        (Some(selector), _) => selected(selector, &guest.namespace, guest.has_more_namespace),
        (None, Some(name)) => sure(name == own),
        (None, None) => Meets::Maybe,
    };
    let pod =
        pods.map_or(Meets::Yes, |selector| selected(selector, &guest.pod.labels, guest.has_more_labels));
    namespace.min(pod)
}

/// A label that is not known may be there and may be not.
fn selected(selector: &Selector, labels: &Labels, has_more: bool) -> Meets {
    if !has_more {
        return sure(selector.selects(labels));
    }
    let stated = selector.labels.iter().map(|(key, wanted)| match labels.get(key) {
        Some(found) => sure(found.value == wanted.value),
        None => Meets::Maybe,
    });
    let expressions = selector.expressions.iter().map(|expression| match labels.get(&expression.key.value) {
        Some(_) => sure(expression.holds(labels)),
        None => Meets::Maybe,
    });
    stated.chain(expressions).min().unwrap_or(Meets::Yes)
}
