//! What fits, and how far it grows.

mod n_minus_one_capacity;
mod node_autoscaler_present;
mod pod_density_and_ip;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] =
    &[&n_minus_one_capacity::RULE, &node_autoscaler_present::RULE, &pod_density_and_ip::RULE];
