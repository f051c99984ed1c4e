//! Proves that the load is still carried after the worst single loss.
//!
//! The load of a component is its own `load`, else the sum of the rates of the journeys that need
//! it; the promised throughput counts where every journey needs the component. Against it stands
//! what its instances carry (`capacity.requests` each) when the instance, machine, node or zone is
//! lost that takes most of them. A component with a single instance is left to
//! `no-single-point-of-failure`.
//!
//! Where nodes and machines state their memory, the machines of the node with the largest demand
//! must fit on the others; and no node may carry more than it has.
//!
//! Judged where an availability or a failover is promised; in a document that promises neither,
//! in production.
//!
//! Unknown: components on a journey with a known load and without a stated capacity; the missing
//! facts are named.
//!
//! Source: the document's own figures; Little's law where requests in flight are asked for.

mod hypervisor;
mod prose;

use sehat_analysis::capacity::{self, NodeMemory, WorstLoss};
use sehat_analysis::{names, one_or_many, path};
use sehat_diagnostic::Origin;
use sehat_platform::component::Component;
use sehat_platform::{Bytes, Name, Platform, Rate};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule, promise};

const NAME: &str = "n-minus-one-capacity";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "After losing the largest failure domain the rest carries the declared load.",
    severity: Severity::High,
    hygiene: false,
    source: "the document's own figures",
    file: include_str!("n_minus_one_capacity.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(hypervisor::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    if !promise::asks_for_survival(context) {
        return Outcome::default();
    }
    let needed = path::required_by_any(platform);
    let mut unstated: Vec<&Name> = Vec::new();
    let mut findings = Vec::new();
    for name in needed {
        let Some((component, load)) = loaded(platform, name) else { continue };
        let capacity = component
            .capacity
            .as_ref()
            .and_then(|capacity| capacity.requests.get().or(capacity.requests_max.get()));
        match capacity {
            Some(each) => findings.extend(judge_component(platform, name, component, &load, *each)),
            None if takes_requests(platform, component) => unstated.push(name),
            None => {}
        }
    }
    findings.extend(missing(platform, &unstated));
    findings.extend(node_memory(platform));
    findings.into()
}

/// A load with the place that states it.
struct Load<'a> {
    rate: Rate,
    origin: Option<&'a Origin>,
}

fn loaded<'a>(platform: &'a Platform, name: &Name) -> Option<(&'a Component, Load<'a>)> {
    let component = platform.components.get(name)?;
    (platform.instances_of(name).count() > 1).then_some(())?;
    let own = component
        .load
        .as_ref()
        .map(|load| load.requests_max.origin().or(load.requests.origin()).unwrap_or(&load.meta.origin));
    let summed = capacity::load_of(platform, name, component);
    let promised = platform
        .objectives
        .throughput
        .as_ref()
        .and_then(|throughput| Some((throughput.at_least.copied()?, throughput.at_least.origin())));
    let everywhere =
        platform.journeys.values().all(|journey| path::required_names(platform, journey).contains(name));
    let of_journeys = platform.journeys.values().find_map(|journey| journey.rate.origin());
    match (summed, promised) {
        (Some(rate), _) if own.is_some() => Some((component, Load { rate, origin: own })),
        (summed, Some((rate, origin))) if everywhere && summed.is_none_or(|sum| sum.0 < rate.0) => {
            Some((component, Load { rate, origin }))
        }
        (Some(rate), _) => Some((component, Load { rate, origin: of_journeys })),
        (None, _) => None,
    }
}

/// Requests per second say little of stores, whose statements differ by orders of magnitude, and
/// of what passes their connections on.
fn takes_requests(platform: &Platform, component: &Component) -> bool {
    let stores = |component: &Component| component.kind.get().is_some_and(|kind| kind.stores());
    let mut targets =
        component.routes.values().filter_map(|route| platform.components.get(route.to.get()?)).peekable();
    let leads_to_stores = targets.peek().is_some() && targets.all(stores);
    component.kind.get().is_some() && !stores(component) && !leads_to_stores
}

fn judge_component(
    platform: &Platform,
    name: &Name,
    component: &Component,
    load: &Load<'_>,
    each: Rate,
) -> Option<Finding> {
    let WorstLoss { element, left } = capacity::worst_loss(platform, name)?;
    let carried = Rate(each.0 * f64::from(u32::try_from(left).ok()?));
    if left == 0 || carried.0 >= load.rate.0 {
        return None;
    }
    let capacity = component.capacity.as_ref()?;
    let wanted = (load.rate.0 / each.0).ceil();
    Some(
        Finding::broken(NAME, Severity::High, name)
            .says(format!("without {element} `{name}` carries {carried}, and {} come", load.rate))
            .witness(format!("{left} {} left, each carries {each}; {wanted} are wanted", one_or_many(left, "instance is", "instances are")))
            .repair("add instances, or spread them over more nodes and zones, or state a larger capacity that was measured")
            .at(component.replicas.origin().unwrap_or(&component.meta.origin), "so many instances")
            .at(component.on.first().and_then(|on| on.origin()), "placed here")
            .at(capacity.requests.origin().unwrap_or(&capacity.meta.origin), "each carries this")
            .at(load.origin, "this load comes"),
    )
}

fn missing(platform: &Platform, unstated: &[&Name]) -> Option<Finding> {
    let first = platform.components.get(*unstated.first()?)?;
    let mut finding = Finding::unknown(NAME, Severity::Medium, "capacity")
        .says(format!(
            "nothing says how much an instance of {} carries",
            names(unstated.iter().map(|name| name.as_str()))
        ))
        .witness("whether the rest carries the load after a loss cannot be computed")
        .repair("measure it and state `capacity: { requests: ... }`")
        .at(first.replicas.origin().unwrap_or(&first.meta.origin), "several instances here");
    finding.count = unstated.len();
    Some(finding)
}

fn node_memory(platform: &Platform) -> Option<Finding> {
    let nodes = capacity::node_memory(platform)?;
    let over = nodes.iter().find(|node| node.asked > node.has);
    let lost = over.or_else(|| does_not_fit(&nodes))?;
    let origin = platform
        .sites
        .values()
        .flat_map(|site| site.zones.values())
        .find_map(|zone| zone.nodes.get(&lost.node))
        .map(|node| node.size.memory.origin().unwrap_or(&node.meta.origin));
    let others: u64 = nodes
        .iter()
        .filter(|node| node.node != lost.node)
        .map(|node| node.has.0.saturating_sub(node.asked.0))
        .sum();
    let message = if over.is_some() {
        format!(
            "the machines on node `{}` ask for {} of memory, and it has {}",
            lost.node, lost.asked, lost.has
        )
    } else {
        format!(
            "the machines of node `{}` ask for {} of memory, and the other nodes have {} left",
            lost.node,
            lost.asked,
            Bytes(others)
        )
    };
    Some(
        Finding::broken(NAME, Severity::Medium, &lost.node)
            .says(message)
            .witness(format!("node `{}` is lost", lost.node))
            .repair("add memory or a node, or state smaller machines")
            .at(origin, "stated here"),
    )
}

/// The machines of the fullest node must find room on the others.
fn does_not_fit(nodes: &[NodeMemory]) -> Option<&NodeMemory> {
    let fullest = nodes
        .iter()
        .filter(|node| node.asked.0 > 0)
        .max_by_key(|node| (node.asked, std::cmp::Reverse(&node.node)))?;
    let carrying = nodes.iter().filter(|node| node.node != fullest.node && node.asked.0 > 0);
    let room: u64 = carrying.clone().map(|node| node.has.0.saturating_sub(node.asked.0)).sum();
    (carrying.count() > 0 && room < fullest.asked.0).then_some(fullest)
}
