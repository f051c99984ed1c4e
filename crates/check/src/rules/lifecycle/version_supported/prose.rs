//! The part over documents in words.

use std::collections::BTreeMap;

use jiff::ToSpan;
use sehat_catalog::{self as catalog, Extension, Lifetime, Phase};
use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// A change of version is planned, tested and rolled out within half a year.
const HORIZON_DAYS: i32 = 180;

/// Product, version, and whether later ones are meant too.
type Release<'a> = (&'a str, &'a str, bool);

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<Release<'_>, Vec<&Component>> = BTreeMap::new();
    for component in &context.inventory.prose.components {
        let Some(version) = &component.version else { continue };
        let is_floor = is_floor(context, component);
        groups.entry((component.product, &version.value, is_floor)).or_default().push(component);
    }
    groups.into_iter().filter_map(|(release, all)| finding(context, release, &all)).collect()
}

/// `1.28+` means that release or a later one.
fn is_floor(context: &Context<'_>, component: &Component) -> bool {
    let prose = &context.inventory.prose;
    let (Some(line), Some(version)) = (prose.statement(component), &component.version) else { return false };
    let end = version.origin.end.saturating_sub(line.origin.start);
    line.text.get(end..).is_some_and(|rest| rest.starts_with('+'))
}

fn finding(context: &Context<'_>, release: Release<'_>, all: &[&Component]) -> Option<Finding> {
    let (product, version, is_floor) = release;
    let lifetime = catalog::lifetime(product, version)?;
    let (severity, says, witness) = fault(lifetime, context)?;
    let what = format!("{product} {version}");
    let finding = if is_floor {
        Finding::unknown(NAME, Severity::Medium, product)
            .says(format!("{what} or later is asked for, and {says}"))
            .witness(format!("which release runs is not stated; {witness}"))
            .repair("state the release that runs, and raise the least one to a supported release")
    } else {
        Finding::broken(NAME, severity, product)
            .says(format!("{what}: {says}"))
            .witness(witness)
            .repair("move to a supported release")
    };
    let places = all.iter().filter_map(|component| component.version.as_ref()).take(5);
    Some(
        places.fold(finding, |finding, version| finding.at(&version.origin, "stated here")).counts(all.len()),
    )
}

fn fault(lifetime: &Lifetime, context: &Context<'_>) -> Option<(Severity, String, String)> {
    let on = |date: Option<jiff::civil::Date>| date.map_or_else(String::new, |date| format!(" on {date}"));
    match lifetime.phase(context.as_of) {
        Phase::Ended => Some((
            Severity::High,
            format!("its support ended{}", on(lifetime.last_day().or(lifetime.ended_by))),
            format!("{}: on {} nobody mends a hole that is found in it", lifetime.source, context.as_of),
        )),
        Phase::Extended(Extension::Paid) => Some((
            Severity::Medium,
            format!("its standard support ended{}", on(lifetime.until)),
            format!("only paid support is left, until{}", on(lifetime.extended_until).replace(" on", "")),
        )),
        Phase::Standard => {
            let horizon = context.as_of.saturating_add(HORIZON_DAYS.days());
            let until = lifetime.until.filter(|until| *until < horizon)?;
            Some((
                Severity::Medium,
                format!("its support ends on {until}"),
                "nearer than a planned change takes".to_owned(),
            ))
        }
        Phase::Extended(Extension::Free) | Phase::Unknown => None,
    }
}
