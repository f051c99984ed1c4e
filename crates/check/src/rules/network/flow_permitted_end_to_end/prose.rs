//! The part over documents in words.

use std::collections::BTreeMap;

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Component, Filter, Opening, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, describes_platform, first_of_kinds, listed, promise};

const STORES: [&str; 6] = ["database", "cache", "queue", "file-share", "search", "block-store"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let mut findings: Vec<Finding> = one_end(prose).into_iter().collect();
    findings.extend(closed_subnets(prose));
    findings.extend(left_out(context));
    findings.extend(no_flows(context));
    findings
}

fn is_closed(opening: &Opening) -> bool {
    !opening.everything && !opening.vague && !opening.nothing
}

/// The server's filter admits the client, and the client's own filter does not let it go there.
fn one_end(prose: &Prose) -> Option<Finding> {
    let client = prose.filters.iter().find(|filter| {
        !filter.stateless
            && filter.tier == Some("application")
            && filter.outbound.as_ref().is_some_and(is_closed)
    })?;
    let out = client.outbound.as_ref()?;
    let servers = prose.filters.iter().filter(|filter| !filter.stateless && filter.origin != client.origin);
    let admits = |filter: &Filter| -> Option<(String, u16)> {
        let inbound = filter.inbound.as_ref()?;
        let port = *inbound.ports.first()?;
        (inbound.peers.contains(&"application") && !out.ports.contains(&port))
            .then(|| (filter.name.clone(), port))
    };
    let (server, (name, port)) = servers.into_iter().find_map(|filter| Some((filter, admits(filter)?)))?;
    let others = shut_ports(prose, out, &[port]);
    let more = if others.is_empty() { String::new() } else { format!("; nor to {}", listed(&others)) };
    Some(
        Finding::broken(NAME, Severity::Critical, &client.name)
            .says(format!(
                "{name} admits {} on {port}, and {} lets nothing out to {port}",
                client.name, client.name
            ))
            .witness(format!(
                "both ends must allow a connection: outbound are {} only{more}",
                ports(&out.ports)
            ))
            .repair(format!("let {} out to {port} of {name}, and to each other store", client.name))
            .at(&out.origin, "the way out ends here")
            .at(server.inbound.as_ref().map(|inbound| &inbound.origin), "the way in is open here"),
    )
}

/// Stores that are named, whose ports a direction leaves out.
fn shut_ports(prose: &Prose, opening: &Opening, known: &[u16]) -> Vec<String> {
    let mut found = BTreeMap::new();
    for store in first_of_kinds(prose, &STORES) {
        let port = catalog::ports(store.product).iter().find(|port| port.role == catalog::PortRole::Client);
        let Some(port) =
            port.map(|port| port.first).filter(|port| !opening.ports.contains(port) && !known.contains(port))
        else {
            continue;
        };
        found.entry(port).or_insert_with(|| format!("{port} ({})", called(prose, store)));
    }
    found.into_values().collect()
}

fn ports(ports: &[u16]) -> String {
    listed(&ports.iter().map(u16::to_string).collect::<Vec<_>>())
}

/// Subnets that let out less than what stands in them needs.
fn closed_subnets(prose: &Prose) -> Option<Finding> {
    let subnets = prose.filters.iter().find(|filter| {
        filter.stateless && filter.tier == Some("private") && filter.outbound.as_ref().is_some_and(is_closed)
    })?;
    let out = subnets.outbound.as_ref()?;
    let shut = shut_ports(prose, out, &[]);
    (!shut.is_empty()).then(|| {
        let group =
            prose.filters.iter().find(|filter| !filter.stateless && filter.tier == Some("application"));
        Finding::broken(NAME, Severity::Critical, &subnets.name)
            .says(format!(
                "{} let out {} only, and what stands in them needs {}",
                subnets.name,
                ports(&out.ports),
                listed(&shut)
            ))
            .witness("an access list decides before any group of the machines does")
            .repair("write one matrix of who needs whom, and make lists and groups from it")
            .at(&out.origin, "the way out ends here")
            .at(
                group.and_then(|filter| filter.outbound.as_ref()).map(|outbound| &outbound.origin),
                "the group opens more",
            )
    })
}

/// A second cluster that reads the database, which admits the first one only.
fn left_out(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let database = prose.filters.iter().find(|filter| {
        let inbound = filter.inbound.as_ref();
        !filter.stateless
            && filter.tier == Some("database")
            && inbound.is_some_and(|inbound| inbound.peers == ["application"])
    })?;
    let clusters: Vec<_> = prose
        .saying(&["analytics"])
        .filter(|(_, line)| line.is_heading() && line.says("analytics"))
        .collect();
    let named = prose.filters.iter().any(|filter| filter.name.to_lowercase().contains("data"));
    let (_, line) = clusters.iter().find(|(_, line)| line.text.to_lowercase().contains("cluster"))?;
    let has_filter = named && database.tier != Some("database");
    (!has_filter).then(|| {
        promise(context, NAME, Severity::Medium, &database.name)
            .says(format!("{} admits the application alone, and {} stands beside it", database.name, line.text.trim()))
            .witness("nothing says from where that cluster reads its data, and the database does not admit its nodes")
            .repair("admit it by a group of its own, or name the replica or export that it reads")
            .at(database.inbound.as_ref().map(|inbound| &inbound.origin), "admits one only")
            .at(&line.origin, "the other")
    })
}

/// Default deny, and no list of what is let through.
fn no_flows(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let (_, line) = prose.saying(&["default-deny"]).next()?;
    let states = prose.filters.iter().any(|filter| filter.inbound.is_some() || filter.outbound.is_some());
    if states || !inventory.network.policies.is_empty() || !describes_platform(prose) {
        return None;
    }
    let kinds = [STORES.as_slice(), &["metrics", "logs"]].concat();
    let components: Vec<&Component> = first_of_kinds(prose, &kinds);
    let mut needed: BTreeMap<u16, String> = BTreeMap::new();
    for component in components {
        for port in catalog::ports(component.product).iter().take(2) {
            needed
                .entry(port.first)
                .or_insert_with(|| format!("{} ({})", port.first, called(prose, component)));
        }
    }
    let names: Vec<String> = needed.into_values().take(8).collect();
    Some(
        promise(context, NAME, Severity::High, "firewall")
            .says("everything is denied by default, and no connection is said to be allowed")
            .witness(format!(
                "what is named needs at least {}, beside monitoring, copies, time and names",
                listed(&names)
            ))
            .repair("list who talks to whom on which port, or have the rules made from what each part uses")
            .at(&line.origin, "denied here"),
    )
}
