//! What is measured, logged and told.

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[];
