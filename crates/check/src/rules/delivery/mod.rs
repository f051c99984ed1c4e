//! How changes come in: manifests, images, pipelines.

mod api_version_served;
mod environment_parity;
mod faults;
mod iac_arguments_valid;
mod image_registry_consistent;
mod image_tag_immutable;
mod manifest_schema_valid;
mod object_defined_once;
mod pipeline_authenticates_and_reaches;
mod pipeline_commands_exist;
mod pipeline_covers_services_and_manifests;
mod promotion_gated;
mod reference_resolves;
mod references;
mod rollout_verified_reversible;
mod runbook_references_exist;
mod scalar_means_what_it_shows;
mod single_deployer;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &api_version_served::RULE,
    &environment_parity::RULE,
    &iac_arguments_valid::RULE,
    &image_registry_consistent::RULE,
    &image_tag_immutable::RULE,
    &manifest_schema_valid::RULE,
    &object_defined_once::RULE,
    &pipeline_authenticates_and_reaches::RULE,
    &pipeline_commands_exist::RULE,
    &pipeline_covers_services_and_manifests::RULE,
    &promotion_gated::RULE,
    &reference_resolves::RULE,
    &rollout_verified_reversible::RULE,
    &runbook_references_exist::RULE,
    &scalar_means_what_it_shows::RULE,
    &single_deployer::RULE,
];
