//! What comes back after a loss, and how fast.

mod backup_covers_every_store;
mod backup_offsite_immutable;
mod pitr_has_log_archive;
mod rpo_per_store;
mod rto_restore_time;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &backup_covers_every_store::RULE,
    &backup_offsite_immutable::RULE,
    &pitr_has_log_archive::RULE,
    &rpo_per_store::RULE,
    &rto_restore_time::RULE,
];
