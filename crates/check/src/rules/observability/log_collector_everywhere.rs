//! Proves that logs are collected on every node.
//!
//! A DaemonSet runs on each node whose taints it tolerates. A collector of logs that tolerates nothing leaves out the
//! nodes with taints: the control plane, and pools for spot instances, databases or processors. What a pool's taints are
//! is stated by its cloud resources, or by tolerations that other workloads or configurations have for it.
//!
//! Unknown: a collector without tolerations where no taint is stated.
//!
//! Source: Kubernetes documentation, "Taints and Tolerations", "DaemonSet"; NIST SP 800-53 Rev. 5, AU-12.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::workload::{Toleration, Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity};

use crate::scripts::image;
use crate::{Context, Outcome, Rule};

const NAME: &str = "log-collector-everywhere";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The collector of logs runs on every node.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes documentation: Taints and Tolerations; NIST SP 800-53 Rev. 5, AU-12",
    file: include_str!("log_collector_everywhere.rs"),
    judge,
};

const COLLECTORS: [&str; 10] = [
    "fluentd",
    "fluent-bit",
    "fluentd-kubernetes-daemonset",
    "filebeat",
    "promtail",
    "vector",
    "alloy",
    "datadog-agent",
    "splunk-otel-collector",
    "logstash",
];

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let daemons = inventory
        .workloads
        .iter()
        .filter(|workload| workload.kind == WorkloadKind::DaemonSet && collects(workload));
    daemons.filter_map(|workload| judge_collector(inventory, workload)).collect::<Vec<_>>().into()
}

fn collects(workload: &Workload) -> bool {
    let images = workload.pod.containers.iter().filter_map(|container| container.image.as_ref());
    images.into_iter().any(|stated| COLLECTORS.contains(&image(stated).0))
}

fn judge_collector(inventory: &Inventory, workload: &Workload) -> Option<Finding> {
    let tolerations = &workload.pod.tolerations;
    if tolerations.iter().any(tolerates_all) {
        return None;
    }
    let id = &workload.object.id;
    let finding = match other_toleration(inventory, workload) {
        Some((other, taint)) => Finding::broken(NAME, Severity::High, id.to_string())
            .says(format!(
                "{id} does not run on nodes with taint `{}`, where {} does",
                shown(taint),
                other.object.id
            ))
            .witness(format!("what {} writes on such a node is collected by nobody", other.object.id))
            .at(&workload.object.origin, "no toleration for it")
            .at(&taint.origin, "nodes with this taint are used"),
        None if tolerations.is_empty() => Finding::unknown(NAME, Severity::Medium, id.to_string())
            .says(format!("{id} tolerates no taint, so it leaves out every node that has one"))
            .witness("nodes of the control plane, and pools with taints, write logs that nobody collects")
            .asks("node-taints: none")
            .at(&workload.object.origin, "no tolerations"),
        None => return None,
    };
    let answered = inventory.answers.get("node-taints").is_some_and(|answer| answer.value == "none");
    (!answered).then(|| finding.repair("add `tolerations: [{ operator: Exists }]`"))
}

fn tolerates_all(toleration: &Toleration) -> bool {
    toleration.operator == "Exists"
        && toleration.key.as_ref().is_none_or(String::is_empty)
        && toleration.effect.is_none()
}

/// A workload that is meant to run on nodes with a taint that the collector does not tolerate.
fn other_toleration<'a>(
    inventory: &'a Inventory,
    collector: &Workload,
) -> Option<(&'a Workload, &'a Toleration)> {
    let tolerated = |taint: &Toleration| {
        collector
            .pod
            .tolerations
            .iter()
            .any(|own| own.key == taint.key && (own.operator == "Exists" || own.value == taint.value))
            || collector.pod.tolerations.iter().any(|own| own.operator == "Exists" && own.key.is_none())
    };
    let built_in =
        |key: &str| key.starts_with("node.kubernetes.io/") || key.starts_with("node-role.kubernetes.io/");
    inventory
        .workloads
        .iter()
        .filter(|other| other.kind != WorkloadKind::DaemonSet && !other.kind.ends())
        .find_map(|other| {
            let taint =
                other.pod.tolerations.iter().find(|taint| {
                    taint.key.as_ref().is_some_and(|key| !built_in(key)) && !tolerated(taint)
                })?;
            Some((other, taint))
        })
}

fn shown(taint: &Toleration) -> String {
    let key = taint.key.as_deref().unwrap_or("*");
    taint.value.as_ref().map_or_else(|| key.to_owned(), |value| format!("{key}={value}"))
}
