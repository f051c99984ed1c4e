//! Versions and how long they are supported.

mod version_pinned;
mod version_supported;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&version_pinned::RULE, &version_supported::RULE];
