//! Proves that no single loss ends a journey: not that of an instance, a machine, a node, a zone
//! or a segment that reaches only one zone.
//!
//! A journey lives while every component in its `through`, and every component that these use and
//! do not call optional, has enough members: one, a majority where members vote, all where there
//! are too few to lose one. From that the minimal cut sets are computed; each of a single element
//! is a finding at the component that fails by it. The smallest such element is named.
//!
//! Judged where an availability or a failover is promised; in a document that promises neither,
//! in production. The only zone, the only node's zone and a segment without stated zones are no
//! findings: what their loss costs stands in the availability's verdict. A quorum that a domain
//! takes away belongs to `quorum-survives`, a role that nobody takes over to `failover-actor-named`.
//!
//! Unknown: a component of which nothing says how many instances run; instances of which nothing
//! says that they run on different nodes.
//!
//! Source: IEC 61078:2016, minimal cut sets; availability principles of the documents' own promises.

mod cloud;
mod hypervisor;
mod prose;

use std::collections::{BTreeMap, BTreeSet};

use sehat_analysis::survival::{self, Element, Survival};
use sehat_analysis::{names, one_or_many, path};
use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Spread, Topology};
use sehat_platform::journey::Journey;
use sehat_platform::{Name, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule, promise};

const NAME: &str = "no-single-point-of-failure";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Removing any one instance, machine, node, zone or link keeps every journey alive.",
    severity: Severity::Critical,
    hygiene: false,
    source: "IEC 61078:2016, minimal cut sets",
    file: include_str!("no_single_point_of_failure.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// What ends by the loss of one component's element.
#[derive(Default)]
struct Ended<'a> {
    journeys: Vec<&'a Name>,
    element: Option<Element>,
}

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(cloud::judge(context));
    outcome.findings.extend(hypervisor::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    if platform.journeys.is_empty() || !promise::asks_for_survival(context) {
        return Outcome::default();
    }
    let mut ended: BTreeMap<Name, Ended<'_>> = BTreeMap::new();
    let mut uncounted = BTreeSet::new();
    for (name, journey) in &platform.journeys {
        let survival = survival::survival(platform, journey);
        for (component, element) in single_points(platform, &survival) {
            let entry = ended.entry(component).or_default();
            entry.journeys.push(name);
            entry.element.get_or_insert(element);
        }
        uncounted.extend(
            survival
                .groups
                .iter()
                .map(|group| &group.component)
                .filter(|name| is_open(platform, name))
                .cloned(),
        );
        uncounted.extend(survival.uncounted);
    }
    let mut findings: Vec<Finding> =
        ended.iter().map(|(component, ended)| broken(platform, component, ended)).collect();
    findings.extend(unspread(platform));
    findings.extend(uncounted_finding(platform, &uncounted));
    findings.into()
}

/// Returns each component that a single element ends, with the smallest such element.
fn single_points(platform: &Platform, survival: &Survival) -> BTreeMap<Name, Element> {
    let mut found: BTreeMap<Name, Element> = BTreeMap::new();
    for cut in survival.minimal_cuts(1) {
        let element = &survival.elements[cut.elements[0]];
        for name in &cut.components {
            let Some(component) = platform.components.get(name) else { continue };
            if counts(platform, name, component, element, survival) {
                let smallest = found.entry(name.clone()).or_insert_with(|| element.clone());
                // Elements are ordered from the instance to the segment.
                *smallest = element.clone().min(smallest.clone());
            }
        }
    }
    found
}

fn counts(
    platform: &Platform,
    name: &str,
    component: &Component,
    element: &Element,
    survival: &Survival,
) -> bool {
    let several_zones = || survival::zones_in_use(platform).len() > 1;
    let judged_here = || !votes(component, name, survival) && !is_open(platform, name);
    match element {
        Element::Instance(_) | Element::Machine(_) | Element::Node(_) => judged_here(),
        Element::Zone(_) => several_zones() && judged_here(),
        Element::Segment(segment) => {
            platform.segments.get(segment).is_some_and(|segment| segment.zones.len() == 1) && several_zones()
        }
        Element::Party(_) => component.managed.is_some() && stands_alone(component) == Some(true),
    }
}

/// A quorum that could lose a member, or whose two members cannot, is judged by `quorum-survives`.
fn votes(component: &Component, name: &str, survival: &Survival) -> bool {
    let quorum = survival::has_quorum(component, survival::topology_entry(component));
    let group = survival.groups.iter().find(|group| group.component == name);
    quorum
        && group.is_some_and(|group| {
            group.members.len() == 2 || (group.members.len() > 2 && group.needed < group.members.len())
        })
}

/// Returns whether nothing tells one instance from several: `replicas: 1..`, or a managed product
/// that may have a standby.
fn is_open(platform: &Platform, name: &str) -> bool {
    let Some(component) = platform.components.get(name) else { return false };
    if component.managed.is_some() {
        return can_have_standby(component) && stands_alone(component).is_none();
    }
    component.replicas.get().is_some_and(|range| range.min == 1 && range.max.is_none())
}

fn can_have_standby(component: &Component) -> bool {
    let rows = component.product.get().map(|product| catalog::topologies(product)).unwrap_or_default();
    rows.iter().any(|row| row.members_min_for_one_loss.is_some())
}

/// Returns whether a managed product that can have a standby has none; nothing where it is not known.
fn stands_alone(component: &Component) -> Option<bool> {
    let least = catalog::topologies(component.product.get()?)
        .iter()
        .filter_map(|row| row.members_min_for_one_loss)
        .min()?;
    if let Some(multi_zone) = component.managed.as_ref()?.multi_zone.get() {
        return Some(!multi_zone);
    }
    match component.topology.get() {
        Some(Topology::Single) => Some(true),
        Some(Topology::MultiZone) => Some(false),
        _ => Some(component.replicas.get()?.min < u64::from(least)),
    }
}

fn broken(platform: &Platform, name: &Name, ended: &Ended<'_>) -> Finding {
    let component = &platform.components[name];
    let count = platform.instances_of(name).count();
    let journeys = names(ended.journeys.iter().map(|name| name.as_str()));
    let (message, repair) = match &ended.element {
        Some(element @ (Element::Node(_) | Element::Zone(_) | Element::Segment(_))) => (
            format!("without {element} too few instances of `{name}` are left"),
            "spread them over more nodes or zones with `on`, or add a node".to_owned(),
        ),
        Some(Element::Party(_)) => (
            format!("`{name}` has no standby in another zone"),
            "state `multi-zone: true` and order it".to_owned(),
        ),
        _ if count > 1 => (
            format!("`{name}` has {count} instances and needs each of them"),
            more_members(component).unwrap_or_else(|| "add instances until one can be lost".to_owned()),
        ),
        _ => (format!("`{name}` has a single instance"), second_instance(component)),
    };
    let element = ended.element.as_ref().map_or_else(|| format!("`{name}`"), ToString::to_string);
    let places = Finding::broken(NAME, promise::severity(platform, &ended.journeys), name)
        .says(message)
        .witness(format!("the loss of {element} ends {journeys}"))
        .repair(repair)
        .at(placed(component, ended.element.as_ref()), "placed here")
        .at(cause(component), "decided here")
        .at(too_few(component, count), "needs more members");
    with_journeys(platform, places, name, &ended.journeys)
}

/// Adds where the first ended journey needs the component and where survival is promised.
fn with_journeys(platform: &Platform, finding: Finding, name: &Name, ended: &[&Name]) -> Finding {
    let journey = ended.first().and_then(|first| platform.journeys.get(*first));
    let needed = journey.and_then(|journey| path::required(platform, journey).remove(name));
    let promised = journey.and_then(|journey: &Journey| promise::origin(platform, journey));
    finding.at(needed.as_ref(), "needed here").at(promised, "promised here")
}

/// Where the placement is stated, for a loss that takes several instances.
fn placed<'a>(component: &'a Component, element: Option<&Element>) -> Option<&'a Origin> {
    let shared = matches!(element, Some(Element::Node(_) | Element::Zone(_) | Element::Segment(_)));
    component.on.first().and_then(|on| on.origin()).filter(|_| shared)
}

/// Where the topology is stated that needs each of several members.
fn too_few(component: &Component, count: usize) -> Option<&Origin> {
    component.topology.origin().filter(|_| count > 1 && more_members(component).is_some())
}

fn cause(component: &Component) -> &Origin {
    let managed =
        component.managed.as_ref().map(|managed| managed.multi_zone.origin().unwrap_or(&managed.meta.origin));
    managed.or_else(|| component.replicas.origin()).unwrap_or(&component.meta.origin)
}

fn more_members(component: &Component) -> Option<String> {
    let row = survival::topology_entry(component)?;
    Some(format!(
        "{} with topology `{}` needs {} members to lose one",
        row.product, row.topology, row.members_min_for_one_loss?
    ))
}

fn second_instance(component: &Component) -> String {
    if survival::has_quorum(component, survival::topology_entry(component)) {
        return "state `replicas: 3`, so that a majority outlives one loss".to_owned();
    }
    match component.kind.get() {
        Some(kind) if kind.stores() => "add members with a topology that fails over, such as `replicas: 3` with `topology: galera`, `sentinel` or `replica-set`".to_owned(),
        _ => "state `replicas: 2`, and who leads requests past the lost one".to_owned(),
    }
}

/// Several instances, no node named for them, and no word on what they must not share.
fn unspread(platform: &Platform) -> Option<Finding> {
    let needed = path::required_by_any(platform).into_iter();
    let loose: Vec<&Name> = needed.filter(|name| is_loose(platform, name)).collect();
    let first = &platform.components[*loose.first()?];
    let mut finding = Finding::unknown(NAME, Severity::Medium, "spread")
        .says(format!(
            "nothing says whether the instances of {} run on different nodes",
            names(loose.iter().map(|name| name.as_str()))
        ))
        .witness("if two of them share a node, its loss takes both")
        .repair("state `spread: node` or `spread: zone`, or name the nodes")
        .at(first.replicas.origin(), "several instances here");
    finding.count = loose.len();
    Some(finding)
}

fn is_loose(platform: &Platform, name: &str) -> bool {
    let Some(component) = platform.components.get(name) else { return false };
    let apart = matches!(component.spread.get(), Some(Spread::Node | Spread::Zone | Spread::Site));
    let host = component.beside.get().filter(|host| platform.components.contains_key(*host));
    if apart || host.is_some() {
        return false;
    }
    let machines: Vec<_> =
        platform.instances_of(name).filter_map(|(instance, _)| platform.machine_of(instance)).collect();
    machines.len() > 1 && machines.iter().any(|machine| machine.node.is_none())
}

fn uncounted_finding(platform: &Platform, uncounted: &BTreeSet<Name>) -> Option<Finding> {
    let first = platform.components.get(uncounted.first()?)?;
    let mut finding = Finding::unknown(NAME, Severity::Medium, "replicas")
        .says(format!(
            "nothing says whether {} {} more than one instance",
            names(uncounted.iter().map(String::as_str)),
            one_or_many(uncounted.len(), "has", "have")
        ))
        .witness("one instance would be a single point of failure")
        .repair("state `replicas`, or `managed` with `multi-zone` where a provider runs it")
        .at(&first.meta.origin, "stated here without a number");
    finding.count = uncounted.len();
    Some(finding)
}
