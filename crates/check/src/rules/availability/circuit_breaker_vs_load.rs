//! Proves that a mesh's circuit breakers leave enough pods and connections for the load.
//!
//! Outlier detection may put pods aside up to a share. With few pods that share is all but one of them, and the one
//! that is left carries everything; with a share of 100 % none need be left. How many pods there are at the least is
//! the autoscaler's minimum, else the replicas. `minHealthPercent` ends the ejection where fewer are healthy. A limit
//! of a few requests per connection makes most requests pay for a handshake, which under mutual TLS is the dearer part.
//!
//! Silent: limits whose load nothing states.
//!
//! Source: Istio, reference of `OutlierDetection`; Envoy, outlier detection.

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::mesh::{DestinationRule, OutlierDetection, TrafficPolicy};
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};

use crate::mesh::{MeshIndex, carries, floor};
use crate::{Context, Outcome, Rule};

const NAME: &str = "circuit-breaker-vs-load";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Circuit breakers and connection limits admit the load that is left when one pod is put aside.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Istio, reference of OutlierDetection and ConnectionPoolSettings",
    file: include_str!("circuit_breaker_vs_load.rs"),
    judge,
};

/// Fewer requests on one connection than this are mostly handshakes.
const REQUESTS_PER_CONNECTION_MIN: u64 = 10;

/// With two pods, one put aside leaves a single one.
const PODS_MIN: u32 = 3;

fn judge(context: &Context<'_>) -> Outcome {
    let rules = &context.inventory.mesh.rules;
    if rules.is_empty() {
        return Outcome::default();
    }
    let index = MeshIndex::new(context);
    let mut findings: Vec<Finding> = Vec::new();
    for rule in rules {
        let policies = rule.subsets.iter().map(|subset| &subset.policy).chain([&rule.policy]);
        findings.extend(policies.clone().filter_map(|policy| handshakes(rule, policy)));
        findings.extend(policies.clone().filter_map(|policy| all_ejected(rule, policy.outliers.as_ref()?)));
        findings.extend(few_left(context, &index, rule));
    }
    findings.into()
}

/// Pods of the subset that has the fewest; outlier detection counts within a subset.
fn few_left(context: &Context<'_>, index: &MeshIndex<'_>, rule: &DestinationRule) -> Option<Finding> {
    let outliers = rule.policy.outliers.as_ref()?;
    let ejected = outliers.ejected_percent_max.as_ref()?;
    let behind = index.workloads(&rule.host.value, &rule.object);
    let (workload, pods) = fewest(context, rule, &behind)?;
    let may_go = u64::from(pods) * u64::from(ejected.value.min(100)) / 100;
    let left = u64::from(pods).saturating_sub(may_go);
    if !(2..PODS_MIN).contains(&pods) || may_go == 0 || !stays_on(outliers, pods, left) {
        return None;
    }
    let autoscaler =
        context.inventory.limits.autoscalers.iter().find(|one| one.target.value == workload.object.id);
    let place = autoscaler.and_then(|one| one.min.as_ref()).map(|min| &min.origin);
    let place = place.or_else(|| workload.replicas.as_ref().map(|stated| &stated.origin));
    Some(
        Finding::broken(NAME, Severity::Medium, rule.object.id.to_string())
            .says(format!(
                "of the {pods} pods of {} {may_go} may be put aside ({} %), which leaves {left} for the whole load",
                workload.object.id, ejected.value
            ))
            .witness("one sick pod doubles the load of the other, which then fails too")
            .repair(format!("keep at least {PODS_MIN} pods, or lower `maxEjectionPercent`"))
            .at(&ejected.origin, "so many may be put aside")
            .at(place, "so few pods"),
    )
}

/// Source: Envoy, panic threshold: below the healthy share nothing is put aside.
fn stays_on(outliers: &OutlierDetection, pods: u32, left: u64) -> bool {
    let least = outliers.healthy_percent_min.as_ref().map_or(0, |percent| u64::from(percent.value));
    left * 100 >= least * u64::from(pods)
}

fn fewest<'a>(
    context: &Context<'_>,
    rule: &DestinationRule,
    behind: &[&'a Workload],
) -> Option<(&'a Workload, u32)> {
    let counted = |workload: &&'a Workload| Some((*workload, floor(context, workload)?));
    let of_subset = rule.subsets.iter().filter_map(|subset| {
        let members: Vec<_> = behind.iter().filter(|workload| carries(workload, &subset.labels)).collect();
        let pods = members.iter().map(|workload| floor(context, workload)).sum::<Option<u32>>()?;
        Some((**members.first()?, pods))
    });
    let by_subset: Vec<_> = of_subset.collect();
    if by_subset.is_empty() && behind.len() == 1 {
        return behind.first().and_then(counted);
    }
    by_subset.into_iter().min_by_key(|(_, pods)| *pods)
}

fn all_ejected(rule: &DestinationRule, outliers: &OutlierDetection) -> Option<Finding> {
    let ejected = outliers.ejected_percent_max.as_ref().filter(|percent| percent.value >= 100)?;
    let stops = outliers.healthy_percent_min.as_ref().is_some_and(|percent| percent.value > 0);
    (!stops).then(|| {
        Finding::broken(NAME, Severity::Medium, rule.object.id.to_string())
            .says(format!("every pod of `{}` may be put aside at once", rule.host))
            .witness("a fault that all pods share, such as a slow database, turns into 503 for every request")
            .repair("set `maxEjectionPercent` to 50 or less, or a `minHealthPercent`")
            .at(&ejected.origin, "up to all of them")
    })
}

fn handshakes(rule: &DestinationRule, policy: &TrafficPolicy) -> Option<Finding> {
    let few = |limit: &&Stated<u64>| (1..REQUESTS_PER_CONNECTION_MIN).contains(&limit.value);
    let limit = policy.pool.requests_per_connection_max.as_ref().filter(few)?;
    Some(
        Finding::broken(NAME, Severity::Low, rule.object.id.to_string())
            .says(format!("a connection to `{}` is closed after {limit} requests", rule.host))
            .witness("at 1000 requests a second that is hundreds of handshakes a second")
            .repair("leave `maxRequestsPerConnection` out, or set it to 100 or more")
            .at(&limit.origin, "closed after so many"),
    )
}
