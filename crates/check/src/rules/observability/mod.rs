//! What is measured, logged and told.

mod alert_path_complete;
mod alert_threshold_vs_slo;
mod component_observed;
mod dashboard_matches_series;
mod log_collector_everywhere;
mod log_pipeline_parses;
mod scrape_selects_targets;
mod target_identity_unique;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &alert_path_complete::RULE,
    &alert_threshold_vs_slo::RULE,
    &component_observed::RULE,
    &dashboard_matches_series::RULE,
    &log_collector_everywhere::RULE,
    &log_pipeline_parses::RULE,
    &scrape_selects_targets::RULE,
    &target_identity_unique::RULE,
];
