//! What is left to carry the load when one failure domain is lost.

use std::collections::BTreeMap;

use sehat_platform::component::Component;
use sehat_platform::{Bytes, Name, Platform, Rate};

use crate::path;
use crate::survival::Element;

/// What a component is asked to carry and what each instance can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    pub load: Rate,
    pub per_instance: Rate,
}

/// The loss after which the fewest instances of a component are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorstLoss {
    pub element: Element,
    pub left: usize,
}

/// Returns the load that reaches the component: its own stated load, else the journeys that need it.
pub fn load_of(platform: &Platform, name: &str, component: &Component) -> Option<Rate> {
    if let Some(load) = &component.load {
        let most = [load.requests_max.copied(), load.requests.copied()].into_iter().flatten().next();
        if most.is_some() {
            return most;
        }
    }
    let rates: Vec<f64> = platform
        .journeys
        .values()
        .filter(|journey| path::required_names(platform, journey).iter().any(|needed| *needed == name))
        .filter_map(|journey| journey.rate.get().map(|rate| rate.0))
        .collect();
    (!rates.is_empty()).then(|| Rate(rates.iter().sum()))
}

/// Returns the loss of one instance, machine, node or zone that leaves the fewest instances; the
/// smallest element of those that leave equally few. The last zone or node of a platform is no
/// loss that capacity could make good.
pub fn worst_loss(platform: &Platform, component: &str) -> Option<WorstLoss> {
    let instances: Vec<(&Name, &sehat_platform::Instance)> = platform.instances_of(component).collect();
    let mut hit: BTreeMap<(u8, Element), usize> = BTreeMap::new();
    for (name, instance) in &instances {
        *hit.entry((0, Element::Instance((*name).clone()))).or_default() += 1;
        let Some(machine) = platform.machines.get(&instance.machine) else { continue };
        *hit.entry((1, Element::Machine(instance.machine.clone()))).or_default() += 1;
        if let Some(node) = &machine.node {
            *hit.entry((2, Element::Node(node.clone()))).or_default() += 1;
        }
        if let Some(zone) = &machine.zone {
            *hit.entry((3, Element::Zone(zone.clone()))).or_default() += 1;
        }
    }
    hit.into_iter()
        .filter(|((rank, _), count)| *rank < 2 || *count < instances.len())
        .max_by(|((rank, element), count), ((other_rank, other), other_count)| {
            (count, other_rank, other).cmp(&(other_count, rank, element))
        })
        .map(|((_, element), count)| WorstLoss { element, left: instances.len() - count })
}

/// What a node has against what its machines ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeMemory {
    pub node: Name,
    pub has: Bytes,
    pub asked: Bytes,
}

/// Returns each node with the memory that its machines ask for; none where a size is not stated.
pub fn node_memory(platform: &Platform) -> Option<Vec<NodeMemory>> {
    let mut nodes = Vec::new();
    for (name, node) in
        platform.sites.values().flat_map(|site| site.zones.values()).flat_map(|zone| &zone.nodes)
    {
        let asked = platform
            .machines
            .values()
            .filter(|machine| machine.node.as_ref() == Some(name))
            .map(|machine| machine_memory(platform, machine))
            .sum::<Option<u64>>()?;
        nodes.push(NodeMemory { node: name.clone(), has: *node.size.memory.get()?, asked: Bytes(asked) });
    }
    (!nodes.is_empty()).then_some(nodes)
}

/// The first component of a machine owns it; its size is the machine's.
fn machine_memory(platform: &Platform, machine: &sehat_platform::Machine) -> Option<u64> {
    let owner = platform.instances.get(machine.instances.first()?)?;
    let size = &platform.components.get(&owner.component)?.size;
    size.memory.get().map(|bytes| bytes.0)
}
