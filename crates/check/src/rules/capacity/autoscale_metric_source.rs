//! Proves that somebody provides the metrics by which an autoscaler decides.
//!
//! Kept: the files register the API that serves them (`v1beta1.metrics.k8s.io`, `custom.metrics.k8s.io`,
//! `external.metrics.k8s.io`), or the answer `metrics-server: yes` says that the cluster has it. KEDA serves its
//! own.
//!
//! Broken: a metric of type `Resource` that is neither CPU nor memory.
//!
//! Unknown: nothing in the files provides them. Amazon EKS, kubeadm and most bare clusters come without.
//!
//! Source: Kubernetes, *Horizontal Pod Autoscaling*, "Support for metrics APIs".

use sehat_diagnostic::Origin;
use sehat_platform::inventory::limits::{Autoscaler, ScaleMetric};
use sehat_verdict::{Finding, Severity};

use crate::load::{first_and_more, lacking, quoted, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "autoscale-metric-source";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every metric of an autoscaler has a provider.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Horizontal Pod Autoscaling, support for metrics APIs",
    file: include_str!("autoscale_metric_source.rs"),
    judge,
};

/// Kinds of metrics, the API that serves them, what provides it, and the answer that settles it.
const APIS: [(&[&str], &str, &str, &str); 3] = [
    (&["Resource", "ContainerResource"], "metrics.k8s.io", "metrics-server", "metrics-server"),
    (&["Pods", "Object"], "custom.metrics.k8s.io", "an adapter such as prometheus-adapter", "custom-metrics"),
    (&["External"], "external.metrics.k8s.io", "an adapter such as KEDA", "external-metrics"),
];

fn judge(context: &Context<'_>) -> Outcome {
    let autoscalers = context.inventory.limits.autoscalers.iter();
    let mut findings: Vec<Finding> = autoscalers.filter_map(never_served).collect();
    findings.extend(APIS.iter().filter_map(|api| of_api(context, api)));
    findings.into()
}

/// Source: Kubernetes, *Resource metrics pipeline*: `metrics.k8s.io` holds CPU and memory.
fn never_served(autoscaler: &Autoscaler) -> Option<Finding> {
    let served = |metric: &ScaleMetric| matches!(metric.name.as_str(), "cpu" | "memory" | "");
    let resources = autoscaler.metrics.iter().filter(|metric| metric.kind == "Resource");
    let metric = resources.into_iter().find(|metric| !served(metric))?;
    Some(
        Finding::broken(NAME, Severity::High, autoscaler.object.id.to_string())
            .says(format!("`{}` reads `{}` as a resource of the pod", autoscaler.object.id, metric.name))
            .witness("metrics.k8s.io serves CPU and memory and nothing else, so this target stays <unknown>")
            .repair("read it as a metric of type `Pods`, `Object` or `External`, from an adapter")
            .at(&metric.origin, "served by nobody"),
    )
}

fn of_api(context: &Context<'_>, api: &(&[&str], &str, &str, &str)) -> Option<Finding> {
    let (kinds, group, provider, answer) = api;
    let registered = context
        .inventory
        .of_kind("APIService")
        .any(|object| object.id.name.split_once('.').is_some_and(|(_, name)| name == *group));
    if registered || context.inventory.answers.contains_key(*answer) {
        return None;
    }
    let reads = |autoscaler: &Autoscaler| {
        let read = |metric: &&ScaleMetric| kinds.contains(&metric.kind.as_str());
        autoscaler.metrics.iter().find(read).map(|metric| metric.origin.clone())
    };
    let reading: Vec<(&Autoscaler, Origin)> = context
        .inventory
        .limits
        .autoscalers
        .iter()
        .filter_map(|autoscaler| Some((autoscaler, reads(autoscaler)?)))
        .collect();
    let (first, _) = reading.first()?;
    let subject = first_and_more(&first.object.id, reading.len());
    let places: Vec<(&Origin, &str)> = reading.iter().map(|(_, origin)| (origin, "reads it")).collect();
    let finding = lacking(NAME, Severity::Medium, subject, context.inventory.whole)
        .says(format!(
            "{} {} by metrics of {group}, and nothing in the files provides them",
            quoted(&first.object.id, reading.len()),
            verb(reading.len(), "decides", "decide")
        ))
        .witness("without a provider the targets read <unknown>, and nothing scales")
        .repair(format!("install {provider}"))
        .asks(format!("{answer}: yes"));
    Some(with_places(finding, &places))
}
