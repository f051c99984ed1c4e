//! How changes come in: manifests, images, pipelines.

mod api_version_served;
mod faults;
mod iac_arguments_valid;
mod image_tag_immutable;
mod manifest_schema_valid;
mod object_defined_once;
mod reference_resolves;
mod references;
mod scalar_means_what_it_shows;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &api_version_served::RULE,
    &iac_arguments_valid::RULE,
    &image_tag_immutable::RULE,
    &manifest_schema_valid::RULE,
    &object_defined_once::RULE,
    &reference_resolves::RULE,
    &scalar_means_what_it_shows::RULE,
];
