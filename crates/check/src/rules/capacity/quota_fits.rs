//! Proves that the quota of a namespace admits what the files put into it.
//!
//! Broken: the pods that the files ask for at the least, together, exceed the quota of CPU, memory or pods; or
//! there are more claims, services, config maps or secrets than it admits; or pods state no request or limit
//! that the quota counts, and the namespace's LimitRange gives them none. A claim counts that a pod mounts, whoever
//! makes it.
//!
//! Unknown: pods without a request that the quota counts where no LimitRange is in the files; objects that just
//! fill the quota while operators may make more; a quota more than ten times as large as all that the files ask
//! for, where nothing says how large the cluster is.
//!
//! Quotas with scopes count other pods, and are not judged.
//!
//! Source: Kubernetes, *Resource Quotas*: once a quota counts a request or limit, each new pod must state it.

use std::collections::BTreeSet;

use sehat_platform::inventory::limits::Quota;
use sehat_platform::inventory::workload::{VolumeSource, Workload};
use sehat_platform::inventory::{Inventory, Stated};
use sehat_verdict::{Finding, Severity};

use super::quota_statements;
use crate::load::pods;
use crate::rules::capacity::amounts::{Side, of_pod, parse, shown};
use crate::{Context, Outcome, Rule};

pub const NAME: &str = "quota-fits";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Quotas admit every declared workload.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Resource Quotas; Limit Ranges",
    file: include_str!("quota_fits.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let quotas = context.inventory.limits.quotas.iter().filter(|quota| quota.scopes.is_empty());
    quotas.flat_map(|quota| of_quota(context, quota)).collect::<Vec<_>>().into()
}

fn of_quota(context: &Context<'_>, quota: &Quota) -> Vec<Finding> {
    let mut findings: Vec<Finding> = quota_statements::finding(context, quota).into_iter().collect();
    for (key, hard) in &quota.hard {
        findings.extend(match counted(key) {
            Counted::Amount(side, resource) => {
                let sum = too_small(context, quota, side, resource, hard);
                sum.into_iter().chain(boundless(context, quota, side, resource, hard)).collect()
            }
            Counted::Pods => too_few_pods(context, quota, hard).into_iter().collect(),
            Counted::Objects(what) => objects(context, quota, what, hard).into_iter().collect::<Vec<_>>(),
            Counted::Other => Vec::new(),
        });
    }
    findings
}

/// What a line of a quota counts.
enum Counted {
    Amount(Side, &'static str),
    Pods,
    Objects(&'static str),
    Other,
}

fn counted(key: &str) -> Counted {
    match key {
        "cpu" | "requests.cpu" => Counted::Amount(Side::Request, "cpu"),
        "memory" | "requests.memory" => Counted::Amount(Side::Request, "memory"),
        "limits.cpu" => Counted::Amount(Side::Limit, "cpu"),
        "limits.memory" => Counted::Amount(Side::Limit, "memory"),
        "pods" | "count/pods" => Counted::Pods,
        "persistentvolumeclaims" | "count/persistentvolumeclaims" => Counted::Objects("claims"),
        "services" | "count/services" => Counted::Objects("services"),
        "services.loadbalancers" => Counted::Objects("load balancers"),
        "configmaps" | "count/configmaps" => Counted::Objects("config maps"),
        "secrets" | "count/secrets" => Counted::Objects("secrets"),
        _ => Counted::Other,
    }
}

/// What a quota counts of each container.
pub fn counted_amounts(quota: &Quota) -> impl Iterator<Item = (Side, &'static str, &Stated<String>)> {
    quota.hard.iter().filter_map(|(key, hard)| match counted(key) {
        Counted::Amount(side, resource) => Some((side, resource, hard)),
        _ => None,
    })
}

/// The workloads whose pods stay, and those that run to an end.
pub fn in_namespace<'a>(context: &Context<'a>, quota: &Quota) -> impl Iterator<Item = &'a Workload> {
    let all = context.index.workloads_in(&quota.object.id.namespace).to_vec();
    all.into_iter().filter(|workload| workload.owner.is_none())
}

/// What all pods that stay ask for at their floors.
pub fn sum(context: &Context<'_>, quota: &Quota, side: Side, resource: &str, at_most: bool) -> u64 {
    let staying = in_namespace(context, quota).filter(|workload| !workload.kind.ends());
    let each = staying.filter_map(|workload| {
        let pods = pods(context.index, workload)?;
        let count = if at_most { pods.max } else { pods.min };
        of_pod(workload, side, resource)?.checked_mul(u64::from(count))
    });
    each.fold(0, u64::saturating_add)
}

pub fn words(side: Side, resource: &str) -> String {
    let side = if side == Side::Request { "requests" } else { "limits" };
    format!("{side}.{resource}")
}

fn too_small(
    context: &Context<'_>,
    quota: &Quota,
    side: Side,
    resource: &str,
    hard: &Stated<String>,
) -> Option<Finding> {
    let limit = parse(resource, hard)?;
    let sum = sum(context, quota, side, resource, false);
    (sum > limit).then(|| {
        let largest = in_namespace(context, quota).max_by_key(|workload| {
            let count = pods(context.index, workload).map_or(0, |pods| u64::from(pods.min));
            of_pod(workload, side, resource).unwrap_or(0).saturating_mul(count)
        });
        Finding::broken(NAME, Severity::High, quota.object.id.to_string())
            .says(format!(
                "the pods of `{}` ask for {} of {}, and `{}` admits {hard}",
                quota.object.id.namespace,
                shown(resource, sum),
                words(side, resource),
                quota.object.id
            ))
            .witness("pods above the quota are refused, and the Deployments wait with fewer replicas")
            .repair(format!("raise it to {} or more, with room for a rollout", shown(resource, sum)))
            .at(&hard.origin, "admits so much")
            .at(largest.map(|workload| &workload.object.origin), "asks for the most")
    })
}

fn too_few_pods(context: &Context<'_>, quota: &Quota, hard: &Stated<String>) -> Option<Finding> {
    let limit: u64 = hard.parse().ok()?;
    let staying = in_namespace(context, quota).filter(|workload| !workload.kind.ends());
    let sum: u64 = staying.filter_map(|workload| Some(u64::from(pods(context.index, workload)?.min))).sum();
    (sum > limit).then(|| {
        Finding::broken(NAME, Severity::High, quota.object.id.to_string())
            .says(format!(
                "`{}` holds {sum} pods, and `{}` admits {hard}",
                quota.object.id.namespace, quota.object.id
            ))
            .witness("pods above the quota are refused")
            .repair(format!("raise it to {sum} or more, with room for a rollout"))
            .at(&hard.origin, "admits so many")
    })
}

/// A quota that binds nothing, as far as the files tell.
fn boundless(
    context: &Context<'_>,
    quota: &Quota,
    side: Side,
    resource: &str,
    hard: &Stated<String>,
) -> Option<Finding> {
    let limit = parse(resource, hard)?;
    let sum = sum(context, quota, side, resource, true);
    let judged = side == Side::Request && resource == "cpu" && context.inventory.limits.nodes.is_empty();
    (judged && sum > 0 && limit / 10 > sum).then(|| {
        Finding::unknown(NAME, Severity::Low, quota.object.id.to_string())
            .says(format!(
                "`{}` admits {hard} cores, and the files ask for {} at the most",
                quota.object.id,
                shown(resource, sum)
            ))
            .witness("nothing says that the cluster has so many: a quota above its size binds nothing")
            .repair("take the quota from the size of the nodes, and keep it below")
            .asks("nodes: 16 vCPU")
            .at(&hard.origin, "admits so much")
    })
}

fn objects(context: &Context<'_>, quota: &Quota, what: &str, hard: &Stated<String>) -> Option<Finding> {
    let limit: u64 = hard.parse().ok()?;
    let namespace = quota.object.id.namespace.as_str();
    let count = count_of(context, namespace, what);
    let finding = match count.cmp(&limit) {
        std::cmp::Ordering::Less => return None,
        std::cmp::Ordering::Equal if what != "claims" => return None,
        std::cmp::Ordering::Equal => Finding::unknown(NAME, Severity::Medium, quota.object.id.to_string())
            .says(format!("`{namespace}` has {count} claims, as many as `{}` admits", quota.object.id))
            .witness("a replica that is rebuilt needs a new claim while the old one is still there"),
        std::cmp::Ordering::Greater => Finding::broken(NAME, Severity::High, quota.object.id.to_string())
            .says(format!("`{namespace}` has {count} {what}, and `{}` admits {hard}", quota.object.id))
            .witness("what comes after the quota is full is refused"),
    };
    Some(finding.repair(format!("raise it above {count}")).at(&hard.origin, "admits so many"))
}

fn count_of(context: &Context<'_>, namespace: &str, what: &str) -> u64 {
    let inventory = context.inventory;
    let services =
        || inventory.network.services.iter().filter(|service| service.object.id.namespace == namespace);
    let count = match what {
        "claims" => return claims(context, namespace),
        "services" => services().count(),
        "load balancers" => services()
            .filter(|service| service.kind.as_ref().is_some_and(|kind| kind.value == "LoadBalancer"))
            .count(),
        "config maps" => named(inventory, "ConfigMap", namespace),
        _ => named(inventory, "Secret", namespace),
    };
    count as u64
}

fn named(inventory: &Inventory, kind: &str, namespace: &str) -> usize {
    let names: BTreeSet<&str> = inventory
        .objects
        .iter()
        .filter(|object| object.id.kind == kind && object.id.namespace == namespace)
        .map(|object| object.id.name.as_str())
        .collect();
    names.len()
}

/// Claims of their own, claims that pods mount, and those of each replica.
fn claims(context: &Context<'_>, namespace: &str) -> u64 {
    let declared =
        context.inventory.storage.claims.iter().filter(|claim| claim.object.id.namespace == namespace);
    let mut names: BTreeSet<&str> = declared.map(|claim| claim.object.id.name.as_str()).collect();
    let mut of_replicas = 0_u64;
    for workload in context.index.workloads_in(namespace) {
        names.extend(workload.pod.volumes.iter().filter_map(|volume| match &volume.source {
            VolumeSource::Claim(name) => Some(name.value.as_str()),
            _ => None,
        }));
        let replicas = pods(context.index, workload).map_or(0, |pods| u64::from(pods.min));
        of_replicas = of_replicas.saturating_add(replicas.saturating_mul(workload.claims.len() as u64));
    }
    of_replicas.saturating_add(names.len() as u64)
}
