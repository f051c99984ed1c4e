//! What is measured, logged and told.

mod alert_path_complete;
mod alert_threshold_vs_slo;
mod component_observed;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] =
    &[&alert_path_complete::RULE, &alert_threshold_vs_slo::RULE, &component_observed::RULE];
