//! Proves that pods whose way out is closed may still ask a name server.
//!
//! A policy that governs egress and has no rule for port 53 closes every name: services, databases and
//! providers alike, because a connection starts with a question to the cluster's resolver. Asked is the
//! resolver that clusters have by default (pods labelled `k8s-app: kube-dns` in `kube-system`), over UDP, and
//! over TCP, which answers need that are too long for UDP.
//!
//! Broken: no policy that governs the pods can mean the resolver. Pods that talk to nobody are left out: a
//! policy of their own closes them, and neither rule nor setting says whom they would call.
//!
//! Source: Kubernetes, *DNS for Services and Pods*; RFC 7766: DNS over TCP is required.

use std::collections::BTreeMap;

use sehat_platform::Protocol;
use sehat_platform::inventory::ObjectId;
use sehat_platform::inventory::network::{Policy, Subject as Governed, Tier};
use sehat_reach::cluster::{Guest, State, Way};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use super::hosts::Hosts;
use super::subjects::{Subject, subjects};
use crate::{Context, Outcome, Rule};

const NAME: &str = "deny-all-keeps-dns";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Pods whose way out is closed may still ask a name server.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Kubernetes: DNS for Services and Pods, Network Policies; RFC 7766",
    file: include_str!("deny_all_keeps_dns.rs"),
    judge,
};

/// Pods that one policy keeps from the resolver.
struct Cause<'a> {
    policy: &'a Policy,
    only_tcp: bool,
    pods: Vec<Subject<'a>>,
}

fn judge(context: &Context<'_>) -> Outcome {
    if context.inventory.network.policies.is_empty() {
        return Outcome::default();
    }
    let resolver = resolver();
    let hosts = Hosts::new(context);
    let mut causes: BTreeMap<(&ObjectId, bool), Cause<'_>> = BTreeMap::new();
    for subject in subjects(context) {
        let Some((policy, only_tcp)) = closed(context, &subject, &resolver, &hosts) else { continue };
        let key = (&policy.object.id, only_tcp);
        causes.entry(key).or_insert_with(|| Cause { policy, only_tcp, pods: Vec::new() }).pods.push(subject);
    }
    causes.values().map(|cause| finding(context, cause)).collect::<Vec<_>>().into()
}

/// Labels of the deployment that kubeadm and the providers install; its namespace may have more than its name.
fn resolver() -> Guest {
    Guest {
        has_more_labels: true,
        has_more_namespace: true,
        ..Guest::new("kube-system", &[("k8s-app", "kube-dns")])
    }
}

/// Returns the policy that keeps a pod from the resolver, and whether over TCP alone.
fn closed<'a>(
    context: &Context<'a>,
    subject: &Subject<'a>,
    resolver: &Guest,
    hosts: &Hosts<'a>,
) -> Option<(&'a Policy, bool)> {
    let cluster = context.index.cluster();
    let governing = cluster.policies_of(&subject.end(), Way::Out);
    let policy = widest(&governing)?;
    let state = |protocol| {
        let passage =
            cluster.at_port(subject.end(), sehat_reach::cluster::End::Guest(resolver), protocol, 53);
        passage.map(|passage| passage.state)
    };
    let (udp, tcp) = (state(Protocol::Udp), state(Protocol::Tcp));
    let only_tcp = udp == Some(State::Allowed) && tcp == Some(State::Denied);
    let is_closed = udp == Some(State::Denied) || only_tcp;
    (is_closed && talks(context, subject, &governing, hosts)).then_some((policy, only_tcp))
}

/// Of several that govern a pod, the one that selects all of its namespace is the one to mend.
fn widest<'a>(governing: &[&'a Policy]) -> Option<&'a Policy> {
    let plain = || governing.iter().copied().filter(|policy| policy.tier == Tier::Namespace);
    plain().find(|policy| is_wide(policy)).or_else(|| plain().next())
}

fn is_wide(policy: &Policy) -> bool {
    matches!(&policy.subject, Governed::Own(selector) if selector.is_empty())
}

/// A pod that nothing tells whom to call may be meant to call nobody.
fn talks<'a>(
    context: &Context<'a>,
    subject: &Subject<'a>,
    governing: &[&'a Policy],
    hosts: &Hosts<'a>,
) -> bool {
    let by_rule = governing.iter().any(|policy| !policy.egress.is_empty());
    let by_setting = || match subject.end() {
        sehat_reach::cluster::End::Workload(at) => {
            let workload = &context.inventory.workloads[at];
            let namespace = &workload.object.id.namespace;
            hosts
                .told(workload)
                .iter()
                .any(|told| told.is_sure || hosts.service(namespace, &told.host).is_some())
        }
        _ => false,
    };
    by_rule || governing.iter().any(|policy| is_wide(policy)) || by_setting()
}

fn finding(context: &Context<'_>, cause: &Cause<'_>) -> Finding {
    let id = &cause.policy.object.id;
    let count = cause.pods.len();
    let pods = if count == 1 {
        "the pods of one workload".to_owned()
    } else {
        format!("the pods of {count} workloads")
    };
    let (severity, says, witness) = if cause.only_tcp {
        (
            Severity::Low,
            format!("{pods} that `{id}` governs may ask the resolver over UDP and not over TCP"),
            "an answer that is too long for UDP never arrives",
        )
    } else {
        (
            severity(context, cause),
            format!("{pods} that `{id}` governs may ask no name server: no policy opens port 53 for them"),
            "the first thing a connection to a service or a database by its name does is to ask port 53",
        )
    };
    let mut finding = Finding::broken(NAME, severity, id.to_string())
        .says(says)
        .witness(witness)
        .repair("allow egress to the resolver on 53/UDP and 53/TCP")
        .at(&cause.policy.object.origin, "closes the way out")
        .counts(count)
        .fix(Fix::Add(allow_dns(cause.policy)));
    for subject in cause.pods.iter().filter(|subject| subject.is_workload()).take(PLACES_MAX) {
        finding = finding.at(subject.origin, "resolves no name");
    }
    finding
}

const PLACES_MAX: usize = 4;

/// A policy that takes the names from most of what it governs stops the namespace.
fn severity(context: &Context<'_>, cause: &Cause<'_>) -> Severity {
    let governed = context.index.cluster().governed_by(cause.policy).len();
    if is_wide(cause.policy) && cause.pods.len() * 2 > governed { Severity::Critical } else { Severity::High }
}

fn allow_dns(policy: &Policy) -> serde_json::Value {
    let labels: serde_json::Map<_, _> = match &policy.subject {
        Governed::Own(selector) => {
            selector.labels.iter().map(|(key, value)| (key.clone(), json!(value.value))).collect()
        }
        Governed::Namespaces(..) => serde_json::Map::new(),
    };
    let selector = if labels.is_empty() { json!({}) } else { json!({ "matchLabels": labels }) };
    let name =
        if labels.is_empty() { "allow-dns".to_owned() } else { format!("{}-dns", policy.object.id.name) };
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": name, "namespace": policy.object.id.namespace },
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Egress"],
            "egress": [{
                "to": [{
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
                    "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
                }],
                "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
            }],
        },
    })
}
