//! What fits, and how far it grows.

mod n_minus_one_capacity;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&n_minus_one_capacity::RULE];
