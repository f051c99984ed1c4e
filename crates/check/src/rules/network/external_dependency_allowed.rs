//! Proves that a dependency outside the cluster has a way out by its address.
//!
//! A database of a provider or a service of the internet has no pod, so no rule with selectors means it: egress to it
//! needs a rule without peers, a range of addresses, or the name in a policy that knows names.
//!
//! Broken: policies govern the way out of a pod that is told to call a host outside on a port, and every rule for
//! that port names pods; or a rule for egress names pods called after a database which a plan makes at the provider,
//! and no workload of the files has these labels.
//!
//! A host that is guessed from an environment value says from which one, and is never critical.
//!
//! Source: Kubernetes, *Network Policies*: `podSelector` selects pods of the cluster, `ipBlock` addresses.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::Protocol;
use sehat_platform::inventory::network::{PeerKind, Policy, PolicyRule, Tier};
use sehat_reach::cluster::{End, State, Way};
use sehat_verdict::{Finding, Severity};

use super::hosts::{Hosts, is_outside};
use super::subjects::is_on_host;
use crate::{Context, Outcome, Rule};

const NAME: &str = "external-dependency-allowed";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A dependency outside the cluster has a way out by its address.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Kubernetes: Network Policies",
    file: include_str!("external_dependency_allowed.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.inventory.network.policies.is_empty() {
        return Outcome::default();
    }
    let mut findings = told(context);
    findings.extend(by_provider(context));
    findings.into()
}

/// By host and port: the workloads with the names by which they ask, the places, and what shuts them.
type Shut<'a> = BTreeMap<(String, u16), Vec<(String, String, &'a Origin, Option<&'a Origin>)>>;

/// Hosts that are told to workloads, one finding per host and port.
fn told(context: &Context<'_>) -> Vec<Finding> {
    let hosts = Hosts::new(context);
    let cluster = context.index.cluster();
    let mut shut: Shut<'_> = BTreeMap::new();
    for (at, workload) in
        context.inventory.workloads.iter().enumerate().filter(|(_, workload)| !is_on_host(&workload.pod))
    {
        if cluster.policies_of(&End::Workload(at), Way::Out).is_empty() {
            continue;
        }
        for told in hosts.told(workload).into_iter().filter(|told| is_outside(&told.host)) {
            let Some(port) = told.port else { continue };
            let passage = cluster.at_port(End::Workload(at), anywhere(), Protocol::Tcp, port);
            if passage.as_ref().is_none_or(|passage| passage.state != State::Denied)
                || names_addresses(context, at, port)
            {
                continue;
            }
            let policy = passage.and_then(|passage| passage.out.policy()).map(|policy| &policy.origin);
            let line = (workload.object.id.to_string(), told.from.to_owned(), told.origin, policy);
            shut.entry((told.host, port)).or_default().push(line);
        }
    }
    shut.iter().map(|((host, port), lines)| of_host(host, *port, lines)).collect()
}

/// TEST-NET-3 of RFC 5737 stands for an address that no rule knows.
fn anywhere() -> End<'static> {
    End::Address(std::net::IpAddr::from([203, 0, 113, 1]))
}

/// Returns whether some rule for the port names addresses, among which the host's may be.
fn names_addresses(context: &Context<'_>, workload: usize, port: u16) -> bool {
    let cluster = context.index.cluster();
    let policies = cluster.policies_of(&End::Workload(workload), Way::Out);
    let rules = policies.into_iter().flat_map(|policy| &policy.egress);
    let mut peers =
        rules.filter(|rule| super::flows::has_port(rule, port)).flat_map(|rule| rule.peers.iter().flatten());
    peers.any(|peer| !matches!(peer.kind, PeerKind::Pods { .. }))
}

fn of_host(host: &str, port: u16, lines: &[(String, String, &Origin, Option<&Origin>)]) -> Finding {
    let (workload, variable, origin, policy) = &lines[0];
    let more = if lines.len() > 1 { format!(" and {} more", lines.len() - 1) } else { String::new() };
    Finding::broken(NAME, Severity::High, workload.as_str())
        .says(format!("`{workload}`{more} is told by `{variable}` to call {host}:{port}, and no policy lets it out to an address there"))
        .witness("the host has no pod, so a rule that selects pods never means it")
        .repair(format!("allow egress to its addresses on {port}/TCP with an `ipBlock`, or by its name where the plugin knows names"))
        .at(*policy, "closes the way out")
        .at(*origin, "named here")
        .counts(lines.len())
}

const ENGINES: [(&str, &[&str]); 4] = [
    ("postgres", &["postgres", "postgresql", "aurora-postgresql"]),
    ("mysql", &["mysql", "aurora-mysql", "aurora", "mariadb"]),
    ("redis", &["redis", "valkey"]),
    ("mongo", &["mongodb", "docdb", "mongo"]),
];

/// Rules that name pods called after a database which the provider runs.
fn by_provider(context: &Context<'_>) -> Vec<Finding> {
    let managed = managed(context);
    if managed.is_empty() {
        return Vec::new();
    }
    let cluster = context.index.cluster();
    let policies = context.inventory.network.policies.iter().filter(|policy| policy.tier == Tier::Namespace);
    policies
        .flat_map(|policy| {
            cluster.peers_of(policy, Way::Out).into_iter().map(move |(rule, pods)| (policy, rule, pods))
        })
        .filter(|(_, _, pods)| pods.is_empty())
        .filter_map(|(policy, rule, _)| no_such_pod(policy, rule, &managed))
        .collect()
}

/// Returns the databases that files say the provider runs, by the engine, with their names and places.
fn managed<'a>(context: &Context<'a>) -> Vec<(&'static str, String, &'a Origin)> {
    let engine = |text: &str| {
        let text = text.to_ascii_lowercase();
        ENGINES
            .iter()
            .find(|(_, names)| names.iter().any(|name| text.starts_with(name)))
            .map(|(engine, _)| *engine)
    };
    let databases = context.inventory.cloud.databases.iter().filter_map(|database| {
        Some((
            engine(&database.engine.as_ref()?.value)?,
            database.resource.address.clone(),
            &database.resource.origin,
        ))
    });
    databases.collect()
}

fn no_such_pod(
    policy: &Policy,
    rule: &PolicyRule,
    managed: &[(&'static str, String, &Origin)],
) -> Option<Finding> {
    let peers = rule.peers.iter().flatten();
    let mut labels = peers.filter_map(|peer| match &peer.kind {
        PeerKind::Pods { pods: Some(pods), .. } => Some(pods.labels.iter().next()?),
        _ => None,
    });
    labels.find_map(|(key, value)| {
        let (_, address, origin) = managed.iter().find(|(engine, ..)| value.value.to_ascii_lowercase().contains(engine))?;
        Some(
            Finding::broken(NAME, Severity::Critical, policy.object.id.to_string())
                .says(format!("egress goes to pods with `{key}: {}`, and the database is `{address}`, which has no pod", value.value))
                .witness("the database's addresses lie outside the cluster, where a rule that selects pods opens nothing")
                .repair("allow egress to the database's subnets with an `ipBlock`")
                .at(&rule.origin, "selects pods that nothing makes")
                .at(*origin, "runs at the provider"),
        )
    })
}
