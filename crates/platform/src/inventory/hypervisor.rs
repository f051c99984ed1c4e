//! Clusters of hypervisors: nodes, votes, guests, jobs, storage, firewalls.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::Stated;
use crate::Bytes;

/// What a copy of `/etc/pve` states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypervisor {
    pub quorum: Quorum,
    pub storages: Vec<GuestStorage>,
    pub guests: Vec<Guest>,
    pub jobs: Vec<BackupJob>,
    pub replications: Vec<Replication>,
    /// Members of pools, by the pool's name.
    pub pools: BTreeMap<String, Vec<u32>>,
    pub ha: Vec<HaResource>,
    pub apart: Vec<ApartRule>,
    pub firewalls: Vec<Firewall>,
    /// Full rights on everything, and who has them.
    pub administrators: Vec<Stated<String>>,
}

impl Hypervisor {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn storage(&self, name: &str) -> Option<&GuestStorage> {
        self.storages.iter().find(|storage| storage.name.value == name)
    }
}

/// Who votes, and over which networks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quorum {
    pub nodes: Vec<VotingNode>,
    /// A device that votes from outside.
    pub device: Option<Stated<u32>>,
    pub two_node: Option<Stated<bool>>,
    pub expected_votes: Option<Stated<u32>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct VotingNode {
    pub name: Stated<String>,
    pub votes: u32,
    /// An address for each ring.
    pub rings: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestStorage {
    pub name: Stated<String>,
    /// `dir`, `lvmthin`, `zfspool`, `rbd`, `nfs`, `pbs` ...
    pub kind: String,
    pub content: Vec<String>,
    pub server: Option<Stated<String>>,
    pub is_shared: bool,
    pub is_disabled: bool,
    pub nodes: Vec<String>,
    /// Copies are encrypted before they leave.
    pub has_key: bool,
    pub path: Option<Stated<String>>,
}

impl GuestStorage {
    /// Returns whether what lies there is lost with the node.
    pub fn is_local(&self) -> bool {
        !self.is_shared && matches!(self.kind.as_str(), "dir" | "lvm" | "lvmthin" | "zfspool" | "btrfs")
    }
}

/// A virtual machine or a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guest {
    pub id: u32,
    pub origin: Origin,
    pub name: Option<Stated<String>>,
    /// The node in whose folder its configuration lies.
    pub node: String,
    pub is_container: bool,
    pub is_template: bool,
    pub memory: Option<Stated<Bytes>>,
    pub disks: Vec<GuestDisk>,
    pub networks: Vec<GuestNetwork>,
    pub starts_by_itself: Option<Stated<bool>>,
}

impl Guest {
    /// `web-01 (101)`, or its number alone.
    pub fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.id.to_string(), |name| format!("{name} ({})", self.id))
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestDisk {
    pub origin: Origin,
    /// `scsi0`, `mp0`, `rootfs`.
    pub slot: String,
    pub storage: String,
    /// Left out of copies, or taken into them, where that is stated.
    pub backup: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestNetwork {
    pub origin: Origin,
    pub bridge: Option<String>,
    pub vlan: Option<u32>,
    pub firewall: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupJob {
    pub origin: Origin,
    pub name: String,
    pub schedule: Option<Stated<String>>,
    pub storage: Option<Stated<String>>,
    pub is_on: bool,
    /// Every guest but those that are excluded.
    pub all: bool,
    pub guests: Vec<u32>,
    pub excluded: Vec<Stated<u32>>,
    pub pool: Option<Stated<String>>,
    /// Of one node's guests only.
    pub node: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replication {
    pub origin: Origin,
    pub guest: u32,
    pub target: String,
}

/// A guest that the cluster starts elsewhere when its node is lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HaResource {
    pub origin: Origin,
    pub guest: u32,
    pub state: Option<Stated<String>>,
}

/// Guests that must not share a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApartRule {
    pub origin: Origin,
    pub guests: Vec<u32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Firewall {
    pub origin: Origin,
    /// Nothing for the whole cluster.
    pub guest: Option<u32>,
    pub is_on: Option<Stated<bool>>,
    pub policy_in: Option<Stated<String>>,
    pub policy_out: Option<Stated<String>>,
    pub rules: usize,
}
