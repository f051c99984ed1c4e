//! Who can reach whom in an inventory of Kubernetes: every kind of policy of its API, port by port, with the rules
//! that decide.
//!
//! A workload stands for all its pods. A policy of a product that is not understood, and an address range over pods
//! whose addresses the files do not give, make a connection unsure, never allowed.

mod answer;
mod between;
mod end;
mod hash;
mod judge;
mod outside;
mod pods;
mod policies;
mod refused;
mod routes;
mod sets;
mod space;
mod total;

pub use answer::{AnswerRow, Peer, answer};
pub use between::{Passage, Reason, State};
pub use end::{End, Guest};
pub use outside::Interval;
pub use policies::Way;
pub use refused::refused;
pub use routes::{Routed, target_port};
pub use total::Total;

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::workload::Workload;

use pods::Pods;
use policies::Policies;

/// An inventory's policies, prepared for many questions.
pub struct Cluster<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) pods: Pods<'a>,
    pub(crate) policies: Policies<'a>,
}

impl<'a> Cluster<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let pods = Pods::new(inventory);
        let policies = Policies::new(inventory, &pods);
        Self { inventory, pods, policies }
    }

    /// Returns the workloads; an end names one by its place in this list.
    pub fn workloads(&self) -> &'a [Workload] {
        &self.inventory.workloads
    }
}

impl std::fmt::Debug for Cluster<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("workloads", &self.pods.len()).finish_non_exhaustive()
    }
}
