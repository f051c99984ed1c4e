//! Proves that groups of nodes which may grow have something that makes them grow.
//!
//! A range from `min_size` to `max_size` changes nothing by itself: the cluster autoscaler, Karpenter or the provider's
//! own automatic mode does.
//!
//! Broken: it is there and scaled to nothing. Unknown: none of them is among the files, which may well install it elsewhere.
//!
//! Source: Amazon EKS User Guide, autoscaling.

use sehat_platform::inventory::cloud::NodeGroup;
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "node-autoscaler-present";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Ranges of nodes have an actor that changes their number.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Amazon EKS User Guide, autoscaling",
    file: include_str!("node_autoscaler_present.rs"),
    judge,
};

const ACTORS: [&str; 3] = ["cluster-autoscaler", "karpenter", "cluster_autoscaler"];

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let ranged = |group: &&NodeGroup| match (&group.min, &group.max) {
        (Some(min), Some(max)) => min.value < max.value,
        _ => false,
    };
    let groups: Vec<&NodeGroup> = cloud.node_groups.iter().filter(ranged).collect();
    if groups.is_empty() {
        return Outcome::default();
    }
    if let Some(idle) = scaled_to_nothing(context) {
        return vec![idle].into();
    }
    if is_there(context) {
        return Outcome::default();
    }
    vec![nobody(context, &groups)].into()
}

/// It is among the workloads, with no pods.
fn scaled_to_nothing(context: &Context<'_>) -> Option<Finding> {
    let idle = context.inventory.workloads.iter().find(|workload| {
        let name = &workload.object.id.name;
        ACTORS.iter().any(|actor| name.ends_with(actor)) && workload.replica_count() == Some(0)
    })?;
    Some(
        Finding::broken(NAME, Severity::Medium, idle.object.id.to_string())
            .says(format!("{} runs no pods, so nothing adds nodes", idle.object.id))
            .witness("pods beyond the first nodes' places stay `Pending`")
            .repair("give it a replica")
            .at(idle.replicas.as_ref().map(|replicas| &replicas.origin), "no replicas"),
    )
}

fn is_there(context: &Context<'_>) -> bool {
    let inventory = context.inventory;
    let cloud = &inventory.cloud;
    let named = |name: &str| ACTORS.iter().any(|actor| name.contains(actor));
    let addresses = cloud.identities.iter().map(|one| one.resource.address.as_str());
    let charts = cloud.charts.iter().map(|chart| chart.value.as_str());
    let workloads = inventory.workloads.iter().map(|workload| workload.object.id.name.as_str());
    let kinds = inventory.objects.iter().map(|object| object.id.kind.as_str());
    addresses.chain(charts).chain(workloads).any(named)
        || kinds.into_iter().any(|kind| matches!(kind, "NodePool" | "EC2NodeClass"))
        || inventory.answers.contains_key("node-autoscaler")
}

fn nobody(context: &Context<'_>, groups: &[&NodeGroup]) -> Finding {
    let names = sehat_analysis::names(groups.iter().map(|group| group.resource.address.as_str()));
    let subject = groups.first().map_or("", |group| group.resource.address.as_str());
    let finding = if context.inventory.whole { Finding::broken } else { Finding::unknown };
    let finding = finding(NAME, Severity::Medium, subject)
        .says(format!("nothing among the files changes the number of nodes of {names}"))
        .witness("the range alone adds no node: pods beyond the first ones stay `Pending`")
        .repair("install the cluster autoscaler or Karpenter")
        .asks("node-autoscaler: karpenter")
        .counts(groups.len());
    groups.iter().take(3).fold(finding, |finding, group| {
        finding.at(group.max.as_ref().map(|max| &max.origin), "may grow to this")
    })
}
