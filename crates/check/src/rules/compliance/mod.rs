//! What laws and contracts ask for.

mod audit_trail_kept;
mod data_resident;
mod regime_controls_mapped;
mod retention_consistent;
mod retention_meets_law;

pub use retention_meets_law::countries;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &audit_trail_kept::RULE,
    &data_resident::RULE,
    &regime_controls_mapped::RULE,
    &retention_consistent::RULE,
    &retention_meets_law::RULE,
];
