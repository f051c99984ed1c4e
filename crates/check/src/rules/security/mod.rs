//! Who may do what, and what is encrypted.

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[];
