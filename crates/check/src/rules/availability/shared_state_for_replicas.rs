//! Proves that state which all replicas of a workload need can be reached by all of them.
//!
//! Broken: several replicas of a Deployment on one claim that only one node, or one pod, may mount; several
//! replicas that write to a folder of their node; several replicas with `SQLite`, each with a database of its
//! own. Folders of the system (`/var/log`, `/proc`, sockets) are what an agent reads, and are left alone.
//!
//! Unknown: several replicas on one claim that no file describes.
//!
//! Source: Kubernetes, *Persistent Volumes*, access modes; `SQLite`, *Appropriate Uses*.

mod prose;

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::workload::{
    Container, EnvValue, Volume, VolumeSource, Workload, WorkloadKind,
};
use sehat_verdict::{Finding, Severity};

use crate::load::{claim_of, is_one_node, pods};
use crate::{Context, Outcome, Rule};

const NAME: &str = "shared-state-for-replicas";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "State that every replica needs can be reached by every replica.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Persistent Volumes, access modes; SQLite: Appropriate Uses For SQLite",
    file: include_str!("shared_state_for_replicas.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let several = context.inventory.workloads.iter().filter_map(|workload| {
        let judged = matches!(workload.kind, WorkloadKind::Deployment | WorkloadKind::ReplicaSet);
        let most = pods(context.index, workload).filter(|pods| judged && pods.max > 1)?.max;
        Some((workload, most))
    });
    several.flat_map(|(workload, most)| of_workload(context, workload, most)).collect::<Vec<_>>().into()
}

fn of_workload(context: &Context<'_>, workload: &Workload, most: u32) -> Vec<Finding> {
    let volumes = workload.pod.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Claim(name) => on_claim(context, workload, most, name),
        VolumeSource::HostPath(path) => on_node(workload, most, volume, path),
        _ => None,
    });
    volumes.chain(in_sqlite(workload, most)).collect()
}

fn on_claim(context: &Context<'_>, workload: &Workload, most: u32, name: &Stated<String>) -> Option<Finding> {
    let Some(claim) = claim_of(context, workload, name) else {
        return Some(claim_unknown(workload, most, name));
    };
    let together = workload.pod.affinity.together.iter().any(|term| term.required);
    let pinned = workload.pod.node_name.is_some()
        || workload.pod.node_selector.contains_key("kubernetes.io/hostname")
        || together;
    let one_pod = claim.access.iter().all(|mode| mode.value == "ReadWriteOncePod");
    if !is_one_node(claim) || (pinned && !one_pod) {
        return None;
    }
    let mode = claim.access.first()?;
    Some(
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "{most} replicas of `{}` share `{}`, which is {}",
                workload.object.id, claim.object.id, mode.value
            ))
            .witness("a replica on another node cannot attach the volume, and never starts")
            .repair("ask for `ReadWriteMany` from a class that has it, or make it a StatefulSet with a claim per replica")
            .at(&name.origin, "shared by all replicas")
            .at(&mode.origin, "for one node"),
    )
}

fn claim_unknown(workload: &Workload, most: u32, name: &Stated<String>) -> Finding {
    Finding::unknown(NAME, Severity::Medium, workload.object.id.to_string())
        .says(format!(
            "{most} replicas of `{}` share the claim `{name}`, and no file describes it",
            workload.object.id
        ))
        .witness("a ReadWriteOnce claim would keep replicas on other nodes from starting")
        .repair("read the file of the claim too")
        .at(&name.origin, "shared by all replicas")
}

/// Folders in which agents look at their node.
const OF_THE_SYSTEM: [&str; 12] = [
    "/var/log",
    "/var/run",
    "/run",
    "/proc",
    "/sys",
    "/dev",
    "/etc",
    "/usr",
    "/lib",
    "/boot",
    "/var/lib/docker",
    "/var/lib/kubelet",
];

fn on_node(workload: &Workload, most: u32, volume: &Volume, path: &Stated<String>) -> Option<Finding> {
    let of_system = path.value == "/"
        || OF_THE_SYSTEM.iter().any(|known| {
            path.value.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    let writes = |container: &Container| {
        container.mounts.iter().any(|mount| mount.volume.value == volume.name && !mount.read_only)
    };
    let pinned = workload.pod.node_name.is_some() || !workload.pod.node_selector.is_empty();
    let written = workload.pod.all_containers().any(writes);
    (written && !of_system && !pinned).then(|| {
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "{most} replicas of `{}` write to `{path}` of whichever node they run on",
                workload.object.id
            ))
            .witness(
                "replicas on two nodes see two different folders, and a moved pod finds none of its files",
            )
            .repair("use a claim with `ReadWriteMany`, or a StatefulSet with a claim per replica")
            .at(&path.origin, "a folder of the node")
    })
}

fn in_sqlite(workload: &Workload, most: u32) -> Option<Finding> {
    let stated = workload.pod.containers.iter().flat_map(|container| &container.env).find_map(|env| {
        let EnvValue::Text(text) = &env.value else { return None };
        text.value.starts_with("sqlite:").then_some(text)
    })?;
    Some(
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!("{most} replicas of `{}` keep their data in SQLite", workload.object.id))
            .witness("each replica writes a database of its own, or all write one file over a network file system that SQLite warns of")
            .repair("use a database server, or one replica")
            .at(&stated.origin, "a database in a file"),
    )
}
