//! Who can reach whom.

mod admin_path_works;
mod cluster_network_declared;
mod control_plane_admitted;
mod deny_all_keeps_dns;
mod egress_restricted;
mod external_dependency_allowed;
mod flow_permitted_end_to_end;
mod flows;
mod health_check_port_open;
mod hosts;
mod ingress_controller_admitted;
mod name_resolves;
mod policy_enforcer_present;
mod port_agreement;
mod scrape_path_open;
mod stateless_acl_return_path;
mod subjects;
mod tier_has_subnet;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &admin_path_works::RULE,
    &cluster_network_declared::RULE,
    &control_plane_admitted::RULE,
    &deny_all_keeps_dns::RULE,
    &egress_restricted::RULE,
    &external_dependency_allowed::RULE,
    &flow_permitted_end_to_end::RULE,
    &health_check_port_open::RULE,
    &ingress_controller_admitted::RULE,
    &name_resolves::RULE,
    &policy_enforcer_present::RULE,
    &port_agreement::RULE,
    &scrape_path_open::RULE,
    &stateless_acl_return_path::RULE,
    &tier_has_subnet::RULE,
];
