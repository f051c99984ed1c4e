//! Guests that share the fate of one node: disks that stay behind, and members of one service on one node.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::inventory::hypervisor::{Guest, GuestStorage, HaResource, Hypervisor};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let hypervisor = &context.inventory.hypervisor;
    let mut findings: Vec<Finding> = stays_behind(hypervisor).into_iter().collect();
    findings.extend(together(hypervisor));
    findings
}

/// Guests under high availability whose disks only their own node has.
fn stays_behind(hypervisor: &Hypervisor) -> Option<Finding> {
    let replicated: BTreeSet<u32> = hypervisor.replications.iter().map(|one| one.guest).collect();
    let bound: Vec<(&HaResource, &Guest, &str)> = hypervisor
        .ha
        .iter()
        .filter(|one| {
            one.state.as_ref().is_none_or(|state| !matches!(state.value.as_str(), "ignored" | "disabled"))
        })
        .filter_map(|one| {
            let guest = hypervisor.guests.iter().find(|guest| guest.id == one.guest)?;
            let local = |name: &str| hypervisor.storage(name).is_some_and(GuestStorage::is_local);
            let disk = guest.disks.iter().find(|disk| local(&disk.storage))?;
            Some((one, guest, disk.storage.as_str()))
        })
        .filter(|(_, guest, _)| !replicated.contains(&guest.id))
        .collect();
    let (_, guest, storage) = bound.first()?;
    let titles: Vec<String> = bound.iter().map(|(_, guest, _)| guest.title()).collect();
    let finding = Finding::broken(NAME, Severity::High, guest.title())
        .says(format!(
            "{} cannot start elsewhere: a disk lies in `{storage}`, which only its own node has",
            sehat_analysis::names(titles.iter().map(String::as_str))
        ))
        .witness("high availability moves the configuration to another node, and the start fails there")
        .repair("move the disks to shared storage, or replicate them to another node")
        .counts(bound.len());
    Some(bound.iter().take(2).fold(finding, |finding, (one, guest, _)| {
        let disk = guest.disks.first().map(|disk| &disk.origin);
        finding.at(disk, "a disk of one node").at(&one.origin, "to be started elsewhere")
    }))
}

/// Names that differ in their last number only are members of one service.
fn base(name: &str) -> Option<&str> {
    let base = name.split('.').next()?.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let has_number = base.len() < name.split('.').next()?.len();
    let base = base.trim_end_matches(['-', '_']);
    (has_number && base.len() > 1).then_some(base)
}

/// Which names ask for a majority.
const VOTING: [&str; 12] = [
    "galera",
    "mariadb",
    "mysql",
    "mongo",
    "etcd",
    "redis",
    "sentinel",
    "zookeeper",
    "kafka",
    "elastic",
    "postgres",
    "db",
];

fn together(hypervisor: &Hypervisor) -> Vec<Finding> {
    let mut members: BTreeMap<&str, Vec<&Guest>> = BTreeMap::new();
    for guest in hypervisor.guests.iter().filter(|guest| !guest.is_template) {
        if let Some(base) = guest.name.as_ref().and_then(|name| base(&name.value)) {
            members.entry(base).or_default().push(guest);
        }
    }
    let nodes: BTreeSet<&str> = hypervisor.guests.iter().map(|guest| guest.node.as_str()).collect();
    // On a single node there is no other place.
    if nodes.len() < 2 && hypervisor.quorum.nodes.len() < 2 {
        return Vec::new();
    }
    members
        .into_iter()
        .filter(|(_, all)| all.len() > 1)
        .filter_map(|(base, all)| on_one(base, &all))
        .collect()
}

fn on_one(base: &str, all: &[&Guest]) -> Option<Finding> {
    let mut by_node: BTreeMap<&str, Vec<&Guest>> = BTreeMap::new();
    for guest in all {
        by_node.entry(&guest.node).or_default().push(guest);
    }
    let (node, most) = by_node.iter().max_by_key(|(_, guests)| guests.len())?;
    let votes = VOTING.iter().any(|word| base.contains(word)) && all.len() > 2;
    let is_all = most.len() == all.len();
    if !(is_all || votes && most.len() * 2 > all.len()) {
        return None;
    }
    let says = if is_all {
        format!("all {} guests of `{base}` run on {node}", all.len())
    } else {
        format!("{} of the {} guests of `{base}` run on {node}, a majority", most.len(), all.len())
    };
    let finding = Finding::broken(NAME, Severity::High, base)
        .says(says)
        .witness(format!("the loss of {node} ends `{base}`"))
        .repair("move one to another node, and keep them apart by a negative `resource-affinity` rule")
        .counts(most.len());
    let places =
        most.iter().take(3).map(|guest| guest.name.as_ref().map_or(&guest.origin, |name| &name.origin));
    Some(places.fold(finding, |finding, place| finding.at(place, format!("on {node}"))))
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn members_share_a_name() {
        assert_eq!(base("galera-01"), Some("galera"));
        assert_eq!(base("web2.example.org"), Some("web"));
        assert_eq!(base("zabbix"), None);
        assert_eq!(base("1"), None);
    }
}
