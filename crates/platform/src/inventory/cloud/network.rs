//! Networks, subnets, and the two kinds of packet filters.

use sehat_diagnostic::Origin;

use super::{Link, Resource};
use crate::Cidr;
use crate::inventory::Stated;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudNetwork {
    pub resource: Resource,
    pub ranges: Vec<Stated<Cidr>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subnet {
    pub resource: Resource,
    pub network: Vec<Link>,
    pub range: Option<Stated<Cidr>>,
    pub zone: Option<Stated<String>>,
    pub gives_public_addresses: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteTable {
    pub resource: Resource,
    pub network: Vec<Link>,
    pub subnets: Vec<Link>,
    /// Destination and where it leads.
    pub routes: Vec<(Stated<String>, WayOut)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    Internet,
    Nat,
    Other,
}

/// Keeps connections in mind: an answer may always pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecurityGroup {
    pub resource: Resource,
    pub network: Vec<Link>,
    pub ingress: Vec<GroupRule>,
    pub egress: Vec<GroupRule>,
    /// Rules in the group itself: what it does not list is shut. Else the provider may have left its own rule.
    pub states_egress: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupRule {
    pub origin: Origin,
    pub ports: Ports,
    pub blocks: Vec<Cidr>,
    pub groups: Vec<Link>,
    pub is_self: bool,
    /// Some peer is not known before the plan is carried out, or is a prefix list.
    pub is_open_ended: bool,
}

/// Ports of one protocol, or everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// `tcp`, `udp`, `icmp`; nothing means all.
    pub protocol: Option<String>,
    pub first: u16,
    pub last: u16,
}

impl Ports {
    pub fn all() -> Self {
        Self { protocol: None, first: 0, last: u16::MAX }
    }

    pub fn covers(&self, protocol: &str, port: u16) -> bool {
        self.protocol.as_deref().is_none_or(|own| own == protocol) && (self.first..=self.last).contains(&port)
    }

    /// Returns whether every port of the other is among these.
    pub fn contains(&self, other: &Self) -> bool {
        let protocol = self.protocol.is_none() || self.protocol == other.protocol;
        protocol && self.first <= other.first && other.last <= self.last
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.protocol, self.first, self.last) {
            (None, ..) => write!(f, "every port"),
            (Some(protocol), 0, u16::MAX) => write!(f, "every {protocol} port"),
            (Some(protocol), first, last) if first == last => write!(f, "{protocol} {first}"),
            (Some(protocol), first, last) => write!(f, "{protocol} {first}-{last}"),
        }
    }
}

/// Forgets each packet: an answer needs a rule of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acl {
    pub resource: Resource,
    pub network: Vec<Link>,
    pub subnets: Vec<Link>,
    /// In the order of their numbers.
    pub ingress: Vec<AclRule>,
    pub egress: Vec<AclRule>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AclRule {
    pub origin: Origin,
    pub number: u32,
    pub allows: bool,
    pub ports: Ports,
    pub block: Cidr,
}
