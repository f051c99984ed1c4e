//! Proves that each class of data is kept at least as long as the law of each jurisdiction asks.
//!
//! The jurisdictions are those that the document names, and those of its regimes. For each class
//! that some store holds, `retain` must reach the longest of the catalog's minima, `delete-after`
//! must not undercut it, and a store that forgets earlier (`retention`) must have an archive that
//! does not (`archive` of the class, `backup.archive.keep` of the store).
//!
//! Unknown: a class that the law speaks of, without `retain`.
//!
//! Source: the laws themselves, as the catalog's `retention/` entries cite them. Sehat supports a
//! judgement with figures; it gives no legal advice.

mod prose;

pub use prose::countries;

use std::collections::BTreeSet;

use sehat_catalog::{self as catalog, Retention};
use sehat_platform::component::{Component, Kind};
use sehat_platform::data::{Class, DataClass};
use sehat_platform::{Duration, Fact, Name, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "retention-meets-law";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Retention of each data class is at least the minimum of the applicable law.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog retention entries: Permenkes 24/2022, Lei 13.787/2018, 45 CFR 164.316 and others",
    file: include_str!("retention_meets_law.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let jurisdictions = jurisdictions(platform);
    let mut findings = Vec::new();
    for (name, class) in &platform.data {
        let holders = holders(platform, name);
        let Some(law) = longest(&jurisdictions, class).filter(|_| !holders.is_empty()) else { continue };
        match judge_class(name, class, law) {
            Some(finding) => findings.push(finding),
            None => findings.extend(
                holders.iter().filter_map(|holder| judge_holder(platform, name, class, law, *holder)),
            ),
        }
    }
    findings.into()
}

fn jurisdictions(platform: &Platform) -> BTreeSet<&str> {
    let of_regimes = platform.regimes.iter().filter_map(|name| catalog::regime(name.get()?)?.jurisdiction);
    platform.jurisdictions.iter().filter_map(Fact::get).map(String::as_str).chain(of_regimes).collect()
}

type Holder<'a> = (&'a Name, &'a Component);

/// Stores of the class; a vault only holds copies of them.
fn holders<'a>(platform: &'a Platform, class: &str) -> Vec<Holder<'a>> {
    let holds = |component: &Component| {
        component.holds.iter().any(|held| held.get().is_some_and(|held| held == class))
    };
    let stores = |component: &Component| {
        component.kind.copied().is_some_and(|kind| kind.stores() && kind != Kind::BackupStore)
    };
    platform.components.iter().filter(|(_, component)| holds(component) && stores(component)).collect()
}

fn longest(jurisdictions: &BTreeSet<&str>, class: &DataClass) -> Option<&'static Retention> {
    let class = class_name(class.class.copied()?)?;
    jurisdictions
        .iter()
        .filter_map(|jurisdiction| catalog::retention(jurisdiction, class))
        .max_by_key(|law| law.months_min)
}

fn class_name(class: Class) -> Option<&'static str> {
    match class {
        Class::Phi => Some("phi"),
        Class::Personal => Some("personal"),
        Class::Billing => Some("billing"),
        Class::Audit => Some("audit"),
        Class::Compliance => Some("compliance"),
        Class::Operational | Class::Public => None,
    }
}

fn judge_class(name: &Name, class: &DataClass, law: &Retention) -> Option<Finding> {
    let asked = Duration(law.ms_min());
    if let Some((after, origin)) =
        class.delete_after.copied().filter(|after| *after < asked).zip(class.delete_after.origin())
    {
        return Some(too_short(name, "deleted after", after, law).at(origin, "deleted too early"));
    }
    match class.retain.copied() {
        Some(retain) if retain < asked => {
            Some(too_short(name, "kept for", retain, law).at(class.retain.origin(), "kept too short"))
        }
        Some(_) => None,
        None => Some(unstated(name, class, law)),
    }
}

fn asks(law: &Retention) -> String {
    format!("{} ({}) asks for {} from {}", law.article, law.jurisdiction, least(law), law.counted_from)
}

fn least(law: &Retention) -> String {
    match (law.months_min / 12, law.months_min % 12) {
        (years, 0) => format!("{years}y"),
        _ => format!("{} months", law.months_min),
    }
}

fn too_short(name: &Name, what: &str, time: Duration, law: &Retention) -> Finding {
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` is {what} {time}, and {}", asks(law)))
        .witness(format!("a record that is {time} old is gone"))
        .repair(format!("state `retain: {}`, and an archive that keeps it", least(law)))
}

fn unstated(name: &Name, class: &DataClass, law: &Retention) -> Finding {
    Finding::unknown(NAME, Severity::Medium, name)
        .says(format!("nothing says how long `{name}` is kept, and {}", asks(law)))
        .witness("without a stated time nobody knows when a record may go")
        .repair(format!("state `retain: {}` or longer, and what keeps it", least(law)))
        .at(class.class.origin().unwrap_or(&class.meta.origin), "of this class")
}

/// A store that forgets earlier needs an archive that does not.
fn judge_holder(
    platform: &Platform,
    name: &Name,
    class: &DataClass,
    law: &Retention,
    holder: Holder<'_>,
) -> Option<Finding> {
    let (store, component) = holder;
    let asked = Duration(law.ms_min());
    let forgets = component.retention.copied().filter(|retention| *retention < asked)?;
    let broken = |message: String| {
        Finding::broken(NAME, Severity::High, store)
            .says(format!("{message}, and {}", asks(law)))
            .witness(format!("after {forgets} nothing holds `{name}`"))
            .repair(format!("archive it for {}, or keep it there that long", least(law)))
            .at(component.retention.origin(), "forgets it here")
    };
    let archive = component.backup.as_ref().and_then(|backup| backup.archive.as_ref());
    if class.archive.is_empty() && archive.is_none() {
        return Some(broken(format!("`{store}` forgets `{name}` after {forgets} and nothing archives it")));
    }
    if let Some((keep, origin)) = archive
        .and_then(|archive| Some((archive.keep.copied()?, archive.keep.origin())))
        .filter(|(keep, _)| *keep < asked)
    {
        return Some(
            broken(format!("`{store}` forgets `{name}` after {forgets} and archives it for {keep}"))
                .at(origin, "archived too short"),
        );
    }
    let short = class.archive.iter().find_map(|name| {
        let archive = platform.components.get(name.get()?)?;
        archive.retention.copied().filter(|retention| *retention < asked).zip(archive.retention.origin())
    });
    short.map(|(keep, origin)| {
        broken(format!("`{store}` forgets `{name}` after {forgets} and its archive after {keep}"))
            .at(origin, "forgets it too")
    })
}
