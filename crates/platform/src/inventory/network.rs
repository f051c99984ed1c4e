//! Namespaces, services, and the policies that say who may talk to whom.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::workload::PortRef;
use super::{Labels, Object, Selector, Stated};
use crate::{Cidr, Name, Protocol};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    pub namespaces: BTreeMap<Name, Namespace>,
    pub services: Vec<Service>,
    pub policies: Vec<Policy>,
    /// Policies of other products that may select any pod: what they say is not known.
    pub foreign_policies: Vec<Object>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Namespace {
    pub object: Object,
    /// Some file holds the namespace itself, not only objects in it.
    pub declared: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    pub object: Object,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub kind: Option<Stated<String>>,
    pub headless: bool,
    pub external_name: Option<Stated<String>>,
    /// Absent where somebody else gives the endpoints.
    pub selector: Option<Selector>,
    pub ports: Vec<ServicePort>,
    /// Addresses that may use a load balancer.
    pub source_ranges: Vec<Stated<Cidr>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServicePort {
    pub origin: Origin,
    pub name: Option<String>,
    pub port: u16,
    /// What it leads to in the pods; the port itself where nothing is stated.
    pub target: PortRef,
    pub protocol: Protocol,
}

/// A policy of Kubernetes in its order of judging.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub object: Object,
    pub tier: Tier,
    /// Which pods it governs.
    pub subject: Subject,
    /// The directions that it governs even where it has no rule for them.
    pub governs_ingress: bool,
    pub governs_egress: bool,
    pub ingress: Vec<PolicyRule>,
    pub egress: Vec<PolicyRule>,
}

/// Lower tiers are judged only where no higher one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// `AdminNetworkPolicy`, `ClusterNetworkPolicy` of the admin tier; the lowest priority number first.
    Admin(i32),
    /// `NetworkPolicy`: what one of them allows is allowed, and a pod that one selects has nothing else.
    Namespace,
    /// `BaselineAdminNetworkPolicy`, `ClusterNetworkPolicy` of the baseline tier.
    Baseline(i32),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// Pods of the policy's own namespace.
    Own(Selector),
    /// Pods of the namespaces that the first selects, among them those that the second selects.
    Namespaces(Selector, Selector),
}

/// One entry: these peers on these ports.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRule {
    pub origin: Origin,
    pub name: Option<String>,
    pub action: RuleAction,
    /// Absent means every peer.
    pub peers: Option<Vec<PolicyPeer>>,
    /// Absent means every port.
    pub ports: Option<Vec<PolicyPort>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    Allow,
    Deny,
    /// Leaves the decision to the lower tiers.
    Pass,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PolicyPeer {
    pub origin: Origin,
    pub kind: PeerKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PeerKind {
    /// Pods; the policy's own namespace where none is selected.
    Pods {
        namespaces: Option<Selector>,
        pods: Option<Selector>,
    },
    Block {
        cidr: Cidr,
        except: Vec<Cidr>,
    },
    /// Nodes that a selector selects.
    Nodes(Selector),
    /// Names outside, `*.example.com`.
    Domains(Vec<String>),
    /// Something that is not understood.
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct PolicyPort {
    pub origin: Origin,
    pub ports: PolicyPorts,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PolicyPorts {
    /// Every port of a protocol.
    All(Protocol),
    Range(Protocol, u16, u16),
    /// A container's port by its name, of any protocol where none is stated.
    Named(Option<Protocol>, String),
}

/// The labels that Kubernetes itself gives a namespace.
pub fn namespace_labels(name: &str, stated: &Labels) -> Labels {
    let mut labels = stated.clone();
    labels
        .entry("kubernetes.io/metadata.name".to_owned())
        .or_insert_with(|| Stated::new(name.to_owned(), Origin::default()));
    labels
}
