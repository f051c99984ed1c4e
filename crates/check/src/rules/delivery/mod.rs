//! How changes come in: manifests, images, pipelines.

mod api_version_served;
mod faults;
mod manifest_schema_valid;
mod scalar_means_what_it_shows;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] =
    &[&api_version_served::RULE, &manifest_schema_valid::RULE, &scalar_means_what_it_shows::RULE];
