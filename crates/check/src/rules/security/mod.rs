//! Who may do what, and what is encrypted.

mod rest_encrypted;
mod transit_encrypted;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&rest_encrypted::RULE, &transit_encrypted::RULE];
