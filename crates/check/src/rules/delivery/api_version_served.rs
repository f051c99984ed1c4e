//! Proves that every version of an API that the files use is served by the release that they are meant for.
//!
//! A release that takes a version away refuses objects of it: nothing is made, and what runs is no longer changed.
//! Which release serves is taken from the answers (`kubernetes: 1.24`, `cert-manager: 1.5`); where none is given,
//! from what is still supported: a version that was removed before the oldest supported release of its product is
//! not served anywhere that it should run.
//!
//! Unknown: a version that only some supported releases serve, where no release is stated.
//!
//! Source: Kubernetes Deprecated API Migration Guide; release notes of each operator, as the catalog's `removal/` entries cite them.

use jiff::civil::Date;
use sehat_catalog::{self as catalog, Phase};
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::format::{Fault, FaultKind, Release};
use sehat_verdict::{Finding, Severity, State};

use super::faults::{Kinds, findings_of};
use crate::{Context, Outcome, Rule};

const NAME: &str = "api-version-served";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every apiVersion is served by the target release.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes Deprecated API Migration Guide; catalog removal entries",
    file: include_str!("api_version_served.rs"),
    judge,
};

const KINDS: Kinds = &[FaultKind::Version];

fn judge(context: &Context<'_>) -> Outcome {
    let all = context.inventory.format.iter().filter(|fault| KINDS.contains(&fault.kind));
    let (mut gone, mut open) = (Vec::new(), Vec::new());
    for fault in all {
        match serves(fault, context.inventory, context.as_of) {
            Some(true) => {}
            Some(false) => gone.push(fault),
            None => open.push(fault),
        }
    }
    let mut found = findings_of(NAME, gone);
    found.extend(findings_of(NAME, open).into_iter().map(asked));
    found.into()
}

/// Returns whether the release that runs still serves the version; none where that cannot be told.
fn serves(fault: &Fault, inventory: &Inventory, as_of: Date) -> Option<bool> {
    let Some(release) = &fault.release else { return Some(false) };
    match inventory.answers.get(&release.product) {
        Some(stated) => Some(!is_at_least(stated, &release.version)),
        None if is_past(release, as_of) => Some(false),
        None => None,
    }
}

/// Whether every supported release of the product is one that took the version away.
fn is_past(release: &Release, as_of: Date) -> bool {
    let of_product: Vec<_> =
        catalog::lifetimes().iter().filter(|row| row.product == release.product).collect();
    let supported = of_product.iter().filter(|row| row.phase(as_of) == Phase::Standard);
    // Where the catalog counts no releases the newest is meant.
    supported.map(|row| row.release).all(|supported| is_at_least(supported, &release.version))
}

fn is_at_least(version: &str, least: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.split('.').map_while(|part| part.parse().ok()).collect()
    };
    numbers(version) >= numbers(least)
}

fn asked(finding: Finding) -> Finding {
    Finding { state: State::Unknown, severity: Severity::Medium, ..finding }
}
