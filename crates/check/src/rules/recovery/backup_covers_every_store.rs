//! Proves that each store has a copy that is made by itself, or an explicit reason why it needs none.
//!
//! Stores are databases, buckets, file shares, secrets and audit trails, and every other component
//! of a storing kind that says what it `holds`. `rebuildable: reason` is the waiver. Replicas are no
//! copy: a dropped table is dropped on all of them. A copy that is only made by hand does not count,
//! because nobody makes it on the day before the loss. A store that keeps earlier versions write-once
//! is its own copy. Components that carry other components' disks or copies are covered where those
//! are; a store that an environment empties (`holds: null`) holds nothing there.
//!
//! In existing files the stores are resources of a database's operator, and workloads that run a store's own program on a
//! volume that stays. Backups of the operators, Velero schedules, snapshots, dumps in scripts and schedules in documents
//! are copies of them. What no file copies is unknown, because it may be copied elsewhere; `--whole` makes it broken.
//!
//! Unknown: a cache, queue, log or metrics store that says neither `holds`, `backup` nor
//! `rebuildable`: whether its loss is a loss is the owner's to say.
//!
//! Source: ISO/IEC 27002:2022, 8.13; HIPAA 45 CFR 164.308(a)(7)(ii)(A); NIST SP 800-34 Rev. 1, 3.4.2.

mod cloud;
mod compose;
mod hypervisor;
mod prose;

use sehat_analysis::recovery::{Copy, Standing, backup_of, copies, standing};
use sehat_platform::component::{Backup, Component, Kind};
use sehat_platform::data::Class;
use sehat_platform::{Name, Platform};
use sehat_verdict::{Finding, Severity};

use super::files;
use crate::recovery::is_emptied;
use crate::{Context, Outcome, Rule};

const NAME: &str = "backup-covers-every-store";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every stateful store has a backup or an explicit waiver.",
    severity: Severity::High,
    hygiene: false,
    source: "ISO/IEC 27002:2022, 8.13; 45 CFR 164.308(a)(7)(ii)(A)",
    file: include_str!("backup_covers_every_store.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut findings: Vec<Finding> = Vec::new();
    let mut unsaid: Vec<(&Name, &Component)> = Vec::new();
    for (name, component) in platform.components.iter().filter(|(name, _)| !is_emptied(context, name)) {
        match standing(platform, name) {
            Standing::Store => findings.extend(judge_store(platform, name, component)),
            Standing::Unsaid => unsaid.push((name, component)),
            Standing::Rebuildable(_) | Standing::Other => {}
        }
    }
    findings.extend(nobody_says(platform, &unsaid));
    findings.extend(cloud::judge(context));
    findings.extend(compose::judge(context));
    findings.extend(hypervisor::judge(context));
    findings.extend(files::covers::judge(context));
    findings.into()
}

fn judge_store(platform: &Platform, name: &Name, component: &Component) -> Option<Finding> {
    let own = &component.encryption;
    if own.versioned.get() == Some(&true) && own.immutable.get().is_some() {
        return None;
    }
    let Some(backup) = backup_of(platform, component) else {
        return Some(uncovered(platform, name, component));
    };
    let copies = copies(platform, name, component, backup);
    let by_itself = copies.iter().any(|copy| !copy.by_hand);
    (!by_itself).then(|| by_hand_only(platform, name, component, backup, &copies))
}

fn uncovered(platform: &Platform, name: &Name, component: &Component) -> Finding {
    Finding::broken(NAME, severity(platform, component), name)
        .says(format!("`{name}` holds data and has no backup"))
        .witness(format!("nothing brings back what a mistake or a thief deletes in `{name}`"))
        .repair("add `backup:` with a schedule and a target, or say `rebuildable: reason`")
        .at(component.kind.origin().unwrap_or(&component.meta.origin), "a store without a backup")
}

fn by_hand_only(
    platform: &Platform,
    name: &Name,
    component: &Component,
    backup: &Backup,
    copies: &[Copy<'_>],
) -> Finding {
    let what = if copies.is_empty() { "and nothing says what is copied" } else { "and only by hand" };
    let place = copies.first().map_or(&backup.meta.origin, |copy| &copy.origins.copy);
    Finding::broken(NAME, severity(platform, component), name)
        .says(format!("`{name}` is copied without a schedule, {what}"))
        .witness(format!("the last copy of `{name}` is as old as somebody's memory of it"))
        .repair("add a `schedule:`, or say `rebuildable: reason`")
        .at(place, "no copy by itself")
}

fn nobody_says(platform: &Platform, unsaid: &[(&Name, &Component)]) -> Option<Finding> {
    let (subject, whose) = match unsaid {
        [] => return None,
        [(only, _)] => (only.as_str(), format!("`{only}`")),
        many => (platform.name.as_str(), format!("{} parts", many.len())),
    };
    let mut finding = Finding::unknown(NAME, Severity::Low, subject)
        .says(format!("nothing says whether the loss of {whose} is a loss of data"))
        .witness("neither `holds`, `backup` nor `rebuildable` is stated")
        .repair("say what it `holds` and add a `backup:`, or say `rebuildable: reason`");
    finding.count = unsaid.len();
    let place = |component: &'_ Component| component.kind.origin().unwrap_or(&component.meta.origin).clone();
    Some(unsaid.iter().fold(finding, |finding, (name, component)| {
        finding.at(&place(component), format!("`{name}` may hold data"))
    }))
}

/// Data of persons makes it worse, and so does a database.
fn severity(platform: &Platform, component: &Component) -> Severity {
    let classes = component.holds.iter().filter_map(|name| platform.data.get(name.get()?)?.class.copied());
    let grave = classes.into_iter().any(|class| !matches!(class, Class::Operational | Class::Public));
    if grave || component.kind.get() == Some(&Kind::Database) { Severity::High } else { Severity::Medium }
}
