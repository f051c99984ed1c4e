//! Proves that no version is past the end of its support on the day of the check, nor will be
//! within 180 days.
//!
//! Whose support counts is the document's to say: `support: debian-12` means that the distribution
//! fixes what it ships, for as long as it is supported itself; else the publisher's own support
//! counts. Free long-term support counts as support, paid support does not. Products, the processes
//! inside them, operating systems and runtimes of nodes and pools are judged. Components with the
//! same product and version are one finding.
//!
//! In existing files the images of workloads and builds are judged where their publisher and tag tell product and version.
//!
//! Unknown: a version whose lifetime the catalog does not hold, a distribution that does not ship
//! the stated version, and a product with releases of which no version is stated. What a provider
//! keeps current by itself, and the team's own services, have no version to judge.
//!
//! Actions of workflows are judged by the runtime that their major was built for.
//!
//! Source: the publishers' own pages, as the catalog's `lifetime/` entries cite them; SP 800-53 Rev. 5, SA-22.

mod actions;
mod cloud;
mod files;
mod prose;

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};
use sehat_catalog::{self as catalog, Extension, Lifetime, Phase};
use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Kind};
use sehat_platform::{Fact, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "version-supported";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "No version is past its end of support, nor will be within the planning horizon.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog lifetime entries; NIST SP 800-53 Rev. 5, SA-22",
    file: include_str!("version_supported.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// A change of version is planned, tested and rolled out within half a year.
const HORIZON_DAYS: i32 = 180;

/// A product in use.
struct Used<'a> {
    by: &'a str,
    product: &'a str,
    version: Option<&'a str>,
    support: Option<&'a str>,
    place: &'a Origin,
}

/// What is to be said of a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Ended { until: Option<Date> },
    PaidOnly { until: Option<Date>, paid: Option<Date> },
    Ending { until: Date },
    NotShipped,
    NoLifetime,
    NoVersion,
}

/// Product, version, whose support counts, and what is wrong.
type Cause<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Fault);

fn judge(context: &Context<'_>) -> Outcome {
    let mut groups: BTreeMap<Cause<'_>, Vec<Used<'_>>> = BTreeMap::new();
    let names = files::names(context.inventory);
    let mut all = in_use(context.platform);
    all.extend(files::in_use(context.inventory, &names, context.as_of));
    for used in all {
        let Some(fault) = fault(&used, context.as_of) else { continue };
        let key = match fault {
            // Missing versions are one question to the user, however many there are.
            Fault::NoVersion => ("", None, None, fault),
            _ => (used.product, used.version, used.support, fault),
        };
        groups.entry(key).or_default().push(used);
    }
    let components = groups.into_iter().map(|((.., fault), all)| report(context, &fault, &all));
    components.chain(actions::judge(NAME, context.inventory)).collect::<Vec<_>>().into()
}

fn in_use(platform: &Platform) -> Vec<Used<'_>> {
    let mut all = cloud::in_use(&platform.inventory.cloud);
    for (name, component) in &platform.components {
        of_component(name, component, &mut all);
    }
    for zone in platform.sites.values().flat_map(|site| site.zones.values()) {
        for (name, node) in &zone.nodes {
            all.extend(used(name, &node.product, &node.version, None));
            all.extend(system(name, &node.os));
        }
    }
    for (name, pool) in &platform.pools {
        // A pool's product is the cluster that it belongs to, which is judged as a component.
        let stated = pool.version.get().is_some();
        all.extend(used(name, &pool.product, &pool.version, None).filter(|_| stated));
        all.extend(system(name, &pool.os));
        all.extend(system(name, &pool.runtime));
    }
    all
}

fn of_component<'a>(name: &'a str, component: &'a Component, all: &mut Vec<Used<'a>>) {
    if component.external.get() == Some(&true) {
        return;
    }
    let support = component.support.get().map(String::as_str);
    // What only changes the platform does not serve it; without a version there is nothing to judge.
    let is_tool = matches!(component.kind.get(), Some(Kind::Provisioning | Kind::Pipeline));
    let judged = component.version.get().is_some() || !is_tool;
    all.extend(used(name, &component.product, &component.version, support).filter(|_| judged));
    all.extend(system(name, &component.os));
    for process in component.processes.values() {
        all.extend(used(name, &process.product, &process.version, support));
    }
}

fn used<'a>(
    by: &'a str,
    product: &'a Fact<String>,
    version: &'a Fact<String>,
    support: Option<&'a str>,
) -> Option<Used<'a>> {
    let name = product.get()?;
    let place = version.origin().or_else(|| product.origin())?;
    Some(Used {
        by,
        product: name,
        version: version.get().map(String::as_str),
        support: support.filter(|support| *support != "upstream"),
        place,
    })
}

/// `debian-12`, `ubuntu-20.04`, `docker-24`
fn system<'a>(by: &'a str, stated: &'a Fact<String>) -> Option<Used<'a>> {
    let (text, place) = stated.get().map(String::as_str).zip(stated.origin())?;
    let (product, version) = match text.rsplit_once('-') {
        Some((product, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (product, Some(version))
        }
        _ => (text, None),
    };
    Some(Used { by, product, version, support: None, place })
}

fn fault(used: &Used<'_>, as_of: Date) -> Option<Fault> {
    if !catalog::is_product(used.product) {
        return None;
    }
    let Some(version) = used.version else { return has_releases(used.product).then_some(Fault::NoVersion) };
    let lifetime = match used.support {
        Some(distribution)
            if catalog::distribution_package(distribution, used.product, version).is_none() =>
        {
            return Some(Fault::NotShipped);
        }
        Some(distribution) => catalog::distribution_lifetime(distribution),
        None => catalog::lifetime(used.product, version),
    };
    lifetime.map_or(Some(Fault::NoLifetime), |lifetime| by_lifetime(lifetime, as_of))
}

fn has_releases(product: &str) -> bool {
    let name = catalog::product(product).map(|row| row.name);
    catalog::lifetimes().iter().any(|row| name == Some(row.product))
}

fn by_lifetime(lifetime: &Lifetime, as_of: Date) -> Option<Fault> {
    match lifetime.phase(as_of) {
        Phase::Standard | Phase::Extended(Extension::Free) => {
            let free = lifetime.extension == Some(Extension::Free);
            let until = if free { lifetime.last_day() } else { lifetime.until };
            let horizon = as_of.saturating_add(HORIZON_DAYS.days());
            until.filter(|until| *until < horizon).map(|until| Fault::Ending { until })
        }
        Phase::Extended(Extension::Paid) => {
            Some(Fault::PaidOnly { until: lifetime.until, paid: lifetime.extended_until })
        }
        Phase::Ended => Some(Fault::Ended { until: lifetime.last_day().or(lifetime.ended_by) }),
        Phase::Unknown => Some(Fault::NoLifetime),
    }
}

fn report(context: &Context<'_>, fault: &Fault, all: &[Used<'_>]) -> Finding {
    let Some(first) = all.first() else { return Finding::unknown(NAME, Severity::Low, "") };
    let what = format!("{} {}", first.product, first.version.unwrap_or(""));
    let subject = match (fault, all) {
        (_, [only]) => only.by,
        (Fault::NoVersion, _) => context.platform.name.as_str(),
        _ => first.product,
    };
    let on = |date: &Option<Date>| date.map_or_else(String::new, |date| format!(" on {date}"));
    let whose = first.support.map_or_else(String::new, |support| format!(", as {support} ships it,"));
    let finding = match fault {
        Fault::Ended { until } => Finding::broken(NAME, Severity::High, subject)
            .says(format!("support for {what}{whose} ended{}", on(until)))
            .witness(format!("on {} nobody mends a hole that is found in it", context.as_of))
            .repair("move to a supported release"),
        Fault::PaidOnly { until, paid } => Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("standard support for {what}{whose} ended{}", on(until)))
            .witness(format!(
                "only paid support is left{}",
                paid.map_or_else(String::new, |paid| format!(", until {paid}"))
            ))
            .repair("move to a release in standard support, or state who pays for the rest"),
        Fault::Ending { until } => Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("support for {what}{whose} ends on {until}, within {HORIZON_DAYS} days"))
            .witness(format!("{until} is nearer to {} than a planned change takes", context.as_of))
            .repair("plan the move to a supported release"),
        Fault::NotShipped => Finding::unknown(NAME, Severity::Low, subject)
            .says(format!(
                "whether {} supports {what} is not known",
                first.support.unwrap_or("the distribution")
            ))
            .witness("the catalog does not list it among what the distribution ships")
            .repair("state the version that the distribution ships, or `support: upstream`"),
        Fault::NoLifetime => Finding::unknown(NAME, Severity::Low, subject)
            .says(format!("until when {what} is supported is not known"))
            .witness("the catalog holds no lifetime of it")
            .repair("state `support:` of the distribution that ships it, or look it up"),
        Fault::NoVersion => Finding::unknown(NAME, Severity::Low, subject)
            .says(format!(
                "{} without a version, so nobody can say until when it is supported",
                products(all)
            ))
            .witness("nothing says which release runs")
            .repair("state `version:`"),
    };
    let mut finding =
        all.iter().fold(finding, |finding, used| finding.at(used.place, format!("used by {}", used.by)));
    finding.count = all.len();
    finding
}

fn products(all: &[Used<'_>]) -> String {
    if let [only] = all {
        format!("{} is stated", only.product)
    } else {
        format!("{} products are stated", all.len())
    }
}
