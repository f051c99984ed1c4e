//! Who may do what, and what is encrypted.

mod identity_used_least_privilege;
mod rest_encrypted;
mod secret_lifecycle;
mod transit_encrypted;
mod workload_hardened;
mod workload_hardening_stated;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[
    &identity_used_least_privilege::RULE,
    &rest_encrypted::RULE,
    &secret_lifecycle::RULE,
    &transit_encrypted::RULE,
    &workload_hardened::RULE,
    &workload_hardening_stated::RULE,
];
