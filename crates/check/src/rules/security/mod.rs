//! Who may do what, and what is encrypted.

mod edge_control_effective;
mod identity_used_least_privilege;
mod rest_encrypted;
mod secret_lifecycle;
mod tls_issuable;
mod transit_encrypted;
mod workload_hardened;
mod workload_hardening_stated;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &edge_control_effective::RULE,
    &identity_used_least_privilege::RULE,
    &rest_encrypted::RULE,
    &secret_lifecycle::RULE,
    &tls_issuable::RULE,
    &transit_encrypted::RULE,
    &workload_hardened::RULE,
    &workload_hardening_stated::RULE,
];
