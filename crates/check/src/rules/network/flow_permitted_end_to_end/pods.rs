//! Connections between the pods of existing files: what workloads are told to call, and what a rule at one end was
//! written for, must be allowed at both ends.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Object;
use sehat_reach::cluster::{End, State, Way};
use sehat_verdict::{Finding, Severity};

use super::super::flows::{Flow, Why, of_rules, told};
use super::NAME;
use crate::Context;

/// What one policy drops in one direction.
struct Dropped<'a> {
    policy: &'a Object,
    way: Way,
    flows: Vec<Flow<'a>>,
}

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    if context.inventory.network.policies.is_empty() {
        return Vec::new();
    }
    let mut dropped: BTreeMap<(String, bool), Dropped<'_>> = BTreeMap::new();
    for flow in of_rules(context).into_iter().chain(told(context)) {
        let Some((policy, way)) = stopped(context, &flow) else { continue };
        let key = (policy.id.to_string(), way == Way::In);
        dropped.entry(key).or_insert_with(|| Dropped { policy, way, flows: Vec::new() }).flows.push(flow);
    }
    dropped.values().map(|dropped| finding(context, dropped)).collect()
}

/// Returns the policy that surely drops a flow. Where both ends do, the client's stands first.
fn stopped<'a>(context: &Context<'a>, flow: &Flow<'a>) -> Option<(&'a Object, Way)> {
    let cluster = context.index.cluster();
    let ends = (End::Workload(flow.client), End::Workload(flow.server));
    let passage = cluster.at_port(ends.0, ends.1, flow.protocol, flow.port)?;
    if passage.state != State::Denied {
        return None;
    }
    let closes = |way| cluster.closes(ends, way, flow.protocol, flow.port);
    // A rule that speaks for this flow at one end shows that the other end is the one to mend.
    let ways = match &flow.why {
        Why::Rule { way: Way::Out, .. } => [Way::In, Way::Out],
        Why::Rule { .. } | Why::Told { .. } => [Way::Out, Way::In],
    };
    ways.into_iter().find(|way| closes(*way)).and_then(|way| {
        let reason = if way == Way::Out { passage.out } else { passage.into };
        Some((reason.policy()?, way))
    })
}

fn finding(context: &Context<'_>, dropped: &Dropped<'_>) -> Finding {
    let name = |at: usize| context.inventory.workloads[at].object.id.to_string();
    let pairs: BTreeSet<String> = dropped
        .flows
        .iter()
        .map(|flow| {
            format!("`{}` to `{}` on {}/{}", name(flow.client), name(flow.server), flow.port, flow.protocol)
        })
        .collect();
    let shown: Vec<&str> = pairs.iter().take(LISTED_MAX).map(String::as_str).collect();
    let more = match pairs.len().saturating_sub(LISTED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let way = if dropped.way == Way::Out { "on its way out" } else { "on its way in" };
    let stated = dropped.flows.iter().find(|flow| matches!(flow.why, Why::Rule { .. }));
    let shown_by = stated.unwrap_or(&dropped.flows[0]);
    let severity = if stated.is_some() { Severity::High } else { Severity::Medium };
    let mut finding = Finding::broken(NAME, severity, dropped.policy.id.to_string())
        .says(format!("{}{more} is dropped {way} by `{}`", shown.join(", "), dropped.policy.id))
        .witness(witness(&name(shown_by.client), &name(shown_by.server), shown_by))
        .repair(repair(dropped.way))
        .at(&dropped.policy.origin, "governs it, and no rule allows this")
        .counts(pairs.len());
    let places: BTreeSet<&Origin> = dropped.flows.iter().map(|flow| flow.why.origin()).collect();
    for origin in places.into_iter().take(LISTED_MAX) {
        finding = finding.at(origin, "wanted here");
    }
    finding
}

const LISTED_MAX: usize = 4;

fn witness(client: &str, server: &str, flow: &Flow<'_>) -> String {
    match &flow.why {
        Why::Told { variable, .. } => {
            format!("guessed from `{variable}` of `{client}`, which names a service in front of `{server}`")
        }
        Why::Rule { policy, way: Way::In, .. } => format!("`{policy}` admits `{client}` at the server's end"),
        Why::Rule { policy, way: Way::Out, .. } => {
            format!("`{policy}` lets `{client}` out to it at the client's end")
        }
    }
}

const fn repair(way: Way) -> &'static str {
    match way {
        Way::Out => "allow it in a policy that governs the client's egress",
        Way::In => "allow it in a policy that governs the server's ingress",
    }
}
