//! All rules, in the order in which `sehat explain` lists them.

mod backup_covers_every_store;
mod backup_offsite_immutable;
mod data_resident;
mod failover_actor_named;
mod flow_permitted_end_to_end;
mod lb_feature_supported;
mod n_minus_one_capacity;
mod no_single_point_of_failure;
mod pitr_has_log_archive;
mod quorum_survives;
mod retention_meets_law;
mod rpo_per_store;
mod rto_restore_time;
mod slo_composition;
mod version_supported;

use crate::Rule;

/// Every rule, each once, sorted by name.
pub const ALL: &[&Rule] = &[
    &backup_covers_every_store::RULE,
    &backup_offsite_immutable::RULE,
    &data_resident::RULE,
    &failover_actor_named::RULE,
    &flow_permitted_end_to_end::RULE,
    &lb_feature_supported::RULE,
    &n_minus_one_capacity::RULE,
    &no_single_point_of_failure::RULE,
    &pitr_has_log_archive::RULE,
    &quorum_survives::RULE,
    &retention_meets_law::RULE,
    &rpo_per_store::RULE,
    &rto_restore_time::RULE,
    &slo_composition::RULE,
    &version_supported::RULE,
];
