//! Actions of workflows that were built for a runtime which runners no longer have.

use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::Workflow;
use sehat_verdict::{Finding, Severity};

/// An action in use that is too old.
struct Old<'a> {
    name: &'a str,
    major: u32,
    action: &'static catalog::Action,
    origin: &'a Origin,
}

/// One finding per workflow.
pub fn judge(rule: &'static str, inventory: &Inventory) -> Vec<Finding> {
    inventory.delivery.workflows.iter().filter_map(|workflow| judge_workflow(rule, workflow)).collect()
}

fn judge_workflow(rule: &'static str, workflow: &Workflow) -> Option<Finding> {
    let mut found: Vec<Old<'_>> = workflow.steps().filter_map(|(_, step)| old(step.uses.as_ref()?)).collect();
    let count = found.len();
    found.sort_by_key(|old| (!old.action.refused, old.name, old.origin.start));
    found.dedup_by_key(|old| (old.name, old.major));
    let first = found.first()?;
    let names: Vec<String> =
        found.iter().take(5).map(|old| format!("`{}` v{}", old.name, old.major)).collect();
    let severity = if first.action.refused { Severity::High } else { Severity::Low };
    let message = format!("{} uses {}", workflow.name, names.join(", "));
    let finding = Finding::broken(rule, severity, &workflow.name)
        .says(format!("{message}: built for a runtime that runners no longer have"))
        .witness(first.action.meaning)
        .repair(format!("use `{}@v{}` or later", first.name, first.action.major_min))
        .counts(count);
    let at = |finding: Finding, old: &Old<'_>| {
        finding.at(old.origin, format!("v{} is the first that is supported", old.action.major_min))
    };
    Some(found.iter().take(5).fold(finding, at))
}

fn old(uses: &sehat_platform::inventory::Stated<String>) -> Option<Old<'_>> {
    let (name, version) = uses.split_once('@')?;
    let major: u32 = version.strip_prefix('v')?.split('.').next()?.parse().ok()?;
    let action = catalog::action(name)?;
    (major < action.major_min).then_some(Old { name, major, action, origin: &uses.origin })
}
