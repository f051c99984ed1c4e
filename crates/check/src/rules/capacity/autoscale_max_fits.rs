//! Proves that what the autoscalers may ask for at their maxima is there.
//!
//! Broken: the pods of a namespace at their maxima, together, exceed its quota, though at their floors they fit.
//!
//! Unknown: an autoscaler that may take half of the quota or more, where other pods of the namespace state no
//! request, so that nobody can tell how much is left.
//!
//! Source: Kubernetes, *Resource Quotas*: a pod above the quota is refused, and the autoscaler sees no error.

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::limits::Quota;
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};

use super::quota_fits::{sum, words};
use crate::load::pods;
use crate::rules::capacity::amounts::{Side, of_pod, parse, shown};
use crate::{Context, Outcome, Rule};

const NAME: &str = "autoscale-max-fits";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What autoscalers ask for at their maxima fits the quota.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Kubernetes: Resource Quotas; Horizontal Pod Autoscaling",
    file: include_str!("autoscale_max_fits.rs"),
    judge,
};

const JUDGED: [(&str, Side, &str); 6] = [
    ("requests.cpu", Side::Request, "cpu"),
    ("cpu", Side::Request, "cpu"),
    ("requests.memory", Side::Request, "memory"),
    ("memory", Side::Request, "memory"),
    ("limits.cpu", Side::Limit, "cpu"),
    ("limits.memory", Side::Limit, "memory"),
];

fn judge(context: &Context<'_>) -> Outcome {
    let quotas = context.inventory.limits.quotas.iter().filter(|quota| quota.scopes.is_empty());
    let judged = quotas.flat_map(|quota| {
        JUDGED
            .iter()
            .filter_map(move |(key, side, resource)| Some((quota, *side, *resource, quota.hard.get(*key)?)))
    });
    judged
        .filter_map(|(quota, side, resource, hard)| {
            above(context, quota, side, resource, hard).or_else(|| half(context, quota, side, resource, hard))
        })
        .collect::<Vec<_>>()
        .into()
}

/// What a workload takes at its most.
fn most(context: &Context<'_>, workload: &Workload, side: Side, resource: &str) -> Option<(u32, u64)> {
    let max = pods(context.index, workload)?.max;
    Some((max, of_pod(workload, side, resource)?.saturating_mul(u64::from(max))))
}

fn largest<'a>(
    context: &Context<'a>,
    quota: &Quota,
    side: Side,
    resource: &str,
) -> Option<(&'a Workload, u32, u64)> {
    let workloads = context.index.workloads_in(&quota.object.id.namespace).iter();
    let scaled = workloads.filter(|workload| context.index.autoscalers.contains_key(&workload.object.id));
    scaled
        .filter_map(|workload| {
            most(context, workload, side, resource).map(|(max, sum)| (*workload, max, sum))
        })
        .max_by_key(|(.., sum)| *sum)
}

fn above(
    context: &Context<'_>,
    quota: &Quota,
    side: Side,
    resource: &str,
    hard: &Stated<String>,
) -> Option<Finding> {
    let limit = parse(resource, hard)?;
    let total = sum(context, quota, side, resource, true);
    let fits_at_floor = sum(context, quota, side, resource, false) <= limit;
    let (workload, max, most) = largest(context, quota, side, resource)?;
    (total > limit && fits_at_floor).then(|| {
        Finding::broken(NAME, Severity::Medium, quota.object.id.to_string())
            .says(format!(
                "at their maxima the pods of `{}` ask for {} of {}, and `{}` admits {hard}",
                quota.object.id.namespace,
                shown(resource, total),
                words(side, resource),
                quota.object.id
            ))
            .witness(format!(
                "`{}` alone takes {} with {max} pods; pods above the quota are refused while the load lasts",
                workload.object.id,
                shown(resource, most)
            ))
            .repair(format!("raise the quota to {} or lower the maxima", shown(resource, total)))
            .at(&hard.origin, "admits so much")
            .at(ceiling(context, workload), "the largest maximum")
    })
}

fn ceiling<'a>(context: &Context<'a>, workload: &Workload) -> Option<&'a sehat_diagnostic::Origin> {
    let scaled = context.index.autoscalers.get(&workload.object.id)?;
    let max = scaled.iter().filter_map(|autoscaler| autoscaler.max.as_ref()).max_by_key(|max| max.value)?;
    Some(&max.origin)
}

fn half(
    context: &Context<'_>,
    quota: &Quota,
    side: Side,
    resource: &str,
    hard: &Stated<String>,
) -> Option<Finding> {
    let limit = parse(resource, hard)?;
    let (workload, max, most) = largest(context, quota, side, resource)?;
    let namespace = &quota.object.id.namespace;
    let others = context.index.workloads_in(namespace).iter();
    let silent = others.filter(|other| of_pod(other, side, resource).is_none()).count();
    let operated = context.index.has_operator_in(namespace);
    (most.saturating_mul(2) >= limit && most <= limit && (silent > 0 || operated)).then(|| {
        let who =
            if operated { "what operators make in the namespace" } else { "other pods of the namespace" };
        Finding::unknown(NAME, Severity::Medium, quota.object.id.to_string())
            .says(format!(
                "`{}` at its maximum takes {} of the {hard} of {} that `{}` admits, and {who} states none",
                workload.object.id,
                shown(resource, most),
                words(side, resource),
                quota.object.id
            ))
            .witness(format!("{max} pods leave {} for everything else", shown(resource, limit - most)))
            .repair("state the requests of all pods, and take the quota from their sum at the maxima")
            .at(&hard.origin, "admits so much")
            .at(ceiling(context, workload), "the maximum")
    })
}
