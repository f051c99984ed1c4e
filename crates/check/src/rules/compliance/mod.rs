//! What laws and contracts ask for.

mod audit_trail_kept;
mod data_resident;
mod retention_meets_law;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&audit_trail_kept::RULE, &data_resident::RULE, &retention_meets_law::RULE];
