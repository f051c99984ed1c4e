//! What it costs.

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[];
