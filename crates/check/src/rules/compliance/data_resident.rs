//! Proves that every copy of a class of data lies in a country in which it may lie.
//!
//! `resident: [..]` of the class names the countries. Copies are the stores that hold the class,
//! the targets of their backups, and what serves it from everywhere: a CDN on the way of its users
//! decrypts and caches it at places in many countries. Countries come from sites, and from the
//! regions of providers by the catalog. Public data may be served from everywhere.
//!
//! Where only the law of the document's jurisdictions speaks (`residency/` entries of the catalog)
//! and puts conditions on a transfer, a copy abroad is unknown: places do not show the conditions.
//!
//! Unknown: a copy whose country nothing states, and logs kept abroad of parts that handle the class.
//!
//! Source: the document's own promise; UU 27/2022 art. 56, PP 71/2019 art. 20, LGPD art. 33, GDPR art. 44.

mod cloud;
mod prose;

use std::collections::{BTreeMap, BTreeSet};

use sehat_analysis::recovery::{backup_of, copies};
use sehat_analysis::spot::{Spot, spots};
use sehat_catalog::{self as catalog, ResidencyRule};
use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Kind};
use sehat_platform::data::{Class, DataClass};
use sehat_platform::{Fact, Name, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "data-resident";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every copy (primary, replica, cache, backup, log) lies in an allowed jurisdiction.",
    severity: Severity::High,
    hygiene: false,
    source: "the document's `resident`; catalog residency entries",
    file: include_str!("data_resident.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Where one class may lie, and who says so.
struct Limit<'a> {
    class: &'a Name,
    countries: BTreeSet<&'a str>,
    /// Stated in the document; else it is the law's.
    stated_at: Option<&'a Origin>,
}

/// A component with a copy where it should not be. Several classes may share it.
struct Copy<'a> {
    holder: &'a Name,
    place: &'a Origin,
    what: What,
    country: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Store,
    Backup,
    Everywhere,
    Logs,
}

/// Who keeps it, as what, in which country, and whether the document forbids it.
type Cause<'a> = (&'a Name, What, Option<String>, bool);
type Astray<'a> = (Copy<'a>, Vec<Limit<'a>>);

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(cloud::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut groups: BTreeMap<Cause<'_>, Astray<'_>> = BTreeMap::new();
    for (name, class) in &platform.data {
        let holders = holders(platform, name);
        let Some(limit) = limit(platform, name, class).filter(|_| !holders.is_empty()) else { continue };
        for copy in astray(platform, &holders, &limit) {
            let key = (copy.holder, copy.what, copy.country.clone(), limit.stated_at.is_some());
            let limit =
                Limit { class: limit.class, countries: limit.countries.clone(), stated_at: limit.stated_at };
            groups.entry(key).or_insert_with(|| (copy, Vec::new())).1.push(limit);
        }
    }
    let (nowhere, somewhere): (Vec<_>, Vec<_>) =
        groups.into_values().partition(|(copy, _)| copy.country.is_none() && copy.what != What::Everywhere);
    let findings = somewhere.iter().map(|(copy, limits)| report(copy, limits));
    findings.chain(unplaced(platform, &nowhere)).collect::<Vec<_>>().into()
}

/// However many copies there are, it is one question to the user: where?
fn unplaced(platform: &Platform, copies: &[Astray<'_>]) -> Option<Finding> {
    let holders: BTreeSet<&Name> = copies.iter().map(|(copy, _)| copy.holder).collect();
    let classes: BTreeSet<&str> =
        copies.iter().flat_map(|(_, limits)| limits).map(|limit| limit.class.as_str()).collect();
    let first = holders.first()?;
    let (subject, whose) = match holders.len() {
        1 => (first.as_str(), format!("`{first}` keeps")),
        count => (platform.name.as_str(), format!("{count} parts keep")),
    };
    let mut finding = Finding::unknown(NAME, Severity::Low, subject)
        .says(format!("nothing says in which country {whose} {}", sehat_analysis::names(classes)))
        .witness("neither a site's `country` nor a known `managed.region` is stated")
        .repair("state where each lies (`country` of the site, `managed.region`)");
    finding.count = holders.len();
    Some(copies.iter().fold(finding, |finding, (copy, _)| {
        finding.at(copy.place, format!("`{}` lies somewhere", copy.holder))
    }))
}

fn holders<'a>(platform: &'a Platform, class: &str) -> BTreeMap<&'a Name, &'a Component> {
    let holds = |component: &Component| {
        component.holds.iter().any(|held| held.get().is_some_and(|held| held == class))
    };
    platform.components.iter().filter(|(_, component)| holds(component)).collect()
}

fn limit<'a>(platform: &'a Platform, name: &'a Name, class: &'a DataClass) -> Option<Limit<'a>> {
    if class.class.get() == Some(&Class::Public) {
        return None;
    }
    let stated: BTreeSet<&str> = class.resident.iter().filter_map(Fact::get).map(String::as_str).collect();
    if !stated.is_empty() {
        return Some(Limit {
            class: name,
            countries: stated,
            stated_at: class.resident.first().and_then(Fact::origin),
        });
    }
    let personal = matches!(class.class.get(), Some(Class::Phi | Class::Personal));
    let binding =
        |country: &&str| catalog::residency(country).iter().any(|row| row.rule != ResidencyRule::Free);
    let law: BTreeSet<&str> =
        platform.jurisdictions.iter().filter_map(Fact::get).map(String::as_str).filter(binding).collect();
    // Health data whose place nobody states is worth a question under any law.
    let asks = personal && !law.is_empty() || class.class.get() == Some(&Class::Phi);
    asks.then_some(Limit { class: name, countries: law, stated_at: None })
}

fn astray<'a>(
    platform: &'a Platform,
    holders: &BTreeMap<&'a Name, &'a Component>,
    limit: &Limit<'_>,
) -> Vec<Copy<'a>> {
    let mut found = Vec::new();
    for (name, component) in holders {
        found.extend(misplaced(platform, name, component, What::Store, limit));
        let saved = backup_of(platform, component)
            .map(|backup| copies(platform, name, component, backup))
            .unwrap_or_default();
        let targets: BTreeSet<&Name> = saved
            .iter()
            .filter_map(|copy| copy.target)
            .filter(|target| !holders.contains_key(target))
            .collect();
        for target in targets {
            let vault = platform.components.get_key_value(target);
            found.extend(
                vault
                    .into_iter()
                    .flat_map(|(name, vault)| misplaced(platform, name, vault, What::Backup, limit)),
            );
        }
    }
    found.extend(on_the_way(platform, holders, limit));
    found
}

/// Returns one entry per wrong country, or one where the country is not known.
fn misplaced<'a>(
    platform: &'a Platform,
    name: &'a Name,
    component: &'a Component,
    what: What,
    limit: &Limit<'_>,
) -> Vec<Copy<'a>> {
    let spots = spots(platform, name);
    let copy = |what, country| Copy { holder: name, place: place_of(component), what, country };
    if spots.iter().any(|spot| spot.global) {
        return if limit.stated_at.is_some() { vec![copy(What::Everywhere, None)] } else { Vec::new() };
    }
    let countries: BTreeSet<Option<String>> = spots.into_iter().map(|spot: Spot| spot.country).collect();
    if countries.is_empty() || countries.contains(&None) {
        // A component that does not store has no place of its own to ask for.
        return if component.kind.copied().is_some_and(Kind::stores) {
            vec![copy(what, None)]
        } else {
            Vec::new()
        };
    }
    let abroad =
        |country: &String| !limit.countries.is_empty() && !limit.countries.contains(country.as_str());
    countries.into_iter().flatten().filter(abroad).map(|country| copy(what, Some(country))).collect()
}

fn place_of(component: &Component) -> &Origin {
    let managed = component.managed.as_ref();
    let region = managed.and_then(|managed| managed.region.origin().or_else(|| managed.global.origin()));
    region.or_else(|| component.on.first().and_then(Fact::origin)).unwrap_or(&component.meta.origin)
}

/// What serves the class from everywhere, and what keeps logs of those who handle it.
fn on_the_way<'a>(
    platform: &'a Platform,
    holders: &BTreeMap<&'a Name, &'a Component>,
    limit: &Limit<'_>,
) -> Vec<Copy<'a>> {
    if limit.stated_at.is_none() {
        return Vec::new();
    }
    let handlers = handlers(platform, holders);
    let mut found = Vec::new();
    for (name, component) in &platform.components {
        let relays =
            matches!(component.kind.get(), Some(Kind::Cdn | Kind::Gateway | Kind::LoadBalancer | Kind::Waf));
        let global = component.managed.as_ref().is_some_and(|managed| managed.global.get() == Some(&true));
        if relays && global && handlers.contains(name) {
            found.push(Copy {
                holder: name,
                place: place_of(component),
                what: What::Everywhere,
                country: None,
            });
        }
        let collects =
            component.collects.iter().filter_map(Fact::get).any(|source| handlers.contains(source));
        if collects && !holders.contains_key(name) {
            let logs = misplaced(platform, name, component, What::Logs, limit);
            found.extend(logs.into_iter().filter(|copy| copy.country.is_some()));
        }
    }
    found
}

/// The holders, and whoever routes to them or uses them.
fn handlers<'a>(platform: &'a Platform, holders: &BTreeMap<&'a Name, &'a Component>) -> BTreeSet<&'a Name> {
    let mut handlers: BTreeSet<&Name> = holders.keys().copied().collect();
    let leads = |component: &Component, handlers: &BTreeSet<&Name>| {
        let routes = component.routes.values().filter_map(|route| route.to.get());
        component.uses.keys().chain(routes).any(|to| handlers.contains(to))
    };
    loop {
        let more: Vec<&Name> = platform
            .components
            .iter()
            .filter(|(name, component)| !handlers.contains(name) && leads(component, &handlers))
            .map(|(name, _)| name)
            .collect();
        if more.is_empty() {
            return handlers;
        }
        handlers.extend(more);
    }
}

fn report(copy: &Copy<'_>, limits: &[Limit<'_>]) -> Finding {
    let holder = copy.holder;
    let classes = sehat_analysis::names(limits.iter().map(|limit| limit.class.as_str()));
    let promised: BTreeSet<&str> = limits.iter().flat_map(|limit| limit.countries.iter().copied()).collect();
    let countries = promised.into_iter().collect::<Vec<_>>().join(", ");
    let stated = limits.iter().any(|limit| limit.stated_at.is_some());
    let finding = match (copy.what, &copy.country) {
        (What::Everywhere, _) => Finding::broken(NAME, Severity::High, holder)
            .says(format!(
                "`{holder}` serves {classes} from places in many countries, and it must lie in {countries}"
            ))
            .witness(format!("a request is decrypted and its answer cached where `{holder}` meets the user"))
            .repair("let only public data pass there, and terminate the rest in the country"),
        (What::Logs, Some(country)) => Finding::unknown(NAME, Severity::Low, holder)
            .says(format!("`{holder}` keeps logs in {country} of parts that handle {classes}"))
            .witness(format!("what the logs hold of it is not stated, and it must lie in {countries}"))
            .repair("keep the logs in the country, or state what they hold"),
        (what, Some(country)) if stated => Finding::broken(NAME, Severity::High, holder)
            .says(format!(
                "{} of {classes} in {country}, and it must lie in {countries}",
                holds(holder, what)
            ))
            .witness(format!("`{holder}` is in {country}"))
            .repair(format!("move `{holder}` to {countries}")),
        (what, Some(country)) => Finding::unknown(NAME, Severity::Medium, holder)
            .says(format!(
                "{} of {classes} in {country}, and the law of {countries} puts conditions on that",
                holds(holder, what)
            ))
            .witness("places do not show whether the conditions are met")
            .repair("state `resident:` for the data, or keep it in the country"),
        (what, None) => Finding::unknown(NAME, Severity::Low, holder)
            .says(format!("{} of {classes}, and nothing says in which country", holds(holder, what))),
    };
    let finding = finding.at(copy.place, "lies here");
    limits.iter().fold(finding, |finding, limit| finding.at(limit.stated_at, "promised here"))
}

fn holds(holder: &str, what: What) -> String {
    match what {
        What::Backup => format!("`{holder}` holds copies"),
        _ => format!("`{holder}` holds data"),
    }
}
