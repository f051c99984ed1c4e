//! What survives which failure.

mod failover_actor_named;
mod lb_feature_supported;
mod no_single_point_of_failure;
mod quorum_survives;
mod slo_composition;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &failover_actor_named::RULE,
    &lb_feature_supported::RULE,
    &no_single_point_of_failure::RULE,
    &quorum_survives::RULE,
    &slo_composition::RULE,
];
