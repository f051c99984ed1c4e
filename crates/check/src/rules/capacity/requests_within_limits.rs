//! Proves that what a container asks for is something that it may have.
//!
//! Broken: a request above the container's own limit, or above the limit that the namespace's LimitRange gives
//! a container without one; a container outside the bounds of a LimitRange; memory of less than a megabyte, as
//! `512` and `128000m` are.
//!
//! Source: Kubernetes, *Resource Management for Pods and Containers*, *Limit Ranges*.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::limits::{LimitRange, LimitRangeItem};
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Severity};
use serde_json::json;

use crate::load::merge_container;
use crate::rules::capacity::amounts::{Amount, Side, amount, parse, shown};
use crate::{Context, Outcome, Rule};

const NAME: &str = "requests-within-limits";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What a container asks for lies within its limits and the namespace's.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Resource Management for Pods and Containers; Limit Ranges",
    file: include_str!("requests_within_limits.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut ranges: BTreeMap<&str, Vec<&LimitRange>> = BTreeMap::new();
    for range in &context.inventory.limits.ranges {
        ranges.entry(&range.object.id.namespace).or_default().push(range);
    }
    let mut findings = Vec::new();
    for workload in context.inventory.workloads.iter().filter(|workload| workload.owner.is_none()) {
        let ours = ranges.get(workload.object.id.namespace.as_str()).map_or(&[][..], Vec::as_slice);
        for container in workload.pod.all_containers() {
            findings.extend(in_thousandths(workload, container));
            for resource in ["cpu", "memory"] {
                findings.extend(above_own(workload, container, resource));
                findings
                    .extend(ours.iter().filter_map(|range| outside(workload, container, resource, range)));
            }
        }
    }
    findings.into()
}

fn above_own(workload: &Workload, container: &Container, resource: &str) -> Option<Finding> {
    let request = amount(container, Side::Request, resource)?;
    let limit = amount(container, Side::Limit, resource)?;
    (request.value > limit.value).then(|| {
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "container `{}` of `{}` asks for {} of {resource} and may have {}",
                container.name,
                workload.object.id,
                shown(resource, request.value),
                shown(resource, limit.value)
            ))
            .witness("the API refuses a request that is above the limit")
            .repair("raise the limit to the request, or ask for less")
            .at(request.origin, "asks for so much")
            .at(limit.origin, "may have so much")
            .fix(merge_container(
                workload,
                &container.name,
                &json!({ "resources": { "limits": { resource: shown(resource, request.value) } } }),
            ))
    })
}

/// Less than this holds no process.
const MEMORY_MIN: u64 = 1 << 20;

fn in_thousandths(workload: &Workload, container: &Container) -> Option<Finding> {
    let stated = [Side::Limit, Side::Request].into_iter().find_map(|side| {
        amount(container, side, "memory").filter(|amount| amount.value < MEMORY_MIN && amount.value > 0)
    })?;
    Some(
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "container `{}` of `{}` counts its memory in single bytes",
                container.name, workload.object.id
            ))
            .witness(format!("it has {} bytes, and no process starts in them", stated.value))
            .repair("write `Mi` for mebibytes")
            .at(stated.origin, "less than a megabyte"),
    )
}

fn outside(
    workload: &Workload,
    container: &Container,
    resource: &str,
    range: &LimitRange,
) -> Option<Finding> {
    let item = range.items.iter().find(|item| item.kind == "Container")?;
    let request = amount(container, Side::Request, resource);
    let limit = amount(container, Side::Limit, resource);
    let asked = request.as_ref().or(limit.as_ref())?;
    let above = |bound: Option<&Stated<String>>, amount: &Amount<'_>| {
        let bound = bound?;
        let most = parse(resource, bound)?;
        (amount.value > most).then_some((bound.origin.clone(), most))
    };
    let default = above(item.default.get(resource), asked).filter(|_| limit.is_none());
    let most = limit.as_ref().or(Some(asked)).and_then(|largest| above(item.max.get(resource), largest));
    let (bound, most, what) = default
        .map(|(origin, most)| (origin, most, "gives a container without a limit"))
        .or_else(|| most.map(|(origin, most)| (origin, most, "allows a container")))
        .or_else(|| {
            below(resource, item, asked)
                .map(|(origin, least)| (origin, least, "asks of a container at least"))
        })?;
    Some(refused(
        workload,
        container,
        resource,
        range,
        asked,
        &bound,
        &format!("{what} {}", shown(resource, most)),
    ))
}

fn below(resource: &str, item: &LimitRangeItem, asked: &Amount<'_>) -> Option<(Origin, u64)> {
    let bound = item.min.get(resource)?;
    let least = parse(resource, bound)?;
    (asked.value < least).then_some((bound.origin.clone(), least))
}

fn refused(
    workload: &Workload,
    container: &Container,
    resource: &str,
    range: &LimitRange,
    asked: &Amount<'_>,
    bound: &Origin,
    what: &str,
) -> Finding {
    Finding::broken(NAME, Severity::High, workload.object.id.to_string())
        .says(format!(
            "container `{}` of `{}` states {} of {resource}, and `{}` {what}",
            container.name,
            workload.object.id,
            shown(resource, asked.value),
            range.object.id
        ))
        .witness("the API refuses such pods, so none of them is ever made")
        .repair("state request and limit within the range, or widen the range")
        .at(asked.origin, "stated here")
        .at(bound, "the namespace's bound")
}
