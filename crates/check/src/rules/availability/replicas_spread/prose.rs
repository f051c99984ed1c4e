//! The part over documents in words.

use sehat_platform::inventory::prose::{Environment, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise};

/// Replicas in a cluster of several zones, and nothing that keeps them apart.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let is_several = |line: &Statement| {
        let count = line.figures.iter().find(|figure| figure.unit == Unit::Count);
        count.is_some_and(|figure| figure.low > 1.0)
            && line.says("replica")
            && line.says("kubernetes-workload")
    };
    let outside =
        |line: &Statement| matches!(line.environment, Some(Environment::Development | Environment::Staging));
    let Some(line) = prose.statements.iter().find(|line| is_several(line) && !outside(line)) else {
        return Vec::new();
    };
    let zones = prose.statements.iter().find(|line| line.says("multi-zone") || line.says("zone"));
    let spreads = context.inventory.workloads.iter().any(|workload| !workload.pod.spread.is_empty());
    if prose.says(&["spread"]) || spreads || !names_any(context, &["kubernetes", "eks"]) {
        return Vec::new();
    }
    vec![
        promise(context, NAME, Severity::Medium, "replicas")
            .says("nothing keeps the replicas of a service on different nodes or in different zones")
            .witness("the scheduler may place all of them on one node, whose loss ends the service")
            .repair("state topologySpreadConstraints over zones and nodes, and a PodDisruptionBudget")
            .at(&line.origin, "several replicas")
            .at(zones.map(|line| &line.origin), "several zones"),
    ]
}
