//! Proves that pods with sensitive data may not send it to any address there is.
//!
//! A rule for egress without `to`, or to 0.0.0.0/0, opens the way to every host of the internet, and to
//! 169.254.169.254, where a provider's machines hand out the credentials of their role. Port 53 alone is no way
//! that is judged here.
//!
//! Graver where the namespace is marked as holding sensitive data, or holds stores of it; else it is said once
//! for all, as a low finding.
//!
//! Source: NIST SP 800-207; Kubernetes, *Network Policies*; AWS, *Use IMDSv2*: a container may reach the metadata
//! service of its node.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::network::{PeerKind, Policy, PolicyPorts, PolicyRule, RuleAction, Tier};
use sehat_platform::inventory::workload::WorkloadKind;
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "egress-restricted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Pods with sensitive data may not send it to any address there is.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-207; Kubernetes: Network Policies; AWS: Use IMDSv2",
    file: include_str!("egress_restricted.rs"),
    judge,
};

/// A rule that opens the way to everywhere.
struct Open<'a> {
    policy: &'a Policy,
    rule: &'a PolicyRule,
    metadata: bool,
}

fn judge(context: &Context<'_>) -> Outcome {
    let policies = context.inventory.network.policies.iter();
    let egress = policies
        .filter(|policy| policy.governs_egress && policy.tier == Tier::Namespace)
        .flat_map(|policy| policy.egress.iter().filter_map(move |rule| open(policy, rule)));
    let (grave, other): (Vec<Open<'_>>, Vec<Open<'_>>) =
        egress.partition(|open| is_sensitive(context, &open.policy.object.id.namespace));
    [(Severity::High, grave), (Severity::Low, other)]
        .into_iter()
        .filter_map(|(severity, list)| finding(severity, &list))
        .collect::<Vec<_>>()
        .into()
}

fn open<'a>(policy: &'a Policy, rule: &'a PolicyRule) -> Option<Open<'a>> {
    if rule.action != RuleAction::Allow || is_only_dns(rule) {
        return None;
    }
    let everywhere = |kind: &PeerKind| match kind {
        PeerKind::Block { cidr, except } if cidr.prefix_len() == 0 => {
            let metadata = std::net::IpAddr::from([169, 254, 169, 254]);
            Some(cidr.contains(&metadata) && !except.iter().any(|hole| hole.contains(&metadata)))
        }
        _ => None,
    };
    let metadata = match &rule.peers {
        None => true,
        Some(peers) => peers.iter().find_map(|peer| everywhere(&peer.kind))?,
    };
    Some(Open { policy, rule, metadata: metadata && has_port(rule, 80) })
}

fn is_only_dns(rule: &PolicyRule) -> bool {
    let is_dns = |ports: &PolicyPorts| match ports {
        PolicyPorts::Range(_, first, last) => (*first, *last) == (53, 53),
        PolicyPorts::Named(_, name) => name.starts_with("dns"),
        PolicyPorts::All(_) => false,
    };
    rule.ports.as_ref().is_some_and(|ports| ports.iter().all(|port| is_dns(&port.ports)))
}

fn has_port(rule: &PolicyRule, port: u16) -> bool {
    let has = |ports: &PolicyPorts| match ports {
        PolicyPorts::Range(_, first, last) => (*first..=*last).contains(&port),
        PolicyPorts::All(_) => true,
        PolicyPorts::Named(..) => false,
    };
    rule.ports.as_ref().is_none_or(|ports| ports.iter().any(|stated| has(&stated.ports)))
}

const SENSITIVE: [&str; 12] = [
    "phi",
    "pii",
    "patient",
    "health",
    "clinical",
    "sensitive",
    "confidential",
    "restricted",
    "hipaa",
    "gdpr",
    "pci",
    "medical",
];

/// A mark of the namespace, in its labels and annotations or in those of what it holds, or a store in it.
fn is_sensitive(context: &Context<'_>, namespace: &str) -> bool {
    let network = &context.inventory.network;
    let marked = network.namespaces.get(namespace).is_some_and(|known| {
        let labels = known.object.labels.iter().chain(&known.object.annotations);
        labels.filter(|(key, _)| !key.contains("pod-security")).any(|(_, value)| is_mark(&value.value))
    });
    let workloads = context.index.workloads_in(namespace);
    let holds = workloads.iter().any(|workload| {
        let data = workload.object.labels.iter().chain(&workload.pod.labels);
        let labelled = data
            .filter(|(key, _)| key.contains("data") || key.contains("class"))
            .any(|(_, value)| is_mark(&value.value));
        labelled
            || (workload.kind == WorkloadKind::StatefulSet
                && !workload.claims.is_empty()
                && is_database(workload))
    });
    marked
        || holds
        || context
            .inventory
            .objects
            .iter()
            .any(|object| object.id.namespace == namespace && is_operated_database(object))
}

fn is_mark(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| SENSITIVE.contains(&word))
}

const DATABASES: [&str; 6] = ["postgres", "mysql", "mariadb", "mongo", "cassandra", "oracle"];

fn is_database(workload: &sehat_platform::inventory::workload::Workload) -> bool {
    let images = workload.pod.containers.iter().filter_map(|container| container.image.as_ref());
    images.map(|image| image.value.as_str()).any(|image| DATABASES.iter().any(|known| image.contains(known)))
}

fn is_operated_database(object: &sehat_platform::inventory::Object) -> bool {
    matches!(
        (object.group(), object.id.kind.as_str()),
        ("postgresql.cnpg.io", "Cluster")
            | ("k8s.mariadb.com", "MariaDB")
            | ("mongodbcommunity.mongodb.com", "MongoDBCommunity")
    )
}

fn finding(severity: Severity, list: &[Open<'_>]) -> Option<Finding> {
    let first = list.first()?;
    let policies: BTreeSet<String> = list.iter().map(|open| open.policy.object.id.to_string()).collect();
    let metadata = list.iter().any(|open| open.metadata);
    let subject = first.policy.object.id.to_string();
    let says = match policies.len() {
        1 => format!("`{subject}` lets the pods that it governs send to any address"),
        count => format!(
            "{count} policies, `{subject}` among them, let the pods that they govern send to any address"
        ),
    };
    let witness = if metadata {
        "every host of the internet is open, and so is 169.254.169.254:80, where a provider's node hands out credentials"
    } else {
        "every host of the internet is open on these ports"
    };
    let mut finding = Finding::broken(NAME, severity, subject)
        .says(says)
        .witness(witness)
        .repair("name the destinations in `to`, or allow 0.0.0.0/0 except 169.254.169.254/32 and the private ranges")
        .counts(policies.len());
    let mut places: Vec<&Origin> = list.iter().map(|open| &open.rule.origin).collect();
    places.dedup();
    for origin in places.iter().take(5) {
        finding = finding.at(*origin, "to everywhere");
    }
    Some(finding)
}
