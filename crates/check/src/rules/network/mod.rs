//! Who can reach whom.

mod admin_path_works;
mod cluster_network_declared;
mod control_plane_admitted;
mod flow_permitted_end_to_end;
mod health_check_port_open;
mod policy_enforcer_present;
mod stateless_acl_return_path;
mod tier_has_subnet;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &admin_path_works::RULE,
    &cluster_network_declared::RULE,
    &control_plane_admitted::RULE,
    &flow_permitted_end_to_end::RULE,
    &health_check_port_open::RULE,
    &policy_enforcer_present::RULE,
    &stateless_acl_return_path::RULE,
    &tier_has_subnet::RULE,
];
