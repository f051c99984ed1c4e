//! What survives which failure.

mod circuit_breaker_vs_load;
mod failover_actor_named;
mod lb_feature_supported;
mod no_single_point_of_failure;
mod quorum_survives;
mod retry_safe;
mod slo_composition;
mod timeout_hierarchy;
mod traffic_split_has_endpoints;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &circuit_breaker_vs_load::RULE,
    &failover_actor_named::RULE,
    &lb_feature_supported::RULE,
    &no_single_point_of_failure::RULE,
    &quorum_survives::RULE,
    &retry_safe::RULE,
    &slo_composition::RULE,
    &timeout_hierarchy::RULE,
    &traffic_split_has_endpoints::RULE,
];
