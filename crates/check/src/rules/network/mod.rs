//! Who can reach whom.

mod flow_permitted_end_to_end;

use crate::Rule;

/// Sorted by name.
pub const RULES: &[&Rule] = &[&flow_permitted_end_to_end::RULE];
