//! All rules, in the order in which `sehat explain` lists them.

use crate::Rule;

/// Every rule, each once, sorted by name.
pub const ALL: &[&Rule] = &[];
