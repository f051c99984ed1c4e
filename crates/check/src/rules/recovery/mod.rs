//! What comes back after a loss, and how fast.

mod backup_client_compatible;
mod backup_covers_every_store;
mod backup_failure_visible;
mod backup_offsite_immutable;
mod backup_target_exists;
mod backup_window_fits;
mod dr_site_exists;
mod files;
mod keys_recoverable;
mod pitr_has_log_archive;
mod restore_executable;
mod restore_verified;
mod retention_chain_restorable;
mod rpo_per_store;
mod rto_restore_time;
mod snapshot_capability;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &backup_client_compatible::RULE,
    &backup_covers_every_store::RULE,
    &backup_failure_visible::RULE,
    &backup_offsite_immutable::RULE,
    &backup_target_exists::RULE,
    &backup_window_fits::RULE,
    &dr_site_exists::RULE,
    &keys_recoverable::RULE,
    &pitr_has_log_archive::RULE,
    &restore_executable::RULE,
    &restore_verified::RULE,
    &retention_chain_restorable::RULE,
    &rpo_per_store::RULE,
    &rto_restore_time::RULE,
    &snapshot_capability::RULE,
];
