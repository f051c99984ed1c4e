//! Proves that a rollout leaves pods that serve, and gives the old ones the time that they were promised.
//!
//! Broken: a rollout that may take every replica away at once; `Recreate` for several replicas; a rollout
//! that may neither add nor take a pod, which the API refuses; a rolling update whose new pod waits for a
//! volume that the old one holds; a `preStop` sleep as long as the whole grace period; a deadline for
//! progress that is not longer than the time for which a new pod must be ready.
//!
//! A single replica that is replaced pod by pod is not judged here.
//!
//! Source: Kubernetes API, `DeploymentSpec`, `RollingUpdateDeployment` (25 % each where nothing is stated,
//! `maxUnavailable` rounded down) and *Pod Lifecycle*: the grace period of 30 s holds `preStop` too.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::storage::VolumeClaim;
use sehat_platform::inventory::workload::{VolumeSource, Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity};
use serde_json::json;

use crate::load::{claim_of, count_of, is_one_node, merge, merge_pod, pods, share};
use crate::{Context, Outcome, Rule};

const NAME: &str = "rollout-keeps-serving";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A rollout leaves pods that serve, and old pods get their time to end.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes API: DeploymentSpec, RollingUpdateDeployment; Pod Lifecycle",
    file: include_str!("rollout_keeps_serving.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    context
        .inventory
        .workloads
        .iter()
        .filter(|workload| workload.owner.is_none())
        .flat_map(|workload| of_workload(context, workload))
        .collect::<Vec<_>>()
        .into()
}

fn of_workload(context: &Context<'_>, workload: &Workload) -> Vec<Finding> {
    let mut findings: Vec<Finding> = stops_too_late(workload).into_iter().collect();
    if workload.kind == WorkloadKind::Deployment {
        let count = pods(context.index, workload).map_or(1, |pods| pods.min);
        let recreates = workload.rollout.kind.as_ref().filter(|kind| kind.value == "Recreate");
        findings.extend(match recreates {
            Some(kind) => recreated(context, workload, count, &kind.origin),
            None => all_at_once(workload, count).or_else(|| waits_for_volume(context, workload)),
        });
        findings.extend(deadline_too_short(workload));
    }
    findings
}

fn recreated(context: &Context<'_>, workload: &Workload, count: u32, at: &Origin) -> Option<Finding> {
    let held = claims(context, workload).any(is_one_node);
    (count > 1 && !held).then(|| {
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "`{}` ends all of its {count} replicas before a rollout starts new ones",
                workload.object.id
            ))
            .witness("`Recreate` stops every old pod first, so each rollout is an outage")
            .repair("state `type: RollingUpdate`, or one replica if two versions cannot run side by side")
            .at(at, "all at once")
            .fix(merge(&workload.object, json!({ "spec": { "strategy": { "type": "RollingUpdate" } } })))
    })
}

fn all_at_once(workload: &Workload, count: u32) -> Option<Finding> {
    let unavailable = workload.rollout.max_unavailable.as_ref()?;
    let taken = share(unavailable, count, false)?;
    let surge = workload.rollout.max_surge.as_ref();
    let fix = |value: u32| {
        let rolling = json!({ "maxUnavailable": value, "maxSurge": 1 });
        merge(&workload.object, json!({ "spec": { "strategy": { "rollingUpdate": rolling } } }))
    };
    if is_zero(unavailable) && surge.is_some_and(|surge| is_zero(surge)) {
        return Some(
            Finding::broken(NAME, Severity::High, workload.object.id.to_string())
                .says(format!(
                    "a rollout of `{}` may neither add a pod nor take one away",
                    workload.object.id
                ))
                .witness("the API refuses `maxSurge` and `maxUnavailable` of zero together")
                .repair("state `maxSurge: 1`")
                .at(&unavailable.origin, "takes none")
                .at(surge.map(|surge| &surge.origin), "adds none")
                .fix(fix(0)),
        );
    }
    (count > 1 && taken >= count).then(|| {
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "a rollout of `{}` may take {} away at once, and it has {count}",
                workload.object.id,
                count_of(taken, "pod")
            ))
            .witness("nothing serves until the first new pod is ready")
            .repair("state `maxUnavailable: 0`, or fewer than there are replicas")
            .at(&unavailable.origin, "so many may go")
            .at(workload.replicas.as_ref().map(|replicas| &replicas.origin), "so many there are")
            .fix(fix(0))
    })
}

fn is_zero(text: &str) -> bool {
    matches!(text, "0" | "0%")
}

/// The volumes of a workload that other files describe.
fn claims<'a>(context: &Context<'a>, workload: &'a Workload) -> impl Iterator<Item = &'a VolumeClaim> {
    let context = *context;
    workload.pod.volumes.iter().filter_map(move |volume| match &volume.source {
        VolumeSource::Claim(name) => claim_of(&context, workload, name),
        _ => None,
    })
}

/// The new pod may land on another node, where the volume cannot be attached until the old pod is gone; and
/// the old pod stays until the new one is ready.
fn waits_for_volume(context: &Context<'_>, workload: &Workload) -> Option<Finding> {
    let pod = &workload.pod;
    let pinned = pod.node_name.is_some() || pod.node_selector.contains_key("kubernetes.io/hostname");
    let takes_first = workload.rollout.max_unavailable.as_ref().is_some_and(|stated| !is_zero(stated));
    let single = pods(context.index, workload).is_some_and(|pods| pods.max == 1);
    let together = pod.affinity.together.iter().any(|term| term.required);
    if !single || pinned || takes_first || together {
        return None;
    }
    let claim = claims(context, workload).find(|claim| is_one_node(claim))?;
    Some(
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "a rollout of `{}` starts the new pod while the old one holds `{}`",
                workload.object.id, claim.object.id
            ))
            .witness("the claim can be attached to one node: on another node the new pod waits for ever, and the old one stays")
            .repair("state `strategy: {type: Recreate}`")
            .at(workload.rollout.kind.as_ref().map_or(&workload.object.origin, |kind| &kind.origin), "replaced pod by pod")
            .at(claim.access.first().map(|access| &access.origin), "for one node")
            .fix(merge(
                &workload.object,
                json!({ "spec": { "strategy": { "type": "Recreate", "rollingUpdate": null } } }),
            )),
    )
}

/// Source: Kubernetes API, `PodSpec.terminationGracePeriodSeconds`.
const GRACE_S: u64 = 30;

fn stops_too_late(workload: &Workload) -> Option<Finding> {
    let grace = workload.pod.grace_s.as_ref();
    let grace_s = grace.map_or(GRACE_S, |grace| grace.value);
    let slow = workload.pod.running().find_map(|container| {
        let sleep = container.pre_stop_s.as_ref().filter(|sleep| sleep.value >= grace_s && grace_s > 0)?;
        Some((container, sleep))
    });
    let (container, sleep) = slow?;
    let enough = sleep.value.saturating_add(GRACE_S);
    Some(
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "container `{}` of `{}` sleeps {} s before it stops, and is killed after {grace_s} s",
                container.name, workload.object.id, sleep.value
            ))
            .witness("the grace period runs during `preStop`, so the process never gets the signal to end in order")
            .repair(format!("state `terminationGracePeriodSeconds: {enough}`"))
            .at(grace.map_or(&sleep.origin, |grace| &grace.origin), "killed then")
            .at(&sleep.origin, "still sleeps")
            .fix(merge_pod(workload, &json!({ "terminationGracePeriodSeconds": enough }))),
    )
}

fn deadline_too_short(workload: &Workload) -> Option<Finding> {
    let (deadline, ready) =
        (workload.rollout.progress_deadline_s.as_ref()?, workload.rollout.min_ready_s.as_ref()?);
    let longer = ready.value.saturating_add(600);
    (deadline.value <= ready.value).then(|| {
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "`{}` must progress within {} s, and counts a pod only after {} s",
                workload.object.id, deadline.value, ready.value
            ))
            .witness("the API refuses a deadline that is not longer than `minReadySeconds`")
            .repair(format!("state `progressDeadlineSeconds: {longer}`"))
            .at(&deadline.origin, "too short")
            .at(&ready.origin, "counts from here")
            .fix(merge(&workload.object, json!({ "spec": { "progressDeadlineSeconds": longer } })))
    })
}
