//! What it costs.

mod monthly_cost_in_budget;
mod spot_capacity_used;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&monthly_cost_in_budget::RULE, &spot_capacity_used::RULE];
