//! What laws and contracts ask for.

mod data_resident;
mod retention_meets_law;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&data_resident::RULE, &retention_meets_law::RULE];
