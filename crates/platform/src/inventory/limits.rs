//! What bounds the number and the size of pods: autoscalers, disruption budgets, quotas, limit ranges.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::{Object, ObjectId, Selector, Stated};
use crate::Bytes;
use crate::place::Cpu;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    pub autoscalers: Vec<Autoscaler>,
    pub budgets: Vec<DisruptionBudget>,
    pub quotas: Vec<Quota>,
    pub ranges: Vec<LimitRange>,
    pub priorities: Vec<Object>,
    /// Counts that an overlay lays over the `replicas` of a base.
    pub overlays: Vec<ReplicaOverlay>,
    pub nodes: Vec<NodeCapacity>,
}

/// `replicas: [{name: patients, count: 5}]` in a kustomization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaOverlay {
    pub name: Stated<String>,
    pub count: Stated<u32>,
}

/// A node as a running cluster describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeCapacity {
    pub object: Object,
    /// What pods may use of it, in thousandths of a core.
    pub cpu: Option<Stated<Cpu>>,
    pub memory: Option<Stated<Bytes>>,
    pub pods: Option<Stated<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Autoscaler {
    pub object: Object,
    pub target: Stated<ObjectId>,
    pub min: Option<Stated<u32>>,
    pub max: Option<Stated<u32>>,
    pub metrics: Vec<ScaleMetric>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaleMetric {
    pub origin: Origin,
    /// `Resource`, `ContainerResource`, `Pods`, `Object`, `External`.
    pub kind: String,
    pub name: String,
    /// Percent of the request, where the target is one.
    pub utilization: Option<Stated<u32>>,
    /// As written, where the target is a quantity.
    pub value: Option<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisruptionBudget {
    pub object: Object,
    pub selector: Option<Selector>,
    /// A count or a percentage, as written.
    pub min_available: Option<Stated<String>>,
    pub max_unavailable: Option<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    pub object: Object,
    /// `requests.cpu: "10"`, as written.
    pub hard: BTreeMap<String, Stated<String>>,
    pub scopes: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitRange {
    pub object: Object,
    pub items: Vec<LimitRangeItem>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitRangeItem {
    pub origin: Origin,
    /// `Container`, `Pod`, `PersistentVolumeClaim`.
    pub kind: String,
    pub default: BTreeMap<String, Stated<String>>,
    pub default_request: BTreeMap<String, Stated<String>>,
    pub max: BTreeMap<String, Stated<String>>,
    pub min: BTreeMap<String, Stated<String>>,
}
