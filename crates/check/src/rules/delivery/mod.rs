//! How changes come in: manifests, images, pipelines.

mod iac_arguments_valid;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&iac_arguments_valid::RULE];
