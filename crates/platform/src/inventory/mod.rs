//! What files state of a running estate, in the field's own words: workloads, services, policies, schedules, claims.
//!
//! A platform document states components; existing files state these. Importers fill the inventory, rules read it,
//! and neither knows the other's format.

pub mod cloud;
pub mod compose;
pub mod config;
pub mod delivery;
pub mod edge;
pub mod format;
pub mod hypervisor;
pub mod identity;
pub mod limits;
pub mod mesh;
pub mod network;
mod object;
pub mod operated;
pub mod prose;
mod stated;
pub mod storage;
pub mod watch;
pub mod workload;

pub use object::{Expression, Labels, Object, ObjectId, Operator, Selector};
pub use stated::Stated;

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

/// Everything that was read, each list in the order of the files. Each importer fills its own part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// The input claims to be whole, so what it lacks is not there.
    pub whole: bool,
    /// What the user answered to questions: `cni` is `cilium`.
    pub answers: Labels,
    /// Every object that was read, whatever its kind, with its place.
    pub objects: Vec<Object>,
    pub workloads: Vec<workload::Workload>,
    pub network: network::Network,
    pub edge: edge::Edge,
    pub limits: limits::Limits,
    pub config: config::Config,
    pub identity: identity::Identity,
    pub storage: storage::Storage,
    pub operated: operated::Operated,
    pub mesh: mesh::Mesh,
    pub watch: watch::Watch,
    pub delivery: delivery::Delivery,
    pub cloud: cloud::Cloud,
    pub hypervisor: hypervisor::Hypervisor,
    pub compose: Vec<compose::ComposeFile>,
    pub prose: prose::Prose,
    pub format: Vec<format::Fault>,
    /// What was read and is not understood: how many by kind, with the first place.
    pub not_judged: BTreeMap<String, NotJudged>,
}

/// Things of one kind that nothing was said about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotJudged {
    pub count: usize,
    pub first: Origin,
}

impl Inventory {
    /// Returns whether nothing was read.
    pub fn is_empty(&self) -> bool {
        *self == Self { whole: self.whole, ..Self::default() }
    }

    /// Returns the objects of a kind, `Deployment`.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |object| object.id.kind == kind)
    }

    /// Counts what was not understood.
    pub fn skip(&mut self, kind: impl Into<String>, origin: &Origin) {
        let entry = self.not_judged.entry(kind.into()).or_default();
        if entry.count == 0 {
            entry.first = origin.clone();
        }
        entry.count += 1;
    }
}
