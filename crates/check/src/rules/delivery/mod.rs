//! How changes come in: manifests, images, pipelines.

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[];
