//! Proves that two targets never look the same.
//!
//! Prometheus tells series apart by the labels of their target. A step that writes a constant into `instance` takes away
//! what tells two pods of one workload apart, unless another step puts the pod's name, node or address into a label. Then
//! their samples fall into one series, and Prometheus refuses all but one of them.
//!
//! Source: Prometheus documentation, "Jobs and instances" and `relabel_config`.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::watch::{MetricServer, Relabel, ScrapeJob};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "target-identity-unique";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Label sets of scraped targets are distinct after relabelling.",
    severity: Severity::High,
    hygiene: false,
    source: "Prometheus documentation: Jobs and instances; relabel_config",
    file: include_str!("target_identity_unique.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let servers = context.inventory.watch.servers.iter();
    let jobs = servers.flat_map(|server| server.jobs.iter().map(move |job| (server, job)));
    jobs.filter_map(|(server, job)| judge_job(context.inventory, server, job)).collect::<Vec<_>>().into()
}

fn judge_job(inventory: &Inventory, server: &MetricServer, job: &ScrapeJob) -> Option<Finding> {
    job.role
        .as_ref()
        .filter(|role| matches!(role.value.as_str(), "pod" | "endpoints" | "endpointslice" | "node"))?;
    let step = job.relabel.iter().rfind(|step| step.target.as_deref() == Some("instance"))?;
    if !is_constant(step) || job.relabel.iter().any(tells_apart) {
        return None;
    }
    let many =
        inventory.workloads.iter().find(|workload| workload.replica_count().is_some_and(|count| count > 1));
    let witness = match many {
        Some(workload) => format!(
            "the pods of {} have the same labels: all but one are refused as duplicates",
            workload.object.id
        ),
        None => "two pods of one Deployment have the same labels: one of them is refused as a duplicate"
            .to_owned(),
    };
    let value = step.replacement.as_deref().unwrap_or_default();
    Some(
        Finding::broken(NAME, Severity::High, &server.name)
            .says(format!("job `{}` of {} calls every target `{value}`", job.name, server.name))
            .witness(witness)
            .repair("leave `instance` alone, or take it from `__meta_kubernetes_pod_name`")
            .at(&step.origin, "the same `instance` for all"),
    )
}

/// The value does not come from the target.
fn is_constant(step: &Relabel) -> bool {
    step.action == "replace"
        && step.replacement.as_ref().is_some_and(|value| !value.contains('$') && !value.is_empty())
}

/// The step puts something of one pod alone into a label that stays.
fn tells_apart(step: &Relabel) -> bool {
    let own = [
        "pod_name",
        "pod_ip",
        "pod_uid",
        "node_name",
        "address_target_name",
        "__address__",
        "endpoint_node_name",
        "hostname",
    ];
    let takes = step.sources.iter().any(|source| own.iter().any(|name| source.ends_with(name)));
    let stays = step.target.as_ref().is_some_and(|target| !target.starts_with("__"));
    let maps_all = step.action == "labelmap"
        && step.regex.as_ref().is_some_and(|regex| !regex.contains("label") && !regex.contains("annotation"));
    step.action == "replace" && takes && stays && !is_constant(step) || maps_all
}
