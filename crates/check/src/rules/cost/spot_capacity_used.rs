//! Proves that nodes which are set apart are used, and that not everything stands on nodes that can be taken away.
//!
//! A taint keeps every pod off that does not tolerate it. Nodes with a taint that no workload tolerates are paid for and
//! stay empty. A cluster whose groups are all of spot capacity can lose all its nodes with two minutes' notice.
//!
//! Unknown: tainted nodes where no workload of the input tolerates them, unless the input claims to be whole.
//!
//! Source: Kubernetes API, taints and tolerations; Amazon EKS User Guide, managed node group capacity types.

use sehat_platform::inventory::cloud::{NodeGroup, NodeTaint};
use sehat_platform::inventory::workload::{Toleration, Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity};

use crate::cloud::is_trial;
use crate::{Context, Outcome, Rule};

const NAME: &str = "spot-capacity-used";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Spot and tainted nodes have workloads that tolerate them, and a base that stays.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes API, taints and tolerations; Amazon EKS User Guide, capacity types",
    file: include_str!("spot_capacity_used.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let groups = &context.inventory.cloud.node_groups;
    let mut findings: Vec<Finding> = groups.iter().filter_map(|group| unused(context, group)).collect();
    findings.extend(only_spot(groups));
    findings.into()
}

fn unused(context: &Context<'_>, group: &NodeGroup) -> Option<Finding> {
    // What a cluster runs on every node is no use of them.
    let mut workloads = context
        .inventory
        .workloads
        .iter()
        .filter(|workload| workload.kind != WorkloadKind::DaemonSet)
        .peekable();
    workloads.peek()?;
    let keeps_off = |taint: &&NodeTaint| matches!(taint.effect_of_kubernetes(), "NoSchedule" | "NoExecute");
    let taints: Vec<&NodeTaint> = group.taints.iter().filter(keeps_off).collect();
    let first = taints.first()?;
    let may_run = |workload: &Workload| {
        taints
            .iter()
            .all(|taint| workload.pod.tolerations.iter().any(|toleration| tolerates(toleration, taint)))
    };
    if workloads.any(may_run) {
        return None;
    }
    let nodes = group.desired.as_ref().or(group.min.as_ref());
    let paid = nodes.map_or(0, |nodes| nodes.value);
    let severity = if paid > 0 { Severity::High } else { Severity::Medium };
    let subject = &group.resource.address;
    let finding = if context.inventory.whole { Finding::broken } else { Finding::unknown };
    let value = first.value.as_ref().map_or_else(String::new, |value| format!("={value}"));
    Some(
        finding(NAME, severity, subject)
            .says(format!("no workload tolerates `{}{value}`, which keeps pods off {subject}", first.key))
            .witness(format!("{paid} nodes are paid for and stay empty"))
            .repair("give workloads that can bear an interruption the toleration, or take the taint out")
            .at(&first.origin, "keeps pods off")
            .at(nodes.map(|nodes| &nodes.origin), "so many nodes"),
    )
}

/// Source: Kubernetes API, `Toleration`: without a key and with `Exists` it tolerates everything.
fn tolerates(toleration: &Toleration, taint: &NodeTaint) -> bool {
    let effect = toleration
        .effect
        .as_deref()
        .is_none_or(|effect| effect.is_empty() || effect == taint.effect_of_kubernetes());
    let key = match toleration.key.as_deref() {
        None | Some("") => toleration.operator == "Exists",
        Some(key) => key == taint.key,
    };
    let value = toleration.operator == "Exists"
        || toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default();
    effect && key && value
}

fn only_spot(groups: &[NodeGroup]) -> Option<Finding> {
    let first = groups.first()?;
    let is_spot = |group: &NodeGroup| group.capacity.as_ref().is_some_and(|kind| kind.value == "SPOT");
    // Groups of several clusters stand for themselves, which the plan tells by the cluster that each names.
    let of_one = groups.iter().all(|group| group.cluster == first.cluster);
    if !of_one || !groups.iter().all(is_spot) || is_trial(&first.resource) {
        return None;
    }
    let finding = Finding::broken(NAME, Severity::High, &first.resource.address)
        .says("every node of the cluster is of spot capacity")
        .witness("the provider takes them back with two minutes' notice, all of one type at once")
        .repair("add a group of `ON_DEMAND` capacity that carries what must stay")
        .counts(groups.len());
    let places = groups.iter().filter_map(|group| group.capacity.as_ref());
    Some(places.take(3).fold(finding, |finding, kind| finding.at(&kind.origin, "spot")))
}
