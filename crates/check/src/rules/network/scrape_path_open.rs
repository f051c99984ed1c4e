//! Proves that what asks to be scraped may be scraped.
//!
//! A pod with the annotation `prometheus.io/scrape: "true"` asks to be read on `prometheus.io/port`. Where policies
//! govern its way in, one of them must admit somebody from outside the pod's own callers on that port.
//!
//! Broken: no rule of the policies that govern the pod can mean a scraper on that port, wherever it runs.
//!
//! Source: Prometheus, *Configuration*: `kubernetes_sd_config` and its example of annotations; Kubernetes, *Network
//! Policies*.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::Protocol;
use sehat_platform::inventory::workload::Workload;
use sehat_reach::cluster::{End, Guest, State};
use sehat_verdict::{Finding, Severity};

use super::subjects::is_on_host;
use crate::{Context, Outcome, Rule};

const NAME: &str = "scrape-path-open";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What asks to be scraped may be scraped.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Prometheus: Configuration; Kubernetes: Network Policies",
    file: include_str!("scrape_path_open.rs"),
    judge,
};

/// By what shuts them: its place, and the workloads with their ports.
type Shut<'a> = BTreeMap<String, (&'a Origin, Vec<(&'a Workload, u16)>)>;

fn judge(context: &Context<'_>) -> Outcome {
    if context.inventory.network.policies.is_empty() {
        return Outcome::default();
    }
    let cluster = context.index.cluster();
    let scraper = Guest { has_more_labels: true, has_more_namespace: true, ..Guest::default() };
    let mut shut: Shut<'_> = BTreeMap::new();
    for (at, workload) in context.inventory.workloads.iter().enumerate() {
        let Some(port) = asked(workload).filter(|_| !is_on_host(&workload.pod)) else { continue };
        let passage = cluster.at_port(End::Guest(&scraper), End::Workload(at), Protocol::Tcp, port);
        let denied = passage.filter(|passage| passage.state == State::Denied);
        if let Some(policy) = denied.and_then(|passage| passage.into.policy()) {
            shut.entry(policy.id.to_string())
                .or_insert((&policy.origin, Vec::new()))
                .1
                .push((workload, port));
        }
    }
    shut.iter().map(|(policy, (origin, pods))| finding(policy, origin, pods)).collect::<Vec<_>>().into()
}

/// Returns the port on which a pod asks to be scraped.
fn asked(workload: &Workload) -> Option<u16> {
    let annotation = |name: &str| workload.pod.annotations.get(name).map(|value| value.value.trim());
    if annotation("prometheus.io/scrape") != Some("true") {
        return None;
    }
    match annotation("prometheus.io/port") {
        Some(port) => port.parse().ok(),
        None => workload.pod.ports().next().map(|port| port.number),
    }
}

fn finding(policy: &str, origin: &Origin, pods: &[(&Workload, u16)]) -> Finding {
    let (first, port) = pods[0];
    let more = if pods.len() > 1 { format!(" and {} more", pods.len() - 1) } else { String::new() };
    let asks = if pods.len() > 1 { "ask" } else { "asks" };
    let mut finding = Finding::broken(NAME, Severity::Medium, policy)
        .says(format!(
            "`{}`{more} {asks} to be scraped on {port}, and `{policy}` admits nobody there",
            first.object.id
        ))
        .witness("the target is down in Prometheus, and its alerts never have a value")
        .repair(format!("admit the scraper's namespace on {port}/TCP"))
        .at(origin, "governs the way in")
        .counts(pods.len());
    for (workload, _) in pods.iter().take(4) {
        let place = workload.pod.annotations.get("prometheus.io/scrape").map(|value| &value.origin);
        finding = finding.at(place, "asks to be scraped");
    }
    finding
}
