//! What fits, and how far it grows.

mod amounts;
mod autoscale_max_fits;
mod autoscale_metric_source;
mod autoscale_target_meaningful;
mod connection_budget;
mod declared_range_consistent;
mod n_minus_one_capacity;
mod node_autoscaler_present;
mod pod_density_and_ip;
mod pod_fits_node;
mod quota_fits;
mod quota_statements;
mod replica_floor_consistent;
mod requests_within_limits;
mod storage_usable_and_growth;
mod throughput_budget;

pub use throughput_budget::types;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &autoscale_max_fits::RULE,
    &autoscale_metric_source::RULE,
    &autoscale_target_meaningful::RULE,
    &connection_budget::RULE,
    &declared_range_consistent::RULE,
    &n_minus_one_capacity::RULE,
    &node_autoscaler_present::RULE,
    &pod_density_and_ip::RULE,
    &pod_fits_node::RULE,
    &quota_fits::RULE,
    &replica_floor_consistent::RULE,
    &requests_within_limits::RULE,
    &storage_usable_and_growth::RULE,
    &throughput_budget::RULE,
];
