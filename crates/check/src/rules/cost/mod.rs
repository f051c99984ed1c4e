//! What it costs.

mod spot_capacity_used;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&spot_capacity_used::RULE];
