//! Who may do what, and what is encrypted.

mod transit_encrypted;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&transit_encrypted::RULE];
