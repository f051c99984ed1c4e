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
    /// Policies of other products: what they say is not known.
    pub foreign_policies: Vec<ForeignPolicy>,
    /// Networks of their own that some namespaces' pods lie in.
    pub networks: Vec<UserNetwork>,
}

/// A policy that no rule here understands, as Cilium and Calico have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForeignPolicy {
    pub object: Object,
    /// The pods that it may govern; absent where that is not understood, so that it may be any.
    pub subject: Option<Selector>,
}

/// A primary network of OVN-Kubernetes: its pods meet no others.
#[derive(Clone, Debug, PartialEq)]
pub struct UserNetwork {
    pub object: Object,
    pub namespaces: NetworkNamespaces,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NetworkNamespaces {
    /// `UserDefinedNetwork`: the one that it lies in.
    Own,
    /// `ClusterUserDefinedNetwork`.
    Selected(Selector),
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

/// The label that Kubernetes itself gives every namespace; nobody can change it.
pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The label without which a namespace takes no part in a primary network.
pub const PRIMARY_NETWORK: &str = "k8s.ovn.org/primary-user-defined-network";

/// Returns the labels of a namespace with the one that Kubernetes gives it.
pub fn namespace_labels(name: &str, stated: &Labels) -> Labels {
    let mut labels = stated.clone();
    labels.insert(NAMESPACE_NAME.to_owned(), Stated::new(name.to_owned(), Origin::default()));
    labels
}
