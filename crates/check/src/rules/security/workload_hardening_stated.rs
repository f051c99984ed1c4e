//! Proves that what a container could do without is taken from it.
//!
//! Broken, one finding for each kind of slackness: privileged containers, namespaces of the node, its
//! container socket, root allowed, escalation allowed, capabilities kept, no requests for memory and CPU.
//! These are settings of one object at a time, as other linters list them.
//!
//! Source: Kubernetes, *Pod Security Standards*, profiles baseline and restricted.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::workload::{Container, VolumeSource, Workload, WorkloadKind};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::{Value, json};

use crate::load::{first_and_more, merge_container, quoted, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "workload-hardening-stated";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What a container could do without is taken from it.",
    severity: Severity::Medium,
    hygiene: true,
    source: "Kubernetes: Pod Security Standards",
    file: include_str!("workload_hardening_stated.rs"),
    judge,
};

/// One kind of slackness.
struct Slack {
    severity: Severity,
    /// Of one container, and of several.
    says: (&'static str, &'static str),
    witness: &'static str,
    repair: &'static str,
    /// The place in a container that is slack.
    at: for<'a> fn(&'a Workload, &'a Container) -> Option<&'a Origin>,
    fields: Option<fn() -> Value>,
}

fn judge(context: &Context<'_>) -> Outcome {
    KINDS.iter().filter_map(|slack| of_kind(context, slack)).collect::<Vec<_>>().into()
}

fn of_kind(context: &Context<'_>, slack: &Slack) -> Option<Finding> {
    // An operator sets what its pods may do, whatever its resource says.
    let stated = |workload: &&Workload| workload.owner.is_none() && workload.kind != WorkloadKind::Operated;
    let workloads = context.inventory.workloads.iter().filter(stated);
    let found: Vec<_> = workloads
        .flat_map(|workload| workload.pod.running().map(move |container| (workload, container)))
        .filter_map(|(workload, container)| Some((workload, container, (slack.at)(workload, container)?)))
        .collect();
    let (first, ..) = found.first()?;
    let subject = first_and_more(&first.object.id, found.len());
    let places: Vec<(&Origin, &str)> = found.iter().map(|(.., origin)| (*origin, "here")).collect();
    let finding = Finding::broken(NAME, slack.severity, subject)
        .says(format!(
            "{} {}",
            quoted(&first.object.id, found.len()),
            verb(found.len(), slack.says.0, slack.says.1)
        ))
        .witness(slack.witness)
        .repair(slack.repair);
    let fixes = found.iter().filter_map(|(workload, container, _)| fix(slack, workload, container));
    Some(fixes.fold(with_places(finding, &places), Finding::fix))
}

fn fix(slack: &Slack, workload: &Workload, container: &Container) -> Option<Fix> {
    Some(merge_container(workload, &container.name, &(slack.fields?)()))
}

const KINDS: [Slack; 6] = [
    Slack {
        severity: Severity::Medium,
        says: ("runs privileged", "run privileged"),
        witness: "a privileged container is root on its node",
        repair: "take `privileged` away and add the one capability that is needed",
        at: |_, container| {
            container.security.privileged.as_ref().filter(|stated| stated.value).map(|stated| &stated.origin)
        },
        fields: None,
    },
    Slack {
        severity: Severity::Medium,
        says: ("mounts the container runtime's socket", "mount the container runtime's socket"),
        witness: "whoever writes to the socket starts any container on the node",
        repair: "use an API with rights of its own instead",
        at: |workload, container| {
            let is_socket = |path: &str| path.ends_with("docker.sock") || path.ends_with("containerd.sock");
            workload.pod.volumes.iter().find_map(|volume| match &volume.source {
                VolumeSource::HostPath(path) if is_socket(path) => container
                    .mounts
                    .iter()
                    .any(|mount| mount.volume.value == volume.name)
                    .then_some(&path.origin),
                _ => None,
            })
        },
        fields: None,
    },
    Slack {
        severity: Severity::Low,
        says: ("shares a namespace of its node", "share a namespace of their node"),
        witness: "it sees the node's processes or network",
        repair: "take `hostNetwork`, `hostPID` and `hostIPC` away where the work does not ask for them",
        at: |workload, _| {
            let pod = &workload.pod;
            let shared = [&pod.host_network, &pod.host_pid, &pod.host_ipc];
            shared.into_iter().flatten().find(|stated| stated.value).map(|stated| &stated.origin)
        },
        fields: None,
    },
    Slack {
        severity: Severity::Low,
        says: ("may run as root", "may run as root"),
        witness: "nothing says that the image's user is another one",
        repair: "state `runAsNonRoot: true`",
        at: |workload, container| {
            let (pod, own) = (&workload.pod.security, &container.security);
            let non_root = own.run_as_non_root.as_ref().or(pod.run_as_non_root.as_ref());
            let user = own.run_as_user.as_ref().or(pod.run_as_user.as_ref());
            let kept = non_root.is_some_and(|stated| stated.value) || user.is_some_and(|user| user.value > 0);
            (!kept).then_some(&container.origin)
        },
        fields: Some(|| json!({ "securityContext": { "runAsNonRoot": true } })),
    },
    Slack {
        severity: Severity::Low,
        says: (
            "may gain rights and keeps the runtime's capabilities",
            "may gain rights and keep the runtime's capabilities",
        ),
        witness: "the profile `restricted` demands that both are taken away",
        repair: "state `allowPrivilegeEscalation: false` and drop all capabilities",
        at: |_, container| {
            let own = &container.security;
            let kept = own.escalation.as_ref().is_some_and(|stated| !stated.value)
                && own.drop.iter().any(|dropped| dropped.value.eq_ignore_ascii_case("all"));
            (!kept).then_some(&container.origin)
        },
        fields: Some(
            || json!({ "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } } }),
        ),
    },
    Slack {
        severity: Severity::Low,
        says: ("asks for no memory or no CPU", "ask for no memory or no CPU"),
        witness: "the scheduler places it as if it needed nothing, and it is the first to be evicted",
        repair: "state `resources.requests`",
        at: |_, container| {
            let asks = |one: bool, other: bool| one || other;
            let cpu = asks(container.requests.cpu.is_some(), container.limits.cpu.is_some());
            let memory = asks(container.requests.memory.is_some(), container.limits.memory.is_some());
            (!(cpu && memory)).then_some(&container.origin)
        },
        fields: Some(|| json!({ "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } } })),
    },
];
