//! Proves that a promise to restore to a point in time has an archived log behind it.
//!
//! `backup: { point-in-time: true }` is the promise. It needs a product whose log can be replayed, a
//! full copy to start from, and the log archived since that copy: so the log must be kept at least as
//! long as the time between two full copies. A provider's automated backup archives the log by
//! itself where the catalog says so.
//!
//! In existing files: a database whose operator could archive its log, and that is only dumped, is a question: how much
//! may be lost.
//!
//! Unknown: a product of which the catalog does not say whether its log can be replayed, where no
//! log archive is stated either way.
//!
//! Source: the products' manuals, as the catalog's `store/` entries cite them.

use sehat_catalog as catalog;
use sehat_platform::component::{Backup, Component, LogArchive};
use sehat_platform::{Fact, Name};
use sehat_verdict::{Finding, Severity};

use super::files;
use crate::{Context, Outcome, Rule};

const NAME: &str = "pitr-has-log-archive";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Point-in-time promises have continuous log archiving.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog store entries: manuals of MariaDB, PostgreSQL, MongoDB, RDS",
    file: include_str!("pitr_has_log_archive.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let components = context.platform.components.iter();
    let promising = components.filter_map(|(name, component)| {
        let backup = component.backup.as_ref()?;
        (backup.point_in_time.get() == Some(&true)).then_some((name, component, backup))
    });
    let judged = promising.filter_map(|(name, component, backup)| judge_store(name, component, backup));
    judged.chain(files::log::judge(context)).collect::<Vec<_>>().into()
}

fn judge_store(name: &Name, component: &Component, backup: &Backup) -> Option<Finding> {
    let product = component.product.get().map(String::as_str);
    let store = product.and_then(catalog::store);
    let promised = &backup.point_in_time;
    if let Some(store) = store.filter(|store| !store.can_pitr()) {
        return Some(no_log_at_all(name, store.product, promised, component));
    }
    let by_provider =
        component.managed.is_some() && store.and_then(|store| store.log.as_ref()?.managed_every_ms).is_some();
    match &backup.log {
        None if by_provider => None,
        None => Some(no_archive(name, store, promised, backup)),
        Some(log) => too_short(name, log, backup),
    }
}

fn no_log_at_all(name: &Name, product: &str, promised: &Fact<bool>, component: &Component) -> Finding {
    Finding::broken(NAME, Severity::High, name)
        .says(format!(
            "`{name}` is promised back at any point in time, and {product} has no log that could be replayed"
        ))
        .witness("what was written between two copies cannot be brought back")
        .repair("copy it as often as the promise asks, or take the promise back")
        .at(promised.origin(), "promised here")
        .at(component.product.origin(), "has no such log")
}

fn no_archive(
    name: &Name,
    store: Option<&catalog::Store>,
    promised: &Fact<bool>,
    backup: &Backup,
) -> Finding {
    let log = store.and_then(|store| store.log.as_ref()).map_or("log", |log| log.name);
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` is promised back at any point in time, and its {log} is archived nowhere"))
        .witness("a mistake an hour after the last copy costs that hour")
        .repair("add `log: { every: ..., keep: ... }` to its backup")
        .at(promised.origin(), "promised here")
        .at(&backup.meta.origin, "no `log` here")
}

/// The log must reach back to the newest full copy, which is as old as their period at worst.
fn too_short(name: &Name, log: &LogArchive, backup: &Backup) -> Option<Finding> {
    let keep = log.keep.copied()?;
    let full = backup.full.as_ref().or(backup.snapshot.as_ref());
    let Some(full) = full else {
        return Some(no_base(name, log, &backup.point_in_time));
    };
    let period = full.schedule.get()?.period;
    (keep < period).then(|| {
        Finding::broken(NAME, Severity::High, name)
            .says(format!("the log of `{name}` is kept for {keep}, and its full copies lie {period} apart"))
            .witness(format!("{keep} after a full copy the log no longer joins on to it"))
            .repair(format!("keep the log for {period} or longer"))
            .at(log.keep.origin(), "kept too short")
            .at(full.schedule.origin(), "full copies here")
    })
}

fn no_base(name: &Name, log: &LogArchive, promised: &Fact<bool>) -> Finding {
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` archives its log and makes no full copy to replay it on"))
        .witness("a log alone restores nothing")
        .repair("add `full: { schedule: ... }` to its backup")
        .at(promised.origin(), "promised here")
        .at(&log.meta.origin, "a log without a base")
}
