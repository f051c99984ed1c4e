//! The part of `quorum-survives` that looks at workloads: the product is told by the image.

use sehat_platform::inventory::workload::{Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity};

use super::quorum_survives::NAME;
use crate::load::image_name;
use crate::{Context, load};

/// Images whose members elect a leader by majority, with what stops without one.
///
/// Source: the products' manuals: etcd *FAQ*, `ZooKeeper` *Administrator's Guide*, Consul *Consensus*, `MongoDB` *Replica
/// Set Elections*, `RabbitMQ` *Clustering*.
const VOTERS: [(&str, &str, Severity); 6] = [
    ("etcd", "etcd refuses every write", Severity::High),
    ("zookeeper", "ZooKeeper serves nobody", Severity::High),
    ("consul", "Consul elects no leader and refuses writes", Severity::High),
    ("mongo", "MongoDB has no primary and takes no writes", Severity::High),
    ("mongodb", "MongoDB has no primary and takes no writes", Severity::High),
    ("rabbitmq", "quorum queues stand still", Severity::Medium),
];

pub fn findings(context: &Context<'_>) -> Vec<Finding> {
    let sets =
        context.inventory.workloads.iter().filter(|workload| workload.kind == WorkloadKind::StatefulSet);
    sets.filter_map(|workload| of_workload(context, workload)).collect()
}

fn of_workload(context: &Context<'_>, workload: &Workload) -> Option<Finding> {
    let (image, stops, severity) = workload.pod.containers.iter().find_map(|container| {
        let image = container.image.as_ref()?;
        let known = VOTERS.iter().find(|(name, ..)| *name == image_name(image))?;
        Some((image, known.1, known.2))
    })?;
    let count = load::pods(context.index, workload)?.min;
    let replicas = workload.replicas.as_ref()?;
    let (message, witness, severity) = match count {
        2 => (
            "has two voters, and a majority of two is two".to_owned(),
            format!("when either is lost, {stops}"),
            severity,
        ),
        count if count > 2 && count % 2 == 0 => (
            format!("has {count} voters, and outlives no more losses than {} do", count - 1),
            format!("the majority of {count} is {}, so {} may be lost", count / 2 + 1, count - count / 2 - 1),
            Severity::Low,
        ),
        _ => return None,
    };
    Some(
        Finding::broken(NAME, severity, workload.object.id.to_string())
            .says(format!("`{}` {message}", workload.object.id))
            .witness(witness)
            .repair(format!("state `replicas: {}`", count + 1))
            .at(&replicas.origin, "so many voters")
            .at(&image.origin, "a product that votes")
            .fix(load::merge(&workload.object, serde_json::json!({ "spec": { "replicas": count + 1 } }))),
    )
}
