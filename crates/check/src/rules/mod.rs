//! All rules, in the order in which `sehat explain` lists them.

mod failover_actor_named;
mod lb_feature_supported;
mod n_minus_one_capacity;
mod no_single_point_of_failure;
mod quorum_survives;
mod slo_composition;

use crate::Rule;

/// Every rule, each once, sorted by name.
pub const ALL: &[&Rule] = &[
    &failover_actor_named::RULE,
    &lb_feature_supported::RULE,
    &n_minus_one_capacity::RULE,
    &no_single_point_of_failure::RULE,
    &quorum_survives::RULE,
    &slo_composition::RULE,
];
