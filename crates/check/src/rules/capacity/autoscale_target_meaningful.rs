//! Proves that an autoscaler can reach its target, and leaves it again.
//!
//! Broken: a target in percent of a request that a container does not state; a target that the container's limit
//! keeps out of reach; bounds that leave nothing to decide; a target below a quarter of what a pod may use, so
//! that it scales out while most of each pod is idle.
//!
//! Unknown: a target for memory: whether idle use lies below it is not in the files, and a process seldom gives
//! memory back, so that what was scaled out stays.
//!
//! An autoscaler moves only where use is a tenth above or below its target.
//!
//! Source: Kubernetes, *Horizontal Pod Autoscaling*, algorithm details (tolerance 0.1, missing requests).

use sehat_platform::inventory::Stated;
use std::collections::BTreeSet;

use sehat_platform::inventory::limits::{Autoscaler, ScaleMetric};
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Severity};
use serde_json::json;

use crate::load::merge_container;
use crate::rules::capacity::amounts::{Side, asked, of_pod, shown};
use crate::{Context, Outcome, Rule};

const NAME: &str = "autoscale-target-meaningful";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "An autoscaler's target can be reached, and is left again.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Horizontal Pod Autoscaling, algorithm details",
    file: include_str!("autoscale_target_meaningful.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let autoscalers = &context.inventory.limits.autoscalers;
    let mut findings: Vec<Finding> = autoscalers.iter().filter_map(decides_nothing).collect();
    for workload in &context.inventory.workloads {
        let scaled = context.index.autoscalers.get(&workload.object.id).into_iter().flatten();
        let mut known = BTreeSet::new();
        // What is defined twice is told once.
        let distinct = scaled.filter(|autoscaler| known.insert(&autoscaler.object.id));
        findings.extend(distinct.flat_map(|autoscaler| of_target(context, autoscaler, workload)));
    }
    findings.into()
}

fn decides_nothing(autoscaler: &Autoscaler) -> Option<Finding> {
    let (min, max) = (autoscaler.min.as_ref()?, autoscaler.max.as_ref()?);
    (min.value == max.value).then(|| {
        Finding::broken(NAME, Severity::Low, autoscaler.object.id.to_string())
            .says(format!("`{}` may choose between {min} and {max}", autoscaler.object.id))
            .witness("floor and ceiling are one, so it never scales")
            .repair("raise the ceiling, or take the autoscaler away")
            .at(&max.origin, "ceiling")
            .at(&min.origin, "floor")
    })
}

fn of_target(context: &Context<'_>, autoscaler: &Autoscaler, workload: &Workload) -> Vec<Finding> {
    let metrics = autoscaler.metrics.iter().filter(|metric| metric.kind == "Resource");
    let targets = metrics.filter_map(|metric| Some((metric, metric.utilization.as_ref()?)));
    targets
        .flat_map(|(metric, target)| {
            let found = match without_request(context, autoscaler, workload, metric, target) {
                Some(finding) => Some(finding),
                None => out_of_reach(autoscaler, workload, metric, target),
            };
            found
                .or_else(|| early(autoscaler, workload, metric, target))
                .into_iter()
                .chain(sticky(autoscaler, workload, metric, target))
        })
        .collect()
}

fn resource(metric: &ScaleMetric) -> Option<&'static str> {
    ["cpu", "memory"].into_iter().find(|known| *known == metric.name)
}

fn without_request(
    context: &Context<'_>,
    autoscaler: &Autoscaler,
    workload: &Workload,
    metric: &ScaleMetric,
    target: &Stated<u32>,
) -> Option<Finding> {
    let resource = resource(metric)?;
    let bare = |container: &&Container| asked(container, resource).is_none();
    let container = workload.pod.running().find(bare)?;
    let namespace = &workload.object.id.namespace;
    let ranges = &context.inventory.limits.ranges;
    let given = ranges
        .iter()
        .filter(|range| range.object.id.namespace == *namespace)
        .flat_map(|range| &range.items)
        .any(|item| {
            item.kind == "Container"
                && (item.default_request.contains_key(resource) || item.default.contains_key(resource))
        });
    let value = if resource == "cpu" { "100m" } else { "128Mi" };
    (!given).then(|| {
        Finding::broken(NAME, Severity::High, autoscaler.object.id.to_string())
            .says(format!(
                "`{}` wants {target} % of the {resource} request, and container `{}` of `{}` states none",
                autoscaler.object.id, container.name, workload.object.id
            ))
            .witness("without a request there is no percentage: the autoscaler reports FailedGetResourceMetric and never scales")
            .repair(format!("state `resources.requests.{resource}`"))
            .at(&container.origin, "states no request")
            .at(&target.origin, "percent of what?")
            .fix(merge_container(workload, &container.name, &json!({ "resources": { "requests": { resource: value } } })))
    })
}

/// Use cannot rise above the limit, and the autoscaler moves only a tenth above its target.
fn out_of_reach(
    autoscaler: &Autoscaler,
    workload: &Workload,
    metric: &ScaleMetric,
    target: &Stated<u32>,
) -> Option<Finding> {
    let resource = resource(metric)?;
    let (request, limit) =
        (of_pod(workload, Side::Request, resource)?, of_pod(workload, Side::Limit, resource)?);
    let threshold = request.saturating_mul(u64::from(target.value)) / 100;
    (request > 0 && threshold.saturating_mul(11) / 10 >= limit && limit > 0).then(|| {
        Finding::broken(NAME, Severity::High, autoscaler.object.id.to_string())
            .says(format!(
                "`{}` scales out above {} of {resource}, and a pod of `{}` may use {}",
                autoscaler.object.id,
                shown(resource, threshold.saturating_mul(11) / 10),
                workload.object.id,
                shown(resource, limit)
            ))
            .witness(format!(
                "{target} % of {} and the tolerance of a tenth lie above the limit, so it never scales out",
                shown(resource, request)
            ))
            .repair("lower the target or raise the limit")
            .at(&target.origin, "out of reach")
            .at(&workload.object.origin, "limited here")
    })
}

fn early(
    autoscaler: &Autoscaler,
    workload: &Workload,
    metric: &ScaleMetric,
    target: &Stated<u32>,
) -> Option<Finding> {
    let resource = resource(metric).filter(|resource| *resource == "cpu")?;
    let (request, limit) =
        (of_pod(workload, Side::Request, resource)?, of_pod(workload, Side::Limit, resource)?);
    let threshold = request.saturating_mul(u64::from(target.value)) / 100;
    (limit > 0 && threshold.saturating_mul(4) < limit).then(|| {
        Finding::broken(NAME, Severity::Low, autoscaler.object.id.to_string())
            .says(format!(
                "`{}` scales out at {} of {resource}, {} % of what a pod of `{}` may use",
                autoscaler.object.id,
                shown(resource, threshold),
                threshold.saturating_mul(100) / limit,
                workload.object.id
            ))
            .witness("it pays for more pods while each is nearly idle")
            .repair("bring the request near the real use, so that the target means a busy pod")
            .at(&target.origin, "target")
            .at(&workload.object.origin, "request and limit here")
    })
}

fn sticky(
    autoscaler: &Autoscaler,
    workload: &Workload,
    metric: &ScaleMetric,
    target: &Stated<u32>,
) -> Option<Finding> {
    let resource = resource(metric).filter(|resource| *resource == "memory")?;
    let request = of_pod(workload, Side::Request, resource)?;
    let threshold = request.saturating_mul(u64::from(target.value)) / 100;
    Some(
        Finding::unknown(NAME, Severity::Medium, autoscaler.object.id.to_string())
            .says(format!(
                "`{}` scales out at {} MiB of memory, and nothing says that `{}` needs less when idle",
                autoscaler.object.id,
                threshold >> 20,
                workload.object.id
            ))
            .witness("a process seldom gives memory back, so what was scaled out stays; one that needs more when idle goes straight to the maximum")
            .repair("scale by CPU or by requests, or say what it needs when idle")
            .at(&target.origin, "target")
            .at(&workload.object.origin, "request here"),
    )
}
