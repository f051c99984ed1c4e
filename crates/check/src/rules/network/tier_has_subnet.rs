//! Proves that subnets lie within their network, share no address, and that what must outlive a zone has two of them.
//!
//! Ranges are compared within one network. A cluster, a load balancer or a group of nodes whose subnets all lie in one
//! zone ends with that zone.
//!
//! Silent: subnets whose range or zone the plan does not know.
//!
//! Source: Amazon VPC User Guide, subnet sizing; Amazon EKS User Guide, network requirements.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::Cidr;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{CloudNetwork, Link, Resource, Subnet};
use sehat_verdict::{Finding, Severity};

use crate::cloud::{CloudIndex, is_trial};
use crate::{Context, Outcome, Rule};

const NAME: &str = "tier-has-subnet";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Subnets lie inside their network without overlap, and what must outlive a zone lies in two.",
    severity: Severity::High,
    hygiene: false,
    source: "Amazon VPC User Guide, subnet sizing",
    file: include_str!("tier_has_subnet.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let index = CloudIndex::new(cloud);
    let mut findings: Vec<Finding> = Vec::new();
    for (network, subnets) in by_network(&cloud.subnets) {
        findings.extend(overlaps(&subnets));
        if let Some(network) = cloud.networks.iter().find(|known| known.resource.address == network) {
            findings.extend(subnets.iter().filter_map(|subnet| outside(network, subnet)));
        }
    }
    findings.extend(several_zones(&index));
    findings.into()
}

fn by_network(subnets: &[Subnet]) -> BTreeMap<&str, Vec<&Subnet>> {
    let mut by_network: BTreeMap<&str, Vec<&Subnet>> = BTreeMap::new();
    for subnet in subnets {
        if let [Link::Here(network)] = subnet.network.as_slice() {
            by_network.entry(network).or_default().push(subnet);
        }
    }
    by_network
}

/// Sorted by their first address, ranges overlap only where neighbours do, or one holds the next.
fn overlaps(subnets: &[&Subnet]) -> Vec<Finding> {
    let mut ranged: Vec<(Cidr, &Subnet, &Stated<Cidr>)> = subnets
        .iter()
        .filter_map(|subnet| subnet.range.as_ref().map(|range| (range.value, *subnet, range)))
        .collect();
    ranged.sort_by_key(|(range, ..)| (range.network(), range.prefix_len()));
    let pairs = ranged.iter().zip(ranged.iter().skip(1));
    pairs
        .filter(|((one, ..), (other, ..))| one.contains(&other.network()))
        .map(|((_, one, at), (_, other, also))| {
            Finding::broken(NAME, Severity::High, &other.resource.address)
                .says(format!(
                    "{} ({also}) shares addresses with {} ({at})",
                    other.resource.address, one.resource.address
                ))
                .witness("the provider refuses the second subnet")
                .repair("give each subnet a range of its own")
                .at(&also.origin, "shared here")
                .at(&at.origin, "and here")
        })
        .collect()
}

fn outside(network: &CloudNetwork, subnet: &Subnet) -> Option<Finding> {
    let range = subnet.range.as_ref()?;
    let held =
        network.ranges.is_empty() || network.ranges.iter().any(|parent| parent.value.contains(&range.value));
    (!held).then(|| {
        Finding::broken(NAME, Severity::High, &subnet.resource.address)
            .says(format!("{range} does not lie within the network's {}", network.ranges[0]))
            .witness("the provider refuses such a subnet")
            .repair("take a range from within the network's")
            .at(&range.origin, "outside")
            .at(network.ranges.first().map(|parent| &parent.origin), "the network's range")
    })
}

fn several_zones(index: &CloudIndex<'_>) -> Vec<Finding> {
    let cloud = index.cloud;
    let clusters = cloud.clusters.iter().map(|cluster| (&cluster.resource, &cluster.subnets));
    let balancers = cloud.balancers.iter().map(|balancer| (&balancer.resource, &balancer.subnets));
    let nodes = cloud.node_groups.iter().map(|group| (&group.resource, &group.subnets));
    let all = clusters.chain(balancers).chain(nodes);
    all.filter_map(|(resource, subnets)| one_zone(index, resource, subnets)).collect()
}

fn one_zone(index: &CloudIndex<'_>, resource: &Resource, links: &[Link]) -> Option<Finding> {
    let subnets: Vec<&Subnet> = links.iter().filter_map(|link| index.subnet(link)).collect();
    let zones: Option<BTreeSet<&str>> =
        subnets.iter().map(|subnet| subnet.zone.as_ref().map(|zone| zone.value.as_str())).collect();
    let zones = zones.filter(|zones| zones.len() == 1 && subnets.len() == links.len())?;
    let zone = zones.first()?;
    (!is_trial(resource)).then(|| {
        let finding = Finding::broken(NAME, Severity::High, &resource.address)
            .says(format!("{} lies in one zone, {zone}", resource.address))
            .witness(format!("the loss of {zone} ends it"))
            .repair("add a subnet in another zone")
            .at(&resource.origin, "in one zone");
        subnets.iter().take(3).fold(finding, |finding, subnet| {
            finding.at(subnet.zone.as_ref().map(|zone| &zone.origin), "its zone")
        })
    })
}
