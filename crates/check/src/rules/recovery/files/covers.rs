//! Which stores of existing files have no copy.

use sehat_verdict::{Finding, Severity};

use super::stores::{Copy, Store, all, copies};
use crate::Context;

const NAME: &str = "backup-covers-every-store";

/// Stores of which nothing says that they are copied are one question; what the files show to be wrong is broken.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    if context.inventory.answers.contains_key("backups") {
        return Vec::new();
    }
    let stores = all(context);
    let mut uncovered: Vec<&Store<'_>> = Vec::new();
    let mut findings = Vec::new();
    for store in &stores {
        let copies = copies(context, store);
        if copies.is_empty() {
            uncovered.push(store);
        } else if only_a_log(&copies) {
            findings.extend(no_base(store));
        }
    }
    let (caches, stores): (Vec<_>, Vec<_>) = uncovered.into_iter().partition(|store| store.is_cache());
    findings.extend(nothing_said(context, &stores, Severity::High));
    findings.extend(nothing_said(context, &caches, Severity::Low));
    findings
}

/// The section of a cluster archives its log; a copy is made by a schedule.
fn only_a_log(copies: &[Copy<'_>]) -> bool {
    copies.iter().all(|copy| matches!(copy, Copy::Own(own) if own.schedule.is_none()))
}

fn no_base(store: &Store<'_>) -> Option<Finding> {
    let own = store.operated?.backup.as_ref()?;
    Some(
        Finding::unknown(NAME, Severity::Medium, store.id.to_string())
            .says(format!("{} says where copies go, and no file has a schedule that makes them", store.id))
            .witness("the log alone restores nothing: it needs a base backup before it")
            .repair(format!("add a ScheduledBackup of `{}`", store.id.name))
            .at(&own.origin, "copies go here")
            .asks("backups: stated elsewhere"),
    )
}

fn nothing_said(context: &Context<'_>, stores: &[&Store<'_>], severity: Severity) -> Option<Finding> {
    let first = stores.first()?;
    let is_whole = context.inventory.whole;
    let finding = if is_whole { Finding::broken } else { Finding::unknown };
    let (subject, what) = match stores {
        [only] => (only.id.to_string(), only.id.to_string()),
        _ => (format!("{} and {} more", first.id, stores.len() - 1), format!("{} stores", stores.len())),
    };
    let finding = finding(NAME, severity, subject)
        .says(format!("no file copies {what}, and none says why not"))
        .witness("a dropped table, a deleted claim or an encrypted volume takes the data with it: replicas follow")
        .repair("add a schedule of copies (ScheduledBackup, Velero Schedule, CronJob), or say where they are made")
        .counts(stores.len());
    let finding = stores
        .iter()
        .take(6)
        .fold(finding, |finding, store| finding.at(store.origin, format!("{} is kept here", store.product)));
    Some(if is_whole { finding } else { finding.asks("backups: stated elsewhere") })
}
