//! Versions and how long they are supported.

mod version_supported;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&version_supported::RULE];
