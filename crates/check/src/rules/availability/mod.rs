//! What survives which failure.

mod circuit_breaker_vs_load;
mod failover_actor_named;
mod lb_feature_supported;
mod no_single_point_of_failure;
mod probe_fits_container;
mod quorum_of_workloads;
mod quorum_survives;
mod replicas_spread;
mod retry_safe;
mod rollout_keeps_serving;
mod shared_state_for_replicas;
pub(crate) mod slo_composition;
mod state_transfer_keeps_quorum;
mod timeout_hierarchy;
mod topology_supports_feature;
mod traffic_split_has_endpoints;
mod zone_claim_backed;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &circuit_breaker_vs_load::RULE,
    &failover_actor_named::RULE,
    &lb_feature_supported::RULE,
    &no_single_point_of_failure::RULE,
    &probe_fits_container::RULE,
    &quorum_survives::RULE,
    &replicas_spread::RULE,
    &retry_safe::RULE,
    &rollout_keeps_serving::RULE,
    &shared_state_for_replicas::RULE,
    &slo_composition::RULE,
    &state_transfer_keeps_quorum::RULE,
    &timeout_hierarchy::RULE,
    &topology_supports_feature::RULE,
    &traffic_split_has_endpoints::RULE,
    &zone_claim_backed::RULE,
];
