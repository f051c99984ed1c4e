//! All rules, one folder per chapter and one file per rule.

pub(crate) mod availability;
mod capacity;
mod compliance;
mod cost;
mod delivery;
mod lifecycle;
mod network;
mod observability;
mod recovery;
mod security;

use std::sync::LazyLock;

use crate::Rule;

/// Every rule, each once, sorted by name: the order in which `sehat explain` lists them.
pub static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let chapters = [
        availability::RULES,
        capacity::RULES,
        compliance::RULES,
        cost::RULES,
        delivery::RULES,
        lifecycle::RULES,
        network::RULES,
        observability::RULES,
        recovery::RULES,
        security::RULES,
    ];
    let mut all = chapters.concat();
    all.sort_by_key(|rule| rule.name);
    all
});
