//! Proves that subnets have an address for every pod of the largest cluster, and nodes a place.
//!
//! The network plugin of EKS gives each pod an address of the node's subnets, and a node has room for as many pods as
//! its interfaces have addresses: (addresses of each - 1) x interfaces + 2. A full node holds all addresses of its
//! interfaces. Subnets lose five addresses to the provider. With prefix delegation other numbers hold, and nothing is
//! said.
//!
//! Source: Amazon EKS User Guide, maximum pods; Amazon VPC User Guide, subnet sizing; catalog `instance-type/` entries.

mod prose;

use std::collections::BTreeMap;

use sehat_catalog::{self as catalog, InstanceType};
use sehat_platform::Cidr;
use sehat_platform::inventory::cloud::{Link, NodeGroup, Subnet};
use sehat_platform::inventory::workload::WorkloadKind;
use sehat_verdict::{Finding, Severity};

use crate::cloud::CloudIndex;
use crate::{Context, Outcome, Rule};

const NAME: &str = "pod-density-and-ip";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Subnets and nodes admit the greatest number of nodes and pods.",
    severity: Severity::High,
    hygiene: false,
    source: "Amazon EKS User Guide, maximum pods; Amazon VPC User Guide, subnet sizing",
    file: include_str!("pod_density_and_ip.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Source: Amazon VPC User Guide: the first four addresses and the last one.
const RESERVED: u64 = 5;

/// The network plugin and the proxy that every node of EKS runs.
const SYSTEM_PODS: u64 = 2;

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let other_numbers = cloud.addons.iter().filter_map(|addon| addon.settings.as_ref());
    if other_numbers.into_iter().any(|settings| settings.value.contains("PREFIX_DELEGATION")) {
        return Outcome::default();
    }
    let index = CloudIndex::new(cloud);
    let mut findings: Vec<Finding> = by_subnets(&cloud.node_groups)
        .into_iter()
        .filter_map(|(subnets, groups)| too_few_addresses(&index, &subnets, &groups))
        .collect();
    findings.extend(too_few_places(context));
    findings.into()
}

/// Groups that share their subnets.
fn by_subnets(groups: &[NodeGroup]) -> BTreeMap<Vec<&Link>, Vec<&NodeGroup>> {
    let mut shared: BTreeMap<Vec<&Link>, Vec<&NodeGroup>> = BTreeMap::new();
    for group in groups {
        let mut subnets: Vec<&Link> = group.subnets.iter().collect();
        subnets.sort();
        shared.entry(subnets).or_default().push(group);
    }
    shared
}

/// The types of a group of which the most pods fit on one node.
fn types(group: &NodeGroup) -> Vec<&'static InstanceType> {
    group.instance_types.iter().filter_map(|name| catalog::instance_type(&name.value)).collect()
}

fn addresses_of(kind: &InstanceType) -> Option<u64> {
    Some(u64::from(kind.interface_count?) * u64::from(kind.addresses_per_interface?))
}

fn too_few_addresses(index: &CloudIndex<'_>, links: &[&Link], groups: &[&NodeGroup]) -> Option<Finding> {
    let subnets: Vec<&Subnet> = links.iter().filter_map(|link| index.subnet(link)).collect();
    if subnets.is_empty() || subnets.len() != links.len() {
        return None;
    }
    let has: u64 =
        subnets.iter().map(|subnet| Some(size(&subnet.range.as_ref()?.value))).sum::<Option<u64>>()?;
    let asked: Option<u64> = groups
        .iter()
        .map(|group| {
            let least = types(group).into_iter().filter_map(addresses_of).min()?;
            Some(u64::from(group.max.as_ref()?.value) * least)
        })
        .sum();
    let asked = asked.filter(|asked| *asked > has)?;
    let first = groups.first()?;
    let nodes: u32 = groups.iter().filter_map(|group| group.max.as_ref()).map(|max| max.value).sum();
    let finding = Finding::broken(NAME, Severity::High, &first.resource.address)
        .says(format!("{nodes} full nodes hold {asked} addresses, and their subnets have {has}"))
        .witness("pods stay in `ContainerCreating`, since no address is left to give them")
        .repair("give the nodes larger subnets, or let the plugin delegate prefixes")
        .counts(groups.len());
    let finding = subnets.iter().take(3).fold(finding, |finding, subnet| {
        finding.at(subnet.range.as_ref().map(|range| &range.origin), "so many addresses")
    });
    Some(finding.at(first.max.as_ref().map(|max| &max.origin), "so many nodes"))
}

fn size(range: &Cidr) -> u64 {
    let bits = u32::from(range.max_prefix_len() - range.prefix_len());
    2_u64.checked_pow(bits).unwrap_or(u64::MAX).saturating_sub(RESERVED)
}

/// Where the workloads are among the files: their greatest number against the places of the largest cluster.
fn too_few_places(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let groups: Vec<&NodeGroup> =
        inventory.cloud.node_groups.iter().filter(|group| group.taints.is_empty()).collect();
    let first = groups.first()?;
    let everywhere =
        inventory.workloads.iter().filter(|workload| workload.kind == WorkloadKind::DaemonSet).count();
    let taken = u64::try_from(everywhere).ok()? + SYSTEM_PODS;
    let places: Option<u64> = groups
        .iter()
        .map(|group| {
            let most = types(group).into_iter().filter_map(InstanceType::pod_count_max).min()?;
            Some(u64::from(group.max.as_ref()?.value) * u64::from(most).saturating_sub(taken))
        })
        .sum();
    let places = places?;
    let asked = pods_at_most(context);
    (asked > places).then(|| {
        Finding::broken(NAME, Severity::High, &first.resource.address)
            .says(format!(
                "the workloads may grow to {asked} pods, and the largest cluster has places for {places}"
            ))
            .witness(format!("a node's interfaces bound its pods, and {taken} of them are the system's"))
            .repair("let more nodes be made, take larger ones, or let the network plugin delegate prefixes")
            .at(first.max.as_ref().map(|max| &max.origin), "so many nodes")
            .at(first.instance_types.first().map(|kind| &kind.origin), "so many pods on each")
    })
}

fn pods_at_most(context: &Context<'_>) -> u64 {
    let maxima: BTreeMap<_, u32> = context
        .inventory
        .limits
        .autoscalers
        .iter()
        .filter_map(|one| Some((&one.target.value, one.max.as_ref()?.value)))
        .collect();
    let workloads = context.inventory.workloads.iter().filter(|workload| !workload.kind.ends());
    workloads
        .map(|workload| {
            maxima.get(&workload.object.id).copied().or_else(|| workload.replica_count()).unwrap_or(0)
        })
        .map(u64::from)
        .sum()
}
