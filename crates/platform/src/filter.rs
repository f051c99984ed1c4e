//! Stated rules of who may reach whom. Where a document states none, they follow from the needs.

use crate::{Cidr, Fact, Meta, Name, Ports};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub meta: Meta,
    pub kind: Fact<FilterKind>,
    pub product: Fact<String>,
    /// Components and segments that the filter guards; every machine where none is named.
    pub on: Vec<Fact<Name>>,
    /// What no entry matches.
    pub default: Fact<Action>,
    pub ingress: Vec<Opening>,
    pub egress: Vec<Opening>,
    /// The directions that the filter governs even where it has no entry for them.
    pub directions: Vec<Fact<Direction>>,
    /// The entries are computed from what is needed.
    pub derived: Fact<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilterKind {
    /// Remembers connections; guards segments.
    Firewall,
    /// Remembers connections; guards members.
    SecurityGroup,
    /// Forgets connections, so that answers need an entry of their own.
    Acl,
    /// Kubernetes: the union of all policies that select a pod.
    NetworkPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Ingress,
    Egress,
}

/// One entry of a filter: these peers on these ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opening {
    pub meta: Meta,
    /// Empty means every peer.
    pub peers: Vec<Fact<Peer>>,
    /// Empty means every port.
    pub ports: Vec<Fact<Ports>>,
    pub action: Fact<Action>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A component or segment.
    Named(Name),
    Range(Cidr),
    Internet,
    Any,
}
