//! Proves that at least one copy of each store lies elsewhere and cannot be deleted by the platform.
//!
//! Elsewhere means: another site, region or account than the store's own. Write-once means that the
//! target states `encryption: { immutable: ... }`: nothing that the platform holds can delete a copy
//! before that time. Both must hold for the same copy, because a fire and a thief come one by one,
//! but the copy that survives the thief must also survive him who waits. Stores that share their
//! targets share one finding.
//!
//! Judged for each store that has a backup; `rebuildable` stores are left out.
//!
//! In existing files: copies that all lie on a volume of the same cluster are lost together with the store.
//!
//! Unknown: copies of which no target is stated, or of which no place is known.
//!
//! Source: CISA `StopRansomware` Guide (2023), part 1, offline and immutable backups; ISO/IEC 27002:2022, 8.13.

mod cloud;
mod hypervisor;

use std::collections::{BTreeMap, BTreeSet};

use sehat_analysis::recovery::{Copy, Standing, Way, backup_of, copies, standing};
use sehat_analysis::spot::{Spot, spots};
use sehat_diagnostic::Origin;
use sehat_platform::component::Component;
use sehat_platform::{Fact, Name, Platform};
use sehat_verdict::{Finding, Severity};

use super::files;
use crate::{Context, Outcome, Rule};

const NAME: &str = "backup-offsite-immutable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "At least one copy lies in another failure domain or account, write-once.",
    severity: Severity::High,
    hygiene: false,
    source: "CISA StopRansomware Guide (2023); ISO/IEC 27002:2022, 8.13",
    file: include_str!("backup_offsite_immutable.rs"),
    judge,
};

/// What is wrong with the copies of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    NotElsewhere,
    NotWriteOnce,
    Neither,
    /// Some copy would do, if its place were known.
    PlaceUnknown,
}

/// A store with its copies.
struct Saved<'a> {
    store: &'a Name,
    place: &'a Origin,
    copies: Vec<Copy<'a>>,
}

/// Stores with the same targets and the same fault share it; one without a target stands alone.
type Cause<'a> = (BTreeSet<&'a Name>, Option<&'a Name>, Fault);

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(cloud::judge(context));
    outcome.findings.extend(hypervisor::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut groups: BTreeMap<Cause<'_>, Vec<Saved<'_>>> = BTreeMap::new();
    for (name, component) in &platform.components {
        let Some(backup) =
            backup_of(platform, component).filter(|_| standing(platform, name) == Standing::Store)
        else {
            continue;
        };
        let saved = Saved {
            store: name,
            place: &backup.meta.origin,
            copies: copies(platform, name, component, backup),
        };
        if let Some(fault) = fault(platform, &saved) {
            let targets: BTreeSet<&Name> = saved.copies.iter().filter_map(|copy| copy.target).collect();
            let alone = targets.is_empty().then_some(saved.store);
            groups.entry((targets, alone, fault)).or_default().push(saved);
        }
    }
    let judged =
        groups.into_iter().map(|((targets, _, fault), stores)| report(platform, &targets, fault, &stores));
    judged.chain(files::offsite::judge(context)).collect::<Vec<_>>().into()
}

fn fault(platform: &Platform, saved: &Saved<'_>) -> Option<Fault> {
    let own = spots(platform, saved.store);
    // An archive of old years and a log without its base bring nothing back.
    let whole =
        || saved.copies.iter().filter(|copy| !matches!(copy.way, Way::Log | Way::Archive | Way::Incremental));
    let elsewhere = |copy: &Copy<'_>| is_elsewhere(copy, &own);
    let locked = |copy: &Copy<'_>| copy.immutable.is_some();
    if whole().any(|copy| elsewhere(copy) == Some(true) && locked(copy)) {
        return None;
    }
    if whole().next().is_none() || whole().any(|copy| elsewhere(copy).is_none() && locked(copy)) {
        return Some(Fault::PlaceUnknown);
    }
    let unplaced = whole().all(|copy| elsewhere(copy).is_none());
    match (whole().any(|copy| elsewhere(copy) == Some(true)), whole().any(locked)) {
        (true, _) => Some(Fault::NotWriteOnce),
        (false, true) => Some(Fault::NotElsewhere),
        (false, false) if unplaced => Some(Fault::NotWriteOnce),
        (false, false) => Some(Fault::Neither),
    }
}

/// Every place of the copy must be apart from every place of the store.
fn is_elsewhere(copy: &Copy<'_>, own: &BTreeSet<Spot>) -> Option<bool> {
    if copy.spots.is_empty() || own.is_empty() {
        return None;
    }
    let answers: Vec<Option<bool>> =
        copy.spots.iter().flat_map(|spot| own.iter().map(move |own| spot.is_elsewhere(own))).collect();
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    (!answers.contains(&None)).then_some(true)
}

fn report(platform: &Platform, targets: &BTreeSet<&Name>, fault: Fault, stores: &[Saved<'_>]) -> Finding {
    let subject = match (stores, targets.first()) {
        ([only], _) => only.store,
        (_, Some(target)) => target,
        (_, None) => stores[0].store,
    };
    let whose =
        if let [only] = stores { format!("`{}`", only.store) } else { format!("{} stores", stores.len()) };
    let place = sehat_analysis::names(targets.iter().map(|name| name.as_str()));
    let place = if place.is_empty() { "beside the store".to_owned() } else { format!("in {place}") };
    let (says, repair) = match fault {
        Fault::NotElsewhere => {
            ("lies at another site or in another account", "send a copy to another site or account")
        }
        Fault::NotWriteOnce => {
            ("is write-once", "make a target write-once: `encryption: { immutable: 30d }`")
        }
        Fault::Neither => (
            "lies elsewhere, and none is write-once",
            "send a copy to another site or account, write-once: `encryption: { immutable: 30d }`",
        ),
        Fault::PlaceUnknown => (
            "is known to lie elsewhere",
            "name the target (`backup.to`) and where it lies (`on`, `managed.region`)",
        ),
    };
    let finding = if fault == Fault::PlaceUnknown { Finding::unknown } else { Finding::broken };
    let severity = if fault == Fault::PlaceUnknown { Severity::Low } else { Severity::High };
    let mut finding = finding(NAME, severity, subject)
        .says(format!("no copy of {whose} {says}"))
        .witness(format!("every copy lies {place}: {}", witness(fault)))
        .repair(repair);
    finding.count = stores.len();
    for target in targets.iter().filter_map(|name| platform.components.get(*name)) {
        finding = at_target(finding, target, fault);
    }
    stores
        .iter()
        .fold(finding, |finding, saved| finding.at(saved.place, format!("`{}` is copied here", saved.store)))
}

/// The line to change is the target's: where it lies, or that it refuses to delete.
fn at_target(finding: Finding, target: &Component, fault: Fault) -> Finding {
    let lies = target.on.first().and_then(Fact::origin).unwrap_or(&target.meta.origin);
    let locks = &target.encryption.meta.origin;
    let locks = if locks.line > 0 { locks } else { &target.meta.origin };
    match fault {
        Fault::NotWriteOnce => finding.at(locks, "not write-once"),
        Fault::NotElsewhere | Fault::PlaceUnknown => finding.at(lies, "copies lie here"),
        Fault::Neither if lies == locks => finding.at(lies, "copies lie here"),
        Fault::Neither => finding.at(lies, "copies lie here").at(locks, "not write-once"),
    }
}

fn witness(fault: Fault) -> &'static str {
    match fault {
        Fault::NotElsewhere => "who loses the site loses them too",
        Fault::NotWriteOnce => "who holds the platform's credentials can delete them",
        Fault::Neither => "who loses the site, or its credentials, loses them too",
        Fault::PlaceUnknown => "nothing says where",
    }
}
