//! Who can reach whom.

mod admin_path_works;
mod flow_permitted_end_to_end;
mod health_check_port_open;
mod stateless_acl_return_path;
mod tier_has_subnet;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &admin_path_works::RULE,
    &flow_permitted_end_to_end::RULE,
    &health_check_port_open::RULE,
    &stateless_acl_return_path::RULE,
    &tier_has_subnet::RULE,
];
