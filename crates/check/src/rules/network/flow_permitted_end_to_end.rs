//! Proves that every connection that a dependency needs is allowed by every filter on its way.
//!
//! The needs follow from what components use, route, watch, save and administer. Each is asked of
//! the filters at the client's way out and at the server's way in, for each kind of machine: both
//! ends must agree. Firewalls and security groups remember connections; an access list forgets
//! them, so the answers need an entry of their own. Network policies and security groups that
//! guard the same member add up. Filters that are computed from the needs (`derived: true`), or not
//! stated at all, allow every need by construction.
//!
//! One finding names one filter (or the policies that speak together) and one direction, with all
//! connections that it drops.
//!
//! In existing files the needs are what workloads are told to call (a value says from which one, and is never
//! critical), and what a rule at one end was written for: its peers are few pods and its port is stated.
//!
//! Unknown: a decision that depends on an address or a default that is not stated, and a use whose
//! port neither the document nor the catalog gives.
//!
//! Source: Kubernetes `NetworkPolicy` (networking.k8s.io/v1), AWS security group and network ACL documentation, nftables.

mod cloud;
mod pods;
mod prose;

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::component::Kind;
use sehat_platform::filter::{Direction, Filter, FilterKind};
use sehat_platform::{INTERNET, Name, Need, Platform, Reason};
use sehat_reach::{Decision, Outcome as Passage, Party, Reach};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "flow-permitted-end-to-end";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every needed connection is allowed by every filter on the way, at both ends.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes NetworkPolicy v1; AWS VPC user guide; nftables",
    file: include_str!("flow_permitted_end_to_end.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// What drops, or may drop, a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Gate {
    filters: Vec<Name>,
    direction: Side,
    is_answer: bool,
    is_unknown: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Out,
    In,
}

/// What a gate drops: the needs, and the entries or defaults that decide.
#[derive(Default)]
struct Dropped<'a> {
    needs: BTreeSet<&'a Need>,
    decided_at: BTreeSet<Origin>,
}

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(cloud::judge(context));
    outcome.findings.extend(pods::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    // A filter that follows from the needs lets them pass.
    if platform.filters.values().all(|filter| filter.derived.get() == Some(&true)) {
        return Outcome::default();
    }
    let mut gates: BTreeMap<Gate, Dropped<'_>> = BTreeMap::new();
    let reach = Reach::new(platform);
    for need in &platform.needs {
        for (client, server) in reach.pairs(need) {
            let decisions = reach.explain(client, server, need.ports.protocol, need.ports.first);
            let stopped: BTreeSet<(Vec<Name>, &Party)> = decisions
                .iter()
                .filter(|decision| is_stopped(decision))
                .map(|decision| (decision.filters.clone(), &decision.at))
                .collect();
            for decision in decisions.iter().filter(|decision| decision.outcome != Passage::Allowed) {
                // Where the request does not pass, there is no answer to drop.
                if decision.is_answer && stopped.contains(&(decision.filters.clone(), &decision.at)) {
                    continue;
                }
                let decision = decision.clone();
                let direction = if decision.direction == Direction::Egress { Side::Out } else { Side::In };
                let is_unknown = decision.outcome == Passage::Unknown;
                let gate =
                    Gate { filters: decision.filters, direction, is_answer: decision.is_answer, is_unknown };
                let dropped = gates.entry(gate).or_default();
                dropped.needs.insert(need);
                dropped.decided_at.extend(decision.origin);
            }
        }
    }
    let findings = gates.iter().map(|(gate, dropped)| report(platform, gate, dropped));
    findings.chain(portless(platform)).collect::<Vec<_>>().into()
}

fn is_stopped(decision: &Decision) -> bool {
    !decision.is_answer && decision.outcome != Passage::Allowed
}

fn report(platform: &Platform, gate: &Gate, dropped: &Dropped<'_>) -> Finding {
    let names = sehat_analysis::names(gate.filters.iter().map(String::as_str));
    let connections = connections(dropped);
    let subject = gate.filters.first().map_or("", String::as_str);
    let side = match (gate.direction, gate.is_answer) {
        (Side::Out, false) => "on the way out",
        (Side::In, false) => "on the way in",
        (_, true) => "the answers of",
    };
    let filters = &gate.filters;
    let verb = if filters.len() > 1 { "stop" } else { "stops" };
    let count = connections.len();
    let mut finding = if gate.is_unknown {
        Finding::unknown(NAME, Severity::Low, subject)
            .says(format!("it is not known whether {names} {verb} {side}: {}", listed(&connections)))
            .witness("it depends on an address or a default that is not stated")
            .repair("state the addresses (`cidr`, `addresses`) and the filter's `default`")
    } else if gate.is_answer {
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{names} {verb} {side}: {}", listed(&connections)))
            .witness("an access list forgets connections, and the client's port is one of 1024-65535")
            .repair("add an entry for the ports of clients, 1024-65535, in that direction")
    } else {
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{names} {verb} {side}: {}", listed(&connections)))
            .witness(witness(dropped))
            .repair(repair(platform, gate))
    };
    finding.count = count;
    for filter in gate.filters.iter().filter_map(|name| platform.filters.get(name)) {
        finding = finding.at(place(filter, gate), "no entry lets it pass");
    }
    for origin in &dropped.decided_at {
        if !finding.places.iter().any(|(known, _)| known == origin) {
            finding = finding.at(origin, "decided here");
        }
    }
    let origins: BTreeSet<&Origin> = dropped.needs.iter().map(|need| &need.origin).collect();
    origins.into_iter().take(PLACES_MAX).fold(finding, |finding, origin| finding.at(origin, "needed here"))
}

fn repair(platform: &Platform, gate: &Gate) -> &'static str {
    let is_list = gate
        .filters
        .iter()
        .filter_map(|name| platform.filters.get(name))
        .any(|filter| filter.kind.get() == Some(&FilterKind::Acl));
    if is_list {
        "add an entry for each, and one for the answers (ports 1024-65535) in the other direction"
    } else {
        "add an entry for each, or derive the filter from what is needed (`derived: true`)"
    }
}

/// More places than this are noise; the message has the count.
const PLACES_MAX: usize = 8;
const LISTED_MAX: usize = 4;

fn place<'a>(filter: &'a Filter, gate: &Gate) -> &'a Origin {
    let entries = if gate.direction == Side::Out { &filter.egress } else { &filter.ingress };
    entries.first().map_or(&filter.meta.origin, |entry| &entry.meta.origin)
}

fn connections(dropped: &Dropped<'_>) -> BTreeSet<String> {
    dropped
        .needs
        .iter()
        .map(|need| format!("{} to `{}` on {}", party(&need.client), need.server, need.ports))
        .collect()
}

fn party(name: &str) -> String {
    if name == INTERNET { "users".to_owned() } else { format!("`{name}`") }
}

fn listed(connections: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = connections.iter().take(LISTED_MAX).map(String::as_str).collect();
    let more = connections.len().saturating_sub(LISTED_MAX);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn witness(dropped: &Dropped<'_>) -> String {
    let Some(need) = dropped.needs.first() else { return String::new() };
    let why = match need.reason {
        Reason::Users => "users come that way",
        Reason::Uses => "the client uses it",
        Reason::Routes => "requests are routed there",
        Reason::Peers => "its members talk on it",
        Reason::Health => "health is asked there",
        Reason::Scrapes => "figures are read there",
        Reason::Collects => "logs are sent there",
        Reason::Backup => "copies are sent there",
        Reason::Alerts => "alerts are sent there",
        Reason::Administers => "administrators come that way",
    };
    format!("{} to `{}` on {}: {why}", party(&need.client), need.server, need.ports)
}

/// Uses of which no port is known, between parts that filters guard.
fn portless(platform: &Platform) -> Option<Finding> {
    let guarded = |name: &str| {
        let segment = platform.components.get(name).and_then(|component| component.segment.get());
        platform
            .filters
            .values()
            .flat_map(|filter| &filter.on)
            .filter_map(|on| on.get())
            .any(|on| on == name || segment == Some(on))
    };
    let needed = |client: &str, server: &str| {
        platform.needs.iter().any(|need| need.client == client && need.server == server)
    };
    let mut found: Vec<(String, &Origin)> = Vec::new();
    let hops = platform.components.iter().filter(|(_, component)| component.kind.get() != Some(&Kind::Mesh));
    for (client, component) in hops {
        let uses = component
            .uses
            .iter()
            .filter(|(_, stated)| stated.through.get().is_none())
            .map(|(to, stated)| (to, &stated.meta.origin));
        let routes =
            component.routes.values().filter_map(|route| Some((route.to.get()?, route.to.origin()?)));
        for (server, origin) in uses.chain(routes) {
            if !needed(client, server) && (guarded(client) || guarded(server)) {
                found.push((format!("`{client}` to `{server}`"), origin));
            }
        }
    }
    let (_, first) = found.first()?;
    let names: BTreeSet<String> = found.iter().map(|(text, _)| text.clone()).collect();
    let mut finding = Finding::unknown(NAME, Severity::Low, platform.name.as_str())
        .says(format!("the port of {} is not known, so no filter can be asked", listed(&names)))
        .witness("neither `listens` of the server nor the catalog gives one")
        .repair("state `listens:` of the server")
        .at(*first, "used here");
    finding.count = names.len();
    for (_, origin) in found.iter().skip(1).take(PLACES_MAX) {
        finding = finding.at(*origin, "used here");
    }
    Some(finding)
}
