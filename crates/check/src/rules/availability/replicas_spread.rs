//! Proves that the replicas of a workload are kept on different nodes, and that a disruption budget lets
//! one of them go at a time.
//!
//! Broken: a budget that never lets a pod go, so that no node under it can be drained; two budgets over
//! one pod, which the eviction API refuses; a spread constraint that does not count the workload's own
//! pods; several replicas that nothing keeps on different nodes (the scheduler alone only prefers that).
//! A budget is held against the fewest pods that the files ask for, the autoscaler's floor included.
//!
//! Unknown: several replicas without a budget in the files, or a budget that selects no pod of the files:
//! the other half may be made elsewhere.
//!
//! Source: Kubernetes, *Disruptions*, *Pod Topology Spread Constraints* and the eviction API.

mod prose;

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::limits::DisruptionBudget;
use sehat_platform::inventory::workload::{SpreadConstraint, Workload, WorkloadKind};
use sehat_platform::inventory::{ObjectId, Selector};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use crate::load::{
    Pods, count_of, first_and_more, head_beside, lacking, merge, merge_pod, pods, quoted, serves, share,
    with_places,
};
use crate::{Context, Outcome, Rule};

const NAME: &str = "replicas-spread";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Replicas are kept on different nodes, and a disruption budget fits their number.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Disruptions; Pod Topology Spread Constraints; API-initiated Eviction",
    file: include_str!("replicas_spread.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// The budgets over each workload, by its name.
type Budgets<'a> = BTreeMap<&'a ObjectId, Vec<&'a DisruptionBudget>>;

fn judge(context: &Context<'_>) -> Outcome {
    let mut budgets = Budgets::new();
    let mut findings = Vec::new();
    for budget in &context.inventory.limits.budgets {
        let selected = selected(context, budget);
        for workload in &selected {
            budgets.entry(&workload.object.id).or_default().push(budget);
        }
        findings.extend(blocked(context, budget, &selected));
        findings.extend(selects_nothing(context, budget, &selected));
    }
    findings.extend(twice(&budgets));
    findings.extend(unspread(context));
    findings.extend(without_budget(context, &budgets));
    findings.extend(context.inventory.workloads.iter().filter_map(counts_others));
    findings.into()
}

/// Source: Kubernetes API, `PodDisruptionBudgetSpec`: an absent selector selects nothing.
fn selected<'a>(context: &Context<'a>, budget: &'a DisruptionBudget) -> Vec<&'a Workload> {
    let Some(selector) = &budget.selector else { return Vec::new() };
    let selected = context.index.selected(&budget.object.id.namespace, selector);
    selected.filter(|workload| !workload.kind.ends()).collect()
}

/// A budget whose arithmetic leaves no pod to go.
fn blocked(context: &Context<'_>, budget: &DisruptionBudget, selected: &[&Workload]) -> Option<Finding> {
    let counted: Option<Vec<Pods>> = selected.iter().map(|workload| pods(context.index, workload)).collect();
    let counted = counted?;
    let total = |count: fn(&Pods) -> u32| counted.iter().map(count).fold(0, u32::saturating_add);
    let (floor, ceiling) = (total(|pods| pods.min), total(|pods| pods.max));
    if ceiling == 0 {
        return None;
    }
    let (stated, allowed) = allowed(budget, floor)?;
    if allowed > 0 {
        return None;
    }
    let always = allowed_at(budget, ceiling) == Some(0);
    let severity = if always && ceiling > 1 { Severity::High } else { Severity::Medium };
    let when = if always { String::new() } else { format!(" at its floor of {floor}") };
    let workload = selected.first()?;
    Some(
        Finding::broken(NAME, severity, budget.object.id.to_string())
            .says(format!(
                "`{}` never lets a pod of `{}` go{when}: {} of {}",
                budget.object.id,
                workload.object.id,
                words_of(budget),
                count_of(floor, "pod"),
            ))
            .witness("draining a node under such a pod waits without end, and so does the cluster's upgrade")
            .repair(repair_of(ceiling))
            .at(stated, "lets none go")
            .at(count_origin(context, workload), "so many pods")
            .fix(merge(&budget.object, json!({ "spec": { "minAvailable": null, "maxUnavailable": 1 } }))),
    )
}

fn repair_of(ceiling: u32) -> &'static str {
    if ceiling > 1 {
        "state `maxUnavailable: 1`"
    } else {
        "run two replicas with `maxUnavailable: 1`, or take the budget away: one replica cannot stay while it moves"
    }
}

/// Returns the stated bound and how many pods may go.
fn allowed(budget: &DisruptionBudget, count: u32) -> Option<(&Origin, u32)> {
    let stated = budget.min_available.as_ref().or(budget.max_unavailable.as_ref())?;
    Some((&stated.origin, allowed_at(budget, count)?))
}

fn allowed_at(budget: &DisruptionBudget, count: u32) -> Option<u32> {
    match (&budget.min_available, &budget.max_unavailable) {
        (Some(min), _) => Some(count.saturating_sub(share(min, count, true)?)),
        (None, Some(max)) => share(max, count, true),
        (None, None) => None,
    }
}

fn words_of(budget: &DisruptionBudget) -> String {
    match (&budget.min_available, &budget.max_unavailable) {
        (Some(min), _) => format!("`minAvailable: {min}`"),
        (None, Some(max)) => format!("`maxUnavailable: {max}`"),
        (None, None) => String::new(),
    }
}

/// Where the workload itself says how many it is, or its name.
fn stated_at(workload: &Workload) -> &Origin {
    workload.replicas.as_ref().map_or(&workload.object.origin, |replicas| &replicas.origin)
}

/// Where the number of pods is stated.
fn count_origin<'a>(context: &Context<'a>, workload: &'a Workload) -> &'a Origin {
    let scaled = context.index.autoscalers.get(&workload.object.id).and_then(|scaled| scaled.first());
    let floor = scaled.and_then(|autoscaler| autoscaler.min.as_ref().map(|min| &min.origin));
    let stated = workload.replicas.as_ref().map(|replicas| &replicas.origin);
    floor.or(stated).unwrap_or(&workload.object.origin)
}

/// A selector that only the head of a workload satisfies is a slip; else the pods may come from elsewhere.
fn selects_nothing<'a>(
    context: &Context<'a>,
    budget: &'a DisruptionBudget,
    selected: &[&Workload],
) -> Option<Finding> {
    let selector = budget.selector.as_ref()?;
    if !selected.is_empty() || selector.is_empty() || ends_only(context, budget, selector) {
        return None;
    }
    let namespace = &budget.object.id.namespace;
    let meant = context.index.workloads_in(namespace).iter().find(|workload| {
        serves(workload)
            && selector.selects(&workload.object.labels)
            && workload.object.origin.path == selector.origin.path
    });
    let finding = match meant {
        Some(workload) => Finding::broken(NAME, Severity::High, budget.object.id.to_string())
            .says(format!(
                "`{}` selects labels that `{}` has and its pods lack",
                budget.object.id, workload.object.id
            ))
            .witness("a budget selects pods, so this one protects none")
            .repair("select the labels of the pod template")
            .at(&selector.origin, "selects no pod")
            .at(&workload.pod.origin, "its pods"),
        None if context.index.has_operator_in(namespace) => return None,
        None => Finding::unknown(NAME, Severity::Low, budget.object.id.to_string())
            .says(format!("`{}` selects no pod of the files", budget.object.id))
            .witness("a budget without pods protects nothing")
            .repair("select the labels of the pod template, or read the files that make the pods too")
            .at(&selector.origin, "selects no pod"),
    };
    Some(finding)
}

fn ends_only<'a>(context: &Context<'a>, budget: &'a DisruptionBudget, selector: &'a Selector) -> bool {
    context.index.selected(&budget.object.id.namespace, selector).next().is_some()
}

/// Source: Kubernetes, *API-initiated Eviction*: a pod under several budgets is answered with an error.
fn twice(budgets: &Budgets<'_>) -> Option<Finding> {
    let distinct =
        |found: &[&DisruptionBudget]| found.iter().any(|budget| budget.object.id != found[0].object.id);
    let several: Vec<_> = budgets.iter().filter(|(_, found)| distinct(found)).collect();
    let (workload, found) = several.first()?;
    let other = found.iter().find(|budget| budget.object.id != found[0].object.id)?;
    let places: Vec<(&Origin, &str)> = several
        .iter()
        .filter_map(|(_, found)| Some((&found.last()?.object.origin, "a second budget")))
        .collect();
    let finding = Finding::broken(NAME, Severity::High, first_and_more(workload, several.len()))
        .says(format!(
            "the pods of `{workload}` lie under both `{}` and `{}`",
            found[0].object.id, other.object.id
        ))
        .witness(
            "the eviction API refuses to evict a pod that has two budgets, so its node cannot be drained",
        )
        .repair("keep one budget for them");
    Some(with_places(finding, &places).at(&found[0].object.origin, "the first budget"))
}

/// Several replicas that may share a node.
fn unspread(context: &Context<'_>) -> Option<Finding> {
    let loose: Vec<&Workload> =
        context.inventory.workloads.iter().filter(|workload| is_loose(context, workload)).collect();
    let first = loose.first()?;
    let places: Vec<(&Origin, &str)> =
        loose.iter().map(|workload| (stated_at(workload), "several replicas")).collect();
    let finding = Finding::broken(NAME, Severity::Medium, first_and_more(&first.object.id, loose.len()))
        .says(format!(
            "nothing keeps the replicas of {} on different nodes",
            quoted(&first.object.id, loose.len())
        ))
        .witness("the scheduler alone only prefers other nodes: the loss of one node may take every replica")
        .repair("add `topologySpreadConstraints` over `kubernetes.io/hostname`");
    let finding = with_places(finding, &places);
    Some(loose.iter().filter_map(|workload| spread_fix(workload)).fold(finding, Finding::fix))
}

fn is_loose(context: &Context<'_>, workload: &Workload) -> bool {
    let pod = &workload.pod;
    serves(workload)
        && workload.owner.is_none()
        && pods(context.index, workload).is_some_and(|pods| pods.min > 1)
        && pod.spread.is_empty()
        && pod.affinity.apart.is_empty()
        && pod.node_name.is_none()
}

fn spread_fix(workload: &Workload) -> Option<Fix> {
    let labels = &workload.selector.as_ref().filter(|selector| !selector.labels.is_empty())?.labels;
    let labels: serde_json::Map<_, _> =
        labels.iter().map(|(key, value)| (key.clone(), json!(value.value))).collect();
    let constraint = json!({
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": { "matchLabels": labels },
    });
    Some(merge_pod(workload, &json!({ "topologySpreadConstraints": [constraint] })))
}

/// A constraint whose selector does not select the pods that carry it.
fn counts_others(workload: &Workload) -> Option<Finding> {
    let blind = |constraint: &&SpreadConstraint| {
        constraint.selector.as_ref().is_none_or(|selector| !selector.selects(&workload.pod.labels))
    };
    let constraints = &workload.pod.spread;
    let first = constraints.iter().find(blind)?;
    let apart = workload.pod.affinity.apart.iter().any(|term| term.selector.selects(&workload.pod.labels));
    if !constraints.iter().all(|constraint| blind(&constraint)) || apart || !serves(workload) {
        return None;
    }
    let stated = first.selector.as_ref().map_or(&first.origin, |selector| &selector.origin);
    let finding = Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
        .says(format!("the spread constraint of `{}` does not count its own pods", workload.object.id))
        .witness("a constraint counts the pods that its selector selects, so these may all lie on one node")
        .repair("select the labels of the pod template")
        .at(stated, "selects other pods")
        .at(&workload.pod.origin, "its pods");
    Some(spread_fix(workload).into_iter().fold(finding, Finding::fix))
}

/// Several replicas of which a drain may take all at once.
fn without_budget(context: &Context<'_>, budgets: &Budgets<'_>) -> Option<Finding> {
    let lacks = |workload: &&Workload| {
        matches!(workload.kind, WorkloadKind::Deployment | WorkloadKind::StatefulSet)
            && workload.owner.is_none()
            && pods(context.index, workload).is_some_and(|pods| pods.min > 1)
            && !budgets.contains_key(&workload.object.id)
    };
    let bare: Vec<&Workload> = context.inventory.workloads.iter().filter(lacks).collect();
    let first = bare.first()?;
    let subject = first_and_more(&first.object.id, bare.len());
    let places: Vec<(&Origin, &str)> =
        bare.iter().map(|workload| (stated_at(workload), "several replicas, and no budget")).collect();
    let finding = lacking(NAME, Severity::Medium, subject, context.inventory.whole)
        .says(format!("no file has a disruption budget for {}", quoted(&first.object.id, bare.len())))
        .witness("without one a drain may evict every replica on a node at once")
        .repair("add a `PodDisruptionBudget` with `maxUnavailable: 1`");
    Some(
        bare.iter()
            .filter_map(|workload| budget_fix(workload))
            .fold(with_places(finding, &places), Finding::fix),
    )
}

fn budget_fix(workload: &Workload) -> Option<Fix> {
    let labels = &workload.selector.as_ref().filter(|selector| !selector.labels.is_empty())?.labels;
    let labels: serde_json::Map<_, _> =
        labels.iter().map(|(key, value)| (key.clone(), json!(value.value))).collect();
    let mut budget =
        head_beside(&workload.object, "policy/v1", "PodDisruptionBudget", &workload.object.id.name);
    budget
        .as_object_mut()?
        .insert("spec".to_owned(), json!({ "maxUnavailable": 1, "selector": { "matchLabels": labels } }));
    Some(Fix::Add(budget))
}
