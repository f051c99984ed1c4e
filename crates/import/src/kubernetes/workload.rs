//! What makes pods: Deployments, StatefulSets, DaemonSets, Jobs, and pods of their own.

use sehat_platform::inventory::workload::{JobSettings, Rollout, Workload, WorkloadKind};
use sehat_platform::inventory::{Inventory, Object, ObjectId};
use sehat_yaml::Node;

use super::Kind;
use super::get::{int, is_true, items, plain_selector, selector, text, word};
use super::pod::pod;
use super::storage::claim;

pub const KINDS: &[Kind] = &[
    Kind { group: "apps", kind: "Deployment", read: |n, o, i| add(n, o, WorkloadKind::Deployment, i) },
    Kind { group: "extensions", kind: "Deployment", read: |n, o, i| add(n, o, WorkloadKind::Deployment, i) },
    Kind { group: "apps", kind: "StatefulSet", read: |n, o, i| add(n, o, WorkloadKind::StatefulSet, i) },
    Kind { group: "apps", kind: "DaemonSet", read: |n, o, i| add(n, o, WorkloadKind::DaemonSet, i) },
    Kind { group: "extensions", kind: "DaemonSet", read: |n, o, i| add(n, o, WorkloadKind::DaemonSet, i) },
    Kind { group: "apps", kind: "ReplicaSet", read: |n, o, i| add(n, o, WorkloadKind::ReplicaSet, i) },
    Kind { group: "extensions", kind: "ReplicaSet", read: |n, o, i| add(n, o, WorkloadKind::ReplicaSet, i) },
    Kind {
        group: "",
        kind: "ReplicationController",
        read: |n, o, i| add(n, o, WorkloadKind::ReplicationController, i),
    },
    Kind { group: "batch", kind: "Job", read: |n, o, i| add(n, o, WorkloadKind::Job, i) },
    Kind { group: "batch", kind: "CronJob", read: |n, o, i| add(n, o, WorkloadKind::CronJob, i) },
    Kind { group: "", kind: "Pod", read: |n, o, i| add(n, o, WorkloadKind::Pod, i) },
];

fn add(node: &Node, object: Object, kind: WorkloadKind, inventory: &mut Inventory) {
    let owner = owner(node, &object);
    let spec = node.get("spec").unwrap_or(node);
    let job_spec = spec.at(&["jobTemplate", "spec"]).unwrap_or(spec);
    let template = if kind == WorkloadKind::Pod { Some(node) } else { job_spec.at(&["template"]) };
    inventory.workloads.push(Workload {
        kind,
        replicas: int(spec, &["replicas"]),
        selector: match kind {
            WorkloadKind::ReplicationController => plain_selector(spec, &["selector"]),
            _ => selector(spec, &["selector"]),
        },
        pod: template.map(pod).unwrap_or_default(),
        rollout: rollout(spec),
        claims: items(spec, &["volumeClaimTemplates"]).iter().map(claim).collect(),
        service_name: text(spec, &["serviceName"]),
        job: kind.ends().then(|| job(spec, job_spec)),
        owner,
        object,
    });
}

/// Source: Kubernetes API, `OwnerReference`: the controller owns the object.
fn owner(node: &Node, object: &Object) -> Option<ObjectId> {
    let owners = items(node, &["metadata", "ownerReferences"]);
    let owner = owners.iter().find(|owner| is_true(owner, &["controller"])).or_else(|| owners.first())?;
    Some(ObjectId::new(word(owner, &["kind"]), object.id.namespace.clone(), word(owner, &["name"])))
}

fn rollout(spec: &Node) -> Rollout {
    let strategy = spec.at(&["strategy"]).or_else(|| spec.at(&["updateStrategy"]));
    let rolling = strategy.and_then(|strategy| strategy.at(&["rollingUpdate"]));
    Rollout {
        origin: strategy.map_or_else(|| spec.origin.clone(), |strategy| strategy.origin.clone()),
        kind: strategy.and_then(|strategy| text(strategy, &["type"])),
        max_unavailable: rolling.and_then(|rolling| text(rolling, &["maxUnavailable"])),
        max_surge: rolling.and_then(|rolling| text(rolling, &["maxSurge"])),
        min_ready_s: int(spec, &["minReadySeconds"]),
        progress_deadline_s: int(spec, &["progressDeadlineSeconds"]),
        history: int(spec, &["revisionHistoryLimit"]),
    }
}

fn job(spec: &Node, job_spec: &Node) -> JobSettings {
    JobSettings {
        schedule: text(spec, &["schedule"]),
        time_zone: text(spec, &["timeZone"]),
        suspend: is_true(spec, &["suspend"]),
        concurrency: text(spec, &["concurrencyPolicy"]),
        starting_deadline_s: int(spec, &["startingDeadlineSeconds"]),
        active_deadline_s: int(job_spec, &["activeDeadlineSeconds"]),
        backoff_limit: int(job_spec, &["backoffLimit"]),
        ttl_after_finished_s: int(job_spec, &["ttlSecondsAfterFinished"]),
    }
}
