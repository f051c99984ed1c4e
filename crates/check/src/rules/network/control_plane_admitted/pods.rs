//! Policies of Kubernetes between operators and their instances, and between sidecars and istiod.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::Protocol;
use sehat_platform::inventory::{Labels, Object, Stated};
use sehat_reach::cluster::{End, Guest, Reason, State};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use super::super::subjects::{governed, of_namespace, subjects};
use super::NAME;
use crate::Context;

/// What an operator makes pods from, and how it reaches them.
struct Operator {
    group: &'static str,
    kind: &'static str,
    /// The label whose value is the resource's name.
    label: &'static str,
    name: &'static str,
    namespace: &'static str,
    ports: &'static [u16],
    loses: &'static str,
}

const OPERATORS: [Operator; 1] = [Operator {
    group: "postgresql.cnpg.io",
    kind: "Cluster",
    label: "cnpg.io/cluster",
    name: "the CloudNativePG operator",
    namespace: "cnpg-system",
    ports: &[8000, 5432],
    loses: "it cannot read the instances' state, so that nothing fails over",
}];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    if context.inventory.network.policies.is_empty() {
        return Vec::new();
    }
    let mut findings: Vec<Finding> =
        OPERATORS.iter().flat_map(|operator| of_operator(context, operator)).collect();
    findings.extend(sidecars(context));
    findings
}

fn of_operator(context: &Context<'_>, operator: &Operator) -> Vec<Finding> {
    let resources = context.inventory.of_kind(operator.kind);
    resources
        .filter(|object| object.group() == operator.group)
        .filter_map(|object| shut_off(context, operator, object))
        .collect()
}

fn shut_off(context: &Context<'_>, operator: &Operator, object: &Object) -> Option<Finding> {
    let label = Stated::new(object.id.name.clone(), object.origin.clone());
    let labels = Labels::from([(operator.label.to_owned(), label)]);
    let instance = governed(context, &object.id.namespace, labels);
    let caller = Guest { has_more_labels: true, ..of_namespace(context, operator.namespace) };
    let cluster = context.index.cluster();
    let denied = |port: &u16| {
        let passage = cluster.at_port(End::Guest(&caller), End::Guest(&instance), Protocol::Tcp, *port)?;
        (passage.state == State::Denied).then_some((*port, passage.into))
    };
    let shut: Vec<(u16, Reason<'_>)> = operator.ports.iter().filter_map(denied).collect();
    let policy = shut.iter().find_map(|(_, reason)| reason.policy())?;
    let ports: Vec<u16> = shut.iter().map(|(port, _)| *port).collect();
    Some(
        Finding::broken(NAME, Severity::Critical, object.id.to_string())
            .says(format!(
                "{} may not reach the instances of `{}` on {}: `{}` governs them and no rule admits it",
                operator.name,
                object.id,
                listed(&ports),
                policy.id
            ))
            .witness(format!(
                "{} calls from namespace `{}`; {}",
                operator.name, operator.namespace, operator.loses
            ))
            .repair(format!("admit namespace `{}` on {}", operator.namespace, listed(&ports)))
            .at(&policy.origin, "governs the way in")
            .at(&object.origin, "operated")
            .fix(Fix::Add(admit(operator, object, &ports))),
    )
}

fn listed(ports: &[u16]) -> String {
    ports.iter().map(|port| format!("{port}/TCP")).collect::<Vec<_>>().join(" and ")
}

fn admit(operator: &Operator, object: &Object, ports: &[u16]) -> serde_json::Value {
    let ports: Vec<_> = ports.iter().map(|port| json!({ "protocol": "TCP", "port": port })).collect();
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": format!("{}-operator", object.id.name), "namespace": object.id.namespace },
        "spec": {
            "podSelector": { "matchLabels": { operator.label: object.id.name } },
            "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": operator.namespace } } }],
                "ports": ports,
            }],
        },
    })
}

/// The port on which istiod hands out configuration and certificates.
const ISTIOD: u16 = 15_012;

/// Pods with a sidecar whose way to istiod is shut, one finding per policy.
fn sidecars(context: &Context<'_>) -> Vec<Finding> {
    let istiod = Guest {
        has_more_labels: true,
        has_more_namespace: true,
        ..Guest::new("istio-system", &[("app", "istiod"), ("istio", "pilot")])
    };
    let cluster = context.index.cluster();
    let mut shut: BTreeMap<String, (&Origin, Vec<&Origin>)> = BTreeMap::new();
    for subject in subjects(context)
        .iter()
        .filter(|subject| subject.is_workload() && injects(context, subject.namespace))
    {
        let passage = cluster.at_port(subject.end(), End::Guest(&istiod), Protocol::Tcp, ISTIOD);
        let denied = passage.filter(|passage| passage.state == State::Denied);
        if let Some(policy) = denied.and_then(|passage| passage.out.policy()) {
            let entry = shut.entry(policy.id.to_string()).or_insert((&policy.origin, Vec::new()));
            entry.1.push(subject.origin);
        }
    }
    shut.iter().map(|(policy, (origin, pods))| no_istiod(policy, origin, pods)).collect()
}

fn injects(context: &Context<'_>, namespace: &str) -> bool {
    let labels = context.inventory.network.namespaces.get(namespace).map(|known| &known.object.labels);
    labels.is_some_and(|labels| {
        labels.get("istio-injection").is_some_and(|value| value.value == "enabled")
            || labels.contains_key("istio.io/rev")
    })
}

fn no_istiod(policy: &str, origin: &Origin, pods: &[&Origin]) -> Finding {
    let mut finding = Finding::broken(NAME, Severity::Critical, policy)
        .says(format!(
            "`{policy}` keeps the sidecars of {} workloads from istiod on {ISTIOD}/TCP",
            pods.len()
        ))
        .witness("a sidecar without configuration and certificate lets no request of its pod pass")
        .repair(format!("allow egress to istiod in `istio-system` on {ISTIOD}/TCP"))
        .at(origin, "closes the way out")
        .counts(pods.len());
    for origin in pods.iter().take(4) {
        finding = finding.at(*origin, "has a sidecar");
    }
    finding
}
