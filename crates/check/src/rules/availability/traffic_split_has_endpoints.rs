//! Proves that every subset that a mesh's routes send requests to is defined and has pods.
//!
//! A route names a host and often a subset. A destination rule of that host must define the subset, and pods behind
//! the host must carry its labels; else the share of requests that goes there is answered 503, and a retry goes to
//! the same empty subset. A weight of 0 sends nothing. Deployments of two versions whose selectors select each
//! other's pods are one to their autoscalers, which then scale one by the load of the other.
//!
//! Broken: a destination rule that is there and lacks the subset; pods that are scaled to 0; selectors that overlap.
//! Unknown: a subset whose pods no file holds, unless the input claims to be whole.
//!
//! Source: Istio, references of `VirtualService` and `DestinationRule`; Kubernetes API, `Scale`.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Selector;
use sehat_platform::inventory::mesh::{
    Destination, DestinationRule, MeshRoute, Subset, VirtualService, service_of,
};
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Fix, Severity};

use crate::mesh::{MeshIndex, carries, floor};
use crate::{Context, Outcome, Rule};

const NAME: &str = "traffic-split-has-endpoints";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every weighted or matched subset of a mesh's routes is defined and has pods.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Istio, references of VirtualService and DestinationRule",
    file: include_str!("traffic_split_has_endpoints.rs"),
    judge,
};

/// A place from which requests go to a subset.
struct Use<'a> {
    by: &'a VirtualService,
    route: &'a MeshRoute,
    destination: &'a Destination,
}

/// Uses of one subset: namespace, host and name.
type Uses<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<Use<'a>>>;

fn judge(context: &Context<'_>) -> Outcome {
    let mesh = &context.inventory.mesh;
    if mesh.services.is_empty() && mesh.rules.is_empty() {
        return Outcome::default();
    }
    let index = MeshIndex::new(context);
    let mut findings: Vec<Finding> =
        uses(context).values().filter_map(|uses| judge_subset(context, &index, uses)).collect();
    findings.extend(mesh.rules.iter().filter_map(|rule| overlapping(&index, rule)));
    findings.extend(mesh.rules.iter().filter_map(|rule| will_overlap(context, &index, rule)));
    findings.into()
}

fn uses<'a>(context: &Context<'a>) -> Uses<'a> {
    let mut all = Uses::new();
    for by in &context.inventory.mesh.services {
        for route in &by.routes {
            for destination in route.destinations.iter().filter(|destination| receives(destination)) {
                let Some(subset) = &destination.subset else { continue };
                if let Some((namespace, host)) = service_of(&destination.host.value, &by.object.id.namespace)
                {
                    let key = (namespace, host, subset.value.as_str());
                    all.entry(key).or_default().push(Use { by, route, destination });
                }
            }
        }
    }
    all
}

fn receives(destination: &Destination) -> bool {
    destination.weight.as_ref().is_none_or(|weight| weight.value > 0)
}

fn judge_subset(context: &Context<'_>, index: &MeshIndex<'_>, uses: &[Use<'_>]) -> Option<Finding> {
    let first = uses.first()?;
    let host = &first.destination.host.value;
    let rules = index.rules(host, &first.by.object);
    let Some((_, subset)) = index.subset(first.destination, first.by) else {
        return Some(undefined(context, uses, rules));
    };
    if subset.labels.is_empty() {
        return None;
    }
    let behind = index.workloads(host, &first.by.object);
    let members: Vec<&Workload> =
        behind.iter().copied().filter(|workload| carries(workload, &subset.labels)).collect();
    if members.is_empty() {
        return (!behind.is_empty()).then(|| empty(context, uses, subset, &behind));
    }
    let none_runs = members.iter().all(|workload| floor(context, workload) == Some(0));
    none_runs.then(|| scaled_to_nothing(uses, &members))
}

fn undefined(context: &Context<'_>, uses: &[Use<'_>], rules: &[&DestinationRule]) -> Finding {
    let (host, subset) = names(uses);
    let finding =
        if rules.is_empty() && !context.inventory.whole { Finding::unknown } else { Finding::broken };
    let finding = finding(NAME, severity(uses), subject(uses))
        .says(format!("{} to subset `{subset}` of `{host}`, which no destination rule defines", share(uses)))
        .witness("a subset that is not defined has no endpoints: 503 for each of these requests")
        .repair(format!(
            "add subset `{subset}` to the destination rule of `{host}`, or send these requests elsewhere"
        ));
    let finding = places(finding, uses);
    rules.iter().fold(finding, |finding, rule| finding.at(&rule.host.origin, "defines other subsets"))
}

fn empty(context: &Context<'_>, uses: &[Use<'_>], subset: &Subset, behind: &[&Workload]) -> Finding {
    let (host, name) = names(uses);
    let labels: Vec<String> = subset.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let labels = labels.join(",");
    let named_so = behind.iter().find(|workload| workload.object.id.name.ends_with(&format!("-{name}")));
    let is_broken = context.inventory.whole || named_so.is_some();
    let known =
        behind.iter().map(|workload| format!("{} {}", workload.object.id, versions(workload, subset)));
    let finding = if is_broken { Finding::broken } else { Finding::unknown };
    let mut finding = finding(NAME, severity(uses), subject(uses))
        .says(format!("{} to subset `{name}` of `{host}`, and no pods carry `{labels}`", share(uses)))
        .witness(format!(
            "behind `{host}` the files hold {}; an empty subset answers 503, and so does each retry",
            sehat_analysis::names(known.collect::<Vec<_>>().iter().map(String::as_str))
        ))
        .repair(format!("send nothing to `{name}` until pods with `{labels}` are ready"));
    finding = places(finding, uses)
        .at(&subset.name.origin, "the subset is defined here")
        .at(behind.first().map(|workload| label_origin(workload, subset)), "these pods are another version");
    weights_moved(uses).into_iter().fold(finding, Finding::fix)
}

fn versions(workload: &Workload, subset: &Subset) -> String {
    let stated = subset.labels.keys().map(|key| match workload.pod.labels.get(key) {
        Some(value) => format!("{key}={value}"),
        None => format!("no {key}"),
    });
    format!("({})", stated.collect::<Vec<_>>().join(","))
}

fn label_origin<'a>(workload: &'a Workload, subset: &Subset) -> &'a Origin {
    let stated = subset.labels.keys().find_map(|key| workload.pod.labels.get(key));
    stated.map_or(&workload.object.origin, |stated| &stated.origin)
}

fn scaled_to_nothing(uses: &[Use<'_>], members: &[&Workload]) -> Finding {
    let (host, subset) = names(uses);
    let whose = members.first().map(|workload| workload.object.id.to_string()).unwrap_or_default();
    let finding = Finding::broken(NAME, severity(uses), subject(uses))
        .says(format!("{} to subset `{subset}` of `{host}`, and {whose} runs no pods", share(uses)))
        .witness("an empty subset answers 503, and so does each retry")
        .repair(format!("send nothing to `{subset}`, or give it replicas"));
    let finding = places(finding, uses);
    let finding = members
        .iter()
        .filter_map(|workload| workload.replicas.as_ref())
        .fold(finding, |finding, replicas| finding.at(&replicas.origin, "no replicas"));
    weights_moved(uses).into_iter().fold(finding, Finding::fix)
}

/// Gives the whole weight of each route to its other destination, where that is all there is to do.
fn weights_moved(uses: &[Use<'_>]) -> Vec<Fix> {
    let moved = uses.iter().map(|one| {
        let other = one.route.destinations.iter().find(|other| *other != one.destination)?;
        let (own, others) = (one.destination.weight.as_ref()?, other.weight.as_ref()?);
        let is_pair = one.route.destinations.len() == 2;
        is_pair.then(|| {
            [
                Fix::Replace { origin: own.origin.clone(), with: "0".to_owned() },
                Fix::Replace { origin: others.origin.clone(), with: (own.value + others.value).to_string() },
            ]
        })
    });
    moved.collect::<Option<Vec<_>>>().unwrap_or_default().into_iter().flatten().collect()
}

/// Two workloads that are told apart by a subset's labels, while their selectors are not.
fn overlapping(index: &MeshIndex<'_>, rule: &DestinationRule) -> Option<Finding> {
    let behind = index.workloads(&rule.host.value, &rule.object);
    let keys: Vec<&String> = rule.subsets.iter().flat_map(|subset| subset.labels.keys()).collect();
    let selects = |one: &Workload, other: &Workload| {
        one.selector
            .as_ref()
            .is_some_and(|selector| !selector.is_empty() && selector.selects(&other.pod.labels))
    };
    let differ = |one: &Workload, other: &Workload| {
        let value =
            |workload: &Workload, key: &str| workload.pod.labels.get(key).map(|stated| stated.value.clone());
        keys.iter().any(|key| value(one, key) != value(other, key))
    };
    let pairs = behind.iter().flat_map(|one| behind.iter().map(move |other| (*one, *other)));
    let mut told_apart = pairs.filter(|(one, other)| differ(one, other) && selects(one, other));
    let (one, other) = told_apart.next()?;
    let selector = one.selector.as_ref()?;
    Some(
        Finding::broken(NAME, Severity::Medium, one.object.id.to_string())
            .says(format!("the selector of {} also selects the pods of {}", one.object.id, other.object.id))
            .witness("an autoscaler of the one counts the load of both, and the subsets are scaled as one")
            .repair("add the version's label to the selector, which needs the workload to be made anew")
            .at(&selector.origin, "selects both versions")
            .at(&other.object.origin, "has pods that it selects")
            .at(rule.subsets.first().map(|subset| &subset.name.origin), "told apart here"),
    )
}

/// A scaled workload that is told apart by a label which its selector lacks: the next version's pods will be its own.
fn will_overlap(context: &Context<'_>, index: &MeshIndex<'_>, rule: &DestinationRule) -> Option<Finding> {
    let behind = index.workloads(&rule.host.value, &rule.object);
    let [only] = behind.as_slice() else { return None };
    let selector = only.selector.as_ref().filter(|selector| !selector.labels.is_empty())?;
    let mut keys = rule.subsets.iter().flat_map(|subset| subset.labels.keys());
    let key = keys.find(|key| only.pod.labels.contains_key(*key) && !names_key(selector, key))?;
    let autoscalers = &context.inventory.limits.autoscalers;
    let autoscaler = autoscalers.iter().find(|one| one.target.value == only.object.id)?;
    (rule.subsets.len() > 1).then(|| {
        Finding::unknown(NAME, Severity::Low, only.object.id.to_string())
            .says(format!(
                "the selector of {} lacks `{key}`, by which the subsets are told apart",
                only.object.id
            ))
            .witness("pods of another version with the same labels else would count for its autoscaler too")
            .repair(format!("add `{key}` to the selector before the next version is deployed beside it"))
            .at(&selector.origin, "selects every version")
            .at(&autoscaler.target.origin, "scaled by what is selected")
    })
}

fn names_key(selector: &Selector, key: &str) -> bool {
    selector.labels.contains_key(key)
        || selector.expressions.iter().any(|expression| expression.key.value == key)
}

fn names<'a>(uses: &[Use<'a>]) -> (&'a str, &'a str) {
    let first = uses.first().map(|one| one.destination);
    let host = first.map_or("", |destination| destination.host.value.as_str());
    (
        host,
        first.and_then(|destination| destination.subset.as_ref()).map_or("", |subset| subset.value.as_str()),
    )
}

fn subject(uses: &[Use<'_>]) -> String {
    uses.first().map(|one| one.by.object.id.to_string()).unwrap_or_default()
}

/// Requests that nothing distinguishes are everybody's.
fn severity(uses: &[Use<'_>]) -> Severity {
    let hits_everybody = uses.iter().any(|one| one.route.matches.is_empty());
    if hits_everybody { Severity::Critical } else { Severity::High }
}

/// `10 % of requests and all with headers x-version go`.
fn share(uses: &[Use<'_>]) -> String {
    let mut parts: Vec<String> = uses.iter().map(share_of).collect();
    parts.sort();
    parts.dedup();
    format!("{} go", parts.join(" and "))
}

fn share_of(one: &Use<'_>) -> String {
    let weights: u64 = one.route.destinations.iter().map(|other| weight(other, one.route)).sum();
    let percent = (weight(one.destination, one.route) * 100).checked_div(weights).unwrap_or(100);
    let whose = match one.route.matches.first() {
        None => "requests".to_owned(),
        Some(first) => format!("requests with {}", first.says),
    };
    if percent == 100 { format!("all {whose}") } else { format!("{percent} % of {whose}") }
}

/// A single destination without a weight receives everything.
fn weight(destination: &Destination, route: &MeshRoute) -> u64 {
    match &destination.weight {
        Some(weight) => u64::from(weight.value),
        None if route.destinations.len() == 1 => 1,
        None => 0,
    }
}

fn places(finding: Finding, uses: &[Use<'_>]) -> Finding {
    uses.iter()
        .take(5)
        .fold(finding, |finding, one| finding.at(&one.destination.origin, "sends requests there"))
}
